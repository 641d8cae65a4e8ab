// Tests the checks: each page of fixtures/bad.mjs, which is fixtures/good.html with one fault, has exactly the findings
// of its fault.
//
//   node tests/browser/selftest.mjs [WORD of a name]
//
// Exit code 0: no error; 1: errors, which are printed; 2: a tool is missing.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { check } from "./check.mjs";
import { start } from "./chromium.mjs";
import { BAD } from "./fixtures/bad.mjs";
import { renewed } from "./fixtures/policy.mjs";
import { parse } from "./flags.mjs";

const GOOD = fileURLToPath(new URL("fixtures/good.html", import.meta.url));

const changed = (good, change) =>
  change.reduce((page, [from, to]) => {
    const next = page.replace(from, () => to);
    if (next === page) throw new Error(`good.html has no ${from}`);
    return next;
  }, good);

const inALine = ({ check, what, look }) => `${check}: ${what}${look ? ` (${look})` : ""}`;

// The unexpected and missing findings of one page.
const wrong = (found, finds) => {
  const lines = found.map(inALine);
  const unexpected = lines.filter((line) => !finds.some((one) => one.test(line))).map((line) => `unexpected: ${line}`);
  return [...unexpected, ...finds.filter((one) => !lines.some((line) => one.test(line))).map((one) => `not found: ${one}`)];
};

const ofOne = ({ finds }) => [...new Set(finds.map((one) => /^\^(\w+)/.exec(one.source)[1]))];
// These checks must not run at the same time as others.
const isAlone = (page) => ofOne(page).some((check) => ["speed", "lighthouse"].includes(check));

const main = async (word = "") => {
  const good = readFileSync(GOOD, "utf8");
  if (renewed(good) !== good) throw new Error("the policy of good.html does not fit its style and script");
  const dir = mkdtempSync(join(tmpdir(), "selftest-"));
  const chromium = await start();
  let failed = 0;
  const bad = async ({ name, change, flags, finds }, at) => {
    const began = Date.now();
    const file = join(dir, `${at}.html`);
    writeFileSync(file, renewed(changed(good, change)));
    const [{ findings }] = await check(chromium, parse([file, "--only", ofOne({ finds }).join(","), ...flags]));
    const faults = wrong(findings, finds);
    failed += faults.length;
    console.log([`${faults.length ? "FAILED" : "ok"}  ${name} (${Date.now() - began} ms)`, ...faults].join("\n        "));
  };
  try {
    const pages = BAD.filter(({ name }) => name.includes(word));
    const together = [...pages.entries()].filter(([, page]) => !isAlone(page));
    const next = async () => {
      for (let entry = together.shift(); entry; entry = together.shift()) await bad(entry[1], entry[0]);
    };
    await Promise.all([next(), next(), next()]);
    for (const [at, page] of pages.entries()) if (isAlone(page)) await bad(page, at);
  } finally {
    await chromium.stop();
    rmSync(dir, { recursive: true });
  }
  return failed ? 1 : 0;
};

main(process.argv[2]).then(
  (code) => process.exit(code),
  (error) => {
    console.error(`selftest: ${error.stack}`);
    process.exit(2);
  },
);
