// Finds the packages of package.json in target/browser, where scripts/test installs them, or in the folder that
// BROWSER_TOOLS names: node searches for packages beside the importing file, where they are not.
//
// The versions are those that Node.js 18 and npm 9 of Debian 12 support: playwright-core requires Node.js 20 from 1.62
// on, and lighthouse from 12.3 on requires packages in their "latest" version, which a lock file cannot pin.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const home = process.env.BROWSER_TOOLS ?? fileURLToPath(new URL("../../target/browser", import.meta.url));
const require = createRequire(join(home, "package.json"));

// A problem of this machine, not of the page.
export class SetUpError extends Error {}

const path = (name) => {
  if (!existsSync(join(home, "node_modules"))) throw new SetUpError(`${home} is missing; scripts/test creates it`);
  return require.resolve(name);
};

// A package, or a file of one.
export const tool = async (name) => import(pathToFileURL(path(name)).href);
export const toolPath = path;
