"""gcpapi-sync, a client of the Personal API with strict models: every method, a walk through all pages, and its sync."""

import hashlib
import json
import re
from pathlib import Path

from common import as_in_life, command, failing, operation, sim
from gcpapi_sync import ActivityFile, GarminClient, MemoryTokenCache, RetryConfig

KEY = sim("GET", "personal/keys")[0]["key"]
ACTIVITIES = {one["id"]: one for one in sim("GET", "state")["accounts"][0]["activities"]}
# 14 October is a day without data.
DAY, FIRST, LAST = "2026-10-20", "2026-10-14", "2026-10-20"
ONE_DAY, RANGE = [DAY], [FIRST, LAST]


def connect(key=KEY):
    return GarminClient(api_key=key, token_cache=MemoryTokenCache(), retry=RetryConfig(max_retries=0))


client = connect()
listed = operation(
    "iter_activities",
    lambda: [one.activity_id for one in client.iter_activities(page_size=20)],
    lambda ids: len(set(ids)) == len(ids) > 40 and set(ids) <= ACTIVITIES.keys(),
)
original = next(id for id in listed if ACTIVITIES[id]["sha256"] and not ACTIVITIES[id]["oddities"])


def is_list(got):
    return isinstance(got, list)


def has_days(got):
    return [str(one.calendar_date) for one in got] == [f"2026-10-{day}" for day in range(15, 21)]


def anything(got):
    """For data that this person does not have: the answer fits the model."""
    return True


for name, arguments, check in [
    ("search_activities", [], lambda got: got[0].activity_id == listed[0]),
    ("get_activity", [original], lambda got: got.activity_id == original),
    ("get_activity_workouts", [original], is_list),
    ("get_daily_summary", ONE_DAY, lambda got: str(got.calendar_date) == DAY),
    ("get_daily_summaries", RANGE, has_days),
    ("get_wellness_activity_summaries", RANGE, is_list),
    ("get_daily_sleep", ONE_DAY, lambda got: str(got.calendar_date) == DAY),
    ("get_daily_sleep_summaries", RANGE, bool),
    ("get_daily_heart_rate", ONE_DAY, lambda got: got.heart_rate_values),
    ("get_heart_rate_zones", [], bool),
    ("get_daily_hrv", ONE_DAY, lambda got: got.hrv_summary),
    ("get_daily_hrv_summaries", RANGE, bool),
    ("get_daily_stress", RANGE, has_days),
    ("get_daily_steps", RANGE, has_days),
    ("get_daily_hydration", RANGE, has_days),
    ("get_daily_body_battery", RANGE, bool),
    ("get_daily_spo2", ONE_DAY, lambda got: got.average_spo2),
    ("get_fitness_age", ONE_DAY, lambda got: got.fitness_age),
    ("get_weight_range", RANGE, lambda got: got.daily_weight_summaries),
    ("get_effective_weight_goals", RANGE, anything),
    ("get_daily_food_logs", ONE_DAY, anything),
    ("get_menstrual_cycle_summary", ONE_DAY, anything),
    ("get_user_profile_settings", [], lambda got: got.display_name),
]:
    operation(name, lambda: getattr(client, name)(*arguments), check)
operation("get_menstrual_cycle_day_view", lambda: client.get_menstrual_cycle_day_view(DAY, today=DAY), anything)
as_in_life(
    "get_menstrual_cycle_day_view without today",
    lambda: client.get_menstrual_cycle_day_view(DAY),
    "^BadRequestError: ",
    "the service needs todayDate, which Garmin's own client always sends",
)
as_in_life(
    "get_weight_entries",
    lambda: client.get_weight_entries(FIRST, LAST),
    "^BadRequestError: ",
    "Garmin rejects all of these requests, with an empty body",
)
operation(
    "get_daily_steps of 50 days, in parts",
    lambda: [one.calendar_date for one in client.get_daily_steps("2026-09-01", LAST)],
    lambda dates: dates == sorted(set(dates)) and len(dates) > 40,
)


def hash_of(file: ActivityFile):
    return file.filename, hashlib.sha256(file.content).hexdigest()


def every_activity():
    return {client.get_activity(id).activity_id for id in listed}


def every_day():
    """Requests each kind of day for a month, which has days without data, too."""
    kinds = [
        client.get_daily_summary,
        client.get_daily_sleep,
        client.get_daily_heart_rate,
        client.get_daily_hrv,
        client.get_daily_spo2,
        client.get_fitness_age,
    ]
    return [kind(f"2026-10-{day:02}") for day in range(1, 32) for kind in kinds]


def every_range():
    """Requests each kind of range for three months. The client divides it as the service requires."""
    kinds = [
        client.get_daily_summaries,
        client.get_daily_sleep_summaries,
        client.get_daily_hrv_summaries,
        client.get_daily_stress,
        client.get_daily_hydration,
        client.get_daily_body_battery,
    ]
    return [len(kind("2026-08-01", "2026-10-31")) for kind in kinds]


operation("get_activity of every activity", every_activity, lambda got: got == set(listed))
operation("every day of a month", every_day, lambda got: len(got) == 6 * 31)
operation("every range of three months", every_range, lambda got: all(50 < count <= 92 for count in got))

wanted = (f"{original}_ACTIVITY.fit", ACTIVITIES[original]["sha256"])
operation("download_activity", lambda: hash_of(client.download_activity(original)), lambda got: got == wanted)
failing("unknown activity", lambda: client.get_activity(1), "^NotFoundError: ")
failing("unknown key", lambda: connect("GCDC_AnotherKey").get_user_profile_settings(), "^AuthenticationError: ")


def sync():
    """Runs the command, and returns its report and the hashes of all files."""
    report = json.loads(command("gcpapi", "sync", "files", "--since", "2026-01-01", GARMIN_PERSONAL_API_KEY=KEY))
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in Path("files").iterdir()}
    return report["downloaded"], hashes


def are_originals(got):
    names, hashes = got
    same = all(ACTIVITIES[int(re.match(r"\d+", name)[0])]["sha256"] == hash for name, hash in hashes.items())
    return same and set(names) == hashes.keys() and len(names) > 3


operation("gcpapi sync", sync, are_originals)
operation("gcpapi sync again", sync, lambda got: got[0] == [] and len(got[1]) > 3)
sim("POST", "personal/tokens/expire")
operation("another exchange after a 401", client.get_user_profile_settings, lambda got: got.display_name)
sim("POST", "personal", {"burst": {"requests": 0}})
failing("rate limit", client.get_user_profile_settings, "^RateLimitError: ")
sim("POST", "personal", {"burst": {"requests": None}})
sim("DELETE", f"personal/keys/{KEY}")
failing("deleted key", client.get_user_profile_settings, "^AuthenticationError: ")
