-- Version 3: what the page tells besides: how long logins live, when it is to run.

-- The login of a platform, as a command last found it; never the token.
CREATE TABLE accounts (
    platform        TEXT PRIMARY KEY,
    expires         INTEGER,           -- until when it works without being renewed
    renewable       INTEGER NOT NULL,  -- whether it is renewed by itself
    renewable_until INTEGER,
    dead            TEXT,              -- why it is of no more use
    seen            INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When it is to run: one row, or none.
CREATE TABLE schedule (
    only    INTEGER PRIMARY KEY CHECK (only = 1),
    cron    TEXT NOT NULL,     -- five fields, as crontab(5) has them
    zone    TEXT NOT NULL,     -- the time zone that they are meant in
    enabled INTEGER NOT NULL,
    at      INTEGER NOT NULL   -- since when
) STRICT;

-- It was not believed, as it lacked too much of what was known.
ALTER TABLE listings ADD COLUMN shrunk INTEGER NOT NULL DEFAULT 0;
