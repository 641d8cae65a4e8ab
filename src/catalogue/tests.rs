use super::*;
use crate::activity::{Activity, ActivityKey, ActivityKeyRef, Numbers};
use jiff::{SignedDuration, Timestamp};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::sync::{Arc, Mutex};

pub(super) fn open(dir: &tempfile::TempDir) -> Catalogue {
    Catalogue::open(&dir.path().join("c.sqlite"), Duration::from_secs(5)).unwrap()
}

pub(super) fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn activity(number: i64) -> Activity {
    Activity {
        platform: "garmin-com".into(),
        id: number.to_string(),
        name: Some(format!("run {number}")),
        start_time: now().checked_sub(SignedDuration::from_hours(number)).ok(),
        timer_time_s: Some(0.1 + number as f64),
        ..Activity::default()
    }
}

/// One listing that shows `numbers`.
pub(super) fn list(
    catalogue: &mut Catalogue,
    numbers: impl IntoIterator<Item = i64>,
    coverage: Coverage,
    accept: bool,
) -> ListingVerdict {
    let listing = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    let activities: Vec<Activity> = numbers.into_iter().map(activity).collect();
    let seen: Vec<ListedRow> = activities.iter().map(|activity| ListedRow { activity, service_json: "{}" }).collect();
    catalogue.upsert_page(listing, &seen, now()).unwrap();
    let reached = ListingResult {
        coverage,
        depth: if coverage == Coverage::default() { ListingDepth::End } else { ListingDepth::Limit },
        contiguous: true,
        items: seen.len() as u64,
    };
    catalogue.finish_listing((listing, "garmin-com"), &reached, (accept, true), now()).unwrap()
}

/// The query plan of a statement.
pub(super) fn plan(catalogue: &Catalogue, sql: &str, values: Vec<rusqlite::types::Value>) -> String {
    let mut statement = catalogue.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Parameters without a value are planned, too.
    for (at, value) in values.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value).unwrap();
    }
    let rows = statement.raw_query().mapped(|row| row.get::<_, String>(3));
    rows.map(|row| row.unwrap()).collect::<Vec<_>>().join("\n")
}

fn missing_count(catalogue: &Catalogue, number: i64) -> u32 {
    catalogue
        .entry(ActivityKeyRef::new("garmin-com", &number.to_string()))
        .unwrap()
        .unwrap()
        .missing
        .map_or(0, |absence| if absence.is_confirmed() { 2 } else { 1 })
}

#[test]
fn new_changed_and_unchanged_activities_are_distinguished() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let listing = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    let see = |catalogue: &mut Catalogue, activity: &Activity, service_json: &str| {
        catalogue.upsert_page(listing, &[ListedRow { activity, service_json }], now()).unwrap()[0]
    };
    let mut run = activity(1);
    assert_eq!(see(&mut catalogue, &run, "{\"a\":1}"), Change::New);
    assert_eq!(
        see(&mut catalogue, &run, "{\"a\":2}"),
        Change::Unanchored,
        "unmapped fields are stored and are not a change"
    );
    assert_eq!(catalogue.newest_service_json("garmin-com", 9).unwrap(), ["{\"a\":2}"]);
    run.name = Some("renamed".into());
    assert_eq!(see(&mut catalogue, &run, "{}"), Change::Changed);
    assert_eq!(catalogue.entry(ActivityKeyRef::new("garmin-com", "1")).unwrap().unwrap().activity, run);
}

#[test]
fn activities_are_contiguous_only_after_a_complete_listing() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let run = activity(1);
    let seen = [ListedRow { activity: &run, service_json: "{}" }];
    let cut = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    assert_eq!(catalogue.upsert_page(cut, &seen, now()).unwrap(), [Change::New]);
    catalogue.abort_listing(cut, 1, &Reason::ListingUnordered, now()).unwrap();
    let next = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    assert_eq!(catalogue.upsert_page(next, &seen, now()).unwrap(), [Change::Unanchored]);
    let reached = ListingResult { contiguous: true, items: 1, ..ListingResult::default() };
    catalogue.finish_listing((next, "garmin-com"), &reached, (false, true), now()).unwrap();
    let last = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    assert_eq!(catalogue.upsert_page(last, &seen, now()).unwrap(), [Change::Same]);
}

#[test]
fn a_listing_of_a_forgotten_account_restores_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let run = activity(1);
    let seen = [ListedRow { activity: &run, service_json: "{}" }];
    let former = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    catalogue.upsert_page(former, &seen, now()).unwrap();
    catalogue.forget_account("garmin-com").unwrap();
    assert!(matches!(catalogue.upsert_page(former, &seen, now()), Err(Error::Forgotten)));
    let next = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    assert!(next > former && matches!(catalogue.upsert_page(former, &seen, now()), Err(Error::Forgotten)));
    assert!(catalogue.entry(ActivityKeyRef::new("garmin-com", "1")).unwrap().is_none());
}

