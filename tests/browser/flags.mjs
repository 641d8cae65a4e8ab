// The command line of check.mjs.

export const CHECKS = ["speed", "quiet", "html", "axe", "scroll", "plain", "print", "search", "lighthouse"];
// The checks that require a list of activities.
const OF_THE_LIST = ["search", "speed"];

export class UsageError extends Error {}

const checksOf = (value) => {
  const names = value.split(",");
  const unknown = names.find((name) => !CHECKS.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no check "${unknown}"; there are ${CHECKS.join(", ")}`);
  return names;
};

const number = (value) => {
  if (!/^\d+$/.test(value)) throw new UsageError(`"${value}" is no number`);
  return Number(value);
};

export const parse = (args) => {
  const flags = { files: [], checks: CHECKS, expect: [], few: false, rows: undefined, budget: undefined };
  const rest = [...args];
  while (rest.length) {
    const word = rest.shift();
    if (!word.startsWith("--")) {
      flags.files.push(word);
      continue;
    }
    if (word === "--few" || word === "--empty") {
      if (word === "--few") flags.few = true;
      else flags.checks = flags.checks.filter((name) => !OF_THE_LIST.includes(name));
      continue;
    }
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`${word} is not known, or needs a value`);
    if (word === "--only") {
      const only = checksOf(value);
      flags.checks = flags.checks.filter((name) => only.includes(name));
    } else if (word === "--without") {
      const without = checksOf(value);
      flags.checks = flags.checks.filter((name) => !without.includes(name));
    } else if (word === "--expect") flags.expect.push(value.replace(/\s+/g, " "));
    else if (word === "--rows") flags.rows = number(value);
    else if (word === "--budget") flags.budget = number(value);
    else throw new UsageError(`${word} is not known`);
  }
  if (!flags.files.length) throw new UsageError("which page? See the head of check.mjs");
  return flags;
};
