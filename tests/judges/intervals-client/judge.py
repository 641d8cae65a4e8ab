"""The typed client that is generated from the OpenAPI document of intervals.icu."""

import gzip
import hashlib

from common import GS_SIM, LOOPBACK, as_in_life, command, failing, operation, sim
from intervals_icu_client import ActivitiesApi, Activity, ApiClient, AthletesApi, Configuration

KEY = sim("GET", "intervals/key")["key"]
ACCOUNT = sim("GET", "state")["intervals"][0]
ACTIVITIES = {one["id"]: one for one in ACCOUNT["activities"]}
DAYS = {"oldest": "2000-01-01", "newest": "2026-12-31"}
command(GS_SIM, "--write-fit", "samples")


def connect(key):
    # This client does not read HTTPS_PROXY, so it uses the plain port.
    return ApiClient(Configuration(host=f"{LOOPBACK}/intervals.icu", username="API_KEY", password=key))


api = ActivitiesApi(connect(KEY))
one = next(one for one in ACTIVITIES.values() if one["sha256"] and not one["oddities"])
stub = next(one["id"] for one in ACTIVITIES.values() if one["strava"])


def ids(activities):
    return {activity.id for activity in activities}


def original():
    return hashlib.sha256(
        gzip.decompress(api.download_activity_file_without_preload_content(one["id"]).read())
    ).hexdigest()


operation("get_athlete", lambda: AthletesApi(connect(KEY)).get_athlete("0"), lambda got: got.id == ACCOUNT["athlete"])
operation("list_activities", lambda: api.list_activities("0", **DAYS), lambda got: ids(got) == ACTIVITIES.keys())
operation("list_activities with a limit", lambda: api.list_activities("0", **DAYS, limit=5), lambda got: len(got) == 5)
operation(
    "list_activities with repeated fields",
    lambda: api.list_activities("0", **DAYS, fields=["id", "name"]),
    lambda got: ids(got) == ACTIVITIES.keys() and not any(activity.start_date for activity in got),
)
operation("get_activity", lambda: api.get_activity_without_preload_content(one["id"]).status, lambda got: got == 200)
operation("download_activity_file", original, lambda got: got == one["sha256"])
operation(
    "update_activity",
    lambda: api.update_activity(one["id"], Activity(name="Renamed", description="by a judge")),
    lambda got: got.name == "Renamed",
)
operation(
    "list_activities after the change",
    lambda: api.list_activities("0", **DAYS),
    lambda got: any((activity.id, activity.name) == (one["id"], "Renamed") for activity in got),
)
failing("get_activity of Strava", lambda: api.get_activity(stub), r"\(422\)")
failing("download_activity_file of Strava", lambda: api.download_activity_file(stub), r"\(422\)")
failing("delete_activity of Strava", lambda: api.delete_activity(stub), r"\(422\)")
as_in_life("upload_activity", lambda: api.upload_activity("0"), r"\(422\)", "this client cannot send a file")
operation("delete_activity", lambda: api.delete_activity(one["id"]), lambda got: got.id == one["id"])
failing("get_activity after the deletion", lambda: api.get_activity(one["id"]), r"\(404\)")
failing("another athlete", lambda: AthletesApi(connect(KEY)).get_athlete("i1"), r"\(403\)")
failing("wrong key", lambda: AthletesApi(connect("wrong")).get_athlete("0"), r"\(401\)")
