// Without scripts the page shows the same texts and rows, and no control that does nothing.
import { fold, inWords } from "../subject.mjs";
import { bringUp, rowsOf } from "../rows.mjs";

// The visible texts, without those that only scripts show: forms and labels, texts of status elements, times in the
// reader's time zone.
const texts = (page, withTimes) =>
  page.evaluate((withTimes) => {
    const own = `form, label, output, [role=status], [role=alert], [aria-live], main button:not(th button)${withTimes ? "" : ", time"}`;
    const seen = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      const text = walker.currentNode.data.replace(/\s+/g, " ").trim();
      if (text && parent.checkVisibility({ visibilityProperty: true }) && !parent.closest(own)) seen.push(text);
    }
    return seen;
  }, withTimes);

const deadControls = (page) =>
  page.evaluate(() => {
    const controls = [...document.querySelectorAll("button, input, select, textarea")];
    return controls.filter((control) => control.checkVisibility()).map((control) => control.outerHTML.slice(0, 120));
  });

const look = (subject, scripts) =>
  subject.open({ scripts }, async (page) => {
    await fold(page, true);
    const seen = { texts: await texts(page, !scripts), rows: (await rowsOf(page)).length };
    return scripts ? { ...seen, allRows: await bringUp(page) } : { ...seen, controls: await deadControls(page) };
  });

export default async (subject) => {
  const scripted = await look(subject, true);
  const plain = await look(subject, false);
  const at = { look: inWords({ scripts: false }) };
  const there = new Set(plain.texts);
  const lacking = [...new Set(scripted.texts)].filter((text) => !there.has(text));
  if (lacking.length)
    subject.find("plain", `without scripts ${lacking.length} texts are lacking`, { ...at, where: lacking.slice(0, 5) });
  const wanted = subject.flags.rows ?? scripted.allRows ?? plain.rows;
  if (plain.rows !== wanted) subject.find("plain", `without scripts ${plain.rows} rows are seen, not ${wanted}`, at);
  if (subject.flags.rows !== undefined && scripted.allRows !== undefined && scripted.allRows !== wanted)
    subject.find("plain", `with scripts ${scripted.allRows} rows can be brought up, not ${wanted}`);
  for (const control of plain.controls) subject.find("plain", `without scripts this does nothing: ${control}`, at);
};
