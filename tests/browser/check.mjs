// Checks pages in a real browser: the distribution's Chromium, by file:// and from a server on the loopback.
//
//   node tests/browser/check.mjs [FLAG…] FILE.html…
//
// --only CHECK,…     only these checks; --without CHECK,…: all but these
// --few              axe checks only a light wide and a dark narrow page, both unfolded
// --empty            the page has no list of activities: skips `search` and `speed`
// --expect TEXT      the page shows this text, with scripts and without (part of `quiet`; may be repeated)
// --rows N           the list has this many rows (part of `plain`)
// --budget MS        the search box responds within this time (part of `speed`)
//
// It prints one JSON object per line: a finding has `file`, `check`, `what`, and optionally `look` and `where`; a
// measurement has `file`, `measure`, `value`, `unit`. Exit code 0: no finding; 1: findings; 2: wrong usage, or a
// missing tool. The first lines of checks/CHECK.mjs describe each check.
//
// The only assumption about a page is that its search box (input type=search) is in the section of its list.
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { start } from "./chromium.mjs";
import { parse, UsageError } from "./flags.mjs";
import { Subject } from "./subject.mjs";
import { SetUpError } from "./tools.mjs";

// A browser that hangs is a failure.
const PATIENCE_MS = 280_000;

const load = async (name) => (await import(`./checks/${name}.mjs`)).default;

// Runs the checks of `flags` on its files, one after the other. Returns the subjects, which contain the findings.
export const check = async (chromium, flags) => {
  const subjects = flags.files.map((file) => new Subject(resolve(file), chromium, flags));
  const wanted = (name) => flags.checks.includes(name);
  // First and alone, because it measures time.
  if (wanted("speed")) for (const subject of subjects) await (await load("speed"))(subject);
  // The Nu checker is a separate process that checks all files at once, while the other checks run.
  const html = wanted("html") ? (await load("html"))(subjects) : undefined;
  // If another check fails first, the result of this one is ignored.
  html?.catch(() => {});
  for (const subject of subjects) {
    subject.measured("size", statSync(subject.file).size, "bytes");
    for (const name of flags.checks.filter((name) => !["speed", "html"].includes(name))) await (await load(name))(subject);
  }
  await html;
  // A check may make findings of other checks; only those of the requested checks are reported.
  for (const subject of subjects) subject.findings = subject.findings.filter((finding) => wanted(finding.check));
  return subjects;
};

const main = async (args) => {
  const flags = parse(args);
  for (const file of flags.files) if (!existsSync(file)) throw new UsageError(`${file} is not there`);
  const chromium = await start();
  try {
    const subjects = await check(chromium, flags);
    for (const { file, findings, measures } of subjects)
      for (const line of [...findings, ...measures]) console.log(JSON.stringify({ file, ...line }));
    return subjects.some(({ findings }) => findings.length) ? 1 : 0;
  } finally {
    await chromium.stop();
  }
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  setTimeout(() => {
    console.error(`check: not done after ${PATIENCE_MS / 1000} s`);
    process.exit(2);
  }, PATIENCE_MS).unref();
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error) => {
      const expected = error instanceof UsageError || error instanceof SetUpError;
      console.error(`check: ${expected ? error.message : error.stack}`);
      process.exit(2);
    },
  );
}
