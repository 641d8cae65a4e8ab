// Finds the packages of package.json in target/browser, where scripts/test brings them, or in the folder that
// BROWSER_TOOLS names: node looks for packages beside the file that imports them, and those are not in the tree.
//
// The versions are those that Node.js 18 and npm 9 of Debian 12 take: playwright-core wants Node.js 20 from 1.62 on, and
// lighthouse from 12.3 on needs packages in their "latest" version, which no lock file can hold.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const home = process.env.BROWSER_TOOLS ?? fileURLToPath(new URL("../../target/browser", import.meta.url));
const require = createRequire(join(home, "package.json"));

// What is missing or wrong on this machine, not on the page.
export class SetUpError extends Error {}

const path = (name) => {
  if (!existsSync(join(home, "node_modules"))) throw new SetUpError(`${home} is not there; scripts/test makes it`);
  return require.resolve(name);
};

// A package, or a file of one.
export const tool = async (name) => import(pathToFileURL(path(name)).href);
export const toolPath = path;
