//! `gs-report` with hostile data: secrets, control and direction characters, invalid numbers; and concurrent writers.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::support::all_features::fill_every_text;
use crate::support::{Work, large_catalogue, plain};
use serde_json::Value;

/// Secrets that must not be shown, whatever text contains them.
const SECRETS: [&str; 9] = [
    "runner.secret@example.com",
    "https://s3.coros.com/fit/470/1.fit?X-Amz-Signature=0a1b2c3d",
    "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJzZWNyZXQifQ.c2lnbmF0dXJl",
    "ST-0123456-abcdefghijkl-cas",
    "password=hunter2secret",
    "Authorization: Bearer secretbearer",
    "access_token=secretaccess",
    "https://runner:secretpass@example.com/x",
    "0123456789abcdef0123456789abcdef0123456789abcdef",
];
/// The parts that identify the secrets.
const TRACES: [&str; 10] = [
    "runner.secret",
    "X-Amz-Signature",
    "470/1.fit",
    "eyJ",
    "ST-0123456",
    "hunter2secret",
    "secretbearer",
    "secretaccess",
    "secretpass",
    "0123456789abcdef0123456789abcdef",
];

/// Both written files.
fn texts(work: &Work) -> [String; 2] {
    work.run("gs-report", &[]).ok().silent();
    ["index.html", "status.json"].map(|name| std::fs::read_to_string(work.data("report").join(name)).unwrap())
}

fn status(work: &Work) -> Value {
    serde_json::from_str(&texts(work)[1]).unwrap()
}

#[test]
fn secrets_in_any_text_never_reach_the_page() {
    let sim = plain(6);
    let work = Work::logged_in(&sim);
    work.archive_all();
    for secret in SECRETS {
        fill_every_text(&work, secret);
        for text in texts(&work) {
            let found: Vec<&str> = TRACES.into_iter().filter(|trace| text.contains(trace)).collect();
            assert!(found.is_empty(), "{secret}: {found:?}");
        }
    }
    // Other texts are shown.
    fill_every_text(&work, "no secret");
    let document = texts(&work)[1].clone();
    for words in ["a no secret b", "r no secret", "m no secret, m", "p no secret; p", "t no secret t", "d no secret d"]
    {
        assert!(document.contains(words), "{words}");
    }
    for words in ["x no secret y", "l no secret l", "a no secret a"] {
        assert!(document.contains(words), "{words}");
    }
}

#[test]
fn an_e_mail_address_in_a_path_is_removed() {
    let work = Work::alone();
    work.run("gs-list", &[]).ok();
    work.change(
        "INSERT INTO activities (platform, id, first_seen, last_seen, first_listing, last_listing)
            VALUES ('folder:/home/x/Drive-runner.secret@example.com/fit', '1', 1, 1, 1, 1);
         INSERT INTO listings (platform, run, started_at, finished_at, implausible)
            VALUES ('folder:/home/x/Drive-runner.secret@example.com/fit', 'r', unixepoch(), unixepoch(), 1);
         INSERT INTO commands (run, command, started_at, finished_at, exit, counts)
            VALUES ('r', 'gs-fetch', unixepoch(), unixepoch(), 0, '{}');",
    );
    let texts = texts(&work);
    assert!(texts.iter().all(|text| !text.contains("runner.secret")), "{texts:?}");
    assert!(texts[1].contains("listing-implausible"));
}

#[test]
fn two_folders_with_one_displayed_name_have_their_own_rows_in_the_comparison() {
    let work = Work::alone();
    work.run("gs-list", &[]).ok();
    let (one, other) = ("folder:/x/a.secret@example.com/fit", "folder:/x/b.secret@example.com/fit");
    for (number, platform) in ["garmin-com", "garmin-com", one, one, one, other].into_iter().enumerate() {
        work.change(&format!(
            "INSERT INTO activities (platform, id, start_time, timer_time_s, first_seen, last_seen, first_listing,
                last_listing) VALUES ('{platform}', '{number}', 1700000000 + 500000 * {number}, 600, 1, 1, 1, 1)"
        ));
    }
    let document = status(&work);
    let only = |pair: &Value| pair["only"].as_u64().unwrap();
    assert_eq!(document["matrix"].as_array().unwrap().iter().map(only).collect::<Vec<_>>(), [2, 2, 3, 3, 1, 1]);
    let [page, _] = texts(&work);
    assert!(["3", "1"].iter().all(|count| page.contains(&format!("{count} only on folder:/x/***/fit"))));
}

#[test]
fn control_and_direction_characters_are_removed() {
    let sim = plain(2);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.change(
        "UPDATE activities SET name = 'a' || char(27) || '[2J' || char(0x202e) || 'b' || char(10) || char(7) || 'c'",
    );
    assert_eq!(status(&work)["activities"][0]["name"], "a[2Jb c");
    work.change("UPDATE activities SET name = replace(printf('%.5000c', 'x'), 'x', '跑 ')");
    assert_eq!(status(&work)["activities"][0]["name"].as_str().unwrap().chars().count(), 10_000);
}

