-- The tables of the catalogue. A time is seconds since 1970 in UTC, unless the name of its column ends in _ms.
-- A reason is a JSON object with a code and its parameters, see src/reason.

-- One row for each activity on a platform, with the values of the newest listing that showed it.
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
    manual         INTEGER NOT NULL DEFAULT 0, -- entered by hand
    no_original    INTEGER NOT NULL DEFAULT 0, -- the service has no file of it
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    first_listing  INTEGER,          -- the listing that showed it first; NULL: known from a record or an import only
    last_listing   INTEGER,          -- the newest listing that showed it
    contiguous     INTEGER NOT NULL DEFAULT 0, -- a listing without a gap below it showed it
    missing_since  INTEGER,          -- the first listing that covered its start and did not show it
    missing_count  INTEGER NOT NULL DEFAULT 0, -- such listings in a row; two confirm that it was deleted
    service_json_hash INTEGER,       -- of the service's own JSON: the first bytes of its SHA-256
    avg_heart_rate_bpm REAL,         -- the numbers that people ask for most
    max_heart_rate_bpm REAL,
    avg_power_w        REAL,
    ascent_m           REAL,
    calories_kcal      REAL,
    avg_speed_mps      REAL,
    numbers_from       TEXT,         -- 'file': from the sessions of its files; 'service': from the service's JSON
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;

-- Newest first, unknown starts last: the order of gs-list and gs-fetch.
CREATE INDEX activities_newest ON activities (ifnull(start_time, -1), platform, id);

-- The service's own JSON of an activity, deflated: a mapping error can be corrected without listing again.
CREATE TABLE service_json (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    json     BLOB NOT NULL,
    seen     INTEGER NOT NULL,
    numbers_read INTEGER NOT NULL DEFAULT 0, -- whether the numbers of the activity were taken from it
    PRIMARY KEY (platform, id),
    FOREIGN KEY (platform, id) REFERENCES activities (platform, id) ON DELETE CASCADE
) STRICT;

-- Those whose numbers were not taken yet.
CREATE INDEX service_json_unread ON service_json (platform, id) WHERE NOT numbers_read;

-- Activities that are the same on several platforms have the same group number. They keep it when a person edits one of them.
CREATE TABLE activity_groups (
    platform     TEXT NOT NULL,
    id           TEXT NOT NULL,
    group_number INTEGER NOT NULL,
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_groups_members ON activity_groups (group_number);

-- One row for each listing of a platform.
CREATE TABLE listings (
    number      INTEGER PRIMARY KEY,
    platform    TEXT NOT NULL,
    run         TEXT NOT NULL,
    purpose     TEXT NOT NULL DEFAULT 'sync', -- 'sync': to learn what the platform has; 'precheck': a time window before a write
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    accepted    INTEGER NOT NULL DEFAULT 0, -- it succeeded, as far as it went, and is plausible
    complete    INTEGER NOT NULL DEFAULT 0, -- it was accepted, and reached its end
    base        INTEGER NOT NULL DEFAULT 0, -- it reached the end, or the limit asked for: later ones may stop early
    implausible INTEGER NOT NULL DEFAULT 0, -- it was not accepted, because too many known activities are missing in it
    missing     TEXT,     -- a digest of those missing activities: a second listing without the same ones is accepted
    from_time   INTEGER,  -- the time range in which a missing activity may be concluded
    until_time  INTEGER,
    items       INTEGER NOT NULL DEFAULT 0,
    reason      TEXT      -- why it was not accepted
) STRICT;
CREATE INDEX listings_by_platform ON listings (platform, number);

-- Warnings about items that the listings of a platform skip: each is shown once.
CREATE TABLE skipped (
    platform TEXT NOT NULL,
    what     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, what)
) STRICT, WITHOUT ROWID;

