// The time from the navigation until the search box has filtered the rows for a typed word, ready to paint.
//
// The time includes the simulated key strokes, so it is an upper bound. The best of several loads counts, because other
// processes of the machine can only slow a load down.
import { rowsOf, SEARCH, untilFiltered, wordOf } from "../rows.mjs";

const LOADS = 5;
const PATIENCE_MS = 30_000;

export default async (subject) => {
  const word = await subject.open({}, async (page) => wordOf(await rowsOf(page)));
  const once = async (page) => {
    await page.locator(SEARCH).focus({ timeout: PATIENCE_MS });
    await page.keyboard.insertText(word ?? "qqzzqq");
    return untilFiltered(page, word, PATIENCE_MS);
  };
  const times = [];
  for (let load = 0; load < LOADS; load++) {
    const time = await subject.open({ until: "commit" }, once).catch((error) => error);
    if (time instanceof Error) return subject.find("speed", "the search box does not answer", { where: [time.message] });
    times.push(Math.round(time));
  }
  const best = Math.min(...times);
  subject.measured("interactive", best, "ms");
  const { budget } = subject.flags;
  if (budget !== undefined && best > budget)
    subject.find("speed", `interactive after ${best} ms, later than ${budget} ms`, {
      where: [`loads: ${times.join(", ")} ms`],
    });
};