#[test]
fn parallel_listings_keep_each_others_activities() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=10, Coverage::default(), false);
    let activities: Vec<Activity> = (1..=10).map(activity).collect();
    let seen: Vec<ListedRow> = activities.iter().map(|activity| ListedRow { activity, service_json: "{}" }).collect();
    let first = catalogue.begin_listing("garmin-com", "a", ListingPurpose::Sync, now()).unwrap();
    let second = catalogue.begin_listing("garmin-com", "b", ListingPurpose::Sync, now()).unwrap();
    catalogue.upsert_page(second, &seen, now()).unwrap();
    catalogue.upsert_page(first, &seen, now()).unwrap();
    let reached = ListingResult { depth: ListingDepth::End, contiguous: true, items: 10, ..ListingResult::default() };
    for listing in [second, first] {
        let settled = catalogue.finish_listing((listing, "garmin-com"), &reached, (false, true), now()).unwrap();
        assert_eq!((settled.accepted, settled.missing), (true, 0));
    }
}

#[test]
fn an_activity_is_missing_only_from_a_listing_that_covers_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=40, Coverage::default(), false);
    let newest = Coverage { from: activity(20).start_time, until: None };
    let settled = list(&mut catalogue, (1..=20).filter(|n| *n != 3), newest, false);
    assert_eq!(settled, ListingVerdict { accepted: true, known: 20, missing: 1 });
    assert_eq!((missing_count(&catalogue, 3), missing_count(&catalogue, 30)), (1, 0));
    list(&mut catalogue, (1..=40).filter(|n| *n != 3), Coverage::default(), false);
    assert_eq!(missing_count(&catalogue, 3), 2);
    list(&mut catalogue, 1..=40, Coverage::default(), false);
    assert_eq!(missing_count(&catalogue, 3), 0, "it is back");
}

#[test]
fn a_listing_without_more_than_a_tenth_is_not_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=100, Coverage::default(), false);
    assert!(!list(&mut catalogue, [], Coverage::default(), false).accepted);
    assert!(!list(&mut catalogue, 12..=100, Coverage::default(), false).accepted);
    assert_eq!(missing_count(&catalogue, 5), 0);
    assert!(list(&mut catalogue, 11..=100, Coverage::default(), false).accepted);
    assert_eq!(missing_count(&catalogue, 5), 1);
    assert!(list(&mut catalogue, 51..=100, Coverage::default(), true).accepted, "accepted by hand");
    assert_eq!((missing_count(&catalogue, 5), missing_count(&catalogue, 40)), (2, 1));
}

#[test]
fn only_a_complete_listing_is_a_base_for_incremental_ones() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    assert_eq!(catalogue.last_base_listing("garmin-com", None).unwrap(), None);
    list(&mut catalogue, 1..=10, Coverage { from: activity(10).start_time, until: None }, false);
    assert_eq!(catalogue.last_base_listing("garmin-com", None).unwrap(), None);
    assert_eq!(catalogue.last_base_listing("garmin-com", Some(10)).unwrap(), Some(now()));
    assert_eq!(catalogue.last_base_listing("garmin-com", Some(11)).unwrap(), None);
    list(&mut catalogue, 1..=10, Coverage::default(), false);
    assert_eq!(catalogue.last_base_listing("garmin-com", None).unwrap(), Some(now()));
    assert_eq!(catalogue.last_base_listing("garmin-cn", None).unwrap(), None);
}

#[test]
fn an_imported_activity_is_completed_by_a_listing_and_never_missing_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    for number in 1..=20 {
        let poor = Activity { name: None, timer_time_s: None, ..activity(number) };
        catalogue.insert_if_absent(&poor, now()).unwrap();
        catalogue.insert_if_absent(&Activity { name: Some("other".into()), ..poor }, now()).unwrap();
    }
    let entry = |catalogue: &Catalogue, number: i64| {
        catalogue.entry(ActivityKeyRef::new("garmin-com", &number.to_string())).unwrap().unwrap()
    };
    assert_eq!((entry(&catalogue, 3).is_listed(), entry(&catalogue, 3).activity.name), (false, None));
    let settled = list(&mut catalogue, 1..=3, Coverage::default(), false);
    assert_eq!((settled.accepted, settled.known, settled.missing), (true, 0, 0));
    assert_eq!((entry(&catalogue, 3).is_listed(), entry(&catalogue, 3).activity), (true, activity(3)));
    assert_eq!((entry(&catalogue, 4).is_listed(), missing_count(&catalogue, 4)), (false, 0));
    let count = |query: Query| {
        let mut ids = 0;
        let mut each = |_| {
            ids += 1;
            Ok::<_, Error>(())
        };
        catalogue.entries(&query, &mut each).unwrap();
        ids
    };
    assert_eq!((count(Query::default()), count(Query { listed: true, ..Query::default() })), (20, 3));
}

#[test]
fn activities_are_read_newest_first_in_batches_with_unknown_starts_last() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=2500, Coverage::default(), false);
    let timeless = Activity { platform: "garmin-com".into(), id: "9999".into(), ..Activity::default() };
    let listing = catalogue.begin_listing("garmin-com", "run", ListingPurpose::Sync, now()).unwrap();
    catalogue.upsert_page(listing, &[ListedRow { activity: &timeless, service_json: "{}" }], now()).unwrap();
    let mut ids = Vec::new();
    catalogue
        .entries(&Query::default(), |entry| {
            ids.push(entry.activity.id);
            Ok::<_, Error>(())
        })
        .unwrap();
    let expected: Vec<String> = (1..=2500).chain([9999]).map(|n: i64| n.to_string()).collect();
    assert_eq!(ids, expected);
}

