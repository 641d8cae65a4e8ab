// Finds the packages of package.json in target/browser, where scripts/test brings them, or in the folder that
// BROWSER_TOOLS names: node looks for packages beside the file that imports them, and those are not in the tree.
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
