// Checks that a page made with --refresh loads itself anew, and lets a reader be.
//
//   node tests/browser/refresh.mjs FILE.html
//
// The page needs a list of activities and a log. The clock is the browser's own, run ahead. Exit code 0: all as it should
// be; 1: what is not is printed; 2: a tool is not there.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { start } from "./chromium.mjs";

const PERIOD_MS = 30_000;

const check = async (page, url) => {
  const wrong = [];
  let loads = 0;
  page.on("load", () => loads++);
  await page.clock.install();
  await page.goto(url);
  // How often it loads itself in a little more than one period, and in a little less.
  const loadsIn = async (ms) => {
    const before = loads;
    await page.clock.runFor(ms);
    await page.waitForTimeout(300);
    return loads - before;
  };
  const expect = (what, found, wanted) => {
    if (found !== wanted) wrong.push(`${what}: ${found}, not ${wanted}`);
  };
  expect("loads before the time", await loadsIn(PERIOD_MS - 1000), 0);
  expect("loads at the time", await loadsIn(2000), 1);
  const fold = page.locator("table.log details").first();
  await fold.locator("summary").click();
  expect("loads while something is unfolded", await loadsIn(PERIOD_MS + 1000), 1);
  expect("what was unfolded is so again", await fold.evaluate((details) => details.open), true);
  await page.fill("#q", "a");
  expect("loads while somebody searches", await loadsIn(3 * PERIOD_MS), 0);
  await page.fill("#q", "");
  await page.uncheck("#refresh");
  expect("loads when it is told not to", await loadsIn(3 * PERIOD_MS), 0);
  await page.reload();
  expect("it remembers that", await page.isChecked("#refresh"), false);
  await page.check("#refresh");
  expect("loads when it is told to again", await loadsIn(PERIOD_MS + 1000), 1);
  return wrong;
};

const main = async (file) => {
  const chromium = await start();
  try {
    const wrong = await check(await chromium.browser.newPage(), pathToFileURL(resolve(file)).href);
    for (const line of wrong) console.log(line);
    return wrong.length ? 1 : 0;
  } finally {
    await chromium.stop();
  }
};

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error) => {
    console.error(`refresh: ${error.stack}`);
    process.exit(2);
  },
);