#[test]
fn frequent_queries_use_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = open(&dir);
    let plan = |sql: &str, values| plan(&catalogue, sql, values);
    let (sql, values) = activities::select(&Query::default(), Some(&(5, ActivityKey::new("p", "i"))));
    let newest = plan(&sql, values);
    assert!(newest.contains("SEARCH a USING INDEX activities_newest (<expr><?)"), "{newest}");
    assert!(!newest.contains("TEMP B-TREE"), "{newest}");
    let of_some = Query { platforms: vec!["p".into(), "q".into()], ..Query::default() };
    let (sql, values) = activities::select(&of_some, Some(&(5, ActivityKey::new("p", "i"))));
    let newest = plan(&sql, values);
    assert!(newest.contains("SEARCH a USING INDEX activities_newest (<expr><?)"), "{newest}");
    assert!(!newest.contains("TEMP B-TREE"), "{newest}");
    let (since, until) = (Some(now()), Some(now()));
    let neighbours = Query { platforms: vec!["p".into()], since, until, missing: Some(false), ..Query::default() };
    let (sql, values) = activities::select(&neighbours, None);
    let near = plan(&sql, values);
    assert!(near.contains("SEARCH a USING INDEX activities_newest (<expr>>? AND <expr><?)"), "{near}");
    let recent = Query { since, ..Query::default() };
    let (sql, values) = activities::select(&recent, Some(&(5, ActivityKey::new("p", "i"))));
    let recent = plan(&sql, values);
    assert!(recent.contains("SEARCH a USING INDEX activities_newest (<expr>>? AND <expr><?)"), "{recent}");
    assert!(!recent.contains("TEMP B-TREE"), "{recent}");
    for platforms in [vec!["p".into()], Vec::new()] {
        let (sql, values) = activities::select(&Query { platforms, ids: vec!["1".into()], ..Query::default() }, None);
        let one = plan(&sql, values);
        assert!(one.contains("SEARCH a USING PRIMARY KEY (platform=? AND id=?)"), "{one}");
    }
}

/// The statements that `work` sends to the catalogue.
fn statements(catalogue: &mut Catalogue, work: impl FnOnce(&mut Catalogue) -> Result<()>) -> Vec<String> {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = sent.clone();
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(statement, _) = event {
            seen.lock().unwrap().push(statement.sql().into_owned());
        }
    };
    catalogue.connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note)).unwrap();
    work(catalogue).unwrap();
    catalogue.connection.trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>).unwrap();
    std::mem::take(&mut sent.lock().unwrap())
}

/// The plans of the statements that `work` sends, each with its statement.
fn plans(catalogue: &mut Catalogue, work: impl FnOnce(&mut Catalogue) -> Result<()>) -> Vec<(String, String)> {
    let sent = statements(catalogue, work);
    let is_planned = |sql: &&String| !sql.starts_with("BEGIN") && !sql.starts_with("PRAGMA");
    sent.iter().filter(is_planned).map(|sql| (sql.clone(), plan(catalogue, sql, Vec::new()))).collect()
}

#[test]
fn nothing_that_is_done_for_each_activity_reads_a_whole_table() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=3, Coverage::default(), false);
    let run = activity(1);
    let key = || ActivityKeyRef::new("garmin-com", "1");
    let of_run = UploadIntent { run: "r", from: key(), to: "coros", sha256: "aa", ids_before: &[] };
    let upload = catalogue.begin_upload(&of_run, now()).unwrap();
    let reason = Reason::other("x");
    let refusal = DownloadRejection { entry: key(), kind: "retry", reason: &reason, counts_in: None };
    let file = FileRow {
        part: 0,
        path: "a".into(),
        sha256: "aa".into(),
        bytes: 1,
        format: crate::activity::Format::Fit,
        origin: crate::activity::Origin::Original,
        verified: now(),
        retry_original_at: None,
        corrupt: false,
    };
    let seen = [ListedRow { activity: &run, service_json: "{}" }];
    let near = (now(), now());
    let calls: &[(&str, Call)] = &[
        ("upsert_page", &|c| c.upsert_page(1, &seen, now()).map(drop)),
        ("insert_if_absent", &|c| c.insert_if_absent(&activity(9), now())),
        ("entry", &|c| c.entry(key()).map(drop)),
        ("files", &|c| c.files(key()).map(drop)),
        ("file_facts", &|c| c.file_facts(key()).map(drop)),
        ("set_files", &|c| c.set_files(key(), std::slice::from_ref(&file), None, &[unread("aa")])),
        ("set_verified", &|c| c.set_verified(key(), now())),
        ("set_corrupt", &|c| c.set_corrupt(key())),
        ("set_no_original", &|c| c.set_no_original(key())),
        ("problem", &|c| c.problem(key(), "gs-download").map(drop)),
        ("unavailable", &|c| c.unavailable(key()).map(drop)),
        ("count_rejection", &|c| c.count_rejection(&refusal, now()).map(drop)),
        ("begin_upload", &|c| c.begin_upload(&of_run, now()).map(drop)),
        ("upload_pending", &|c| c.upload_pending(upload.number, Some("1"), &reason)),
        ("finish_upload", &|c| c.finish_upload(upload.number, UploadOutcome::Created, Some("9"), None, now())),
        ("uploads_of_run", &|c| c.uploads_of_run("r").map(drop)),
        ("has_upload_of_file", &|c| c.has_upload_of_file("coros", "aa").map(drop)),
        ("was_uploaded", &|c| c.was_uploaded(key()).map(drop)),
        ("sent_file", &|c| c.sent_file("r", "coros", "aa", now()).map(drop)),
        ("unlisted_uploads", &|c| c.unlisted_uploads("coros", now(), near).map(drop)),
        ("was_deleted_here", &|c| c.was_deleted_here(key()).map(drop)),
        ("was_restored", &|c| c.was_restored(key(), Some("aa")).map(drop)),
        ("deletions_of_run", &|c| c.deletions_of_run("r").map(drop)),
        ("corrupt_original", &|c| c.corrupt_original(key()).map(drop)),
        ("group_number", &|c| c.group_number(key()).map(drop)),
        ("store_contents", &|c| c.store_contents(&[unread("aa")])),
    ];
    for (name, call) in calls {
        for (sql, plan) in plans(&mut catalogue, |catalogue| call(catalogue)) {
            let whole = plan.lines().find(|line| line.contains("SCAN") && !line.contains("CONSTANT ROW"));
            assert!(whole.is_none(), "{name}: {plan}\n{sql}");
        }
    }
}