#[test]
fn invalid_numbers_and_times_do_not_affect_other_activities() {
    let sim = plain(6);
    let work = Work::logged_in(&sim);
    work.archive_all();
    let ids: Vec<String> = work.run("gs-list", &[]).ids();
    let set = |number: usize, what: &str| {
        work.change(&format!("UPDATE activities SET {what} WHERE id = '{}'", ids[number]));
    };
    set(0, "timer_time_s = 9e999, distance_m = -9e999");
    set(1, "start_time = 253402300799, utc_offset_s = 999999999");
    set(2, "start_time = -9000000000, utc_offset_s = -999999999");
    set(3, "start_time = NULL");
    set(4, "start_time = 9223372036854775807");
    let document = status(&work);
    let list = |name: &str| document[name].as_array().unwrap().clone();
    assert_eq!((list("activities").len(), list("days").len(), list("months").len()), (6, 2, 1), "{document:#}");
    let invalid = list("activities").iter().find(|one| one["on"][0]["id"] == ids[0].as_str()).unwrap().clone();
    assert_eq!([&invalid["timer_time_s"], &invalid["distance_m"]], [&Value::Null; 2]);
    let last: Vec<Value> = list("activities")[4..].iter().map(|one| one["start_time"].clone()).collect();
    assert_eq!(last, [Value::Null, Value::Null], "unknown start times come last");
    work.change("UPDATE commands SET counts = 'nonsense'; UPDATE commands SET counts = '{\"a\": -1}' WHERE number = 1");
    assert_eq!(status(&work)["runs"][0]["counts"], serde_json::json!({}));
}

/// A thread that writes all the time; it ends when dropped, also if a test fails.
struct Writer {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    /// Changes names, messages and sizes in one transaction, again and again.
    fn new(path: PathBuf) -> Writer {
        let is_over = Arc::new(AtomicBool::new(false));
        let seen = is_over.clone();
        let thread = std::thread::spawn(move || {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.busy_timeout(Duration::from_secs(20)).unwrap();
            for number in 1.. {
                if seen.load(Ordering::Relaxed) {
                    break;
                }
                let change = format!(
                    "BEGIN IMMEDIATE; UPDATE activities SET name = 'n{number}'; UPDATE commands SET reason = json_object('code', 'other', 'detail', 'n{number}');
                     UPDATE files SET bytes = {number}; COMMIT"
                );
                connection.execute_batch(&change).unwrap();
            }
        });
        Writer { is_over, thread: Some(thread) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

#[test]
fn the_page_is_a_consistent_snapshot_during_concurrent_writes() {
    let work = Work::alone();
    large_catalogue::make(&work.data("catalogue.sqlite"), 3000, 1, jiff::Timestamp::now());
    let _writer = Writer::new(work.data("catalogue.sqlite"));
    let mut seen = BTreeSet::new();
    for _ in 0..8 {
        let document = status(&work);
        let name = document["activities"][0]["name"].as_str().unwrap().to_owned();
        // Names from before the first write.
        let Some(number) = name.strip_prefix('n').and_then(|number| number.parse::<u64>().ok()) else { continue };
        assert!(document["activities"].as_array().unwrap().iter().all(|one| one["name"] == name.as_str()), "{name}");
        assert!(
            document["runs"].as_array().unwrap().iter().all(|run| run["reason"]["detail"] == name.as_str()),
            "{name}"
        );
        let platform = &document["platforms"][0];
        assert_eq!(platform["bytes"], platform["downloaded"].as_u64().unwrap() * number);
        seen.insert(name);
    }
    assert!(seen.len() > 2, "no write happened in between: {seen:?}");
}

#[test]
fn thousands_of_activities_on_three_platforms_are_all_on_the_page() {
    let work = Work::alone();
    large_catalogue::make(&work.data("catalogue.sqlite"), 4000, 3, jiff::Timestamp::now());
    let document = status(&work);
    let here: i64 = work.sql("SELECT count(*) FROM activities WHERE missing_count = 0");
    let totals: i64 = document["platforms"].as_array().unwrap().iter().map(|one| one["total"].as_i64().unwrap()).sum();
    assert_eq!((document["activities"].as_array().unwrap().len(), totals), (4000, here));
    let groups =
        "SELECT count(DISTINCT id) FROM activities WHERE platform IN ('garmin-com', 'coros') AND missing_count = 0
        GROUP BY id HAVING count(*) = 2";
    let both: i64 = work.sql(&format!("SELECT count(*) FROM ({groups})"));
    let pairs = document["matrix"].as_array().unwrap();
    let pair = pairs.iter().find(|pair| pair["on"] == "garmin-com" && pair["and"] == "coros").unwrap();
    assert_eq!(pair["both"], both);
    assert_eq!(document["runs"].as_array().unwrap().len(), 100);
}
