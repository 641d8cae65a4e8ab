// The page never scrolls sideways, and cuts nothing off instead.
import { fold, inWords } from "../subject.mjs";

const WIDTHS = [360, 768, 1280];

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

export default async (subject) =>
  subject.open({}, async (page) => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      for (const open of [false, true]) {
        await fold(page, open);
        const wide = await tooWide(page);
        if (!wide) continue;
        const look = inWords({ width, folds: open ? "unfolded" : "folded" });
        subject.find("scroll", `at ${width} px the page is ${wide.reach} px wide`, { look, where: wide.where });
      }
    }
  });
