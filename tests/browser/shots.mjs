// Takes pictures of pages that gs-report wrote: for people to look at.
//
//   node tests/browser/shots.mjs FILE.html DIR          whole, at three widths, light, dark and on paper
//   node tests/browser/shots.mjs --top FILE.html PNG    the upper part, as the README shows it

import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { launch, schemes, widths } from "./tools.mjs";

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { top: { type: "boolean" } } });
const [file, out] = positionals;
const browser = await launch();

const shoot = async (options, media, picture) => {
  const context = await browser.newContext({ timezoneId: "Europe/Zurich", ...options });
  const page = await context.newPage();
  await page.goto(pathToFileURL(resolve(file)).href);
  if (media) await page.emulateMedia({ media });
  await page.screenshot(picture);
  await context.close();
};

if (flags.top) {
  await shoot({ viewport: { width: 1200, height: 900 } }, undefined, { path: out });
} else {
  const name = (part) => join(out, `${basename(file, ".html")}-${part}.png`);
  for (const width of widths) {
    for (const colorScheme of schemes) {
      await shoot({ viewport: { width, height: 900 }, colorScheme }, undefined, { path: name(`${width}-${colorScheme}`), fullPage: true });
    }
  }
  await shoot({ viewport: { width: 794, height: 1123 }, colorScheme: "dark" }, "print", { path: name("paper"), fullPage: true });
}
await browser.close();
