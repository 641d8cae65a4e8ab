// The page under test: opens it with different settings and records problems.
import { pathToFileURL } from "node:url";

// The settings as text: "dark, 390 px, no scripts".
export const inWords = ({ width = 1280, dark = false, scripts = true, folds = "" }) =>
  [dark ? "dark" : "light", `${width} px`, folds, scripts ? "" : "no scripts"].filter(Boolean).join(", ");

// Prevents the page from reloading during a check.
const KEPT_MS = 30_000;
const keepPage = (least) => {
  const { setInterval } = window;
  window.setInterval = (work, ms, ...rest) => (ms >= least ? 0 : setInterval(work, ms, ...rest));
};

export class Subject {
  // The distinct findings: `check`, `what`, and optionally `look` and `where`.
  findings = [];
  // The measurements: `measure`, `value`, `unit`.
  measures = [];

  constructor(file, chromium, flags) {
    this.file = file;
    this.url = pathToFileURL(file).href;
    this.chromium = chromium;
    this.flags = flags;
  }

  find(check, what, more = {}) {
    const finding = { check, what, ...more };
    const same = (one) => one.check === check && one.what === what;
    if (!this.findings.some(same)) this.findings.push(finding);
  }

  measured(measure, value, unit) {
    this.measures.push({ measure, value, unit });
  }

  // Opens the page and calls `work` with it. Its messages and requests meanwhile become findings.
  async open(look, work) {
    const context = await this.chromium.browser.newContext({
      viewport: { width: look.width ?? 1280, height: 900 },
      colorScheme: look.dark ? "dark" : "light",
      javaScriptEnabled: look.scripts ?? true,
      reducedMotion: "reduce",
      locale: "en-GB",
    });
    try {
      const page = await context.newPage();
      // Speed is measured elsewhere; a busy machine must not make a check fail.
      page.setDefaultTimeout(120_000);
      await this.#watch(page, look);
      await page.addInitScript(keepPage, KEPT_MS);
      await page.goto(look.url ?? this.url, { waitUntil: look.until ?? "load" });
      return await work(page);
    } finally {
      await context.close();
    }
  }

  async #watch(page, look) {
    const own = look.url ?? this.url;
    const note = (what) => this.find("quiet", what, { look: inWords(look) });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(`console ${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => note(`uncaught: ${error.message}`));
    page.on("request", (request) => {
      if (!(request.isNavigationRequest() && request.url() === own)) note(`request: ${request.url()}`);
    });
    page.on("websocket", (socket) => note(`request: ${socket.url()}`));
    page.on("popup", (popup) => note(`window: ${popup.url()}`));
    page.on("download", (download) => note(`download: ${download.url()}`));
    page.on("dialog", (dialog) => {
      note(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    // The issues of DevTools: blocked by the policy, quirks mode, labels without a control.
    const devtools = await page.context().newCDPSession(page);
    devtools.on("Audits.issueAdded", ({ issue }) => {
      // Ids of nodes and frames differ between loads.
      const told = (key, value) => (/Id$|Location$/.test(key) ? undefined : value);
      note(`issue: ${issue.code} ${JSON.stringify(Object.values(issue.details)[0], told)}`.slice(0, 500));
    });
    await devtools.send("Audits.enable");
  }
}

// Unfolds or folds all parts.
export const fold = (page, open) =>
  page.evaluate((open) => {
    for (const details of document.querySelectorAll("details")) details.open = open;
  }, open);
