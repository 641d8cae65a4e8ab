// Checks that a page made with --refresh reloads, keeps unfolded parts, and does not reload during a search.
//
//   node tests/browser/refresh.mjs FILE.html
//
// The page needs a list of activities and a log. The browser's clock is advanced artificially. Exit code 0: no error;
// 1: errors, which are printed; 2: a tool is missing.
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
  // Counts the loads in this time. An expected load may take seconds on a busy machine; an unexpected one is fast.
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
  await expectLoads("while a part is unfolded", PERIOD_MS + 1000, 1);
  expect("the unfolded part is unfolded again", await fold.evaluate((details) => details.open), true);
  await page.fill("#q", "a");
  await expectLoads("while the search box has text", 3 * PERIOD_MS, 0);
  await page.fill("#q", "");
  await page.uncheck("#refresh");
  await expectLoads("when the refresh is switched off", 3 * PERIOD_MS, 0);
  await page.reload();
  expect("the switch is off after a reload", await page.isChecked("#refresh"), false);
  await page.check("#refresh");
  await expectLoads("when the refresh is switched on again", PERIOD_MS + 1000, 1);
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
