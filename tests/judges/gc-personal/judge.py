"""Garmin's own client of the Personal API: every subcommand of gc-personal."""

import hashlib
import json
import os
import zipfile

from common import command, failing, operation, requests, sim

KEY = sim("GET", "personal/keys")[0]["key"]
ACTIVITIES = {one["id"]: one for one in sim("GET", "state")["accounts"][0]["activities"]}
# 14 October is a day without data.
DAY, WEEK = ["--date", "2026-10-20"], ["--start-date", "2026-10-14", "--end-date", "2026-10-20"]


def run(*words, key=KEY):
    return command("gc-personal", "--quiet", *words, GARMIN_PERSONAL_API_KEY=key)


def read(*words):
    text = run(*words)
    return json.loads(text) if text.strip() else None


def subcommand(words, check):
    operation(" ".join(words), lambda: read(*words), check)


def has(*fields):
    """Checks that an answer, or the first item of a list, has these fields."""
    return lambda got: all(field in (got[0] if isinstance(got, list) else got) for field in fields)


def has_days(got):
    return [one["calendarDate"] for one in got] == [f"2026-10-{day}" for day in range(15, 21)]


listed = operation("activities", lambda: read("activities", "--limit", "40"), lambda got: len(got) == 40)
original = next(one["activityId"] for one in listed if ACTIVITIES[one["activityId"]]["sha256"])
subcommand(["activities", "--start", "40", "--limit", "40"], lambda got: 0 < len(got) <= 20)
subcommand(["activities", "--activity-type", "running"], has("activityId", "startTimeLocal"))
subcommand(["activities", *WEEK], lambda got: all("2026-10-14" <= one["startTimeLocal"] < "2026-10-21" for one in got))
subcommand(["activity", str(original)], has("activityUUID", "summaryDTO", "metadataDTO", "timeZoneUnitDTO"))
subcommand(["activity-workouts", str(original)], lambda got: isinstance(got, list))
subcommand(["profile-settings"], has("displayName", "measurementSystem", "timeZone"))
subcommand(["daily-summaries", *WEEK], lambda got: has_days(got["data"]))
subcommand(["steps", *WEEK], has_days)
subcommand(["stress", *WEEK], has_days)
subcommand(["hydration", *WEEK], has_days)
subcommand(["sleep", *DAY], has("sleepTimeSeconds", "sleepScores"))
subcommand(["sleep-summaries", *WEEK], has("calendarDate", "sleepTimeSeconds"))
subcommand(["hrv", *DAY], has("hrvSummary"))
subcommand(["hrv-summaries", *WEEK], has("hrvSummaries"))
subcommand(["heart-rate", *DAY], has("heartRateValues", "restingHeartRate"))
subcommand(["heart-rate-zones"], has("zone1Floor"))
subcommand(["body-battery", *WEEK], has("charged", "bodyBatteryValuesArray"))
subcommand(["spo2", *DAY], has("averageSpO2"))
subcommand(["weight-measurements", *WEEK], has("dailyWeightSummaries"))
subcommand(["effective-weight-goals", *WEEK], has("userGoals"))
subcommand(["fitness-age", *DAY], has("fitnessAge"))
subcommand(["wellness-activity-summaries", *WEEK], lambda got: isinstance(got, list))
subcommand(["food-logs", *DAY], lambda got: got is None or isinstance(got, dict))
subcommand(["menstrual-cycle-summary", *DAY], lambda got: got is None or isinstance(got, dict))
subcommand(["menstrual-cycle-day-view", *DAY], lambda got: got is None or isinstance(got, dict))


def download():
    run("activity-download", str(original), "-o", "original.zip")
    with zipfile.ZipFile("original.zip") as archive:
        [name] = archive.namelist()
        return name, hashlib.sha256(archive.read(name)).hexdigest()


wanted = (f"{original}_ACTIVITY.fit", ACTIVITIES[original]["sha256"])
operation("activity-download", download, lambda got: got == wanted)


def exchanges():
    return sum(request["path"].endswith("/personal-api-key/token") for request in requests())


operation("one exchange of the key for all of these", exchanges, lambda count: count == 1)
operation("refresh-token", lambda: (run("refresh-token"), exchanges()), lambda got: got[1] == 2)
failing("activities --limit 99", lambda: run("activities", "--limit", "99"), "exit code 1: .*500")
failing("steps of 31 days", lambda: run("steps", "--start-date", "2026-09-20", "--end-date", "2026-10-20"), "400")
failing("unknown activity", lambda: run("activity", "1"), "404")
os.remove(os.path.expanduser("~/.config/garmin/connect-personal-api-bearer-token.json"))
failing("unknown key", lambda: run("profile-settings", key="GCDC_AnotherKey"), "401")
sim("POST", "personal", {"burst": {"requests": 0}})
failing("rate limit", lambda: run("refresh-token"), "429")
