-- Version 4: whose account it is, what one look alone does not prove, what listings skip, files that a service does not
-- give or holds broken, work that is outstanding, and what runs the schedule.

-- The account that this data folder belongs to.
CREATE TABLE identities (
    platform TEXT PRIMARY KEY,
    account  TEXT NOT NULL,     -- a digest of the service's own id of the person
    name     TEXT,              -- as the service shows it
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- E-mail addresses that are known to name that account, in lower case.
CREATE TABLE identity_emails (
    platform TEXT NOT NULL,
    email    TEXT NOT NULL,
    PRIMARY KEY (platform, email)
) STRICT, WITHOUT ROWID;

-- A digest of the activities that a whole listing lacked, when those were too many to believe it at once.
ALTER TABLE listings ADD COLUMN missing TEXT;

-- What the target's list showed around an upload before it was sent, a JSON array of ids: none of them is what was uploaded.
ALTER TABLE transfers ADD COLUMN before TEXT NOT NULL DEFAULT '[]';
-- How often a listing should have shown an upload whose answer was lost, and did not.
ALTER TABLE transfers ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;

-- What people were told that the listings of a platform skip, so that each is told once.
CREATE TABLE skipped (
    platform TEXT NOT NULL,
    what     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, what)
) STRICT, WITHOUT ROWID;

-- The run in which a refusal of a file counted last, and when: of one run only one counts. How many count stands in
-- problems.times.
CREATE TABLE counted_refusals (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    run      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;
-- Until now every refusal counted, also those of a day on which the service gave nothing.
UPDATE problems SET times = min(times, 2) WHERE command = 'gs-download';

-- Files that a service holds broken, kept as they came; never among the files.
CREATE TABLE corrupt_originals (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    path     TEXT NOT NULL,   -- below the data folder
    sha256   TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    why      TEXT NOT NULL,
    found    INTEGER NOT NULL,
    PRIMARY KEY (platform, id),
    FOREIGN KEY (platform, id) REFERENCES activities (platform, id)
) STRICT, WITHOUT ROWID;

-- What was outstanding at the end of a run, so that the next ones can tell whether it gets less.
CREATE TABLE outstanding (
    run       TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    uploads   INTEGER,              -- NULL, as the next two: it was not asked for such work
    downloads INTEGER,
    deletions INTEGER,
    archives  INTEGER NOT NULL      -- whether the run puts the file of every activity into the archive
) STRICT;

-- What runs the schedule: crontab, container, or what a person named. NULL: it is only written down.
ALTER TABLE schedule ADD COLUMN runner TEXT;

-- The newest row of the log in which a command worked on a platform. As 'sync': the newest gs-upload that went well after the
-- gs-fetch of its run had listed the platform, whether or not there was anything to upload.
CREATE TABLE last_work (
    command  TEXT NOT NULL,
    platform TEXT NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (command, platform)
) STRICT, WITHOUT ROWID;