/// A query of the catalogue.
type Call<'a> = &'a dyn Fn(&mut Catalogue) -> Result<()>;

/// A file that could not be read.
fn unread(sha256: &str) -> FileContents {
    FileContents { sha256: sha256.to_owned(), read: Err("truncated".to_owned()) }
}

#[test]
fn every_index_is_used_by_a_query() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let key = || ActivityKeyRef::new("p", "1");
    let ignore = |_| Ok::<_, Error>(());
    let by_kind = |c: &mut Catalogue| {
        let sql = "SELECT id FROM v_efforts WHERE kind = 'run_5k' ORDER BY value";
        let ids = c.connection.prepare(sql).and_then(|mut statement| statement.query([])?.next().map(drop));
        c.done(ids)
    };
    // SQLite uses the index of a foreign key without a statement.
    let foreign_key = |c: &mut Catalogue| {
        let sql = "SELECT 1 FROM file_comparisons WHERE other_sha256 = 'aa'";
        let rows = c.connection.prepare(sql).and_then(|mut statement| statement.query([])?.next().map(drop));
        c.done(rows)
    };
    let local_starts = |c: &mut Catalogue| {
        let sql = "SELECT start_local FROM v_activities";
        let starts = c.connection.prepare(sql).and_then(|mut statement| statement.query([])?.next().map(drop));
        c.done(starts)
    };
    let queries: [(&str, Call); 17] = [
        ("activities_newest", &|c| c.entries(&Query::default(), ignore)),
        ("activity_groups_members", &local_starts),
        ("commands_by_run", &|c| c.stages("r", "c").map(drop)),
        ("deletions_by_activity", &|c| c.was_deleted_here(key()).map(drop)),
        ("deletions_by_run", &|c| c.deletions_of_run("r").map(drop)),
        ("deletions_open", &|c| c.open_deletions("p").map(drop)),
        ("efforts_by_kind", &by_kind),
        ("file_comparisons_other", &foreign_key),
        ("files_by_content", &|c| c.store_contents(&[unread("aa")])),
        ("files_further", &|c| c.entries(&Query::default(), ignore)),
        ("listings_by_platform", &|c| c.newest_listing("p").map(drop)),
        ("service_json_unread", &|c| c.read_service_numbers("p", &|_| Numbers::default()).map(drop)),
        ("sessions_by_start", &|c| c.files_to_compare("aa").map(drop)),
        ("uploads_by_file", &|c| c.has_upload_of_file("p", "aa").map(drop)),
        ("uploads_by_run", &|c| c.uploads_of_run("r").map(drop)),
        ("uploads_by_target", &|c| c.was_uploaded_by("r", key()).map(drop)),
        ("uploads_open", &|c| c.open_uploads("p").map(drop)),
    ];
    for (index, query) in &queries {
        let sent = statements(&mut catalogue, query);
        let plans: Vec<String> = sent.iter().map(|sql| plan(&catalogue, sql, Vec::new())).collect();
        let uses =
            |line: &str| line.split_once("INDEX ").is_some_and(|(_, rest)| rest.split(' ').next() == Some(index));
        assert!(plans.iter().flat_map(|plan| plan.lines()).any(uses), "{index}: {sent:?} {plans:?}");
    }
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%' ORDER BY 1";
    let mut statement = catalogue.connection.prepare(sql).unwrap();
    let indexes =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<Vec<String>>>().unwrap();
    assert_eq!(indexes, queries.map(|(index, _)| index));
}

