"""A server of MCP built with the official SDK for Python: our commands log in, list and download with it."""

import hashlib
import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from common import COMMANDS, GS_SIM, Failed, command, failing, operation, sim
from service import HOST, Activity, running

command(GS_SIM, "--write-fit", "samples")
# The first run starts then, and the ride a day later.
START = 1_793_491_200
ACTIVITIES = [
    Activity(
        "480000000000000001",
        100,
        "Outdoor Run",
        "Millbrook: Run | with friends",
        START,
        1800,
        5000,
        Path("samples/run.fit"),
    ),
    Activity(
        "480000000000000002",
        200,
        "Outdoor Bike",
        "Millbrook Bike",
        START + 86_400,
        3600,
        27_000,
        Path("samples/ride.fit"),
    ),
    Activity("480000000000000003", 402, "Strength", "Strength", START, 2700, 0, Path("samples/strength.fit")),
]
BEHAVIOURS = {
    "events": {"stateless_http": True, "json_response": False},
    "JSON": {"stateless_http": True, "json_response": True},
    "sessions": {"stateless_http": False, "json_response": False},
    "sessions and JSON": {"stateless_http": False, "json_response": True},
}


class Commands:
    """Our commands with a data folder of their own, and this server as the host of COROS MCP."""

    def __init__(self, folder, address):
        self.data = Path(folder).absolute()
        self.environment = {
            "HOME": os.environ["HOME"],
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.data),
            "GS_LOOPBACK": address,
            "SYNC_PLATFORM": "COROS",
            "GS_REQUEST_INTERVAL": "0",
            "GS_CONFIRM_WAIT": "0",
        }

    def start(self, name, *words):
        pipe = subprocess.PIPE
        words = [f"{COMMANDS}/{name}", *words]
        return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environment)

    def run(self, name, *words, given=""):
        return ended(self.start(name, *words), given)

    def log_in(self):
        """Logs in, with a person who opens the link and allows the access. Returns the host of the stored token."""
        login = self.start("gs-auth", "login", "--platform", "coros", "--oauth")
        shown = ""
        for line in login.stderr:
            shown += line
            if link := re.search(r"https://\S+", line):
                sim("POST", "coros/mcp/open", url=link[0], region=3)
                break
        ended(login, shown=shown)
        return json.loads((self.data / "tokens/coros.oauth.json").read_text())["issuer"]


def ended(process, given="", shown=""):
    """Waits for a command. Returns its records and its messages."""
    out, messages = process.communicate(given, timeout=120)
    if process.returncode:
        raise Failed(f"exit code {process.returncode}: {shown}{messages}")
    return out, shown + messages


def listed(ours):
    """The activities that gs-fetch lists, in the form of `expected`."""
    out, _ = ours.run("gs-fetch", "--full")
    records = [json.loads(line) for line in out.splitlines()]
    return sorted(
        (one["id"], one["name"], one["start_time"], one["timer_time_s"], one.get("distance_m")) for one in records
    )


def expected():
    return [
        (
            one.label,
            one.name,
            datetime.fromtimestamp(one.start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            one.seconds,
            one.metres or None,
        )
        for one in ACTIVITIES
    ]


def archived(ours):
    """The hashes of the files that gs-download archives."""
    out, _ = ours.run("gs-list", "--missing")
    ours.run("gs-download", given=out)
    return {hashlib.sha256(file.read_bytes()).hexdigest() for file in (ours.data / "fit/coros").glob("*.fit")}


ORIGINALS = {hashlib.sha256(one.file.read_bytes()).hexdigest() for one in ACTIVITIES}


def uses_sessions(seen):
    """Whether the server rejected requests without a session, and then received requests with one."""
    return ("POST", False, 400) in seen and ("POST", True, 200) in seen


for name, behaviour in BEHAVIOURS.items():
    with running(ACTIVITIES, behaviour) as (address, seen):
        ours = Commands(f"data {name}", address)
        operation(f"gs-auth login --oauth, {name}", ours.log_in, lambda got: got == f"https://{HOST}")
        operation(f"gs-fetch, {name}", lambda: listed(ours), lambda got: got == expected())
        operation(f"gs-download, {name}", lambda: archived(ours), lambda hashes: hashes == ORIGINALS)
        operation(f"sessions, {name}", lambda: uses_sessions(seen), lambda got: got != behaviour["stateless_http"])
        operation(f"statuses, {name}", lambda: {status for _, _, status in seen}, lambda got: got <= {200, 202, 400})
        sim("POST", "coros/mcp/tokens/expire", region=3)
        operation(f"gs-fetch with a token that ended, {name}", lambda: listed(ours), lambda got: got == expected())
        operation(f"401 for that token, {name}", lambda: seen, lambda got: any(status == 401 for _, _, status in got))

with running(ACTIVITIES, BEHAVIOURS["events"], without=["downloadActivityFitFiles"]) as (address, seen):
    failing(
        "gs-auth login --oauth without a tool",
        Commands("data without", address).log_in,
        "no longer offers downloadActivityFitFiles",
    )
