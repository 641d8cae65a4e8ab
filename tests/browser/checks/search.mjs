// The search finds a word, excludes a word after a minus, finds no row for an unknown word, and shows all rows again;
// sorting works in both directions and sets aria-sort.
import { rowsOf, SEARCH, untilFiltered, wordOf } from "../rows.mjs";

const PATIENCE_MS = 3000;
const NO_WORD = "qqzzqq";

const searches = async (subject, page) => {
  const all = await rowsOf(page);
  const word = wordOf(all);
  const says = (what) => subject.find("search", what);
  const typed = async (text, shown) => {
    await page.locator(SEARCH).fill(text);
    await untilFiltered(page, shown, PATIENCE_MS);
    return true;
  };
  if (word) await typed(word, word).catch(() => says(`"${word}" shows other rows than those with it, or none`));
  if (word) {
    await page.locator(SEARCH).fill(`-${word}`);
    const others = await rowsOf(page);
    if (!others.length || others.some((row) => row.toLowerCase().includes(word)))
      says(`"-${word}" shows rows with it, or none`);
  }
  await typed(NO_WORD).catch(() => says(`"${NO_WORD}" shows rows`));
  await page.locator(SEARCH).fill("");
  const back = await rowsOf(page);
  if (back.length !== all.length) says(`of ${all.length} rows ${back.length} come back after a search`);
};

// Clicks the head of a column. Returns the aria-sort of all heads and the cells of the column.
const columnAfterClick = (page, at) =>
  page.evaluate(
    ([search, at]) => {
      const table = document.querySelector(search).closest("section").querySelector("table");
      const heads = [...table.tHead.rows[0].cells];
      heads[at].querySelector("button").click();
      const cells = [...table.tBodies[0].rows].map((row) => row.cells[at].innerText.trim());
      return { sorted: heads.map((head) => head.getAttribute("aria-sort")), cells };
    },
    [SEARCH, at],
  );

const columns = (page) =>
  page.evaluate((search) => {
    const table = document.querySelector(search).closest("section").querySelector("table");
    const heads = table?.tHead ? [...table.tHead.rows[0].cells] : [];
    return heads.map((head) => ({ name: head.innerText.trim(), sorts: Boolean(head.querySelector("button")) }));
  }, SEARCH);

const clock = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

// Whether the cells are in this order, compared as numbers, times or texts; unknown values are last.
const inOrder = (cells, direction, lang) => {
  const unknown = (text) => text === "" || text === "?";
  const known = cells.filter((text) => !unknown(text));
  if (cells.slice(0, known.length).some(unknown)) return false;
  const fits = (compare) => known.every((text, at) => at === 0 || compare(known[at - 1], text) * direction <= 0);
  const by = (key) => (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
  if (known.every((text) => /^-?[\d,]*\.?\d+$/.test(text))) return fits(by((text) => Number(text.replaceAll(",", ""))));
  if (known.every((text) => /^\d+(:\d\d)+$/.test(text))) return fits(by(clock));
  return fits(new Intl.Collator(lang).compare) || fits(by((text) => text.toLowerCase()));
};

const sorts = async (subject, page) => {
  const lang = await page.evaluate(() => document.documentElement.lang);
  const all = await columns(page);
  if (!all.some(({ sorts }) => sorts)) subject.find("search", "no column can be sorted by");
  for (const [at, { name, sorts }] of all.entries()) {
    const directions = new Set();
    for (let click = 0; sorts && click < 2; click++) {
      const { sorted, cells } = await columnAfterClick(page, at);
      const direction = sorted[at];
      directions.add(direction);
      if (
        sorted.filter((one) => one !== null && one !== "none").length !== 1 ||
        !["ascending", "descending"].includes(direction)
      )
        subject.find("search", `sorted by "${name}", aria-sort says ${JSON.stringify(sorted)}`);
      else if (!inOrder(cells, direction === "ascending" ? 1 : -1, lang))
        subject.find("search", `sorted by "${name}", ${direction}, the rows are not in order`, {
          where: cells.slice(0, 10),
        });
    }
    if (sorts && directions.size < 2) subject.find("search", `a second click on "${name}" does not turn the order`);
  }
};

export default async (subject) =>
  subject.open({}, async (page) => {
    if (!(await page.locator(SEARCH).isVisible()))
      return subject.find("search", "there is no search box (--empty: there need be none)");
    await searches(subject, page);
    await sorts(subject, page);
  });
