// The official SDK of MCP for JavaScript as a client of COROS MCP: OAuth, and calls over every transport.
// Like the judges in Python, it prints a line for each operation.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";

const { GS_LOOPBACK, JUDGE_TOOLS } = process.env;
const required = createRequire(`${JUDGE_TOOLS}/mcp-sdk/`);
const { Client } = required("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = required("@modelcontextprotocol/sdk/client/streamableHttp.js");

const ENDPOINT = new URL("https://mcpcn.coros.com/mcp");
const CALLBACK = "http://127.0.0.1:43123/callback";

// Requests for https://HOST/PATH go to the plain port of the simulator, because fetch of Node.js 20 has no proxy.
const toSimulator = (address, init) => fetch(String(address).replace("https:/", GS_LOOPBACK), init);

async function sim(method, path, body) {
  const response = await fetch(`${GS_LOOPBACK}/_sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

function report(result, name, detail = "") {
  console.log([result, name, String(detail).replace(/\s+/g, " ").slice(0, 300)].join("\t"));
}

async function operation(name, action, check) {
  try {
    const got = await action();
    const agreed = check(got);
    report(agreed ? "agreed" : "disagreed", name, agreed ? "" : `unexpected result: ${JSON.stringify(got)}`);
  } catch (error) {
    console.error(error);
    report("disagreed", name, error);
  }
}

async function failing(name, action, expected) {
  let text = "no failure";
  try {
    await action();
  } catch (error) {
    text = String(error);
  }
  report(expected.test(text) ? "agreed" : "disagreed", name, expected.test(text) ? "" : text);
}

// Keeps the client and its tokens in memory. The simulator approves a login at once.
const provider = {
  redirectUrl: CALLBACK,
  clientMetadata: {
    client_name: "judge",
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    scope: "openid offline_access mcp.tools",
  },
  clientInformation: () => provider.client,
  saveClientInformation: (client) => (provider.client = client),
  tokens: () => provider.saved,
  saveTokens: (tokens) => (provider.saved = tokens),
  codeVerifier: () => provider.verifier,
  saveCodeVerifier: (verifier) => (provider.verifier = verifier),
  async redirectToAuthorization(address) {
    const response = await toSimulator(address, { redirect: "manual" });
    provider.code = new URL(response.headers.get("location")).searchParams.get("code");
  },
};

const newTransport = () => new StreamableHTTPClientTransport(ENDPOINT, { authProvider: provider, fetch: toSimulator });

async function talk(action) {
  const client = new Client({ name: "judge", version: "1.0.0" });
  await client.connect(newTransport());
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

const call = (name, args) => talk((client) => client.callTool({ name, arguments: args }));

async function login() {
  const transport = newTransport();
  const client = new Client({ name: "judge", version: "1.0.0" });
  // The first attempt ends with the request for a login.
  await client.connect(transport).then(() => { throw new Error("connected without a login"); }, () => {});
  await transport.finishAuth(provider.code);
  return provider.saved;
}

const [{ activities }] = (await sim("GET", "state")).coros;
const one = activities.find((activity) => activity.sha256 && activity.oddities.length === 0);
const label = String(one.id);

async function records() {
  const filters = ["sportTypeCodes", "minDistanceKm", "maxDistanceKm", "minDurationMinutes", "maxDurationMinutes",
    "maxAveragePace", "locationKeyword"];
  const unused = Object.fromEntries(filters.map((name) => [name, null]));
  const days = { startDate: "20000101", endDate: "20261231" };
  const got = await call("querySportRecords", { ...unused, ...days, limit: 500, timezone: "UTC" });
  return got.content[0].text;
}

const isComplete = (text) => text.includes(`(${activities.length} records)`) && text.includes(`LabelId: ${label}`);

async function download() {
  const got = await call("downloadActivityFitFiles", { labelId: label, sportType: one.sport });
  const { resource } = got.content.find((item) => item.type === "resource");
  return createHash("sha256").update(Buffer.from(resource.blob, "base64")).digest("hex");
}

async function renew() {
  await sim("POST", "coros/mcp/tokens/expire");
  await talk((client) => client.listTools());
  return (await sim("GET", "state")).coros_mcp;
}

await operation("login", login, (tokens) => tokens.access_token && tokens.refresh_token);
await operation("tools/list", () => talk((client) => client.listTools()), (got) =>
  got.tools.some((tool) => tool.name === "querySportRecords" && tool.inputSchema.type === "object"));
for (const transport of ["json", "sse", "sse_crlf", "sse_lines", "sse_noise"]) {
  for (const sessions of [false, true]) {
    await sim("POST", "coros/mcp/spec", { transport, sessions });
    await operation(`querySportRecords, ${transport}${sessions ? " with a session" : ""}`, records, isComplete);
  }
}
await sim("POST", "coros/mcp/spec", { transport: "sse", sessions: false });
await operation("downloadActivityFitFiles", download, (hash) => hash === one.sha256);
await failing("unknown tool", () => call("queryNothing", {}), /McpError: .*-32602/);
await operation("renewal after a 401", renew, (got) => got.refreshes === 1 && got.reuses === 0);
await operation("renewal with the new refresh token", renew, (got) => got.refreshes === 2 && got.reuses === 0);