#[test]
fn a_newer_or_foreign_file_is_rejected_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.sqlite");
    drop(open(&dir));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Catalogue::open(&path, Duration::ZERO), Err(Error::Newer { found: 99, .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    let foreign = dir.path().join("garmin.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE activities (activity_id INTEGER)").unwrap();
    let before = std::fs::read(&foreign).unwrap();
    assert!(matches!(Catalogue::open(&foreign, Duration::ZERO), Err(Error::Foreign { .. })));
    assert_eq!(std::fs::read(&foreign).unwrap(), before);
    std::fs::write(&foreign, "this is no database, but it is long enough to look like one to somebody").unwrap();
    assert!(matches!(Catalogue::open(&foreign, Duration::ZERO), Err(Error::NoDatabase { .. })));
    std::fs::write(&foreign, "no database ".repeat(100)).unwrap();
    assert!(matches!(Catalogue::open(&foreign, Duration::ZERO), Err(Error::NoDatabase { .. })));
}

#[test]
fn a_read_only_catalogue_and_an_empty_file_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("50% of #1?.sqlite");
    std::fs::write(&path, "").unwrap();
    for is_empty in [true, false] {
        if !is_empty {
            let mut catalogue = Catalogue::open(&path, Duration::ZERO).unwrap();
            catalogue.insert_if_absent(&activity(1), now()).unwrap();
        }
        let before = std::fs::read(&path).unwrap();
        let mut catalogue = read_only::open(&path, "why".into(), Duration::ZERO).unwrap();
        assert!(catalogue.is_read_only());
        assert_eq!(catalogue.entry(activity(1).as_key()).unwrap().is_none(), is_empty);
        let written = catalogue.begin_command("r", "gs-fetch", now());
        assert!(matches!(written, Err(Error::ReadOnly { why, .. }) if why == "why"));
        assert!(std::fs::read(&path).unwrap() == before && std::fs::read_dir(dir.path()).unwrap().count() == 1);
    }
}

#[test]
fn a_change_during_an_immutable_read_is_reported_as_locked() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let path = dir.path().join("c.sqlite");
    let catalogue = read_only::open(&path, "why".into(), Duration::ZERO).unwrap();
    std::fs::write(&path, [0xa5; 9000]).unwrap();
    assert!(matches!(catalogue.entry(ActivityKeyRef::new("p", "1")), Err(Error::Locked { .. })));
}

#[test]
fn a_locked_catalogue_is_waited_for_and_then_an_error() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let other = Connection::open(dir.path().join("c.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut catalogue = Catalogue::open(&dir.path().join("c.sqlite"), Duration::from_millis(50)).unwrap();
    assert!(matches!(catalogue.begin_command("r", "gs-fetch", now()), Err(Error::Locked { .. })));
    other.execute_batch("COMMIT").unwrap();
    catalogue.begin_command("r", "gs-fetch", now()).unwrap();
}

#[test]
fn the_commands_of_a_run_and_the_last_notification_of_a_channel_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let fetch = catalogue.begin_command("r", "gs-fetch", now()).unwrap();
    catalogue.begin_command("r", "gs-download", now()).unwrap();
    catalogue.begin_command("r", "gs-notify", now()).unwrap();
    catalogue.begin_command("other", "gs-upload", now()).unwrap();
    let reason = Reason::LoginRequired { detail: "no token".into() };
    let outcome =
        CommandOutcome { exit: 77, counts: "{}", reason: Some(&reason), platform: Some("coros"), platforms: &[] };
    catalogue.finish_command(fetch, &outcome, now()).unwrap();
    let stage = |command: &str, exit, reason, platform: Option<&str>| Stage {
        command: command.to_owned(),
        exit,
        reason,
        platform: platform.map(str::to_owned),
    };
    let stages =
        [stage("gs-fetch", Some(77), Some(reason.clone()), Some("coros")), stage("gs-download", None, None, None)];
    assert_eq!(catalogue.stages("r", "gs-notify").unwrap(), stages);

    assert_eq!(catalogue.last_notification("wecom").unwrap(), "");
    catalogue.set_last_notification("wecom", "a", now()).unwrap();
    catalogue.set_last_notification("wecom", "b", now()).unwrap();
    assert_eq!(
        (catalogue.last_notification("wecom").unwrap(), catalogue.last_notification("ntfy").unwrap()),
        ("b".into(), String::new())
    );
}

#[test]
fn login_cooldowns_grow() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let hours = |until: Timestamp| until.duration_since(now()).as_hours();
    let limited = Reason::Retry { detail: "HTTP 429".into() };
    let refused = Reason::LoginRequired { detail: "wrong password".into() };
    let pauses: Vec<i64> = (0..6).map(|_| hours(catalogue.login_rate_limited("p", &limited, now()).unwrap())).collect();
    assert_eq!(pauses, [2, 4, 8, 16, 24, 24]);
    let login = catalogue.login_failure("p").unwrap().unwrap();
    assert!(login.until.is_some() && !login.is_rejected());
    catalogue.login_rejected("p", &refused, now()).unwrap();
    for _ in 0..2 {
        catalogue.begin_login("p", "run", now()).unwrap();
        let login = catalogue.login_failure("p").unwrap().unwrap();
        assert!(login.until.is_some() && login.is_rejected() && login.reason == refused);
        catalogue.cancel_login("p", "run").unwrap();
        assert!(
            catalogue.login_failure("p").unwrap().is_some_and(|login| login.until.is_none() && login.is_rejected())
        );
    }
    catalogue.login_succeeded("p").unwrap();
    assert_eq!(catalogue.login_failure("p").unwrap(), None);
}

