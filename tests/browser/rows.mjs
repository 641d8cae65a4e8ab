// The searchable list of a page: the section of its search box, and the rows of the tables in it.

export const SEARCH = "input[type=search]";

// Texts of the visible rows, including folded parts; texts of different tags are separated by a space.
export const rowsOf = (page) =>
  page.evaluate((search) => {
    const section = document.querySelector(search)?.closest("section");
    const rows = section ? [...section.querySelectorAll("tbody tr")] : [];
    const textOf = (row) => {
      const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode.data);
      return texts.join(" ");
    };
    return rows.filter((row) => row.checkVisibility()).map(textOf);
  }, SEARCH);

// A word that some rows have and others do not have: the rarest one.
export const wordOf = (rows) => {
  const counts = new Map();
  for (const row of rows)
    for (const word of new Set(row.toLowerCase().match(/\p{L}{3,}/gu))) counts.set(word, (counts.get(word) ?? 0) + 1);
  const telling = [...counts].filter(([, count]) => count < rows.length).sort(([, a], [, b]) => a - b);
  return telling[0]?.[0];
};

// Waits until the visible rows are those with `word`, and returns the time in ms since the navigation;
// without a word, waits until no row is visible.
export const untilFiltered = (page, word, timeout) =>
  page
    .waitForFunction(
      ([search, word]) => {
        const section = document.querySelector(search).closest("section");
        const rows = [...section.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility());
        const right = word
          ? rows.length > 0 && rows.every((row) => row.textContent.toLowerCase().includes(word))
          : rows.length === 0;
        return right && performance.now();
      },
      [SEARCH, word],
      { polling: "raf", timeout },
    )
    .then((handle) => handle.jsonValue());

// With more rows than this, the button is not clicked to the end.
const MANY = 2000;

// Clicks "more" until all rows are visible. Returns their number, or undefined if the list has too many rows.
export const bringUp = async (page) => {
  const more = page.locator(`section:has(${SEARCH}) button:not(th button):not(form button)`).first();
  for (let rows = (await rowsOf(page)).length; ;) {
    if (!(await more.isVisible())) return rows;
    if (rows > MANY) return undefined;
    await more.click();
    const now = (await rowsOf(page)).length;
    if (now === rows) return rows;
    rows = now;
  }
};
