-- Version 1 of the catalogue. Times are seconds since 1970 UTC, but for columns named _ms.
-- What was once released is never edited: a change is a new step in mod.rs.

-- One row an entry on a platform, as the newest listing that showed it said.
CREATE TABLE activities (
    platform       TEXT NOT NULL,
    id             TEXT NOT NULL,
    name           TEXT,
    sport          TEXT,             -- FIT sport
    sub_sport      TEXT,             -- FIT sub_sport
    platform_sport TEXT,             -- the service's own type
    start_time     INTEGER,
    utc_offset_s   INTEGER,
    timer_time_s   REAL,
    elapsed_time_s REAL,
    distance_m     REAL,
    manufacturer   TEXT,
    device         TEXT,
    manual         INTEGER NOT NULL DEFAULT 0,
    original       TEXT,             -- 'none': the service holds no file of it
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    first_listing  INTEGER,          -- the listing that first showed it; NULL: only a record told of it
    last_listing   INTEGER,          -- the newest listing that showed it
    anchored       INTEGER NOT NULL DEFAULT 0, -- a listing that left no hole below it showed it
    absent_since   INTEGER,          -- first listing that covered its start and did not show it
    absences       INTEGER NOT NULL DEFAULT 0, -- such listings in a row; two make a tombstone
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;

-- Newest first, unknown starts last: the order of gs-list and gs-fetch.
CREATE INDEX activities_newest ON activities (ifnull(start_time, -1), platform, id);
-- Neighbours in time, across platforms.
CREATE INDEX activities_start ON activities (start_time, platform);

-- What the service said of an entry, deflated: a mapping mistake can be mended without asking again.
CREATE TABLE raw (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    json     BLOB NOT NULL,
    seen     INTEGER NOT NULL,
    PRIMARY KEY (platform, id),
    FOREIGN KEY (platform, id) REFERENCES activities (platform, id) ON DELETE CASCADE
) STRICT;

-- One row a platform and run.
CREATE TABLE listings (
    number     INTEGER PRIMARY KEY,
    platform   TEXT NOT NULL,
    run        TEXT NOT NULL,
    started    INTEGER NOT NULL,
    finished   INTEGER,
    believed   INTEGER NOT NULL DEFAULT 0, -- it went well, as far as it went
    complete   INTEGER NOT NULL DEFAULT 0, -- it was believed, and its end was seen
    base       INTEGER NOT NULL DEFAULT 0, -- it went to the end, or as far as asked: later ones may stop early
    from_time  INTEGER,  -- the part of time for which it tells who is there and who is not
    until_time INTEGER,
    items      INTEGER NOT NULL DEFAULT 0,
    reason     TEXT      -- why nothing is concluded from it, as JSON: code and parameters
) STRICT;
CREATE INDEX listings_by_platform ON listings (platform, number);

-- Files in the archive. A platform may give several for one activity; part 0 is the first.
CREATE TABLE files (
    platform      TEXT NOT NULL,
    id            TEXT NOT NULL,
    part          INTEGER NOT NULL,
    path          TEXT NOT NULL UNIQUE,  -- below the data folder
    sha256        TEXT NOT NULL,
    bytes         INTEGER NOT NULL,
    format        TEXT NOT NULL,         -- fit, gpx, tcx
    origin        TEXT NOT NULL,         -- original, converted
    ask_again     INTEGER,               -- when the original may be asked for again, of an export
    broken        INTEGER NOT NULL DEFAULT 0, -- found changed or cut, and not yet mended
    archived      INTEGER NOT NULL,
    verified      INTEGER NOT NULL,
    manufacturer  INTEGER,               -- FIT file_id, if it names the recording fully
    product       INTEGER,
    serial_number INTEGER,
    time_created  INTEGER,
    fit_sport     INTEGER,
    fit_start     INTEGER,
    PRIMARY KEY (platform, id, part),
    FOREIGN KEY (platform, id) REFERENCES activities (platform, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_sha256 ON files (sha256);
CREATE INDEX files_by_identity ON files (time_created, serial_number, product, manufacturer);

-- The last thing that went wrong with an entry; gone when it went well.
CREATE TABLE problems (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    command  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (platform, id, command)
) STRICT, WITHOUT ROWID;

-- The journal of uploads: the intent is committed before the request, the outcome right after.
CREATE TABLE transfers (
    number          INTEGER PRIMARY KEY,
    run             TEXT NOT NULL,
    from_platform   TEXT NOT NULL,
    from_id         TEXT NOT NULL,
    to_platform     TEXT NOT NULL,
    sha256          TEXT NOT NULL,
    intended        INTEGER NOT NULL,
    outcome         TEXT,             -- NULL: not known yet, to be looked up on the platform
    to_id           TEXT,
    ticket          TEXT,             -- what the platform gave to ask for the outcome with
    settled         INTEGER,
    reason          TEXT
) STRICT;
CREATE INDEX transfers_open ON transfers (to_platform, number) WHERE outcome IS NULL;
CREATE INDEX transfers_by_source ON transfers (from_platform, from_id);

-- The journal of deletions, each with the file that brings the entry back.
CREATE TABLE deletions (
    number    INTEGER PRIMARY KEY,
    run       TEXT NOT NULL,
    platform  TEXT NOT NULL,
    id        TEXT NOT NULL,
    kept_id   TEXT NOT NULL,
    evidence  TEXT NOT NULL,    -- a reason, as the next one
    sha256    TEXT NOT NULL,
    intended  INTEGER NOT NULL,
    outcome   TEXT,
    settled   INTEGER,
    reason    TEXT
) STRICT;
CREATE INDEX deletions_open ON deletions (platform, number) WHERE outcome IS NULL;

-- The sync log: one row a command and run.
CREATE TABLE runs (
    number   INTEGER PRIMARY KEY,
    run      TEXT NOT NULL,
    command  TEXT NOT NULL,
    started  INTEGER NOT NULL,
    finished INTEGER,
    exit     INTEGER,             -- NULL: still running, or killed
    counts   TEXT NOT NULL DEFAULT '{}',
    platform TEXT,                -- the platform of the first error, if it was about one
    reason   TEXT                 -- the first error
) STRICT;
CREATE INDEX runs_by_run ON runs (run);

-- When a platform may be asked next, by any process.
CREATE TABLE pacing (
    platform      TEXT PRIMARY KEY,
    next_ms       INTEGER NOT NULL DEFAULT 0,  -- the interval
    not_before_ms INTEGER NOT NULL DEFAULT 0   -- the service's own wish
) STRICT, WITHOUT ROWID;

-- Refused logins: what no later run may repeat by itself.
CREATE TABLE logins (
    platform TEXT PRIMARY KEY,
    state    TEXT NOT NULL,     -- 'cooldown' until then; 'refused' until a person logs in
    until    INTEGER,
    refusals INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
