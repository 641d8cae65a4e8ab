"""A server of MCP, built with the official SDK for Python, that plays the tools of COROS.

Requests for the endpoint go to this server, all others (discovery, registration, login, tokens) to the simulator.
"""

import base64
import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from common import LOOPBACK
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.fastmcp import FastMCP
from mcp.types import BlobResourceContents, EmbeddedResource, TextContent
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HOST = "mcpeu.coros.com"


@dataclass
class Activity:
    label: str
    sport: int
    title: str
    name: str
    start: int
    seconds: int
    metres: int
    file: Path

    @property
    def day(self):
        return datetime.fromtimestamp(self.start, UTC).strftime("%Y-%m-%d")

    def lines(self, number):
        """The activity as the list shows it. Without a distance, the heart rate is on a line of its own."""
        hours, minutes, seconds = self.seconds // 3600, self.seconds // 60 % 60, self.seconds % 60
        duration = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        distance = f" | Distance: {self.metres / 1000:.2f} km" if self.metres else " | Sets: 12"
        pace = "   Average Pace: 6:00 /km" if self.metres else ""
        return [
            f"{number}. {self.title} \u2014 {self.day}",
            f"   Location: {self.name}",
            f"   Time Window: startTimestamp={self.start} | endTimestamp={self.start + self.seconds}",
            f"   Duration: {duration}{distance}",
            f"{pace} | Avg HR: 141 bpm | Calories: 512 kcal",
            f"   LabelId: {self.label} | SportType: {self.sport}",
            "",
        ]


class Tokens:
    """Accepts the tokens that the simulator accepts."""

    async def verify_token(self, token):
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        async with httpx.AsyncClient() as client:
            response = await client.post(f"{LOOPBACK}/{HOST}/mcp", json=ping, headers=headers)
        if response.status_code != 200:
            return None
        return AccessToken(token=token, client_id="garminsync", scopes=["mcp.tools"])


def build(activities, behaviour, without=()):
    """The server. `behaviour` is passed to the SDK; the tools in `without` are missing."""
    server = FastMCP(
        "coros-mcp-server",
        streamable_http_path=f"/{HOST}/mcp",
        token_verifier=Tokens(),
        auth=AuthSettings(issuer_url=f"https://{HOST}", resource_server_url=f"https://{HOST}/mcp"),
        log_level="WARNING",
        **behaviour,
    )

    def querySportRecords(
        startDate: str,
        endDate: str,
        sportTypeCodes: list[int] | None,
        minDistanceKm: float | None,
        maxDistanceKm: float | None,
        minDurationMinutes: int | None,
        maxDurationMinutes: int | None,
        maxAveragePace: str | None,
        locationKeyword: str | None,
        limit: int | None,
    ):
        first, last = (datetime.strptime(day, "%Y%m%d").strftime("%Y-%m-%d") for day in (startDate, endDate))
        found = sorted((one for one in activities if first <= one.day <= last), key=lambda one: -one.start)
        if not found:
            return json.dumps(f"No sport records found from {first} to {last}.")
        text = [f"Sport Records \u2014 {first} to {last} ({len(found)} records)", "=" * 24, ""]
        for number, one in enumerate(found[: limit or 20], 1):
            text += one.lines(number)
        return json.dumps("\n".join(text), ensure_ascii=False)

    def downloadActivityFitFiles(labelId: str, sportType: int):
        advice = TextContent(type="text", text=json.dumps("Save the file."))
        found = [one for one in activities if (one.label, one.sport) == (labelId, sportType)]
        if not found:
            return [advice]
        blob = base64.b64encode(found[0].file.read_bytes()).decode()
        address = f"coros://fit/{labelId}.fit"
        file = BlobResourceContents(uri=address, mimeType="application/octet-stream", blob=blob)
        return [EmbeddedResource(type="resource", resource=file), advice]

    for tool in [querySportRecords, downloadActivityFitFiles]:
        if tool.__name__ not in without:
            server.add_tool(tool, structured_output=False)
    return server


async def forward(request: Request):
    """Sends a request to the simulator."""
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    async with httpx.AsyncClient(timeout=30) as client:
        address = f"{LOOPBACK}{request.url.path}?{request.url.query}"
        got = await client.request(request.method, address, headers=headers, content=await request.body())
    kept = {name: value for name, value in got.headers.items() if name in ("content-type", "location")}
    return Response(got.content, got.status_code, kept)


class Recorder:
    """Keeps the method, the session and the protocol version of each request for the endpoint, and the status."""

    def __init__(self, app):
        self.app = app
        self.seen = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"] != f"/{HOST}/mcp":
            return await self.app(scope, receive, send)
        has_session = b"mcp-session-id" in dict(scope["headers"])

        async def record(message):
            if message["type"] == "http.response.start":
                self.seen.append((scope["method"], has_session, message["status"]))
            await send(message)

        return await self.app(scope, receive, record)


@contextlib.contextmanager
def running(activities, behaviour, without=()):
    """Runs the server on a free port. Yields its address and the record of its requests."""
    app = build(activities, behaviour, without).streamable_http_app()
    app.router.routes.append(Route("/{path:path}", forward, methods=["GET", "POST"]))
    recorder = Recorder(app)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(recorder, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", recorder.seen
    finally:
        server.should_exit = True
        thread.join()
