"""corosexport, which backs up an account of COROS with the API of the Training Hub."""

import hashlib
import re
from pathlib import Path

from common import command, operation, sim

# This client has wrong numbers for some sports, and fails at an activity without a name.
SPORTS = [100, 104, 200, 402]


def is_suitable(one):
    return one["sport"] in SPORTS and one["name"] and not any("refused" in oddity for oddity in one["oddities"])


def activities():
    return sim("GET", "state")["coros"][0]["activities"]


for one in activities():
    if not is_suitable(one):
        sim("DELETE", f"coros/activities/{one['id']}", region=3)
ORIGINALS = {one["sha256"] for one in activities()}


def back_up(password="correct horse"):
    account = ["--email", "runner@example.org", "--password", password, "--region", "eu"]
    return command("coros-backup", *account, "--backup-dir", "backup", "--format", "fit")


def hashes():
    return {hashlib.sha256(file.read_bytes()).hexdigest() for file in Path("backup").rglob("*.fit")}


# It ends with 0 then.
operation("backup with a wrong password", lambda: back_up("another"), lambda text: "Summary" not in text)
operation("backup", back_up, lambda text: re.search(r"Failed: +0\b", text))
operation("the files of the backup", hashes, lambda got: got == ORIGINALS and len(got) > 10)
operation("backup again", back_up, lambda text: re.search(r"Failed: +0\b", text))
