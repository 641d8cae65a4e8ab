"""The client of the Training Hub in coros-training-mcp: login, list, detail and file."""

import asyncio
import hashlib
from pathlib import Path

import coros_api
from common import failing, operation, sim

REGION = {"region": 3}
ACTIVITIES = {str(one["id"]): one for one in sim("GET", "state")["coros"][0]["activities"]}
one = next(one for one in ACTIVITIES.values() if one["sha256"] and not one["oddities"])
LABEL = str(one["id"])


def login(password="correct horse", region="eu"):
    return asyncio.run(coros_api.login("runner@example.org", password, region))


def listed():
    """The ids of all pages, and the count of the service."""
    ids = []
    while True:
        page, count = asyncio.run(coros_api.fetch_activities(auth, "20000101", "20261231", 1 + len(ids) // 10, 10))
        ids += [activity.activity_id for activity in page]
        if len(page) < 10:
            return set(ids), count


def export(kind):
    got = asyncio.run(coros_api.export_activity_file(auth, LABEL, one["sport"], kind, f"activity.{kind}"))
    return hashlib.sha256(Path(got["output_path"]).read_bytes()).hexdigest()


failing("login with a wrong password", lambda: login("another"), "^ValueError: Coros login error")
auth = operation("login", login, lambda got: got.access_token and got.user_id)
operation("list_activities", listed, lambda got: got == (ACTIVITIES.keys(), len(ACTIVITIES)))
operation(
    "get_activity_detail",
    lambda: asyncio.run(coros_api.fetch_activity_detail(auth, LABEL, one["sport"])),
    lambda got: got["summary"]["startTimestamp"] == one["start"] * 100,
)
operation("export_activity_file", lambda: export("fit"), lambda hash: hash == one["sha256"])
failing(
    "export_activity_file of an unknown activity",
    lambda: asyncio.run(coros_api.fetch_activity_export_url(auth, "1", 100, "fit")),
    "^ValueError: ",
)
another = login()
failing("the token of an earlier login", listed, "^ValueError: Coros activity list error")
auth = another
sim("POST", "coros/tokens/expire", **REGION)
failing("a token that ended", listed, "^ValueError: Coros activity list error")
