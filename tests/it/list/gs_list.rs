//! `gs-list`: filters, formats, statistics; no requests.

use crate::support::three_platforms::three;
use crate::support::{Work, plain, scenario};
use gs_sim::{ActivitySpec, HISTORY_END, Sim};
use serde_json::{Value, json};

fn spec(id: u64, sport: &str, name: &str, days: i64) -> ActivitySpec {
    ActivitySpec {
        id: Some(id),
        sport: Some(sport.into()),
        name: Some(name.into()),
        start: Some(HISTORY_END - days * 86_400 - 3600),
        offset: Some(-5 * 3600),
        seconds: Some(3723),
        metres: Some(12_345.6),
        ..ActivitySpec::default()
    }
}

fn known() -> (Sim, Work) {
    let mut scenario = scenario(0);
    scenario.accounts[0].activities = vec![
        spec(1, "running", "Morning, \"easy\"", 1),
        spec(2, "trail_running", "\u{1b}[2Jevil\u{7} 🏛\u{202e}", 2),
        spec(3, "gravel_cycling", "Gravel", 3),
        ActivitySpec { oddities: vec!["manual_404".into()], ..spec(4, "yoga", "By hand", 4) },
    ];
    let sim = scenario.start();
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let one = work.run("gs-list", &["--id", "1,4"]).out.clone();
    work.given("gs-download", &[], &one).ok();
    sim.clear_log();
    (sim, work)
}

