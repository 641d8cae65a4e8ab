// Checks pages that gs-report wrote in a real browser.
//
//   node tests/browser/check.mjs [--lighthouse] [--few] [--interactive MS] FILE.html...
//
// Each is opened by file://. It fails with a line for each finding: a console message, an error, a request for anything but
// the page itself; a violation of axe (light and dark, three widths, folded and unfolded); HTML that the Nu checker does not
// like; a page wider than its window; something that is not there without scripts, or dark on paper; a search or a sorting
// that does not do what it says. --lighthouse: also its accessibility, which must be 100. --few: axe looks at a wide light
// and a narrow dark page alone. --interactive: how soon after the beginning of the navigation rows are filtered, at most.

import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs, promisify } from "node:util";

import { axePath, launch, lighthouse, schemes, vnuJar, widths } from "./tools.mjs";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { lighthouse: { type: "boolean" }, few: { type: "boolean" }, interactive: { type: "string" } },
});
const files = positionals.map((file) => resolve(file));
const axe = await readFile(axePath, "utf8");
const findings = [];

const short = (text) => String(text).replace(/\s+/g, " ").slice(0, 300);
const find = (file, where, what) => findings.push(`${file}: ${where}: ${short(what)}`);

// Opens the page and listens to all that it says and asks for.
const open = async (browser, file, options, each) => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const where = JSON.stringify(options);
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) find(file, where, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => find(file, where, `error: ${error}`));
  page.on("dialog", (dialog) => {
    find(file, where, `a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) find(file, where, `a request: ${request.url()}`);
  });
  try {
    await page.goto(url);
    await each(page, (what) => find(file, where, what));
  } finally {
    await context.close();
  }
};

const unfold = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));

const isInWindow = async (page, wrong) => {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) wrong(`the page is ${over} px wider than its window`);
};

const withAxe = async (page, wrong) => {
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, nodes } of violations) wrong(`axe: ${id}: ${nodes.length} times, first ${nodes[0].html} (${nodes[0].failureSummary})`);
};

const looks = async (browser, file) => {
  for (const colorScheme of schemes) {
    const few = [colorScheme === schemes[0] ? widths[0] : widths.at(-1)];
    for (const width of flags.few ? few : widths) {
      // axe is no part of the page, which would not let it run.
      const options = { colorScheme, viewport: { width, height: 900 }, bypassCSP: true };
      await open(browser, file, options, async (page, wrong) => {
        await page.evaluate(axe);
        await isInWindow(page, wrong);
        // Folded, the page differs from itself by less than a colour scheme does.
        if (colorScheme === schemes[0] && width === widths[0]) await withAxe(page, wrong);
        await unfold(page);
        await isInWindow(page, wrong);
        await withAxe(page, wrong);
      });
    }
  }
};

const rows = (page) => page.evaluate(() => document.querySelectorAll("table.list tbody tr").length);
const total = async (page) => Number((await page.locator("#list-title .count").textContent()).replaceAll(",", ""));

const withoutScripts = async (browser, file) => {
  await open(browser, file, { javaScriptEnabled: false, viewport: { width: 1280, height: 900 } }, async (page, wrong) => {
    if (!(await page.locator("h1").isVisible())) wrong("without scripts no heading is seen");
    if (await page.locator("#list-title .count").count()) {
      const [seen, all] = [await rows(page), await total(page)];
      if (seen !== all) wrong(`without scripts ${seen} of ${all} rows are there`);
    }
    for (const id of ["q", "more", "refresh"]) {
      const element = page.locator(`#${id}`);
      if ((await element.count()) && (await element.isVisible())) wrong(`without scripts #${id} is seen, and does nothing`);
    }
  });
};

const onPaper = async (browser, file) => {
  await open(browser, file, { colorScheme: "dark", viewport: { width: 1000, height: 900 } }, async (page, wrong) => {
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const [paper, ink] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      // What has no colour lets the paper through.
      const light = (colour) => {
        const [red, green, blue, alpha = "1"] = colour.match(/[\d.]+/g);
        return alpha === "0" ? 1 : (Number(red) + Number(green) + Number(blue)) / 765;
      };
      return [light(style.backgroundColor), light(style.color)];
    });
    if (paper < 0.95 || ink > 0.2) wrong(`on paper it is printed ${ink} on ${paper}`);
    if (!(await page.locator("h1").isVisible())) wrong("on paper no heading is seen");
  });
};

