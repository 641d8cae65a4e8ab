// The printed page is dark on white, even if the screen is in dark mode, and nothing is cut off.
import { fold, inWords } from "../subject.mjs";

// A4 within usual margins, portrait and landscape, in CSS pixels.
const PAPERS = [718, 1047];
// The minimum of WCAG for text.
const CONTRAST = 4.5;

// Texts that are not readable on white paper: browsers print no backgrounds.
const pale = (page) =>
  page.evaluate((least) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    // The colour on white, for every notation and transparency.
    const onWhite = (colour) => {
      canvas.fillStyle = "#fff";
      canvas.fillRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = (colour) => {
      const [r, g, b] = onWhite(colour).map(linear);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrasts = new Map();
    const contrast = (colour) => {
      if (!contrasts.has(colour)) contrasts.set(colour, 1.05 / (luminance(colour) + 0.05));
      return contrasts.get(colour);
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
      const style = getComputedStyle(parent);
      const colour = parent instanceof SVGElement ? style.fill : style.color;
      if (contrast(colour) < least) found.push(`${colour}: ${parent.outerHTML.slice(0, 120)}`);
    }
    const ground = getComputedStyle(document.body).backgroundColor;
    if (luminance(ground) < 0.8) found.push(`the page itself is ${ground}`);
    return found;
  }, CONTRAST);

// Elements that do not fit on the paper, or whose content does not fit in a box that hides or scrolls it; of nested
// elements only the innermost.
const cut = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const unseen = (element) => element.clientWidth <= 1 || element.clientHeight <= 1;
    const found = [];
    for (const element of document.body.querySelectorAll("*")) {
      if (!element.checkVisibility({ visibilityProperty: true }) || element instanceof SVGElement) continue;
      const box = element.getBoundingClientRect();
      const { overflowX, overflowY } = getComputedStyle(element);
      const hides = (overflow, all, shown) => overflow !== "visible" && !unseen(element) && all > shown + 1;
      const told = (what) => found.push({ element, what: `${what}: ${element.outerHTML.slice(0, 120)}` });
      if (box.right > width + 1 && box.width > 1) told(`ends at ${Math.round(box.right)} px`);
      else if (hides(overflowX, element.scrollWidth, element.clientWidth))
        told(`hides what is ${element.scrollWidth} px wide`);
      else if (hides(overflowY, element.scrollHeight, element.clientHeight))
        told(`hides what is ${element.scrollHeight} px high`);
    }
    return found
      .filter((one) => !found.some((other) => other !== one && one.element.contains(other.element)))
      .map(({ what }) => what);
  });

export default async (subject) => {
  for (const dark of [false, true])
    await subject.open({ dark }, async (page) => {
      await page.emulateMedia({ media: "print" });
      await fold(page, true);
      const where = await pale(page);
      if (where.length)
        subject.find("print", "cannot be read on paper", { look: inWords({ dark }), where: where.slice(0, 3) });
      for (const width of dark ? [] : PAPERS) {
        await page.setViewportSize({ width, height: 1000 });
        const lost = await cut(page);
        if (lost.length)
          subject.find("print", `${lost.length} are cut off on paper ${width} px wide`, { where: lost.slice(0, 5) });
      }
    });
};