#[test]
fn filters_select_activities() {
    let (sim, work) = known();
    let ids = |args: &[&str]| work.run("gs-list", args).ok().silent().ids().join(" ");
    assert_eq!(ids(&[]), "1 2 3 4", "newest first");
    assert_eq!(ids(&["--downloaded"]), "1");
    assert_eq!(ids(&["--missing"]), "2 3", "an activity entered by hand is not missing");
    assert_eq!(ids(&["--deleted"]), "");
    assert_eq!(ids(&["--sport", "running"]), "1 2");
    assert_eq!(ids(&["--sport", "gravel_cycling,yoga"]), "3 4", "sport names of the platform work too");
    assert_eq!(ids(&["--id", "2,3", "--id", "4"]), "2 3 4");
    assert_eq!(ids(&["--platform", "garmin-cn"]), "");
    assert_eq!(ids(&["--platform", "GARMINCOM", "--since", "2026-10-29"]), "1 2");
    assert_eq!(ids(&["--until", "2026-10-29T23:00:00Z"]), "3 4");
    work.run("gs-list", &["--missing", "--downloaded"]).ends(2);
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn a_table_shows_local_time_without_control_characters() {
    let (_sim, work) = known();
    let said = work.run("gs-list", &["--format", "table"]);
    let line = |id: &str| {
        said.out.lines().find(|line| line.contains(&format!(" {id} "))).unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    for part in ["2026-10-30 18:00", "garmin-com", "running", "1:02:03", "12.35", "fit", "Morning, \"easy\""] {
        assert!(line("1").contains(part), "{part}\n{said}");
    }
    assert!(line("2").contains("[2Jevil 🏛") && line("2").contains("missing") && line("4").contains("none"), "{said}");
    assert!(!said.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{said}");
}

#[test]
fn csv_output_can_be_parsed() {
    let (_sim, work) = known();
    let said = work.run("gs-list", &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(said.out.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let cell = |row: usize, name: &str| rows[row][head.iter().position(|n| n == name).unwrap()].to_owned();
    assert_eq!(rows.len(), 4);
    assert_eq!(cell(0, "name"), "Morning, \"easy\"");
    assert_eq!(
        [cell(0, "start_time"), cell(0, "utc_offset_s"), cell(0, "downloaded")],
        ["2026-10-30T23:00:00Z", "-18000", "true"]
    );
    assert_eq!(cell(0, "sha256").len(), 64);
    assert_eq!(
        [cell(1, "sport"), cell(1, "sub_sport"), cell(1, "platform_sport")],
        ["running", "trail", "trail_running"]
    );
}

#[test]
fn stats_in_all_formats() {
    let (_sim, work) = known();
    let stats = work.run("gs-list", &["--stats"]).record();
    let numbers: Vec<&Value> = ["total", "downloaded", "missing", "no_original"].iter().map(|n| &stats[n]).collect();
    assert_eq!(numbers, [&json!(4), &json!(1), &json!(2), &json!(1)]);
    assert!(stats["last_listing"].as_str().unwrap().ends_with('Z'));
    let csv = work.run("gs-list", &["--stats", "--format", "csv"]).out.clone();
    assert!(csv.contains("garmin-com,4,1,2,1,"), "{csv}");
    let table = work.run("gs-list", &["--stats", "--format", "table"]).out.clone();
    assert!(table.contains("no original") && table.contains("garmin-com"), "{table}");
}

#[test]
fn an_empty_catalogue_gives_an_empty_list() {
    let work = Work::alone();
    for args in [&[][..], &["--missing"], &["--stats"], &["--format", "table"]] {
        assert_eq!(work.run("gs-list", args).ok().silent().out, "");
    }
}

#[test]
fn the_output_is_the_same_in_any_time_zone() {
    let (_sim, mut work) = known();
    let outs: Vec<String> = ["UTC", "America/St_Johns", "Asia/Kathmandu"]
        .iter()
        .flat_map(|zone| {
            work.set("TZ", zone);
            ["ndjson", "table", "csv"].map(|format| work.run("gs-list", &["--format", format]).ok().out.clone())
        })
        .collect();
    assert_eq!(outs[0..3], outs[3..6]);
    assert_eq!(outs[0..3], outs[6..9]);
}

#[test]
fn a_closed_pipe_ends_the_command_silently() {
    let sim = plain(150);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    for format in ["ndjson", "csv", "table"] {
        let mut child = work.command("gs-list", &["--format", format]);
        let mut child =
            child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{format}");
    }
}

#[test]
fn a_newer_catalogue_is_rejected_and_unchanged() {
    let (_sim, work) = known();
    work.change("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)");
    let before = std::fs::read(work.data("catalogue.sqlite")).unwrap();
    for command in ["gs-list", "gs-fetch", "gs-download"] {
        work.run(command, &[]).ends(78).says("version 99");
    }
    assert_eq!(std::fs::read(work.data("catalogue.sqlite")).unwrap(), before);
}

#[test]
fn a_locked_catalogue_is_an_error_after_the_lock_timeout() {
    let (_sim, mut work) = known();
    work.set("GS_LOCK_TIMEOUT", "200ms");
    let other = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    work.run("gs-fetch", &[]).ends(75).says("locked by another program");
    work.run("gs-list", &[]).ok();
    other.execute_batch("COMMIT").unwrap();
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_data_folder_that_cannot_be_created_is_named() {
    let work = Work::alone();
    std::fs::write(work.dir().join("file"), "").unwrap();
    work.run("gs-list", &["--data-dir", "file/below"]).ends(78).says("file/below");
}

#[test]
fn the_database_of_an_older_tool_is_not_changed() {
    let (_sim, mut work) = known();
    let old = work.dir().join("db/garmin.db");
    std::fs::create_dir(old.parent().unwrap()).unwrap();
    rusqlite::Connection::open(&old).unwrap().execute_batch("CREATE TABLE activities (activity_id INTEGER)").unwrap();
    let before = std::fs::read(&old).unwrap();
    work.set("DB_PATH", "db/garmin.db");
    work.run("gs-list", &[]).ok();
    assert_eq!(std::fs::read(&old).unwrap(), before);
    assert!(old.with_file_name("catalogue.sqlite").exists());
    let foreign = work.dir().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE birds (id INTEGER)").unwrap();
    work.set("DB_PATH", "foreign.db");
    work.run("gs-list", &[]).ends(78).says("another program");
}

#[test]
fn an_empty_list_explains_why_it_is_empty() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    let said = |args: &[&str]| work.run("gs-list", &[&["-v", "--format", "table"], args].concat()).ok().err.clone();
    assert!(said(&["--missing"]).contains("no platform was listed yet; run gs-fetch"));
    work.archive_all();
    assert!(said(&["--missing"]).contains("nothing is missing"));
    assert!(said(&["--deleted"]).contains("nothing is deleted"));
    assert!(said(&["--since", "2099-01-01"]).contains("no such activity is known"));
}

#[test]
fn sort_reverse_limit_fields_and_units_change_the_list() {
    let (_sim, work) = known();
    let ids = |args: &[&str]| work.run("gs-list", args).ok().silent().ids().join(" ");
    assert_eq!(ids(&["--reverse"]), "4 3 2 1");
    assert_eq!(ids(&["--sort", "name"]), "2 4 3 1", "control characters are ignored");
    assert_eq!(ids(&["--sort", "sport", "--limit", "1"]), "3");
    assert_eq!(ids(&["--limit", "2"]), "1 2");
    work.run("gs-list", &["--limit", "0"]).ends(2);
    assert_eq!(ids(&["--sort", "distance", "--reverse"]), "1 2 3 4", "all distances are equal");
    let csv = work.run("gs-list", &["--format", "csv", "--fields", "id,distance_m", "--id", "1"]);
    assert_eq!(csv.ok().out, "id,distance_m\n1,12345.6\n");
    let miles = work.run("gs-list", &["--format", "table", "--units", "statute", "--id", "1"]);
    assert!(miles.ok().out.contains(" mi ") && miles.out.contains("7.67"), "{miles}");
    work.run("gs-list", &["--fields", "id"]).ends(2).says("--fields selects columns");
    work.run("gs-list", &["--fields", "colour"]).ends(2);
    work.run("gs-list", &["--stats", "--limit", "1"]).ends(2);
}

#[test]
fn local_filters_days_in_the_time_zone_of_the_activity() {
    let (_sim, work) = known();
    // All began at 23:00 UTC, which is 18:00 in local time; 01:00 UTC of the next day is 20:00 of the same local day.
    work.change("UPDATE activities SET start_time = start_time + 7200 WHERE id = '1'");
    let ids = |args: &[&str]| work.run("gs-list", args).ok().silent().ids().join(" ");
    assert_eq!(ids(&["--since", "2026-10-31"]), "1");
    assert_eq!(ids(&["--since", "2026-10-31", "--local"]), "");
    assert_eq!(ids(&["--since", "2026-10-30", "--until", "2026-10-31", "--local"]), "1");
}

#[test]
fn a_unique_list_has_one_record_per_group() {
    let three = three(6, 0);
    let work = three.work();
    work.run("gs-fetch", &[]).ok();
    work.given("gs-download", &[], &work.run("gs-list", &["--platform", "coros"]).out).ok();
    let all = work.run("gs-list", &[]).ok().ids().len();
    let unique = work.run("gs-list", &["--unique"]);
    let records = unique.ok().silent().records();
    assert_eq!(records.len(), three.groups().len());
    let others: usize = records.iter().map(|record| record["also_on"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(records.len() + others, all, "each activity is in one group");
    for record in &records {
        let also_on = record["also_on"].as_array().cloned().unwrap_or_default();
        let is_on_coros = record["platform"] == "coros" || also_on.iter().any(|one| one["platform"] == "coros");
        assert_eq!(record["downloaded"], is_on_coros, "the activity with a file represents its group: {record}");
    }
    let table = work.run("gs-list", &["--unique", "--format", "table"]).ok().out.clone();
    assert_eq!(table.lines().count(), records.len() + 1, "{table}");
}

#[test]
fn limits_and_sort_keys_are_also_accepted_as_the_record_writes_them() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let ids = |args: &[&str]| work.run("gs-list", args).ok().ids();
    let all = ids(&["--sort", "distance"]);
    assert_eq!((ids(&["--sort", "distance_m"]), all.len()), (all.clone(), 3));
    assert_eq!(ids(&["--min", "distance_m=1m", "--min-distance", "0.001KM", "--min", "timer_time_s=1s"]).len(), 3);
    let wrong = |args: &[&str], why: &str| assert!(work.run("gs-list", args).ends(2).err.contains(why), "{why}");
    wrong(&["--min", "ascent=3"], "unknown field \"ascent\"; did you mean ascent_m?");
    wrong(&["--min-distance", "-5km"], "a distance is not negative");
    wrong(&["--min-distance", "20km", "--max-distance", "5km"], "the least value is above the greatest");
    wrong(&["--limit", "0"], "must be at least 1");
    wrong(&["--limit", "abc"], "not a whole number");
}
