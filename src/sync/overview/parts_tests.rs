//! A history that is read in parts yields the same page as one that is read at once.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::{Connection, Params, params};

use super::compared::Scope;
use super::missing::{self, MissingLists};
use super::outstanding::Backlog;
use super::read::CatalogueData;
use super::sums::{ActivitySums, Wanted};
use super::{Seen, SyncSettings, add, parts};
use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::matching::Matcher;
use crate::platform::{PlatformSelection, Platforms};
use crate::status::{Missing, Outstanding, Snapshot};
use crate::sync::Histories;

/// Three services, and two folders with one displayed name.
const PLATFORMS: [&str; 5] = [
    "garmin-com",
    "garmin-cn",
    "coros",
    "folder:/sport/anna.token@example.com/fit",
    "folder:/sport/ben.token@example.com/fit",
];
/// It receives uploads and is never listed.
const OUTBOX: &str = "outbox:/sport/inbox";
const NOW: i64 = 1_750_000_000;

/// One activity of a random history, and what happened to it. Numbers select from the few values that matter.
type Item = [u8; 11];

fn items() -> impl Strategy<Value = Vec<Item>> {
    proptest::collection::vec(any::<Item>(), 1..120)
}

fn platform_of(place: u8) -> &'static str {
    PLATFORMS[usize::from(place) % PLATFORMS.len()]
}

/// Stores a history with all kinds of links between activities that are near each other or years apart.
fn store(connection: &Connection, items: &[Item]) {
    for platform in PLATFORMS {
        connection
            .execute(
                "INSERT INTO listings (platform, run, started_at, finished_at, accepted, complete, base, items)
                 VALUES (?1, 'r', ?2, ?2, ?3, ?3, ?3, 1)",
                params![platform, NOW - 100, platform != "coros"],
            )
            .unwrap();
    }
    let mut latest = NOW - 1000;
    for (number, item) in items.iter().enumerate() {
        let [place, gap, _, _, file, _, link, group, upload, far, _] = *item;
        // Equal starts, starts near each other, days apart, and years apart.
        latest -= [0, 1, 30, 100, 900, 3600, 7200, 20_000, 100_000, 200_000][usize::from(gap % 10)];
        let start = latest - if far % 40 == 0 { 300_000_000 } else { 0 };
        // Most files are of one activity or of its neighbours, some of any.
        let sha256 = if far % 9 == 2 {
            format!("{:02x}", file % 6)
        } else {
            format!("{:04x}", number - usize::from(file % 3).min(number))
        };
        let stored = Stored { connection, platform: platform_of(place), number, sha256, item };
        stored.activity(start);
        stored.file();
        if group % 3 == 0 {
            stored.group();
        }
        if upload % 4 == 0 {
            stored.upload(items);
        }
        if link % 9 == 0 {
            stored.deletion();
        }
    }
}

/// An activity that is being stored.
struct Stored<'a> {
    connection: &'a Connection,
    platform: &'a str,
    number: usize,
    sha256: String,
    item: &'a Item,
}

