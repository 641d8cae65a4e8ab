-- What files of the archive that were recorded at the same time say about each other, see src/streams/mod.rs.

CREATE TABLE file_comparisons (
    sha256                  TEXT NOT NULL,
    other_sha256            TEXT NOT NULL,    -- greater than sha256
    common_s                INTEGER NOT NULL,
    longer_s                INTEGER NOT NULL,
    common_share            REAL NOT NULL,
    position_samples        INTEGER NOT NULL,
    position_changes        INTEGER NOT NULL,
    position_same_changes   INTEGER NOT NULL,
    position_difference     REAL NOT NULL,    -- the share of the seconds more than 50 m apart
    speed_samples           INTEGER NOT NULL,
    speed_changes           INTEGER NOT NULL,
    speed_same_changes      INTEGER NOT NULL,
    speed_difference        REAL NOT NULL,    -- a share of the speed
    speed_correlation       REAL,
    heart_rate_samples      INTEGER NOT NULL,
    heart_rate_changes      INTEGER NOT NULL,
    heart_rate_same_changes INTEGER NOT NULL,
    heart_rate_difference   REAL NOT NULL,    -- beats a minute
    heart_rate_correlation  REAL,
    PRIMARY KEY (sha256, other_sha256),
    FOREIGN KEY (sha256) REFERENCES file_contents (sha256) ON DELETE CASCADE,
    FOREIGN KEY (other_sha256) REFERENCES file_contents (sha256) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX file_comparisons_other ON file_comparisons (other_sha256);

-- The files that were compared with all others of the same time.
CREATE TABLE compared_files (
    sha256   TEXT PRIMARY KEY,
    comparer INTEGER NOT NULL,               -- the version of the comparison; an older one is made again
    FOREIGN KEY (sha256) REFERENCES file_contents (sha256) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_start ON sessions (start_time);

-- What a file contains is forgotten with its last activity, above all where it was recorded.
CREATE TRIGGER forget_contents AFTER DELETE ON files WHEN NOT EXISTS (SELECT 1 FROM files WHERE sha256 = OLD.sha256)
BEGIN
    DELETE FROM file_contents WHERE sha256 = OLD.sha256;
END;
