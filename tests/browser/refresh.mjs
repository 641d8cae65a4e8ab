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
  const expect = (what, found, wanted) => {
    if (found !== wanted) wrong.push(`${what}: ${found}, not ${wanted}`);
  };
  // How often it loads itself in that time. A load that is due may take seconds on a busy machine; one too many comes soon.
  const expectLoads = async (what, ms, wanted) => {
    const before = loads;
    await page.clock.runFor(ms);
    for (let waited = 0; loads - before < wanted && waited < 30_000; waited += 100) await page.waitForTimeout(100);
    await page.waitForTimeout(300);
    expect(`loads ${what}`, loads - before, wanted);
  };
  await expectLoads("before the time", PERIOD_MS - 1000, 0);
  await expectLoads("at the time", 2000, 1);
  const fold = page.locator("table.log details").first();
  await fold.locator("summary").click();
  await expectLoads("while something is unfolded", PERIOD_MS + 1000, 1);
  expect("what was unfolded is so again", await fold.evaluate((details) => details.open), true);
  await page.fill("#q", "a");
  await expectLoads("while somebody searches", 3 * PERIOD_MS, 0);
  await page.fill("#q", "");
  await page.uncheck("#refresh");
  await expectLoads("when it is told not to", 3 * PERIOD_MS, 0);
  await page.reload();
  expect("it remembers that", await page.isChecked("#refresh"), false);
  await page.check("#refresh");
  await expectLoads("when it is told to again", PERIOD_MS + 1000, 1);
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