-- Files in the archive. A platform may give several for one activity; part 0 is the first.
CREATE TABLE files (
    platform          TEXT NOT NULL,
    id                TEXT NOT NULL,
    part              INTEGER NOT NULL,
    path              TEXT NOT NULL UNIQUE,  -- below the data folder
    sha256            TEXT NOT NULL,
    bytes             INTEGER NOT NULL,
    format            TEXT NOT NULL,         -- fit, gpx, tcx
    origin            TEXT NOT NULL,         -- original, converted
    retry_original_at INTEGER,               -- of a converted file: when the original is requested again
    corrupt           INTEGER NOT NULL DEFAULT 0, -- found changed or truncated, and not yet restored
    archived_at       INTEGER NOT NULL,
    verified_at       INTEGER NOT NULL,
    manufacturer      INTEGER,               -- the four fields of FIT file_id, if it has them all
    product           INTEGER,
    serial_number     INTEGER,
    time_created      INTEGER,
    fit_start         INTEGER,               -- the start that the file states
    PRIMARY KEY (platform, id, part),
    FOREIGN KEY (platform, id) REFERENCES activities (platform, id)
) STRICT, WITHOUT ROWID;

-- The few further files: nearly every activity has one file.
CREATE INDEX files_further ON files (platform, id) WHERE part > 0;

-- The activities of a file.
CREATE INDEX files_by_content ON files (sha256);

-- Originals that the service itself has only corrupt, kept as received; they are never in the table of files.
CREATE TABLE corrupt_originals (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    path     TEXT NOT NULL,   -- below the data folder
    sha256   TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (platform, id),
    FOREIGN KEY (platform, id) REFERENCES activities (platform, id)
) STRICT, WITHOUT ROWID;

-- The last problem of a command with an activity; removed when the command succeeds.
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

-- The run in which a rejected download counted last: it counts once a run. problems.times has the count.
CREATE TABLE counted_rejections (
    platform TEXT NOT NULL,
    id       TEXT NOT NULL,
    run      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, id)
) STRICT, WITHOUT ROWID;

-- The journal of uploads: the start is committed before the request, the outcome right after it.
CREATE TABLE uploads (
    number        INTEGER PRIMARY KEY,
    run           TEXT NOT NULL,
    from_platform TEXT NOT NULL,
    from_id       TEXT NOT NULL,
    to_platform   TEXT NOT NULL,
    to_id         TEXT,             -- the id of the activity there
    sha256        TEXT NOT NULL,
    ids_before    TEXT NOT NULL DEFAULT '[]', -- a JSON array: ids around its start that the target listed before the upload
    started_at    INTEGER NOT NULL,
    finished_at   INTEGER,
    confirmed_at  INTEGER,          -- when a listing of the target showed the new activity
    missing_count INTEGER NOT NULL DEFAULT 0, -- listings that should have shown it and did not
    outcome       TEXT,             -- NULL: not known yet, to be looked up on the platform
    status_ref    TEXT,             -- the reference with which the platform is asked for the outcome
    reason        TEXT
) STRICT;
CREATE INDEX uploads_open ON uploads (to_platform, number) WHERE outcome IS NULL;
CREATE INDEX uploads_by_target ON uploads (to_platform, to_id);
CREATE INDEX uploads_by_file ON uploads (to_platform, sha256);
CREATE INDEX uploads_by_run ON uploads (run);

-- The journal of deletions, each with the archived file from which the activity can be restored.
CREATE TABLE deletions (
    number      INTEGER PRIMARY KEY,
    run         TEXT NOT NULL,
    platform    TEXT NOT NULL,
    id          TEXT NOT NULL,
    kept_id     TEXT NOT NULL,
    evidence    TEXT NOT NULL,    -- a reason
    sha256      TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    outcome     TEXT,             -- NULL: not known yet
    reason      TEXT
) STRICT;
CREATE INDEX deletions_open ON deletions (platform, number) WHERE outcome IS NULL;
CREATE INDEX deletions_by_activity ON deletions (platform, id);
CREATE INDEX deletions_by_run ON deletions (run);

-- The sync log: one row for each command of a run.
CREATE TABLE commands (
    number      INTEGER PRIMARY KEY,
    run         TEXT NOT NULL,
    command     TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    exit        INTEGER,             -- NULL: still running, or killed
    counts      TEXT NOT NULL DEFAULT '{}',
    platform    TEXT,                -- the platform of the first error, if it has one
    reason      TEXT                 -- the first error
) STRICT;
CREATE INDEX commands_by_run ON commands (run);

