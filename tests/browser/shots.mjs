// Takes screenshots of a page of gs-report, for people.
//
//   node tests/browser/shots.mjs FILE.html DIR          the complete page, at three widths, light, dark and on paper
//   node tests/browser/shots.mjs --top FILE.html PNG    the upper part, for the README: 1280 px wide, a small file
//
// File names begin with that of the page: page-1280-light.png and so on. Exit code 2: wrong usage, or a missing tool.
import { statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { start } from "./chromium.mjs";

const WIDTHS = [1280, 768, 390];
// The README is also read over slow connections, and git stores every version of a picture.
const TOP_BYTES = 250_000;
const TOP_HEIGHTS = [900, 820, 740, 660, 580, 500];

// Takes a screenshot of the page with `media` and Playwright's options of a context and a screenshot.
const shoot = async (browser, file, { media, ...look }, picture) => {
  const context = await browser.newContext({ timezoneId: "Europe/Zurich", ...look });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  if (media) await page.emulateMedia({ media });
  // Otherwise Playwright would add a style, which the policy forbids.
  await page.screenshot({ caret: "initial", ...picture });
  await context.close();
};

const whole = async (browser, file, dir) => {
  const name = (part) => ({ path: join(dir, `${basename(file, ".html")}-${part}.png`), fullPage: true });
  for (const width of WIDTHS)
    for (const colorScheme of ["light", "dark"])
      await shoot(browser, file, { viewport: { width, height: 900 }, colorScheme }, name(`${width}-${colorScheme}`));
  // A4, printed from a dark page.
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
