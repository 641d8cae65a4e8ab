-- Version 2: uploads that are read back, logins counted by run, and what was told to whom.

-- It only looked at a window before a write: nothing is taken for gone by it, nor is a history believed complete.
ALTER TABLE listings ADD COLUMN look INTEGER NOT NULL DEFAULT 0;

-- When a listing of the target showed the entry that a transfer made.
ALTER TABLE transfers ADD COLUMN confirmed INTEGER;
CREATE INDEX transfers_by_target ON transfers (to_platform, to_id);
CREATE INDEX transfers_by_file ON transfers (to_platform, sha256);

CREATE INDEX deletions_by_entry ON deletions (platform, id);

-- Entries that were found to be one exercise have one number: what was one stays one when somebody edits one of them.
CREATE TABLE exercises (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    exercise INTEGER NOT NULL,
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;

-- Password logins that a run made by itself: a service that allows one session is not logged in to twice.
CREATE TABLE logins_by_run (
    platform TEXT NOT NULL,
    run      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, run)
) STRICT, WITHOUT ROWID;

-- What a channel was told last, so that the same failure is told once until it changes.
CREATE TABLE told (
    channel  TEXT PRIMARY KEY,
    failures TEXT NOT NULL,       -- a digest of the failures; empty: all was well
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
