//! Catalogues as large as those of people who have recorded all their lives, written directly, without a service.

use std::path::Path;
use std::time::Duration;

use garminsync::activity::Activity;
use garminsync::catalogue::{Catalogue, Coverage, ListedRow, ListingDepth, ListingPurpose, ListingResult};
use jiff::{SignedDuration, Timestamp};

pub const PLATFORMS: [&str; 3] = ["garmin-com", "garmin-cn", "coros"];
/// Which of the three platforms have a group. Most groups are on all of them.
const HOLDERS: [[bool; 3]; 5] = [[true; 3], [true; 3], [true; 3], [true, true, false], [false, true, true]];
const SPORTS: [(&str, &str, f64); 5] = [
    ("running", "generic", 2.8),
    ("running", "trail", 2.4),
    ("cycling", "road", 7.5),
    ("swimming", "lap_swimming", 0.9),
    ("training", "strength_training", 0.0),
];
const NAMES: [&str; 4] = ["Morning run", "晨跑 西湖", "Lunch Ride with some friends", "Zürich Running"];

/// Makes the catalogue of `count` distinct activities, two a day up to `newest`, on the first `platforms` of [`PLATFORMS`].
pub fn make(path: &Path, count: i64, platforms: usize, newest: Timestamp) {
    let mut catalogue = Catalogue::open(path, Duration::from_secs(5)).unwrap();
    for (number, platform) in PLATFORMS.iter().enumerate().take(platforms) {
        let is_held = |n: &i64| platforms == 1 || HOLDERS[(*n % 5) as usize][number];
        let all: Vec<Activity> = (0..count).filter(is_held).map(|n| activity(platform, n, newest)).collect();
        let listing = catalogue.begin_listing(platform, "first", ListingPurpose::Sync, newest).unwrap();
        for page in all.chunks(1000) {
            let seen: Vec<ListedRow> = page.iter().map(|activity| ListedRow { activity, service_json: "{}" }).collect();
            catalogue.upsert_page(listing, &seen, newest).unwrap();
        }
        let reached = ListingResult {
            coverage: Coverage::default(),
            depth: ListingDepth::End,
            contiguous: true,
            items: all.len() as u64,
        };
        catalogue.finish_listing((listing, platform), &reached, (true, true), newest).unwrap();
    }
    drop(catalogue);
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(&REST.replace("NEWEST", &newest.as_second().to_string())).unwrap();
}

fn activity(platform: &str, n: i64, newest: Timestamp) -> Activity {
    let (sport, sub_sport, metres_per_s) = SPORTS[(n % 5) as usize];
    let timer = 1200.0 + (n * 7919 % 5000) as f64;
    Activity {
        platform: platform.into(),
        id: (20_000_000_000 - n).to_string(),
        name: Some(format!("{} {n}", NAMES[(n % 4) as usize])),
        sport: Some(sport.into()),
        sub_sport: Some(sub_sport.into()),
        platform_sport: Some(sport.into()),
        start_time: newest.checked_sub(SignedDuration::from_secs(n * 43_200 + n * 6151 % 20_000)).ok(),
        utc_offset_s: Some(if n % 9 == 0 { 28_800 } else { 3600 }),
        timer_time_s: Some(timer),
        elapsed_time_s: Some(timer + 30.0),
        distance_m: Some(timer * metres_per_s),
        manufacturer: Some("garmin".into()),
        device: Some("3300000001".into()),
        manual: n % 400 == 0,
    }
}

/// Files for nearly all activities, a journal of uploads between platforms, a log of two years, and some problems.
const REST: &str = "
    INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at, manufacturer, product,
        serial_number, time_created, corrupt)
    SELECT platform, id, 0, 'fit/' || replace(platform, '-', '_') || '/activity_' || id || '_2026-01-08T14-10-21Z.fit',
        printf('%064x', id), 90000 + start_time % 70000, 'fit', 'original', start_time, start_time, 1, 4000, 700000,
        start_time, id % 5000 = 7
    FROM activities WHERE NOT manual AND id % 50 <> 0;
    INSERT INTO problems SELECT platform, id, 'gs-download', 'not-found', '{\"code\":\"not-found\",\"detail\":\"HTTP 404\"}', 1, 1, 1
    FROM activities WHERE NOT manual AND id % 500 = 0;
    INSERT INTO uploads (run, from_platform, from_id, to_platform, sha256, started_at, outcome, to_id, finished_at, reason)
    SELECT 'first', 'garmin-com', a.id, b.platform, printf('%064x', a.id), a.start_time,
        iif(a.id % 300 = 0, 'rejected', 'created'), b.id, a.start_time, '{\"code\":\"rejected\",\"detail\":\"too small\"}'
    FROM activities a JOIN activities b ON b.id = a.id AND b.platform = 'garmin-cn'
    WHERE a.platform = 'garmin-com' AND a.id % 3 = 0;
    WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 17999)
    INSERT INTO commands (run, command, started_at, finished_at, exit, counts)
    SELECT 'run-' || (n / 6), 'gs-' || (n % 6), NEWEST - (18000 - n) * 3600, NEWEST - (18000 - n) * 3600 + 60, 0,
        '{\"listed\":30,\"new\":2}' FROM n;
    UPDATE activities SET missing_count = 2, missing_since = last_seen WHERE platform = 'garmin-cn' AND id % 1000 = 1;
";
