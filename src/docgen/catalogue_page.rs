//! The page gs-catalogue(5): the views of the catalogue, for people who write SQL.

use super::roff::{ManPage, bold};

/// A view, what its rows are, and its columns in their order.
pub struct SqlView {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub rows: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
}

/// The columns of a session and a lap that both have, in their order.
macro_rules! with_sums {
    ($($column:literal),* ; $($last:literal),*) => {
        &[
            $($column,)* "start_time", "end_time", "elapsed_time_s", "timer_time_s", "moving_time_s", "distance_m",
            "ascent_m", "descent_m", "calories_kcal", "avg_heart_rate_bpm", "max_heart_rate_bpm", "avg_power_w",
            "max_power_w", "normalized_power_w", "avg_cadence_rpm", "max_cadence_rpm", "avg_speed_mps", "max_speed_mps",
            "avg_temperature_c", "max_temperature_c", $($last,)*
        ]
    };
}

/// The views, whose names and columns stay the same in later versions.
pub const VIEWS: &[SqlView] = &[
    SqlView {
        name: "v_activities",
        rows: "Each activity on each platform, deleted ones too.",
        columns: &[
            "platform",
            "id",
            "name",
            "sport",
            "sub_sport",
            "platform_sport",
            "start_time",
            "start_local",
            "utc_offset_s",
            "timer_time_s",
            "elapsed_time_s",
            "distance_m",
            "avg_speed_mps",
            "avg_heart_rate_bpm",
            "max_heart_rate_bpm",
            "avg_power_w",
            "ascent_m",
            "calories_kcal",
            "numbers_from",
            "manufacturer",
            "device",
            "manual",
            "deleted",
            "group_number",
            "file",
            "format",
            "origin",
            "sha256",
            "south",
            "west",
            "north",
            "east",
        ],
    },
    SqlView {
        name: "v_unique_activities",
        rows: "Each distinct activity that is on a platform, once: on several platforms, the one with the best file. The columns are those of v_activities, and `place`, which is always 1. Run gs-diff first: it finds out which activities are the same.",
        columns: &[],
    },
    SqlView {
        name: "v_sessions",
        rows: "Each session of an archived FIT file: one for an activity, or one for each discipline of a multisport activity.",
        columns: with_sums!("platform", "id", "part", "session", "sport", "sub_sport";
            "pool_length_m", "training_effect", "anaerobic_training_effect", "training_stress_score"),
    },
    SqlView {
        name: "v_laps",
        rows: "Each lap of an archived FIT file.",
        columns: with_sums!("platform", "id", "part", "lap", "session", "sport", "sub_sport", "lap_trigger", "intensity";),
    },
    SqlView {
        name: "v_efforts",
        rows: "The best efforts of each archived FIT file.",
        columns: &["platform", "id", "kind", "value", "start_time"],
    },
    SqlView {
        name: "v_unique_efforts",
        rows: "The best efforts of the distinct activities: one row for a run that is on several platforms.",
        columns: &["platform", "id", "name", "sport", "start_local", "kind", "value", "start_time"],
    },
    SqlView {
        name: "v_weeks",
        rows: "Each week and sport, of the distinct activities. A week begins on Monday, by the local time of each start.",
        columns: &["week", "sport", "activities", "timer_time_s", "distance_m", "ascent_m", "calories_kcal"],
    },
];

/// What a column means, unless its name says it: units end the names.
const COLUMNS: &[(&str, &str)] = &[
    (
        "platform, id",
        "The activity: `garmin-com`, `garmin-cn`, `coros`, `intervals` or `folder:PATH`, and the id there.",
    ),
    ("start_time, end_time", "UTC, as in 2026-01-08T14:10:21Z."),
    ("start_local", "The local time of the start: 2026-01-08 15:10:21; in UTC if no platform lists the offset."),
    ("timer_time_s, elapsed_time_s", "The time with the timer running, and from start to end, pauses included."),
    (
        "avg_heart_rate_bpm ... avg_speed_mps",
        "Of an activity: the sums and maxima of the sessions in its files, the averages weighted by their time.",
    ),
    (
        "numbers_from",
        "`file`, or `service`: there is no readable file, and the numbers are those that the platform lists.",
    ),
    ("avg_cadence_rpm, max_cadence_rpm", "Revolutions a minute; of a runner the steps of one foot."),
    ("device", "The product that recorded it, if its name is known."),
    ("deleted", "1: two listings in a row did not show it."),
    ("group_number", "The same number: the same activity on several platforms."),
    (
        "file, format, origin, sha256",
        "The file in the archive, below the data folder; `origin` is `original` or `converted`.",
    ),
    (
        "south, west, north, east",
        "The box around the track, in degrees. West is greater than east if it crosses the date line.",
    ),
    ("part", "0, or the number of a further file of the same activity."),
    ("lap_trigger", "What ended the lap: 0 by hand, 1 time, 2 distance, 7 the end of the session; FIT has more."),
    ("intensity", "0 active, 1 rest, 2 warm-up, 3 cool-down."),
    ("training_effect, anaerobic_training_effect", "0 to 5."),
    ("kind, value", "`run_5k` and the like: seconds; `power_20min` and the like: watts."),
    ("week", "The date of its Monday."),
];

/// The page gs-catalogue(5).
pub fn page() -> String {
    let mut page = ManPage::new("gs-catalogue", 5, "the catalogue of garminsync, for SQL");
    page.section("Description");
    page.text(
        "All data about the activities is in one SQLite file, catalogue.sqlite in the data folder. These views are for people: \
        their names and columns stay the same in later versions, the tables do not. Only read them: any program may do so while \
        commands run.",
    );
    page.text(
        "Sessions, laps and efforts come from the FIT files in the archive. They are read when a file is archived; `gs-fit \
        --index` reads those that an earlier version archived.",
    );
    page.text(
        "What a platform itself says about an activity, in its own words, is stored compressed. `gs-list --raw` prints it as \
        the field `raw` of each record.",
    );
    page.section("Views");
    for view in VIEWS {
        let columns =
            if view.columns.is_empty() { String::new() } else { format!(" Columns: {}.", view.columns.join(", ")) };
        page.item(&bold(view.name), &format!("{}{columns}", view.rows));
    }
    page.section("Columns");
    page.text("Names end with their unit: `_s` seconds, `_m` metres, `_mps` metres a second, `_bpm` beats a minute, `_w` watts, `_rpm` revolutions a minute, `_c` degrees Celsius, `_kcal` kilocalories. An unknown value is NULL.");
    COLUMNS.iter().for_each(|(names, text)| page.item(&bold(names), text));
    page.section("Examples");
    for (text, lines) in EXAMPLES {
        page.text(text);
        page.code(lines.iter().copied());
    }
    page.section("See also");
    page.line("\\fBgs\\-fit\\fR(1), \\fBgs\\-list\\fR(1), \\fBgs\\-record\\fR(5)");
    page.finish()
}

/// Questions, and the commands that answer them.
pub const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "The distance of each week, by sport:",
        &[
            "sqlite3 -readonly catalogue.sqlite \"SELECT week, sport,",
            "  round(distance_m / 1000, 1) AS km FROM v_weeks ORDER BY week\"",
        ],
    ),
    (
        "The ten best 10 km:",
        &[
            "sqlite3 -readonly catalogue.sqlite \"SELECT start_time,",
            "  time(value, 'unixepoch') FROM v_unique_efforts",
            "  WHERE kind = 'run_10k' ORDER BY value LIMIT 10\"",
        ],
    ),
];
