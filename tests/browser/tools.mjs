// What the checks and the screenshots share: the tools that scripts/test brings into target/browser, and the browser.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const home = process.env.BROWSER_TOOLS ?? fileURLToPath(new URL("../../target/browser", import.meta.url));
if (!existsSync(join(home, "node_modules/playwright-core"))) {
  console.error(`${home} does not hold the tools; scripts/test brings them`);
  process.exit(2);
}
const require = createRequire(join(home, "package.json"));

export const { chromium } = require("playwright-core");
export const axePath = require.resolve("axe-core/axe.min.js");
export const vnuJar = join(home, "node_modules/vnu-jar/build/dist/vnu.jar");
export const lighthouse = async () => (await import(join(home, "node_modules/lighthouse/core/index.js"))).default;

const quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// Debian's Chromium, with a profile of its own; as root it wants no sandbox, which a page of ours can do without.
export const launch = (more = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromiumSandbox: process.getuid?.() !== 0,
    args: [...quiet, ...more],
  });

export const widths = [1280, 768, 360];
export const schemes = ["light", "dark"];
