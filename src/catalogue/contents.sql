-- What the FIT files of the archive contain, by their bytes: the same file of two activities is read once. Names and units are
-- those of FIT, and of src/fit/recording.rs. A time is seconds since 1970 in UTC.

CREATE TABLE file_contents (
    sha256  TEXT PRIMARY KEY,
    reader  INTEGER NOT NULL,        -- the version of the program's reader; the files of an older one are read again
    reason  TEXT,                    -- why it could not be read
    device  TEXT,                    -- the product that recorded it
    records INTEGER NOT NULL,        -- its trackpoints
    south   REAL,                    -- the box around its track, in degrees; west is greater than east across the date line
    west    REAL,
    north   REAL,
    east    REAL,
    track   BLOB                     -- its track, simplified, see src/track.rs
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    sha256                    TEXT NOT NULL,
    number                    INTEGER NOT NULL, -- its place in the file, from 0
    sport                     TEXT,
    sub_sport                 TEXT,
    first_lap                 INTEGER,          -- the number of its first lap in the file
    laps                      INTEGER,
    pool_length_m             REAL,
    training_effect           REAL,
    anaerobic_training_effect REAL,
    training_stress_score     REAL,
    start_time                INTEGER,
    end_time                  INTEGER,
    elapsed_time_s            REAL,
    timer_time_s              REAL,
    moving_time_s             REAL,
    distance_m                REAL,
    ascent_m                  REAL,
    descent_m                 REAL,
    calories_kcal             REAL,
    avg_heart_rate_bpm        REAL,
    max_heart_rate_bpm        REAL,
    avg_power_w               REAL,
    max_power_w               REAL,
    normalized_power_w        REAL,
    avg_cadence_rpm           REAL,
    max_cadence_rpm           REAL,
    avg_speed_mps             REAL,
    max_speed_mps             REAL,
    avg_temperature_c         REAL,
    max_temperature_c         REAL,
    PRIMARY KEY (sha256, number),
    FOREIGN KEY (sha256) REFERENCES file_contents (sha256) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE laps (
    sha256                    TEXT NOT NULL,
    number                    INTEGER NOT NULL, -- its place in the file, from 0
    session                   INTEGER,          -- the number of its session
    sport                     TEXT,
    sub_sport                 TEXT,
    lap_trigger               INTEGER,          -- what ended it: 0 manual, 1 time, 2 distance, 7 end of the session
    intensity                 INTEGER,          -- 0 active, 1 rest, 2 warm-up, 3 cool-down
    start_time                INTEGER,
    end_time                  INTEGER,
    elapsed_time_s            REAL,
    timer_time_s              REAL,
    moving_time_s             REAL,
    distance_m                REAL,
    ascent_m                  REAL,
    descent_m                 REAL,
    calories_kcal             REAL,
    avg_heart_rate_bpm        REAL,
    max_heart_rate_bpm        REAL,
    avg_power_w               REAL,
    max_power_w               REAL,
    normalized_power_w        REAL,
    avg_cadence_rpm           REAL,
    max_cadence_rpm           REAL,
    avg_speed_mps             REAL,
    max_speed_mps             REAL,
    avg_temperature_c         REAL,
    max_temperature_c         REAL,
    PRIMARY KEY (sha256, number),
    FOREIGN KEY (sha256) REFERENCES file_contents (sha256) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The best efforts in a file, see docs/fit.md.
CREATE TABLE efforts (
    sha256     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    value      REAL NOT NULL,        -- seconds, or watts
    start_time INTEGER NOT NULL,
    PRIMARY KEY (sha256, kind),
    FOREIGN KEY (sha256) REFERENCES file_contents (sha256) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX efforts_by_kind ON efforts (kind, value);
