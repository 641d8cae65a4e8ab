//! A history that is read in parts yields the same page as one that is read at once.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::compared::Scope;
use super::outstanding::Backlog;
use super::read::CatalogueData;
use super::sums::{Sums, Wanted};
use super::{Seen, SyncSettings, add, parts};
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::matching::Matcher;
use crate::platform::{PlatformSelection, Platforms};
use crate::status::{Outstanding, Snapshot};
use crate::sync::Histories;

const PLATFORMS: [&str; 3] = ["garmin-com", "garmin-cn", "coros"];
const NOW: i64 = 1_750_000_000;

/// One activity of a random history, and what happened to it. Numbers select from the few values that matter.
type Item = [u8; 11];

fn items() -> impl Strategy<Value = Vec<Item>> {
    proptest::collection::vec(any::<Item>(), 1..120)
}

/// Stores a history with all kinds of links between activities that are near each other or years apart.
fn store(connection: &Connection, items: &[Item]) {
    for (number, platform) in PLATFORMS.iter().enumerate() {
        connection
            .execute(
                "INSERT INTO listings (platform, run, started_at, finished_at, accepted, complete, base, items)
                 VALUES (?1, 'r', ?2, ?2, ?3, ?3, ?3, 1)",
                params![platform, NOW - 100, number != 2],
            )
            .unwrap();
    }
    let mut latest = NOW - 1000;
    for (number, [place, gap, sport, length, file, lot, link, group, upload, far, outcome]) in items.iter().enumerate()
    {
        // Equal starts, starts near each other, days apart, and years apart.
        latest -= [0, 1, 30, 100, 900, 3600, 7200, 20_000, 100_000, 200_000][usize::from(gap % 10)];
        let start = latest - if far % 40 == 0 { 300_000_000 } else { 0 };
        let start = (lot % 32 != 0).then_some(start);
        let timer = [600.0, 600.0, 1800.5, 7200.0, 50_000.0, 0.0, 600.0, 600.0][usize::from(length % 8)];
        let timer = if far % 50 == 1 { 400_000.0 } else { timer };
        let (platform, id) = (PLATFORMS[usize::from(place % 3)], number.to_string());
        // Most files are of one activity or of its neighbours, some of any.
        let sha256 = if far % 9 == 2 {
            format!("{:02x}", file % 6)
        } else {
            format!("{:04x}", number - usize::from(file % 3).min(number))
        };
        connection
            .execute(
                "INSERT INTO activities (platform, id, name, sport, platform_sport, start_time, utc_offset_s, timer_time_s,
                    distance_m, manual, no_original, first_seen, last_seen, first_listing, last_listing, missing_since,
                    missing_count)
                 VALUES (?1, ?2, ?3, ?4, 'own', ?5, ?6, ?7, ?8, ?9, ?10, 1, 1, ?11, ?11, ?12, ?13)",
                params![
                    platform,
                    id,
                    format!("run {number}"),
                    [Some("running"), Some("cycling"), None, Some("running")][usize::from(sport % 4)],
                    start,
                    (lot % 3 == 0).then_some(3600),
                    (sport % 5 != 0).then_some(timer),
                    (sport % 7 != 0).then_some(timer * 3.0),
                    lot % 13 == 0,
                    lot % 17 == 0,
                    (lot % 11 != 0).then_some(1),
                    (link % 6 == 0).then_some(NOW - 500),
                    if link % 6 == 0 { i64::from(link / 6 % 2) + 1 } else { 0 },
                ],
            )
            .unwrap();
        if file % 3 != 0 {
            connection
                .execute(
                    "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at,
                        manufacturer, product, serial_number, time_created, corrupt)
                     VALUES (?1, ?2, 0, ?3, ?4, ?5, 'fit', ?6, 1, 1, ?7, 2, 3, ?8, ?9)",
                    params![
                        platform,
                        id,
                        format!("fit/{number}"),
                        sha256,
                        i64::from(*file) + 10,
                        if file % 10 == 1 { "converted" } else { "original" },
                        (file % 4 != 0).then_some(1),
                        number as i64 - i64::from(file % 5),
                        file % 19 == 0,
                    ],
                )
                .unwrap();
        } else if file % 9 == 0 {
            let reason = r#"{"code":"not-found","detail":"HTTP 404"}"#;
            let sql = "INSERT INTO problems VALUES (?1, ?2, 'gs-download', 'not-found', ?3, 1, ?4, ?5)";
            connection.execute(sql, params![platform, id, reason, NOW - 100, file % 5]).unwrap();
        }
        if group % 3 == 0 {
            let sql = "INSERT INTO activity_groups VALUES (?1, ?2, ?3)";
            // Neighbours, or any activities.
            let group_number = if group % 30 == 0 { i64::from(group / 30) } else { 100 + number as i64 / 3 };
            connection.execute(sql, params![platform, id, group_number]).unwrap();
        }
        if upload % 4 == 0 {
            let outcomes = [Some("created"), Some("exists"), Some("rejected"), Some("lost"), None, Some("created")];
            // To a neighbour, or to any activity; from one that is no longer known.
            let to_id = if upload % 16 == 0 { usize::from(*upload) * 7 } else { number + usize::from(upload / 2 % 5) };
            let to_id = to_id % items.len();
            let from_id = if outcome % 7 == 0 { format!("gone {id}") } else { id.clone() };
            connection
                .execute(
                    "INSERT INTO uploads (run, from_platform, from_id, to_platform, to_id, sha256, started_at, outcome,
                        reason)
                     VALUES ('r', ?1, ?2, ?3, ?4, ?5, ?6, ?7, '{\"code\":\"rejected\",\"detail\":\"too small\"}')",
                    params![
                        platform,
                        from_id,
                        PLATFORMS[usize::from(if outcome % 3 == 0 { *place } else { items[to_id][0] } % 3)],
                        (outcome % 5 != 0).then(|| to_id.to_string()),
                        sha256,
                        NOW - 100_000 + number as i64,
                        outcomes[usize::from(outcome % 6)],
                    ],
                )
                .unwrap();
        }
        if link % 9 == 0 {
            let sql =
                "INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, started_at, finished_at, outcome)
                VALUES ('r', ?1, ?2, '1', '{\"code\":\"same-file\"}', ?3, ?4, ?4, ?5)";
            let outcome = [Some("deleted"), Some("restored"), Some("failed"), None][usize::from(link / 9 % 4)];
            connection.execute(sql, params![platform, id, sha256, NOW - 5000 + number as i64, outcome]).unwrap();
        }
    }
}

