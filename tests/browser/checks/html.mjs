// The Nu checker reports no error and no warning.
import { execFile } from "node:child_process";
import { SetUpError, toolPath } from "../tools.mjs";

// Its parser is recursive, and a page may have twenty thousand rows.
const JAVA = ["-Xss4m", "-Xmx1g", "-XX:+UseSerialGC", "-jar"];

// It guesses the language from the most frequent words, but names and commands are in any language.
const GUESS = /appears to be written in .* but the “html” start tag/;

const nu = (files) =>
  new Promise((resolve, reject) => {
    // The jar is run directly, because the package's own script would download another Java.
    const jar = toolPath("vnu-jar/build/dist/vnu.jar");
    const args = [...JAVA, jar, "--format", "json", "--stdout", "--exit-zero-always", ...files];
    execFile("java", args, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error) return reject(new SetUpError(`the Nu checker ends with ${error.code}: ${stderr || error.message}`));
      try {
        resolve(JSON.parse(stdout).messages);
      } catch {
        reject(new SetUpError(`the Nu checker says what is no JSON: ${stdout.slice(0, 500)} ${stderr}`));
      }
    });
  });

// It writes file:/path instead of file:///path.
const isOf = (url, subject) => (url ?? "").replace(/^file:\/+/, "file:///") === subject.url;

export default async (subjects) => {
  for (const { url, type, subType, message, lastLine, firstColumn, extract } of await nu(subjects.map(({ file }) => file))) {
    if ((type === "info" && subType !== "warning") || GUESS.test(message)) continue;
    const subject = subjects.find((subject) => isOf(url, subject));
    if (!subject) throw new SetUpError(`the Nu checker says of ${url}: ${message}`);
    subject.find("html", message, { where: `line ${lastLine}, column ${firstColumn}: ${(extract ?? "").slice(0, 200)}` });
  }
};