#[test]
fn a_run_remembers_its_login_for_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let later = |hours| now().checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
    catalogue.begin_login("p", "run", now()).unwrap();
    assert!(catalogue.has_logged_in("p", "run", later(23)).unwrap());
    for (platform, run, at) in [("q", "run", later(0)), ("p", "other", later(0)), ("p", "run", later(25))] {
        assert!(!catalogue.has_logged_in(platform, run, at).unwrap(), "{platform} {run} {at}");
    }
    catalogue.login_succeeded("p").unwrap();
    assert!(catalogue.has_logged_in("p", "run", now()).unwrap());
    catalogue.cancel_login("p", "run").unwrap();
    assert!(!catalogue.has_logged_in("p", "run", now()).unwrap());
}

#[test]
fn permits_keep_their_interval_when_the_clock_changes() {
    use crate::http::{Permit, RateLimiter};
    let dir = tempfile::tempdir().unwrap();
    let pacing = RateLimits::new(open(&dir), crate::clock::Clock::System);
    let minute = Duration::from_secs(60);
    assert_eq!(pacing.acquire("p", minute).unwrap(), Permit::Now);
    assert!(matches!(pacing.acquire("p", minute).unwrap(), Permit::Later(wait) if wait > Duration::from_secs(50)));
    assert_eq!(pacing.acquire("other", minute).unwrap(), Permit::Now);
    assert_eq!(
        pacing.acquire("p", Duration::from_millis(1)).unwrap(),
        Permit::Now,
        "a turn left over from a wrong clock"
    );
    let until = Timestamp::from_second(Timestamp::now().as_second() + 100).unwrap();
    pacing.not_before("p", until).unwrap();
    assert_eq!(pacing.acquire("p", Duration::ZERO).unwrap(), Permit::NotBefore(until));
}

#[test]
fn a_permit_starts_after_the_wait_for_the_table() {
    use crate::http::{Permit, RateLimiter};
    let dir = tempfile::tempdir().unwrap();
    let limits = RateLimits::new(open(&dir), crate::clock::Clock::System);
    let second = Duration::from_secs(1);
    let held = rusqlite::Connection::open(dir.path().join("c.sqlite")).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| limits.acquire("p", second));
        std::thread::sleep(second);
        held.execute_batch("COMMIT").unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), Permit::Now);
        // With the time from before the wait, the interval would be over.
        assert!(matches!(limits.acquire("p", second).unwrap(), Permit::Later(_)));
    });
}

#[test]
fn a_group_keeps_its_number_and_groups_merge() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let [a, b, c, d, e] = ["1", "2", "3", "4", "5"].map(|id| ActivityKeyRef::new("coros", id));
    let known = |catalogue: &Catalogue| {
        let mut known = Vec::new();
        catalogue.groups(|key, number| known.push((key.id.to_owned(), number))).unwrap();
        known.into_iter().map(|(id, number)| format!("{id} {number}")).collect::<Vec<_>>()
    };
    catalogue.store_groups(&[vec![b, a], vec![c, d]], false).unwrap();
    assert_eq!(known(&catalogue), ["1 1", "2 1", "3 2", "4 2"]);
    catalogue.store_groups(&[vec![e, c], vec![a, b, d]], false).unwrap();
    assert_eq!(known(&catalogue), ["1 1", "2 1", "3 2", "4 1", "5 2"]);
    catalogue.store_groups(&[], false).unwrap();
    catalogue.store_groups(&[vec![c, d]], true).unwrap();
    assert_eq!(known(&catalogue), ["3 1", "4 1"]);
    catalogue.store_groups(&[], true).unwrap();
    assert_eq!(known(&catalogue), [""; 0]);
}

#[test]
fn numbers_of_groups_that_another_command_changed_meanwhile_are_not_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (open(&dir), open(&dir));
    let [a, b, c, x, y] = ["1", "2", "3", "8", "9"].map(|id| ActivityKeyRef::new("coros", id));
    one.store_groups(&[vec![a, b]], false).unwrap();
    // The other command gives the number to two activities of its own, before this one adds a third to its group.
    other.store_groups(&[vec![x, y]], true).unwrap();
    one.store_groups(&[vec![a, b, c]], false).unwrap();
    let number = |key| one.group_number(key).unwrap();
    assert_eq!([x, y].map(number), [Some(1); 2]);
    assert_eq!([a, b, c].map(number), [Some(2); 3]);
}

