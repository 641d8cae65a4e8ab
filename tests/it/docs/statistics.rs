//! `docs/statistics.md`: every question is asked as written, of an archive of invented activities.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use super::recipes::Home;
use crate::support::recipes;

const DOCUMENT: &str = "docs/statistics.md";
/// Where `scripts/test` installs DuckDB.
const DUCKDB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/duckdb-venv/bin");

/// One archive for all questions, which only read.
static HOME: LazyLock<Home> = LazyLock::new(|| {
    let home = Home::new();
    home.command("garminsync", &["download", "--missing"]).ok();
    home.command("gs-diff", &["--catalogue"]);
    home
});

/// Runs the blocks below a heading. Returns what they print.
fn ask(title: &str) -> String {
    let recipes: Vec<_> = recipes::recipes(DOCUMENT).into_iter().filter(|recipe| recipe.title == title).collect();
    assert!(!recipes.is_empty(), "{DOCUMENT} has no {title:?}");
    let mut printed = String::new();
    for recipe in &recipes {
        for tool in ["sqlite3", "jq"] {
            let found = Command::new(tool).arg("--version").output();
            assert!(found.is_ok(), "{tool} is not installed; install it: apt-get install {tool}");
        }
        assert!(Path::new(DUCKDB).exists(), "DuckDB is not installed; scripts/test installs it");
        let text = format!("PATH=$PATH:{DUCKDB}\ncatalogue=$(gs-settings DATA_DIR)/catalogue.sqlite\n{}", recipe.text);
        printed += &HOME.types(recipe, &text, "").ok().out;
    }
    printed
}

/// How many rows a box has.
fn rows(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with('│')).count().saturating_sub(1)
}

#[test]
fn every_question_has_a_test() {
    let own = include_str!("statistics.rs");
    for recipe in recipes::recipes(DOCUMENT) {
        assert!(own.contains(&format!("\"{}\"", recipe.title)), "no test for {:?}", recipe.title);
    }
}

#[test]
fn weeks_have_their_distances() {
    let weeks = ask("The distance of each week, by sport");
    assert!(rows(&weeks) > 5 && weeks.contains("running"), "{weeks}");
}

#[test]
fn best_efforts_are_found() {
    assert!(rows(&ask("The best 10 km, and how it developed")) > 1);
    ask("The best power of a ride");
}

#[test]
fn heart_rates_are_averaged_by_month() {
    assert!(ask("The heart rate over a year").contains("pace_per_km"));
}

#[test]
fn long_and_hilly_activities_are_listed() {
    let lists = ask("The longest and the hilliest activities");
    assert!(lists.lines().filter(|line| line.contains("20")).count() > 10, "{lists}");
    let csv = HOME.path("long_and_hilly.csv");
    assert!(std::fs::read_to_string(csv).unwrap().starts_with("platform,id,"));
}

#[test]
fn devices_have_their_kilometres() {
    assert!(rows(&ask("Kilometres with each device, and with each shoe")) > 0);
}

#[test]
fn laps_are_shown() {
    let laps = ask("The laps of an activity");
    assert!(rows(&laps) > 0, "{laps}");
}

#[test]
fn duckdb_reads_the_list_and_writes_parquet() {
    let sums = ask("Other programs: DuckDB, Parquet, spreadsheets");
    assert!(sums.contains("running"), "{sums}");
    let parquet = std::fs::read(HOME.path("activities.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[test]
fn the_words_of_a_platform_are_shown() {
    let raw = ask("What a platform says in its own words");
    assert!(raw.contains("startTimeGMT") || raw.contains("labelId"), "{raw}");
}
