// The page never scrolls horizontally and does not cut off its content instead; no column is only a few letters wide.
import { fold, inWords } from "../subject.mjs";

const WIDTHS = [360, 768, 1024, 1280];

const tooWide = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const held = (element) => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
        if (getComputedStyle(at).overflowX !== "visible") return true;
      return false;
    };
    const reach = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
    if (reach <= width) return null;
    const sticking = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right > width + 1 && !held(element),
    );
    return { reach, where: sticking.slice(-3).map((element) => element.outerHTML.slice(0, 120)) };
  });

// Cells with a text that are only a few letters wide.
const tooNarrow = (page) =>
  page.evaluate(() => {
    const room = (cell) => {
      const style = getComputedStyle(cell);
      return cell.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    };
    // All rows of a table have the same columns, so the first ones suffice.
    const cells = [...document.querySelectorAll("tr:nth-child(-n + 20) > td")].filter((cell) => cell.textContent.trim().length > 8);
    const narrow = cells.find((cell) => cell.checkVisibility() && room(cell) < 48);
    return narrow ? { room: Math.round(room(narrow)), where: [narrow.outerHTML.slice(0, 120)] } : null;
  });

export default async (subject) =>
  subject.open({}, async (page) => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const open of [false, true]) {
        await fold(page, open);
        const look = inWords({ width, folds: open ? "unfolded" : "folded" });
        const wide = await tooWide(page);
        if (wide) subject.find("scroll", `at ${width} px the page is ${wide.reach} px wide`, { look, where: wide.where });
        const narrow = await tooNarrow(page);
        if (narrow) subject.find("scroll", `at ${width} px a cell is ${narrow.room} px wide`, { look, where: narrow.where });
      }
    }
  });
