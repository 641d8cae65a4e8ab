"""What the judges in Python share: the report of their operations, and the interface of the simulator.

A judge prints a line for each operation: the result (`agreed`, `disagreed` or `as in life`), a tab, the name of the
operation, a tab, and a detail.
"""

import json
import os
import re
import subprocess
import sys
import traceback
import urllib.parse
import urllib.request
from pathlib import Path

LOOPBACK = os.environ["GS_LOOPBACK"]
TOOLS = os.environ["JUDGE_TOOLS"]
ROOT = Path(__file__).parents[2]
GS_SIM = os.environ["JUDGE_SIMULATOR"]
COMMANDS = os.environ["JUDGE_COMMANDS"]


def report(result, name, detail=""):
    print(result, name, re.sub(r"\s+", " ", str(detail))[:300], sep="\t")


def operation(name, action, check=bool):
    """Runs an operation. It agrees if `check` accepts its result. Returns the result, or None after an exception."""
    try:
        result = action()
        agreed = check(result)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        report("disagreed", name, text_of(error))
        return None
    report("agreed" if agreed else "disagreed", name, "" if agreed else f"unexpected result: {result!r}")
    return result


def failing(name, action, expected):
    """Runs an operation that has to fail with an exception whose type and text match the pattern `expected`."""
    text = failure(action)
    agreed = re.search(expected, text) is not None
    report("agreed" if agreed else "disagreed", name, "" if agreed else f"expected {expected!r}: {text}")


def as_in_life(name, action, expected, reason):
    """Runs an operation of which `reason` says why it fails on the real service, too. It has to fail in the same way."""
    text = failure(action)
    if re.search(expected, text):
        report("as in life", name, f"{reason} ({text})")
    else:
        report("disagreed", name, f"fails in life with {expected!r}: {text}")


def failure(action):
    """The type and the text of the exception of an operation."""
    try:
        return f"no failure: {action()!r}"
    except Exception as error:
        return text_of(error)


def text_of(error):
    # Clients with tasks wrap the exception of a task.
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


class Failed(Exception):
    """A command ended with another exit code than 0."""


def command(*words, **environment):
    """Runs a command and returns its output; raises Failed with its exit code and messages."""
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | environment, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def sim(method, path, body=None, **query):
    """Sends a request to the interface of the simulator, and returns its JSON response, if there is one."""
    address = f"{LOOPBACK}/_sim/{path}?{urllib.parse.urlencode(query)}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, method=method)) as response:
        text = response.read()
    return json.loads(text) if text else None


def requests():
    """The requests that the simulator received, without those to its own interface."""
    with urllib.request.urlopen(f"{LOOPBACK}/_sim/log") as response:
        return [json.loads(line) for line in response.read().splitlines()]
