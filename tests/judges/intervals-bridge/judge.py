"""The client of intervals.icu in garmin-intervals-bridge, which checks the form of every answer."""

import gzip
import hashlib
from datetime import date
from pathlib import Path

from common import GS_SIM, command, failing, operation, sim
from garmin_intervals_bridge.intervals import IntervalsClient

KEY = sim("GET", "intervals/key")["key"]
ACCOUNT = sim("GET", "state")["intervals"][0]
ACTIVITIES = {one["id"]: one for one in ACCOUNT["activities"]}
DAYS = date(2000, 1, 1), date(2026, 12, 31)
command(GS_SIM, "--write-fit", "samples")
client = IntervalsClient(KEY)

one = next(one for one in ACTIVITIES.values() if one["sha256"] and not one["oddities"])
stub = next(one["id"] for one in ACTIVITIES.values() if one["strava"])


def ids(activities):
    return {activity["id"] for activity in activities}


def original():
    return hashlib.sha256(gzip.decompress(client.activity_file(one["id"]))).hexdigest()


operation("athlete", client.athlete, lambda got: got["id"] == ACCOUNT["athlete"])
operation("activities", lambda: client.activities(*DAYS), lambda got: ids(got) == ACTIVITIES.keys())
operation(
    "activities with fields",
    lambda: client.activities(*DAYS, fields=["id", "external_id"]),
    lambda got: ids(got) == ACTIVITIES.keys() and all(fields.keys() <= {"id", "external_id"} for fields in got),
)
operation("activities with a limit", lambda: client.activities(*DAYS, limit=5), lambda got: len(got) == 5)
day = date.fromtimestamp(one["start"] + one["offset"])
operation("nearby_activities", lambda: client.nearby_activities(day), lambda got: one["id"] in ids(got))
operation("activity", lambda: client.activity(one["id"]), lambda got: got["type"] == one["type"])
operation("activity_file", original, lambda got: got == one["sha256"])
failing("activity of Strava", lambda: client.activity(stub), "422")
failing("activity_file of Strava", lambda: client.activity_file(stub), "422")
failing("update_activity of Strava", lambda: client.update_activity(stub, {"name": "another"}), "422")

run = Path("samples/run.fit")
created = operation(
    "upload_fit", lambda: client.upload_fit("9001", run, name="Uploaded"), lambda got: got["created"] and got["items"]
)
new = created["items"][0]["id"]
operation("upload_fit of the same file", lambda: client.upload_fit("9001", run), lambda got: not got["created"])
operation(
    "upload_fit of a multisport file",
    lambda: client.upload_fit("9002", Path("samples/triathlon.fit")),
    lambda got: len(got["items"]) > 1,
)
failing("upload_fit of a broken file", lambda: client.upload_fit("9003", Path("samples/broken_size.fit")), "422")
operation(
    "activities with the id of the upload",
    lambda: client.activities(*DAYS, fields=["id", "external_id", "name"]),
    lambda got: {"id": new, "external_id": "garmin:9001", "name": "Uploaded"} in got,
)
operation("update_activity", lambda: client.update_activity(new, {"name": "Renamed"}), lambda got: got["id"] == new)
operation("activity after the change", lambda: client.activity(new), lambda got: got["name"] == "Renamed")
operation("delete_activity", lambda: client.delete_activity(new), lambda got: got is None)
failing("activity after the deletion", lambda: client.activity(new), "404")
failing("wrong key", IntervalsClient("wrong").athlete, "401")
# Its requests are repeated after a second, as Retry-After says, and then fail.
sim("POST", "intervals/account", {"limits": {"second": 0}})
failing("rate limit", client.athlete, "RetryError|429")
