-- Version 4: what listings skip, and files that a service does not give or holds broken.

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
UPDATE problems SET times = min(times, 2) WHERE stage = 'gs-download';

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
