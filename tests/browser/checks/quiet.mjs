// The page makes no request besides itself, the browser reports no problem, and the expected texts are readable.
import { bringUp } from "../rows.mjs";
import { serve } from "../server.mjs";
import { fold } from "../subject.mjs";

// Long enough for delayed actions of a page.
const LATER_MS = 700;

// Elements that would load something, now or when they are scrolled to, or only resolve a host.
const external = (page) =>
  page.evaluate(() => {
    const named = (element, name) => (element.getAttribute(name) ?? "").trim();
    const inside = (address) => address === "" || address.startsWith("data:") || address.startsWith("#");
    const found = [];
    for (const name of ["src", "srcset", "poster", "data", "background", "ping", "action", "xlink:href"])
      for (const element of document.querySelectorAll(`[${CSS.escape(name)}]`))
        if (element.localName !== "data" && !inside(named(element, name))) found.push(element);
    for (const element of document.querySelectorAll("link[href], base[href], image[href], use[href]"))
      if (!inside(named(element, "href"))) found.push(element);
    return found.map((element) => element.outerHTML.slice(0, 200));
  });

const goThrough = async (page) => {
  await fold(page, true);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.waitForTimeout(LATER_MS);
};

const expected = async (subject, look) =>
  subject.open(look, async (page) => {
    if (look.scripts) await bringUp(page);
    await fold(page, true);
    const text = (await page.evaluate(() => document.body.innerText)).replace(/\s+/g, " ");
    for (const words of subject.flags.expect)
      if (!text.includes(words))
        subject.find("quiet", `cannot be read: ${words}`, { look: look.scripts ? "" : "no scripts" });
  });

export default async (subject) => {
  await subject.open({}, async (page) => {
    for (const html of await external(page)) subject.find("quiet", `external: ${html}`);
    // Headless Chromium does not request an icon; other browsers do.
    if (!(await page.locator("link[rel~=icon]").count())) subject.find("quiet", "no icon, so browsers ask for /favicon.ico");
    await goThrough(page);
    await page.emulateMedia({ media: "print" });
  });
  await serve(subject.file, async (url, asked) => {
    await subject.open({ url }, goThrough);
    for (const request of asked.slice(1)) subject.find("quiet", `asked of the server: ${request}`);
  });
  for (const scripts of subject.flags.expect.length ? [true, false] : []) await expected(subject, { scripts });
};
