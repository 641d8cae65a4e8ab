"""Runs python-garminconnect, as its users do, and prints the results as one JSON object.

    garminconnect.py enter CODE STRATEGY...   log in with each of these strategies alone
    garminconnect.py tokens JSON              continue with the tokens of another login
    garminconnect.py work JSON FIRST SECOND   list, download, upload two FIT files, edit, delete

HTTPS_PROXY connects it to the simulator. Its pauses are skipped, because the simulator does not require them.
Run it with `python -I`: this file has the name of the package.
"""

import hashlib
import io
import json
import sys
import time
import zipfile
from pathlib import Path

from garminconnect import Garmin, GarminConnectConnectionError

EVERY = {"mobile+cffi", "mobile+requests", "widget+cffi", "portal+cffi", "portal+requests"}
EMAIL, PASSWORD = "runner@example.com", "correct horse"

time.sleep = lambda seconds: None


def enter(code, strategy):
    garmin = Garmin(EMAIL, PASSWORD, prompt_mfa=lambda: code, retry_attempts=0)
    garmin.client.skip_strategies = EVERY - {strategy}
    try:
        garmin.login()
    except Exception as error:
        return {"refused": type(error).__name__}
    return {"name": garmin.full_name, "profile": garmin.profile_id, "units": garmin.unit_system}


def resume(tokens):
    garmin = Garmin(retry_attempts=0)
    garmin.login(tokens)
    return garmin


def refusal(action):
    try:
        action()
    except GarminConnectConnectionError as error:
        return str(error)
    return "nothing was refused"


def status_of(garmin, file):
    """Uploads a file and requests its status until it is final. Returns the id of the activity."""
    with open(file, "rb") as bytes:
        answer = garmin.client.post("connectapi", garmin.garmin_connect_upload, files={"file": (file, bytes)})
    place = answer.headers["location"]
    for _ in range(9):
        answer = garmin.client.request("GET", "connectapi", place)
        if answer.status_code == 201:
            return int(answer.headers["location"].rsplit("/", 1)[1])
    raise SystemExit("the status stays unsettled")


def newest_start(garmin):
    return garmin.get_activities(0, 1)[0]["startTimeGMT"]


def work(garmin, first, second):
    listed = []
    while page := garmin.get_activities(len(listed), 7):
        listed += page
    one = next(activity for activity in listed if activity["activityType"]["typeKey"] == "running")
    id, day = one["activityId"], one["startTimeLocal"][:10]
    form = Garmin.ActivityDownloadFormat
    archive = zipfile.ZipFile(io.BytesIO(garmin.download_activity(id, form.ORIGINAL)))
    [entry] = archive.namelist()
    got = {
        "count": garmin.count_activities(),
        "ids": [activity["activityId"] for activity in listed],
        "types": {kind["typeKey"]: kind["typeId"] for kind in garmin.get_activity_types()},
        "id": id,
        "by_day": [activity["activityId"] for activity in garmin.get_activities_by_date(day, day)],
        "runs": len(garmin.get_activities_by_date("2000-01-01", activitytype="running")),
        "detail": garmin.get_activity(id)["activityId"],
        "entry": entry,
        "original": hashlib.sha256(archive.read(entry)).hexdigest(),
        "tcx": hashlib.sha256(garmin.download_activity(id, form.TCX)).hexdigest(),
        "gpx": hashlib.sha256(garmin.download_activity(id, form.GPX)).hexdigest(),
    }
    got["uploaded"] = status_of(garmin, first)
    got["twice"] = refusal(lambda: garmin.upload_activity(first))
    got["imported"] = garmin.import_activity(second)
    got["newest"] = newest_start(garmin)
    garmin.set_activity_name(got["uploaded"], "another name")
    got["name"] = garmin.get_activity(got["uploaded"])["activityName"]
    garmin.delete_activity(got["uploaded"])
    got["deleted"] = refusal(lambda: garmin.get_activity(got["uploaded"]))
    return got


command, *rest = sys.argv[1:]
match command:
    case "enter":
        code, *strategies = rest
        result = {strategy: enter(code, strategy) for strategy in strategies}
    case "tokens":
        garmin = resume(rest[0])
        result = {"name": garmin.full_name, **json.loads(garmin.client.dumps())}
    case "work":
        tokens, *files = rest
        result = work(resume(tokens), *(str(Path(file)) for file in files))
print(json.dumps(result))
