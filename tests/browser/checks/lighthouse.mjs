// Lighthouse rates the accessibility with 100. It requires http, so the page is served on the loopback.
import { serve } from "../server.mjs";
import { SetUpError, tool } from "../tools.mjs";

// The speed is not measured, so Lighthouse does not wait for a quiet page.
const FLAGS = {
  onlyCategories: ["accessibility", "best-practices"],
  logLevel: "error",
  throttlingMethod: "simulate",
  pauseAfterFcpMs: 0,
  pauseAfterLoadMs: 0,
  networkQuietThresholdMs: 0,
  cpuQuietThresholdMs: 0,
  disableFullPageScreenshot: true,
};

const failing = (lhr, category) =>
  category.auditRefs.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 1);

const where = (audit) => (audit.details?.items ?? []).slice(0, 3).map((item) => item.node?.snippet ?? JSON.stringify(item));

export default async (subject) => {
  const { default: lighthouse } = await tool("lighthouse");
  const { lhr } = await serve(subject.file, (url) => lighthouse(url, { ...FLAGS, port: subject.chromium.port }));
  if (lhr.runtimeError) throw new SetUpError(`Lighthouse: ${lhr.runtimeError.message}`);
  for (const category of Object.values(lhr.categories)) {
    subject.measured(`Lighthouse ${category.id}`, Math.round(category.score * 100), "of 100");
    if (category.id !== "accessibility" || category.score === 1) continue;
    subject.find("lighthouse", `accessibility is ${Math.round(category.score * 100)} of 100`);
    for (const audit of failing(lhr, category))
      subject.find("lighthouse", `${audit.id}: ${audit.title}`, { where: where(audit) });
  }
};
