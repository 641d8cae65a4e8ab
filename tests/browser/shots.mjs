// Takes pictures of a page that gs-report wrote: for people to look at.
//
//   node tests/browser/shots.mjs FILE.html DIR          whole, at three widths, light, dark and on paper
//   node tests/browser/shots.mjs --top FILE.html PNG    the upper part, as the README shows it: 1280 px wide, small
//
// The names are those of the page: page-1280-light.png and so on. Exit code 2: wrong usage, or a tool is not there.
import { statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";

const WIDTHS = [1280, 768, 390];
// The README is read on slow lines, too; and git keeps every picture for ever.
const TOP_BYTES = 250_000;
const TOP_HEIGHTS = [900, 820, 740, 660, 580, 500];

// A picture of the page in its looks: `media`, and what Playwright has for a context and a screenshot.
const shoot = async (browser, file, { media, ...look }, picture) => {
  const context = await browser.newContext({ timezoneId: "Europe/Zurich", ...look });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  if (media) await page.emulateMedia({ media });
  // Only so does Playwright add no style, which the policy would forbid.
  await page.screenshot({ caret: "initial", ...picture });
  await context.close();
};

const whole = async (browser, file, dir) => {
  const name = (part) => ({ path: join(dir, `${basename(file, ".html")}-${part}.png`), fullPage: true });
  for (const width of WIDTHS)
    for (const colorScheme of ["light", "dark"])
      await shoot(browser, file, { viewport: { width, height: 900 }, colorScheme }, name(`${width}-${colorScheme}`));
  // As A4, of somebody who reads white on dark.
  await shoot(browser, file, { viewport: { width: 718, height: 1047 }, colorScheme: "dark", media: "print" }, name("paper"));
};

const top = async (browser, file, path) => {
  for (const height of TOP_HEIGHTS) {
    await shoot(browser, file, { viewport: { width: WIDTHS[0], height } }, { path });
    if (statSync(path).size < TOP_BYTES) return;
  }
  throw new Error(`${path} has ${statSync(path).size} bytes, however low it is`);
};

const main = async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { top: { type: "boolean" } } });
  if (positionals.length !== 2) throw new Error("a page and a place are needed; see the head of shots.mjs");
  const [file, out] = positionals.map((path) => resolve(path));
  const { browser, stop } = await start();
  try {
    await (values.top ? top : whole)(browser, file, out);
  } finally {
    await stop();
  }
};

main().then(
  () => process.exit(0),
  (error) => {
    console.error(`shots: ${error.message}`);
    process.exit(2);
  },
);
