"""Reads .env files with python-dotenv, for tests/external/dotenv.rs.

Standard input has one file a line, as a JSON string; standard output has one JSON object a line:
  statements  [name or null, value or null, line of an error or null], before ${NAME} is replaced
  values      name to value or null, after the replacement; variables of the environment precede those of the file
"""

import io
import json
import sys

from dotenv.main import DotEnv
from dotenv.parser import parse_stream

for line in sys.stdin:
    # Like open() reads a text file: every line ending becomes "\n".
    text = io.TextIOWrapper(io.BytesIO(json.loads(line).encode()), encoding="utf-8").read()
    statements = []
    for found in parse_stream(io.StringIO(text)):
        written = found.original.string
        before = written[: len(written) - len(written.lstrip())]
        at = found.original.line + before.count("\n") if found.error else None
        if found.key is not None or found.error:
            statements.append([found.key, found.value, at])
    values = DotEnv(None, stream=io.StringIO(text), interpolate=True, override=False).dict()
    print(json.dumps({"statements": statements, "values": values}))
