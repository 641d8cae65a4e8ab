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
type Item = (u32, [u8; 8]);

fn items() -> impl Strategy<Value = Vec<Item>> {
    proptest::collection::vec((0..900_000u32, any::<[u8; 8]>()), 1..160)
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
    for (number, (at, [place, shift, length, file, lot, link, group, upload])) in items.iter().enumerate() {
        // A few starts a day, many of them equal or shifted by whole hours, and others years away.
        let base = NOW - i64::from(at / 3000) * 30_000 - if at % 7 == 0 { 300_000_000 } else { 0 };
        let start = base - [0, 0, 1, 30, 3600, 7200, 86_400, 900][usize::from(shift % 8)];
        let start = (lot % 16 != 0).then_some(start);
        let timer = [600.0, 600.0, 1800.5, 7200.0, 0.0, 400_000.0][usize::from(length % 6)];
        let (platform, id) = (PLATFORMS[usize::from(place % 3)], number.to_string());
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
                    [Some("running"), Some("cycling"), None, Some("running")][usize::from(shift % 4)],
                    start,
                    (lot % 3 == 0).then_some(3600),
                    (length % 5 != 0).then_some(timer),
                    (length % 4 != 0).then_some(timer * 3.0),
                    lot % 13 == 0,
                    lot % 17 == 0,
                    (lot % 11 != 0).then_some(1),
                    (link % 5 == 0).then_some(NOW - 500),
                    if link % 5 == 0 { i64::from(link % 2) + 1 } else { 0 },
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
                        format!("{:02x}", file % 24),
                        i64::from(*file) + 10,
                        if file % 10 == 1 { "converted" } else { "original" },
                        (file % 4 != 0).then_some(1),
                        i64::from(file % 20),
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
            connection.execute(sql, params![platform, id, i64::from(group % 40)]).unwrap();
        }
        if upload % 2 == 0 {
            let outcome = [Some("created"), Some("exists"), Some("rejected"), Some("lost"), None, Some("created")];
            let to_id = (usize::from(*upload) * 7 + number) % items.len();
            connection
                .execute(
                    "INSERT INTO uploads (run, from_platform, from_id, to_platform, to_id, sha256, started_at, outcome,
                        reason)
                     VALUES ('r', ?1, ?2, ?3, ?4, ?5, ?6, ?7, '{\"code\":\"rejected\",\"detail\":\"too small\"}')",
                    params![
                        platform,
                        id,
                        PLATFORMS[usize::from(upload / 2 % 3)],
                        (upload % 3 != 0).then(|| to_id.to_string()),
                        format!("{:02x}", file % 24),
                        NOW - 100_000 + number as i64,
                        outcome[usize::from(upload % 12 / 2)],
                    ],
                )
                .unwrap();
        }
        if link % 9 == 0 {
            let sql =
                "INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, started_at, finished_at, outcome)
                VALUES ('r', ?1, ?2, '1', '{\"code\":\"same-file\"}', ?3, ?4, ?4, ?5)";
            let outcome = [Some("deleted"), Some("restored"), Some("failed"), None][usize::from(link / 9 % 4)];
            let sha256 = format!("{:02x}", file % 24);
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
            let ranks: Vec<u64> = (0..read.histories.entries.len() as u64).collect();
            add(&mut sums, (&read, &scope), &settings, &ranks);
        }
        Some(size) => {
            read.histories = Histories::without_activities(catalogue, &specs, "r", read.now).unwrap();
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
    fn parts_of_any_size_add_up_to_the_whole(items in items(), size in 1..60usize) {
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
