"""python-garminconnect, a client of the API of Garmin's apps, by the program that tests/external has for it."""

import json
import sys

from common import GS_SIM, ROOT, command, operation, sim

PROGRAM = f"{ROOT}/tests/external/garminconnect.py"
STRATEGIES = ["mobile+cffi", "mobile+requests", "widget+cffi", "portal+cffi", "portal+requests"]
command(GS_SIM, "--write-fit", "samples")


def run(*words):
    # -I removes the folder of the program, which has the name of the package, from the search path.
    return json.loads(command(sys.executable, "-I", PROGRAM, *words))


def activities():
    return {one["id"]: one for one in sim("GET", "state")["accounts"][0]["activities"]}


def tokens():
    return json.dumps(sim("POST", "tokens/issue"))


for strategy in STRATEGIES:
    operation(
        f"login, {strategy}", lambda: run("enter", "", strategy)[strategy], lambda got: got.get("name") == "Test Runner"
    )
sim("POST", "account", {"mfa_code": "123456"})
for strategy in STRATEGIES[:3]:
    operation(
        f"login with a second factor, {strategy}",
        lambda: run("enter", "123456", strategy)[strategy],
        lambda got: got.get("name") == "Test Runner",
    )
sim("POST", "account", {"mfa_code": None, "login": "rate_limited_html"})
operation(
    "login with a rate limit",
    lambda: run("enter", "", "mobile+requests")["mobile+requests"],
    lambda got: got == {"refused": "GarminConnectTooManyRequestsError"},
)
sim("POST", "account", {"login": "normal"})


def resume_expired():
    old = tokens()
    sim("POST", "tokens/expire")
    return json.loads(old), run("tokens", old)


operation(
    "renewal of both tokens",
    resume_expired,
    lambda got: all(got[1][part] and got[0][part] != got[1][part] for part in ["di_token", "di_refresh_token"]),
)

before = activities()
got = operation("all of its work", lambda: run("work", tokens(), "samples/run.fit", "samples/ride.fit"), bool)
if got is None:
    sys.exit("the judge could not do its work, so its results are missing")
one = before[got["id"]]
after = activities()
new = [one for id, one in after.items() if id not in before]
for name, agreed in [
    ("count_activities", got["count"] == len(before)),
    ("get_activities", set(got["ids"]) == before.keys()),
    ("get_activity_types", got["types"]["running"] == 1),
    ("get_activities_by_date", got["id"] in got["by_day"]),
    ("get_activity", got["detail"] == got["id"]),
    ("download_activity, original", got["original"] == one["sha256"]),
    ("download_activity, TCX and GPX", got["tcx"] and got["gpx"]),
    ("upload_activity", got["uploaded"]),
    ("upload_activity of the same file", "409 - Duplicate Activity." in got["twice"]),
    ("import_activity", len(new) == 1 and new[0]["imported"]),
    ("set_activity_name", got["name"] == "another name"),
    ("delete_activity", "404" in got["deleted"] and got["uploaded"] not in after),
]:
    operation(name, lambda: agreed)
