"""The official SDK of MCP for Python as a client of COROS MCP: discovery, OAuth, and calls over every transport."""

import asyncio
import base64
import hashlib
import json
import re
import urllib.parse

import httpx
from common import failing, operation, requests, sim
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

ENDPOINT = "https://mcpcn.coros.com/mcp"
CALLBACK = "http://127.0.0.1:43123/callback"
ACTIVITIES = {str(one["id"]): one for one in sim("GET", "state")["coros"][0]["activities"]}
NEEDED = {"querySportRecords", "downloadActivityFitFiles", "queryActivityFitFileDownloadUrls", "queryUserInfo"}


class Storage:
    """Keeps the client and its tokens in memory."""

    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Person:
    """Opens the address of the authorization, where the simulator approves at once, and follows it to the callback."""

    async def open(self, address):
        async with httpx.AsyncClient() as browser:
            self.location = (await browser.get(address)).headers["location"]

    async def code(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.location).query)
        return query["code"][0], query["state"][0]


def new_provider(storage):
    person = Person()
    metadata = OAuthClientMetadata(
        client_name="judge",
        redirect_uris=[CALLBACK],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="none",
        scope="openid offline_access mcp.tools",
    )
    return OAuthClientProvider(ENDPOINT, metadata, storage, person.open, person.code)


provider = new_provider(Storage())


def talk(action, auth=None):
    """Initializes a session, and returns the result of `action` in it."""

    async def whole():
        async with (
            httpx.AsyncClient(auth=auth or provider, timeout=30) as http,
            streamable_http_client(ENDPOINT, http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            started = await session.initialize()
            return await action(session, started)

    return asyncio.run(whole())


def call(name, **arguments):
    return talk(lambda session, started: session.call_tool(name, arguments))


def text_of(result):
    """The text of a result. It is a JSON string in a text item."""
    [item] = result.content
    return json.loads(item.text)


def records():
    filters = ["sportTypeCodes", "minDistanceKm", "maxDistanceKm", "minDurationMinutes", "maxDurationMinutes"]
    filters += ["maxAveragePace", "locationKeyword"]
    days = {"startDate": "20000101", "endDate": "20261231"}
    return text_of(call("querySportRecords", **dict.fromkeys(filters), **days, limit=500, timezone="UTC"))


def is_complete(text):
    labels = re.findall(r"LabelId: (\d+) \| SportType: \d+", text)
    return f"({len(ACTIVITIES)} records)" in text and set(labels) == ACTIVITIES.keys()


async def list_tools(session, started):
    names, cursor = [], None
    while True:
        page = await session.list_tools(cursor)
        names += [tool.name for tool in page.tools]
        cursor = page.nextCursor
        if not cursor:
            return names


async def version(session, started):
    return started.protocolVersion


def paths():
    return [request["path"] for request in requests()]


def downloaded():
    got = call("downloadActivityFitFiles", labelId=LABEL, sportType=SPORT)
    [file] = [item.resource for item in got.content if item.type == "resource"]
    return str(file.uri).rsplit("/", 1)[1], hashlib.sha256(base64.b64decode(file.blob)).hexdigest()


LABEL, SPORT = next((label, one["sport"]) for label, one in ACTIVITIES.items() if one["sha256"] and not one["oddities"])

operation("initialize, with the login", lambda: talk(version), lambda got: got == "2025-11-25")
for part in ["oauth-protected-resource/mcp", "connect/register", "oauth2/authorize", "oauth2/token"]:
    operation(f"the login requested {part}", paths, lambda got, part=part: sum(p.endswith(part) for p in got) == 1)
operation("tools/list", lambda: talk(list_tools), lambda names: NEEDED <= set(names))
sim("POST", "coros/mcp/spec", {"tools_page": 5})
operation("tools/list in pages", lambda: talk(list_tools), lambda names: NEEDED <= set(names) and len(set(names)) > 5)
for transport in ["json", "sse", "sse_crlf", "sse_lines", "sse_noise"]:
    for sessions in [False, True]:
        sim("POST", "coros/mcp/spec", {"transport": transport, "sessions": sessions})
        operation(f"querySportRecords, {transport}{' with a session' if sessions else ''}", records, is_complete)
sim("POST", "coros/mcp/spec", {"transport": "sse", "sessions": False})
operation("downloadActivityFitFiles", downloaded, lambda got: got == (f"{LABEL}.fit", ACTIVITIES[LABEL]["sha256"]))
for name, arguments, wanted in [
    ("queryActivityFitFileDownloadUrls", {"labelId": LABEL, "sportType": SPORT}, rf"{LABEL}\.fit\s+https://"),
    ("getActivityDetail", {"labelId": LABEL, "sportType": SPORT}, "Activity Details"),
    ("queryDevices", {}, r"1\. COROS"),
    ("queryUserInfo", {}, ": "),
]:
    operation(name, lambda: text_of(call(name, **arguments)), lambda text: re.search(wanted, text))
failing("unknown tool", lambda: call("queryNothing"), "^McpError: ")


def renewed():
    provider.context.token_expiry_time = 1
    talk(list_tools)
    state = sim("GET", "state")["coros_mcp"]
    return state["refreshes"], state["reuses"]


operation("renewal of a token that ended", renewed, lambda got: got == (1, 0))
operation("renewal with the new refresh token", renewed, lambda got: got == (2, 0))
sim("POST", "coros/mcp/tokens/revoke")
operation("login again after a 401", lambda: talk(version), lambda got: got == "2025-11-25")