#[test]
fn the_last_work_of_each_command_and_platform_is_returned() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let mut ended = |run: &str, command: &str, exit, platforms: &[&str]| {
        let row = catalogue.begin_command(run, command, now()).unwrap();
        catalogue
            .finish_command(row, &CommandOutcome { exit, counts: "{}", reason: None, platform: None, platforms }, now())
            .unwrap();
    };
    ended("a", "gs-fetch", 0, &["coros", "garmin-cn"]);
    ended("a", "gs-upload", 77, &["garmin-cn"]);
    ended("b", "gs-fetch", 0, &["coros"]);
    ended("b", "gs-upload", 0, &[]);
    ended("c", "gs-upload", 0, &["garmin-cn"]);
    let failed: Vec<i64> = catalogue.failed_commands().unwrap().iter().map(|row| row.number).collect();
    let work = catalogue.last_work().unwrap();
    let mut work: Vec<(Option<&str>, &str, i64)> =
        work.iter().map(|one| (one.command.as_deref(), one.platform.as_str(), one.number)).collect();
    work.sort_unstable();
    let fetch = Some("gs-fetch");
    assert_eq!(failed, [2]);
    assert_eq!(
        work,
        [(None, "coros", 4), (fetch, "coros", 3), (fetch, "garmin-cn", 1), (Some("gs-upload"), "garmin-cn", 5)]
    );
}

#[test]
fn parallel_commands_in_an_empty_folder_all_open_the_catalogue() {
    for _ in 0..30 {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("catalogue.sqlite");
        std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..6).map(|_| scope.spawn(|| Catalogue::open(&path, Duration::from_secs(20)).map(drop))).collect();
            all.into_iter().for_each(|one| one.join().unwrap().unwrap());
        });
    }
}

#[test]
fn an_unlisted_upload_is_found_near_its_listed_or_its_recorded_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, [1, 200], Coverage::default(), true);
    for id in ["1", "200"] {
        let from = ActivityKeyRef::new("garmin-com", id);
        let intent = UploadIntent { run: "run", from, to: "coros", sha256: id, ids_before: &[] };
        catalogue.begin_upload(&intent, now()).unwrap();
    }
    let around = |hours| now().checked_add(SignedDuration::from_hours(hours)).unwrap();
    let found = |catalogue: &Catalogue| {
        let rows = catalogue.unlisted_uploads("coros", now(), (around(-52), around(52))).unwrap();
        rows.into_iter().map(|row| row.from.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&catalogue), ["200", "1"], "without a file, nothing excludes an upload");
    let file = "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, archived_at, verified_at, fit_start)
        SELECT platform, id, 0, id, id, 1, 'fit', 'original', 0, 0, start_time FROM activities";
    catalogue.connection.execute_batch(file).unwrap();
    assert_eq!(found(&catalogue), ["1"]);
    catalogue.connection.execute_batch("UPDATE activities SET start_time = 0 WHERE id = '1'").unwrap();
    assert_eq!(found(&catalogue), ["1"], "a person corrected the start in the list");
    catalogue.connection.execute_batch("UPDATE files SET fit_start = NULL").unwrap();
    assert_eq!(found(&catalogue), ["200", "1"], "a file without a start excludes nothing");
}

#[test]
fn a_file_counts_as_sent_in_a_run_unless_it_did_not_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let from = ActivityKeyRef::new("intervals", "i1");
    let intent = UploadIntent { run: "now", from, to: "coros", sha256: "aa", ids_before: &[] };
    let row = catalogue.begin_upload(&intent, now()).unwrap();
    let sent = |catalogue: &Catalogue, run: &str, to: &str, sha256: &str| {
        catalogue.sent_file(run, to, sha256, now()).unwrap().map(|row| row.outcome)
    };
    assert_eq!(sent(&catalogue, "now", "coros", "aa"), Some(None));
    for other in [("then", "coros", "aa"), ("now", "garmin-com", "aa"), ("now", "coros", "bb")] {
        assert_eq!(sent(&catalogue, other.0, other.1, other.2), None, "{other:?}");
    }
    catalogue.finish_upload(row.number, UploadOutcome::Created, Some("9"), None, now()).unwrap();
    assert_eq!(sent(&catalogue, "now", "coros", "aa"), Some(Some(UploadOutcome::Created)));
    let tomorrow = now().checked_add(SignedDuration::from_hours(24)).unwrap();
    assert!(catalogue.sent_file("now", "coros", "aa", tomorrow).unwrap().is_none(), "a fixed id starts again");
    catalogue.finish_upload(row.number, UploadOutcome::Failed, None, None, now()).unwrap();
    assert_eq!(sent(&catalogue, "now", "coros", "aa"), None);
}

/// What version 9 has more than version 8, taken away, with the column of a development version.
const TO_VERSION_8: &str = "DROP TRIGGER forget_contents; DROP VIEW v_unique_efforts; DROP TABLE file_comparisons;
    DROP TABLE compared_files; DROP INDEX sessions_by_start; DROP INDEX activity_groups_members;
    DROP INDEX service_json_unread; ALTER TABLE service_json RENAME COLUMN numbers_read TO reader;
    CREATE INDEX service_json_unread ON service_json (platform, id) WHERE reader IS NULL; PRAGMA user_version = 8";