fn settings() -> SyncSettings {
    SyncSettings {
        named: PlatformSelection::All,
        synced: PlatformSelection::All,
        targets: PlatformSelection::All,
        matcher: Matcher::default(),
        archives: None,
        only_archives: false,
        deletes: true,
        max_delete: 1000,
        lost_after: Duration::from_secs(3600),
        never_listed: Vec::new(),
    }
}

/// The page of the catalogue, read in parts of `size`; `None`: at once.
fn page(catalogue: &Catalogue, size: Option<usize>) -> (Snapshot, Vec<String>, u64) {
    let (settings, platforms) = (settings(), Platforms::default());
    let clock = Clock::at(Timestamp::from_second(NOW).unwrap());
    let specs: Vec<_> = PLATFORMS.iter().map(|name| platforms.find(name).unwrap()).collect();
    let mut read = CatalogueData::of(
        (catalogue, &clock),
        (&platforms, Some(specs.clone())),
        &[],
        (HashMap::new(), false),
        "r",
        settings.lost_after,
    )
    .unwrap();
    let scope = Scope::of(&read.histories, &|_| true, &|_| false, &|_| true);
    let mut sums = Sums::new(&scope, Wanted { page: true, archives: true });
    match size {
        None => {
            let ranks: Vec<u64> = (0..read.histories.part.entries.len() as u64).collect();
            add(&mut sums, (&read, &scope), &settings, &ranks);
        }
        Some(size) => {
            read.histories = Histories::without_uploads(catalogue, &specs, "r", read.now).unwrap();
            parts::each_part(catalogue, &mut read, &settings.matcher, size, |read, ranks| {
                add(&mut sums, (read, &scope), &settings, ranks);
            })
            .unwrap();
        }
    }
    let to_delete = sums.to_delete;
    let backlog = Backlog { now: Outstanding::default(), before: Vec::new(), left: None };
    let seen = Seen { read, scope, sums, backlog };
    let (evidence, schedule) = seen.evidence(&[]);
    let named = [evidence.corrupt_files.clone(), evidence.failed.clone()].concat();
    (seen.snapshot(&evidence, schedule), named, to_delete)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn parts_of_any_size_add_up_to_the_whole(items in items(), size in 1..30usize) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.sqlite");
        let catalogue = Catalogue::open(&path, Duration::from_secs(5)).unwrap();
        let mut connection = Connection::open(&path).unwrap();
        let transaction = connection.transaction().unwrap();
        store(&transaction, &items);
        transaction.commit().unwrap();
        let (whole, whole_named, whole_to_delete) = page(&catalogue, None);
        let (parts, named, to_delete) = page(&catalogue, Some(size));
        let lines = |snapshot: &Snapshot| {
            crate::report::status_json(snapshot).lines().map(str::to_owned).collect::<Vec<_>>()
        };
        prop_assert_eq!(lines(&whole), lines(&parts));
        prop_assert_eq!((whole_named, whole_to_delete), (named, to_delete));
    }
}

#[test]
fn a_restored_activity_is_no_duplicate_also_if_its_first_one_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.sqlite");
    let catalogue = Catalogue::open(&path, Duration::from_secs(5)).unwrap();
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "INSERT INTO activities (platform, id, sport, start_time, timer_time_s, distance_m, first_seen, last_seen,
                first_listing, last_listing)
             SELECT 'garmin-com', value, 'running', 1700000000, 600, 2000, 1, 1, 1, 1 FROM json_each('[\"1\", \"2\"]');
             INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at)
             SELECT platform, id, 0, 'fit/' || id, 'aa', 20, 'fit', 'original', 1, 1 FROM activities;",
        )
        .unwrap();
    let to_delete = || [None, Some(1)].map(|size| page(&catalogue, size).2);
    assert_eq!(to_delete(), [1, 1]);
    connection
        .execute_batch(
            "INSERT INTO uploads (run, from_platform, from_id, to_platform, to_id, sha256, started_at, outcome)
             VALUES ('r', 'garmin-com', '0', 'garmin-com', '2', 'bb', 1, 'created')",
        )
        .unwrap();
    assert_eq!(to_delete(), [0, 0]);
}