impl Stored<'_> {
    fn execute(&self, sql: &str, values: impl Params) {
        self.connection.execute(sql, values).unwrap();
    }

    fn activity(&self, start: i64) {
        let [_, _, sport, length, _, lot, link, _, _, far, _] = *self.item;
        let start = (lot % 32 != 0).then_some(start);
        let timer = [600.0, 600.0, 1800.5, 7200.0, 50_000.0, 0.0, 600.0, 600.0][usize::from(length % 8)];
        let timer = if far % 50 == 1 { 400_000.0 } else { timer };
        self.execute(
            "INSERT INTO activities (platform, id, name, sport, platform_sport, start_time, utc_offset_s, timer_time_s,
                distance_m, manual, no_original, first_seen, last_seen, first_listing, last_listing, missing_since,
                missing_count)
             VALUES (?1, ?2, ?3, ?4, 'own', ?5, ?6, ?7, ?8, ?9, ?10, 1, 1, ?11, ?11, ?12, ?13)",
            params![
                self.platform,
                self.number.to_string(),
                format!("run {}", self.number),
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
        );
    }

    /// Stores its files: none, one, or several.
    fn file(&self) {
        let [_, _, _, _, file, lot, ..] = *self.item;
        if file % 3 == 0 {
            if file % 9 == 0 {
                let reason = r#"{"code":"not-found","detail":"HTTP 404"}"#;
                let sql = "INSERT INTO problems VALUES (?1, ?2, 'gs-download', 'not-found', ?3, 1, ?4, ?5)";
                self.execute(sql, params![self.platform, self.number.to_string(), reason, NOW - 100, file % 5]);
            }
            return;
        }
        for part in 0..if lot % 7 == 0 { 3 } else { 1 } {
            self.part(part);
        }
    }

    fn part(&self, part: usize) {
        let [_, _, _, _, file, ..] = *self.item;
        self.execute(
            "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at,
                manufacturer, product, serial_number, time_created, corrupt)
             VALUES (?1, ?2, ?10, ?3, ?4, ?5, 'fit', ?6, 1, 1, ?7, 2, 3, ?8, ?9)",
            params![
                self.platform,
                self.number.to_string(),
                format!("fit/{} {part}", self.number),
                if part == 0 { self.sha256.clone() } else { format!("{} {part}", self.sha256) },
                i64::from(file) + 10,
                if file % 10 == 1 { "converted" } else { "original" },
                (file % 4 != 0).then_some(1),
                self.number as i64 - i64::from(file % 5),
                file % 19 == 0,
                part as i64,
            ],
        );
    }

    fn group(&self) {
        let [.., group, _, _, _] = *self.item;
        // Neighbours, or any activities.
        let number = if group % 30 == 0 { i64::from(group / 30) } else { 100 + self.number as i64 / 3 };
        let sql = "INSERT INTO activity_groups VALUES (?1, ?2, ?3)";
        self.execute(sql, params![self.platform, self.number.to_string(), number]);
    }

    fn upload(&self, items: &[Item]) {
        let [place, .., upload, _, outcome] = *self.item;
        let outcomes = [Some("created"), Some("exists"), Some("rejected"), Some("lost"), None, Some("created")];
        // To a neighbour, or to any activity; from one that is no longer known.
        let to_id = if upload % 16 == 0 { usize::from(upload) * 7 } else { self.number + usize::from(upload / 2 % 5) };
        let to_id = to_id % items.len();
        let from_id = if outcome % 7 == 0 { format!("gone {}", self.number) } else { self.number.to_string() };
        let to = match outcome % 11 {
            0 => OUTBOX,
            3 | 6 | 9 => platform_of(place),
            _ => platform_of(items[to_id][0]),
        };
        self.execute(
            "INSERT INTO uploads (run, from_platform, from_id, to_platform, to_id, sha256, started_at, outcome,
                reason)
             VALUES ('r', ?1, ?2, ?3, ?4, ?5, ?6, ?7, '{\"code\":\"rejected\",\"detail\":\"too small\"}')",
            params![
                self.platform,
                from_id,
                to,
                (outcome % 5 != 0).then(|| to_id.to_string()),
                self.sha256,
                NOW - 100_000 + self.number as i64,
                outcomes[usize::from(outcome % 6)],
            ],
        );
    }

    fn deletion(&self) {
        let [.., link, _, _, _, _] = *self.item;
        let outcome = [Some("deleted"), Some("restored"), Some("failed"), None][usize::from(link / 9 % 4)];
        self.execute(
            "INSERT INTO deletions (run, platform, id, kept_id, evidence, sha256, started_at, finished_at, outcome)
             VALUES ('r', ?1, ?2, '1', '{\"code\":\"same-file\"}', ?3, ?4, ?4, ?5)",
            params![self.platform, self.number.to_string(), self.sha256, NOW - 5000 + self.number as i64, outcome],
        );
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

/// What the activities of the catalogue add up to, read in parts of `size`; `None`: at once.
fn seen(catalogue: &Catalogue, size: Option<usize>, wanted: Wanted) -> Seen {
    let (settings, platforms) = (settings(), Platforms::default());
    let clock = Clock::at(Timestamp::from_second(NOW).unwrap());
    let specs: Vec<_> = PLATFORMS.iter().chain([&OUTBOX]).map(|name| platforms.find_exact(name).unwrap()).collect();
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
    let mut sums = ActivitySums::new(&scope, wanted);
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
    Seen { read, scope, sums, backlog: Backlog { now: Outstanding::default(), before: Vec::new(), left: None } }
}

/// The page with `archives`, and what it shows elsewhere: the activities of issues, and the outstanding work.
fn page(catalogue: &Catalogue, size: Option<usize>, archives: bool) -> (Snapshot, Vec<String>, [u64; 2]) {
    let seen = seen(catalogue, size, Wanted { page: true, archives });
    let outstanding = [seen.sums.to_delete, seen.sums.files.to_download];
    let (evidence, schedule) = seen.evidence(&[]);
    let named = [evidence.corrupt_files.clone(), evidence.failed.clone()].concat();
    (seen.snapshot(&evidence, schedule), named, outstanding)
}

/// A catalogue with a random history.
fn stored(dir: &tempfile::TempDir, items: &[Item]) -> Catalogue {
    let path = dir.path().join("c.sqlite");
    let catalogue = Catalogue::open(&path, Duration::from_secs(5)).unwrap();
    let mut connection = Connection::open(&path).unwrap();
    let transaction = connection.transaction().unwrap();
    store(&transaction, items);
    transaction.commit().unwrap();
    catalogue
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn parts_of_any_size_add_up_to_the_whole(items in items(), size in 1..30usize, archives in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let catalogue = stored(&dir, &items);
        let (whole, whole_named, whole_outstanding) = page(&catalogue, None, archives);
        let (parts, named, outstanding) = page(&catalogue, Some(size), archives);
        let lines = |snapshot: &Snapshot| {
            crate::report::status_json(snapshot).lines().map(str::to_owned).collect::<Vec<_>>()
        };
        prop_assert_eq!(whole.matrix.len(), PLATFORMS.len() * (PLATFORMS.len() - 1));
        prop_assert_eq!(whole.counts, parts.counts);
        prop_assert_eq!(lines(&whole), lines(&parts));
        prop_assert_eq!((whole_named, whole_outstanding), (named, outstanding));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn the_health_alone_has_the_counts_of_the_page_and_no_lists(items in items(), archives in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let catalogue = stored(&dir, &items);
        let [page, health] = [true, false].map(|page| seen(&catalogue, None, Wanted { page, archives }));
        let lost = |seen: &Seen| (0..seen.scope.names.len()).map(|at| seen.sums.rejected.lost(at)).collect::<Vec<_>>();
        prop_assert_eq!(lost(&page), lost(&health));
        let names = &page.scope.names;
        let missing = |sums: MissingLists| missing::finish(sums, names).0;
        let count = |lists: &[Missing]| lists.iter().map(|one| (one.on.clone(), one.reason, one.count)).collect::<Vec<_>>();
        let (listed, counted) = (missing(page.sums.missing), missing(health.sums.missing));
        prop_assert_eq!(count(&listed), count(&counted));
        prop_assert!(counted.iter().all(|one| one.items.is_empty()));
        prop_assert!(health.sums.files.finish(names).0.is_empty());
        prop_assert!(health.sums.rejected.all.finish().0.is_empty());
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
    let to_delete = || [None, Some(1)].map(|size| page(&catalogue, size, true).2[0]);
    assert_eq!(to_delete(), [1, 1]);
    connection
        .execute_batch(
            "INSERT INTO uploads (run, from_platform, from_id, to_platform, to_id, sha256, started_at, outcome)
             VALUES ('r', 'garmin-com', '0', 'garmin-com', '2', 'bb', 1, 'created')",
        )
        .unwrap();
    assert_eq!(to_delete(), [0, 0]);
}