/// What version 8 has more than version 7, taken away.
const TO_VERSION_7: &str = "DROP VIEW v_weeks; DROP VIEW v_efforts; DROP VIEW v_laps; DROP VIEW v_sessions;
    DROP VIEW v_unique_activities; DROP VIEW v_activities;
    DROP TABLE efforts; DROP TABLE laps; DROP TABLE sessions; DROP TABLE file_contents;
    DROP INDEX files_by_content; DROP INDEX service_json_unread; ALTER TABLE service_json DROP COLUMN reader;
    ALTER TABLE activities DROP COLUMN avg_heart_rate_bpm; ALTER TABLE activities DROP COLUMN max_heart_rate_bpm;
    ALTER TABLE activities DROP COLUMN avg_power_w; ALTER TABLE activities DROP COLUMN ascent_m;
    ALTER TABLE activities DROP COLUMN calories_kcal; ALTER TABLE activities DROP COLUMN avg_speed_mps;
    ALTER TABLE activities DROP COLUMN numbers_from; PRAGMA user_version = 7";
/// What version 7 has more than version 6, taken away.
const TO_VERSION_6: &str = "ALTER TABLE activities DROP COLUMN service_json_hash; DROP INDEX files_further;
    DROP INDEX uploads_by_run; DROP INDEX deletions_by_run;
    CREATE INDEX activities_start ON activities (start_time, platform); PRAGMA user_version = 6";

#[test]
fn a_catalogue_of_an_earlier_version_is_brought_up_to_date() {
    [1, 2, 3].into_iter().for_each(expect_migration);
}

/// `steps`: how many versions the catalogue is older.
fn expect_migration(steps: usize) {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=3, Coverage::default(), false);
    let tables = |catalogue: &Catalogue| {
        let sql = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema UNION ALL
            SELECT name FROM pragma_table_info('activities') ORDER BY 1)";
        catalogue.connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let fresh = tables(&catalogue);
    catalogue.connection.execute_batch(&[TO_VERSION_8, TO_VERSION_7, TO_VERSION_6][..steps].join(";")).unwrap();
    catalogue.connection.execute_batch("UPDATE service_json SET seen = id").unwrap();
    drop(catalogue);
    let mut catalogue = open(&dir);
    assert_eq!(tables(&catalogue), fresh);
    assert_eq!(catalogue.ids("garmin-com").unwrap().len(), 3);
    assert!(list(&mut catalogue, 1..=3, Coverage::default(), false).accepted);
    let hashes = "SELECT count(*) FROM activities WHERE service_json_hash IS NOT NULL";
    assert_eq!(catalogue.connection.query_row(hashes, [], |row| row.get::<_, i64>(0)).unwrap(), 3);
    let seen = "SELECT count(*) FROM service_json WHERE seen = id";
    let unchanged = catalogue.connection.query_row(seen, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(unchanged, 3, "JSON that was stored before is not stored again");
}

#[test]
fn activities_are_found_by_id_and_by_period_on_all_platforms() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let before_1970 = Timestamp::from_second(-86_400).unwrap();
    let named = |platform: &str, start| Activity { platform: platform.into(), start_time: start, ..activity(7) };
    for activity in [named("coros", Some(now())), named("garmin-cn", None), named("garmin-com", Some(before_1970))] {
        catalogue.insert_if_absent(&activity, now()).unwrap();
    }
    let found = |query: Query| {
        let mut platforms = Vec::new();
        let each = |row: ActivityRow| {
            platforms.push(row.activity.platform.to_string());
            Ok::<_, Error>(())
        };
        catalogue.entries(&query, each).unwrap();
        platforms.join(" ")
    };
    assert_eq!(found(Query { ids: vec!["7".into()], ..Query::default() }), "coros garmin-cn garmin-com");
    assert_eq!(found(Query { ids: vec!["8".into()], ..Query::default() }), "");
    assert_eq!(found(Query { since: Some(before_1970), ..Query::default() }), "coros garmin-com");
    assert_eq!(found(Query { since: Some(now()), ..Query::default() }), "coros");
    assert_eq!(found(Query { until: Some(now()), ..Query::default() }), "garmin-com");
    assert_eq!(catalogue.platforms().unwrap(), ["coros", "garmin-cn", "garmin-com"]);
}

#[test]
fn a_command_that_changes_nothing_leaves_the_log_to_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let log = || std::fs::metadata(dir.path().join("c.sqlite-wal")).map_or(0, |meta| meta.len());
    drop(open(&dir));
    assert_eq!(log(), 0, "new tables are in the file itself");
    let outcome = CommandOutcome { exit: 0, counts: "{}", reason: None, platform: None, platforms: &[] };
    let command = |work: fn(&mut Catalogue)| {
        let mut catalogue = open(&dir);
        let row = catalogue.begin_command("r", "gs-diff", now()).unwrap();
        work(&mut catalogue);
        catalogue.finish_command(row, &outcome, now()).unwrap();
    };
    command(|_| ());
    let left = log();
    assert!(left > 0);
    let reader = open(&dir);
    assert_eq!(reader.last_exit("gs-diff").unwrap(), Some(0));
    reader.leave_log_if_unchanged().unwrap();
    drop(reader);
    assert_eq!(log(), left);
    command(|catalogue| catalogue.insert_if_absent(&activity(1), now()).unwrap());
    assert_eq!(log(), 0, "a change is in the file itself");
}