// How long after the beginning of the navigation the search has an answer.
const interactive = async (browser, file) => {
  let took;
  await open(browser, file, { viewport: { width: 1280, height: 900 } }, async (page, wrong) => {
    if (!(await page.locator("#q").count())) return;
    await page.fill("#q", "1");
    took = Math.round(await page.evaluate(() => (document.querySelector("#found").textContent ? performance.now() : Infinity)));
    if (flags.interactive && !(took <= Number(flags.interactive))) wrong(`interactive after ${took} ms`);
  });
  return took;
};

// The policy of the page is in force here, and nothing is bypassed.
const works = async (browser, file) => {
  await open(browser, file, { viewport: { width: 1280, height: 900 } }, async (page, wrong) => {
    if (!(await page.locator("#q").count())) return;
    const all = await total(page);
    const name = (await page.locator("table.list tbody tr td:nth-child(3)").allTextContents()).find((text) => /[\p{L}\p{N}]/u.test(text));
    // The longest word of it, which no mark of ours begins.
    const word = (name ?? "?").split(/\s+/).sort((a, b) => b.length - a.length).find((part) => !part.startsWith("-")) ?? "?";
    await page.fill("#q", word);
    const texts = (await page.locator("table.list tbody tr").allTextContents()).map((text) => text.toLowerCase());
    if (!texts.length || texts.some((text) => !text.includes(word.toLowerCase()))) wrong(`the search for ${word} shows something else`);
    await page.fill("#q", `-${word}`);
    const others = (await page.locator("table.list tbody tr").allTextContents()).map((text) => text.toLowerCase());
    if (others.some((text) => text.includes(word.toLowerCase()))) wrong(`the search for -${word} shows it`);
    await page.fill("#q", "");
    await page.click("th.km button");
    const kilometres = (await page.locator("table.list tbody tr td:nth-child(5)").allTextContents()).filter(Boolean).map(Number);
    if (kilometres.some((number, at) => at > 0 && number > kilometres[at - 1])) wrong("sorted by distance, the longest is not first");
    while (await page.locator("#more").isVisible()) {
      if ((await rows(page)) > 2000) return;
      await page.click("#more");
    }
    if ((await rows(page)) !== all) wrong(`of ${all} rows ${await rows(page)} are shown in the end`);
  });
};

const withNu = async () => {
  const run = promisify(execFile);
  const said = await run("java", ["-jar", vnuJar, "--format", "json", ...files]).catch((error) => error);
  const { messages } = JSON.parse(said.stderr);
  // It guesses the language by what most words are; names and commands are whose they are.
  const guess = /appears to be written in .* but the .html. start tag/;
  for (const { url, message, extract, lastLine } of messages.filter(({ message }) => !guess.test(message))) find(url ?? "?", `Nu, line ${lastLine}`, `${message} (${extract ?? ""})`);
};

const withLighthouse = async (file) => {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const browser = await launch([`--remote-debugging-port=${port}`]);
  const server = createServer(async (request, answer) => {
    answer.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    answer.end(request.url === "/" ? await readFile(file) : "");
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    const url = `http://127.0.0.1:${server.address().port}/`;
    const { lhr } = await (await lighthouse())(url, { port, onlyCategories: ["accessibility", "best-practices"], logLevel: "silent" });
    for (const [name, category] of Object.entries(lhr.categories)) {
      const failed = category.auditRefs.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 1);
      if (category.score !== 1 && name === "accessibility") find(file, "Lighthouse", `${name} ${category.score}: ${failed.map(({ id }) => id)}`);
    }
    return Object.fromEntries(Object.entries(lhr.categories).map(([name, { score }]) => [name, score * 100]));
  } finally {
    server.close();
    await browser.close();
  }
};

if (!files.length) {
  console.error("which page? See the head of check.mjs");
  process.exit(2);
}
const browser = await launch();
try {
  await withNu();
  for (const file of files) {
    await looks(browser, file);
    await withoutScripts(browser, file);
    await onPaper(browser, file);
    await works(browser, file);
    const interactive_ms = await interactive(browser, file);
    const lighthouse = flags.lighthouse ? await withLighthouse(file) : undefined;
    console.log(JSON.stringify({ file, bytes: (await stat(file)).size, interactive_ms, lighthouse }));
  }
} finally {
  await browser.close();
}
for (const finding of findings) console.error(finding);
process.exit(findings.length ? 1 : 0);