-- The newest row of the sync log in which a command worked on a platform. 'sync': the newest gs-upload that succeeded after
-- the gs-fetch of its run had listed the platform, whether or not there was anything to upload.
CREATE TABLE last_work (
    command  TEXT NOT NULL,
    platform TEXT NOT NULL,
    number   INTEGER NOT NULL,
    PRIMARY KEY (command, platform)
) STRICT, WITHOUT ROWID;

-- Work that was outstanding at the end of a run, so that later runs can tell whether it gets less.
CREATE TABLE outstanding (
    run       TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    uploads   INTEGER,              -- NULL, as the next two: the run does no such work
    downloads INTEGER,
    deletions INTEGER,
    archives  INTEGER NOT NULL      -- whether the run archives the file of every activity
) STRICT;

-- When the next request to a platform may be sent, by any process.
CREATE TABLE rate_limits (
    platform      TEXT PRIMARY KEY,
    next_ms       INTEGER NOT NULL DEFAULT 0,  -- from the interval between requests
    not_before_ms INTEGER NOT NULL DEFAULT 0   -- from the service's own Retry-After
) STRICT, WITHOUT ROWID;

-- Requests for files by an access whose service limits their number.
CREATE TABLE file_requests (
    number    INTEGER PRIMARY KEY,
    platform  TEXT NOT NULL,
    access    TEXT NOT NULL,     -- 'key', 'oauth', 'login'
    at        INTEGER NOT NULL,
    gave_file INTEGER            -- whether a file arrived; NULL: not known
) STRICT;

-- The account of each platform that this data folder belongs to.
CREATE TABLE identities (
    platform TEXT PRIMARY KEY,
    account  TEXT NOT NULL,     -- a digest of the service's own id of the person
    name     TEXT,              -- as the service shows it
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- E-mail addresses known to belong to that account, in lower case.
CREATE TABLE identity_emails (
    platform TEXT NOT NULL,
    email    TEXT NOT NULL,
    PRIMARY KEY (platform, email)
) STRICT, WITHOUT ROWID;

-- The state of each access to the account of a platform, as a command last found it; never the token or the key.
CREATE TABLE accounts (
    platform        TEXT NOT NULL,
    access          TEXT NOT NULL,     -- 'key', 'oauth', 'login'
    expires_at      INTEGER,           -- when it ends unless it is renewed
    renewable       INTEGER NOT NULL,  -- whether it is renewed automatically
    renewable_until INTEGER,
    ended           TEXT,              -- the reason why it no longer works
    since           INTEGER NOT NULL,  -- since when these values are so
    PRIMARY KEY (platform, access)
) STRICT, WITHOUT ROWID;

-- Failed logins: why no password login is tried automatically.
CREATE TABLE login_failures (
    platform TEXT PRIMARY KEY,
    state    TEXT NOT NULL,     -- 'started', 'cooldown', 'rejected'
    until    INTEGER,           -- no login before then
    failures INTEGER NOT NULL,  -- logins that the service limited or rejected in a row; each cooldown is twice as long
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Automatic password logins of each run: a service that allows one session gets one login a run.
CREATE TABLE login_attempts (
    platform TEXT NOT NULL,
    run      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (platform, run)
) STRICT, WITHOUT ROWID;

-- The last notification of each channel: the same failures are reported once, until they change.
CREATE TABLE notifications (
    channel  TEXT PRIMARY KEY,
    failures TEXT NOT NULL,       -- a digest of the failures; empty: no failure
    at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The schedule: one row, or none.
CREATE TABLE schedule (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    cron       TEXT NOT NULL,     -- five fields, as in crontab(5)
    zone       TEXT NOT NULL,     -- the time zone of those fields
    enabled    INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,  -- since when it is so
    runner     TEXT               -- crontab, container, or another name; NULL: nothing runs it
) STRICT;
