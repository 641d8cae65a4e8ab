"""The command intervals-icu, which lists the activities of intervals.icu."""

import json

from common import LOOPBACK, command, failing, operation, sim

KEY = sim("GET", "intervals/key")["key"]
ACTIVITIES = {one["id"]: one for one in sim("GET", "state")["intervals"][0]["activities"]}
ALL = ["--start", "2000-01-01", "--end", "2026-12-31", "--limit", "500"]


def run(*words, key=KEY):
    # This client does not read HTTPS_PROXY, so it uses the plain port.
    environment = {"INTERVALS_ICU_BASE_URL": f"{LOOPBACK}/intervals.icu", "INTERVALS_ICU_API_KEY": key}
    return command("intervals-icu", "activities", *words, INTERVALS_ICU_ATHLETE_ID="0", **environment)


def ids(text):
    return {line.split("\t")[0] for line in text.splitlines()}


operation("activities list", lambda: run("list", *ALL), lambda text: ids(text) == ACTIVITIES.keys())
operation("activities list --limit", lambda: run("list", *ALL[:4], "--limit", "5"), lambda text: len(ids(text)) == 5)
operation(
    "activities list --json",
    lambda: json.loads(run("list", *ALL, "--json")),
    lambda got: {one["id"] for one in got} == ACTIVITIES.keys(),
)
operation(
    "activities list of days without any",
    lambda: run("list", "--start", "1990-01-01", "--end", "1990-02-01"),
    lambda text: "No activities" in text,
)
failing("wrong key", lambda: run("list", *ALL, key="wrong"), "exit code 1")
