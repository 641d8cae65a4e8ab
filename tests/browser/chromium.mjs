// The distribution's Chromium, with a new profile and without network requests of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SetUpError, tool } from "./tools.mjs";

const program = process.env.CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  "--headless=new",
  // The pages are trusted; as root, and in most containers, the sandbox does not start.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--force-color-profile=srgb",
  // Background pages run at full speed.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  // No request leaves the machine, but all requests are still reported.
  "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
  // The pipe ends Chromium with this process; the port is for Lighthouse.
  "--remote-debugging-pipe",
  "--remote-debugging-port=0",
];

const listening = (child) =>
  new Promise((resolve, reject) => {
    let said = "";
    const failed = (why) => reject(new SetUpError(`${program} does not start: ${why}\n${said}`));
    const timer = setTimeout(() => failed("nothing within 60 s"), 60_000);
    child.on("error", (error) => failed(`${error.message}; apt-get install chromium, or name it in CHROMIUM`));
    child.on("exit", (code) => failed(`exit ${code}`));
    child.stderr.on("data", (data) => {
      said += data;
      const url = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
  });

// Removes the profile. Its processes end one after the other and may still write, so this is retried.
const remove = (profile) => {
  for (let tries = 0; tries < 40; tries++) {
    try {
      return rmSync(profile, { recursive: true, force: true });
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
};

// Starts Chromium: `browser` is Playwright's object, `port` the port of DevTools; `stop` ends it.
export const start = async () => {
  const { chromium } = (await tool("playwright-core")).default;
  const profile = mkdtempSync(join(tmpdir(), "browser-"));
  const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => {
    child.on("exit", resolve);
    child.on("error", resolve);
  });
  const end = () => {
    child.kill("SIGKILL");
    remove(profile);
  };
  // Ends Chromium if a check exits early.
  process.once("exit", end);
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    process.off("exit", end);
    end();
  };
  try {
    const url = await listening(child);
    return { browser: await chromium.connectOverCDP(url), port: Number(new URL(url).port), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
