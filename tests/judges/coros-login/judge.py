"""COROS' own login helper for COROS MCP: a login by link, the list of tools, calls, and the renewal of tokens."""

import base64
import hashlib
import json
import re
import sys
from pathlib import Path

from common import TOOLS, command, failing, operation, sim

REGION = {"region": 3}
TOKENS = Path("cache/eu/token.json")
ACTIVITIES = {str(one["id"]): one for one in sim("GET", "state")["coros"][0]["activities"]}
LABEL, SPORT = next((label, one["sport"]) for label, one in ACTIVITIES.items() if one["sha256"] and not one["oddities"])


def run(*words):
    return command(sys.executable, f"{TOOLS}/coros-login.py", "--cache-root", "cache", *words)


def start():
    """Starts a login, and opens its link as the person does."""
    link = re.search(r"https://\S+", run("login-start"))[0]
    sim("POST", "coros/mcp/open", url=link, **REGION)
    return link


def call(tool, **arguments):
    return json.loads(run("call-tool", "--tool", tool, "--arguments-json", json.dumps(arguments)))


def content(result):
    """The items of a result, which the helper may print with or without the object around it."""
    return result["content"] if "content" in result else result["result"]["content"]


def records():
    filters = ["sportTypeCodes", "minDistanceKm", "maxDistanceKm", "minDurationMinutes", "maxDurationMinutes"]
    filters += ["maxAveragePace", "locationKeyword"]
    days = {"startDate": "20000101", "endDate": "20261231"}
    [item] = content(call("querySportRecords", **dict.fromkeys(filters), **days, limit=500, timezone="UTC"))
    return json.loads(item["text"])


def is_complete(text):
    return set(re.findall(r"LabelId: (\d+)", text)) == ACTIVITIES.keys()


def download():
    got = content(call("downloadActivityFitFiles", labelId=LABEL, sportType=SPORT))
    [file] = [item["resource"] for item in got if item["type"] == "resource"]
    return hashlib.sha256(base64.b64decode(file["blob"])).hexdigest()


def end_locally():
    """Makes the helper believe that its access token has ended."""
    TOKENS.write_text(json.dumps(json.loads(TOKENS.read_text()) | {"expires_at_epoch": 0}))


def renew():
    end_locally()
    text = records()
    return is_complete(text), sim("GET", "state")["coros_mcp"]["refreshes"]


operation("login-start", start, lambda link: link.startswith("https://mcpeu.coros.com/"))
operation("login-finish", lambda: run("login-finish"), lambda text: "login ok" in text)
operation("mode of its token file", lambda: oct(TOKENS.stat().st_mode & 0o777), lambda mode: mode == "0o600")
operation("list-tools", lambda: run("list-tools", "--refresh"), lambda text: "querySportRecords" in text)
operation(
    "describe-tool", lambda: run("describe-tool", "--tool", "querySportRecords"), lambda text: "startDate" in text
)
for transport in ["json", "sse", "sse_crlf", "sse_lines", "sse_noise"]:
    sim("POST", "coros/mcp/spec", {"transport": transport}, **REGION)
    operation(f"call-tool querySportRecords, {transport}", records, is_complete)
operation("call-tool queryDevices", lambda: content(call("queryDevices")), lambda got: "COROS" in got[0]["text"])
operation("call-tool downloadActivityFitFiles", download, lambda hash: hash == ACTIVITIES[LABEL]["sha256"])
failing("call-tool of an unknown tool", lambda: call("queryNothing"), "exit code 1")
operation("renewal of a token that ended", renew, lambda got: got == (True, 1))
operation("renewal with the new refresh token", renew, lambda got: got == (True, 2))
sim("POST", "coros/mcp/tokens/revoke", **REGION)
end_locally()
failing("renewal after the login was ended", records, "exit code 1")
operation("its tokens after that", lambda: TOKENS.exists(), lambda exists: not exists)
