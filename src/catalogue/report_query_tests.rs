//! The queries of the page.

use super::tests::{list, now, open, plan};
use super::*;
use crate::activity::AccessKind;
use crate::activity::{ActivityKey, ActivityKeyRef};
use jiff::{SignedDuration, Timestamp};

fn later(hours: i64) -> Timestamp {
    now().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

fn count(catalogue: &Catalogue) -> i64 {
    catalogue.connection.query_row("SELECT count(*) FROM commands", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_snapshot_sees_one_state_while_others_write() {
    let dir = tempfile::tempdir().unwrap();
    let (catalogue, mut other) = (open(&dir), open(&dir));
    other.begin_command("a", "gs-fetch", now()).unwrap();
    let counts = catalogue.snapshot(|seen| {
        let before = count(seen);
        other.begin_command("b", "gs-fetch", now())?;
        Ok::<_, Error>((before, count(seen)))
    });
    assert_eq!((counts.unwrap(), count(&catalogue)), ((1, 1), 2));
}

#[test]
fn a_snapshot_ends_also_when_a_read_fails() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let failed = catalogue.snapshot(|seen| {
        count(seen);
        Err::<(), _>(Error::Foreign { path: "x".into() })
    });
    assert!(failed.is_err() && catalogue.connection.is_autocommit());
    catalogue.begin_command("a", "gs-fetch", now()).unwrap();
    assert_eq!(count(&catalogue), 1);
}

#[test]
fn the_newest_runs_and_the_last_row_of_each_command_are_returned() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let mut run = |id: &str, command: &str, at, exit: Option<u8>| {
        let number = catalogue.begin_command(id, command, at).unwrap();
        if let Some(exit) = exit {
            let outcome = CommandOutcome { exit, counts: "{\"new\":2}", reason: None, platform: None, platforms: &[] };
            catalogue.finish_command(number, &outcome, at).unwrap();
        }
    };
    run("a", "gs-fetch", later(0), Some(0));
    run("b", "gs-fetch", later(1), Some(75));
    run("c", "gs-fetch", later(2), Some(0));
    run("a", "gs-upload", later(3), None);
    let rows = catalogue.newest_runs(2).unwrap();
    let found: Vec<(&str, &str)> = rows.iter().map(|row| (row.run.as_str(), row.command.as_str())).collect();
    assert_eq!(found, [("a", "gs-fetch"), ("c", "gs-fetch"), ("a", "gs-upload")]);
    assert_eq!((rows[0].exit, rows[0].counts.as_str(), rows[2].finished), (Some(0), "{\"new\":2}", None));

    let last = catalogue.commands_of_newest_runs().unwrap();
    let found: Vec<(&str, &str)> = last.iter().map(|row| (row.command.as_str(), row.run.as_str())).collect();
    assert_eq!(found, [("gs-fetch", "c"), ("gs-upload", "a")]);
}

#[test]
fn a_login_is_stored_on_change_and_removed_with_the_token() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    let half = Timestamp::from_millisecond(later(5).as_millisecond() + 500).unwrap();
    let row = AccountRow { expires: Some(half), renewable: true, ..AccountRow::default() };
    let whole = AccountRow { expires: Some(later(5)), ..row.clone() };
    catalogue.set_account(("coros", AccessKind::Login), Some(&row), now()).unwrap();
    catalogue.set_account(("coros", AccessKind::Login), Some(&row), later(1)).unwrap();
    let login = |row: AccountRow, since| vec![(AccessKind::Login, row, since)];
    assert_eq!(catalogue.accounts("coros").unwrap(), login(whole.clone(), now()), "nothing changed since");
    let reason = Reason::LoginRequired { detail: "another login ended it".into() };
    let ended = AccountRow { ended: Some(reason.clone()), ..whole };
    catalogue.set_account(("coros", AccessKind::Login), Some(&ended), later(2)).unwrap();
    assert_eq!(catalogue.accounts("coros").unwrap(), login(ended, later(2)));
    catalogue.login_rejected("garmin-cn", &reason, now()).unwrap();
    assert_eq!(catalogue.platforms_with_logins().unwrap(), ["coros", "garmin-cn"]);
    catalogue.set_account(("coros", AccessKind::Login), None, later(3)).unwrap();
    assert_eq!(catalogue.accounts("coros").unwrap(), []);
}

#[test]
fn the_newest_listing_has_the_reason_why_it_is_implausible() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    assert_eq!(catalogue.newest_listing("garmin-com").unwrap(), None);
    list(&mut catalogue, 1..=40, Coverage::default(), false);
    // The end of a window is not the end of the list.
    list(&mut catalogue, 1..=10, Coverage { from: Some(later(-10)), until: None }, false);
    catalogue.change("UPDATE listings SET finished_at = finished_at + 3600 WHERE number = 2");
    assert_eq!(catalogue.last_complete_listing("garmin-com", now()).unwrap(), Some(now()));
    let newest = |catalogue: &Catalogue| catalogue.newest_listing("garmin-com").unwrap().unwrap();
    assert!(newest(&catalogue).accepted && !newest(&catalogue).implausible);
    assert!(!list(&mut catalogue, 1..=4, Coverage::default(), false).accepted);
    let shrunk = newest(&catalogue);
    assert!(shrunk.implausible && !shrunk.accepted, "{shrunk:?}");
    let implausible = Reason::ListingImplausible { missing: 36, known: 40, has_account: true };
    assert_eq!(shrunk.reason, Some(implausible.clone()));
    assert_eq!(catalogue.listing_coverage("garmin-com", "r").unwrap().unusable_reason, Some(implausible));
    list(&mut catalogue, 1..=4, Coverage::default(), true);
    assert!(newest(&catalogue).accepted && !newest(&catalogue).implausible, "a person has accepted it");
    let cut = catalogue.begin_listing("garmin-com", "r", ListingPurpose::Sync, later(1)).unwrap();
    assert_eq!(newest(&catalogue).finished, None);
    let no_answer = Reason::Retry { detail: "no answer".into() };
    catalogue.abort_listing(cut, 0, &no_answer, later(2)).unwrap();
    let newest = newest(&catalogue);
    assert!(!newest.accepted && !newest.implausible && newest.reason == Some(no_answer));
}

#[test]
fn problems_and_deletions_have_their_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    list(&mut catalogue, 1..=2, Coverage::default(), false);
    let key = |id: &str| ActivityKey::new("garmin-com", id);
    let not_found = Reason::NotFound { detail: "HTTP 404".into() };
    let refusal = DownloadRejection {
        entry: ActivityKeyRef::new("garmin-com", "1"),
        kind: "not-found",
        reason: &not_found,
        counts_in: None,
    };
    assert_eq!(catalogue.count_rejection(&refusal, now()).unwrap(), 0);
    assert!(catalogue.problems("gs-upload").unwrap().is_empty());
    let problems = catalogue.problems("gs-download").unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[&key("1")], ProblemRow { reason: not_found, last: now() });

    let evidence = Reason::Duplicate { evidence: vec![Reason::SameFile, Reason::StartApart { seconds: 2.5 }] };
    let intent = DeletionIntent {
        run: "r",
        entry: ActivityKeyRef::new("garmin-com", "1"),
        kept_id: "2",
        evidence: &evidence,
        sha256: "aa",
    };
    let number = catalogue.begin_deletion(&intent, now()).unwrap();
    assert_eq!(catalogue.deletions().unwrap()[0].outcome, None);
    catalogue.finish_deletion(number, DeletionOutcome::Deleted, None, later(1)).unwrap();
    let row = catalogue.deletions().unwrap().remove(0);
    assert_eq!((row.entry, row.kept_id.as_str(), row.evidence), (key("1"), "2", evidence));
    assert_eq!((row.outcome, row.finished_at), (Some(DeletionOutcome::Deleted), Some(later(1))));
}

#[test]
fn a_rate_limit_far_in_the_future_comes_from_a_wrong_clock() {
    use crate::http::RateLimiter;
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = open(&dir);
    RateLimits::new(open(&dir), crate::clock::Clock::System).not_before("p", later(2)).unwrap();
    assert_eq!(catalogue.rate_limited_until("p", now()).unwrap(), Some(later(2)));
    assert_eq!(catalogue.rate_limited_until("p", later(-30)).unwrap(), None, "the wait is implausibly long");
    assert_eq!(catalogue.rate_limited_until("p", later(3)).unwrap(), None);
    catalogue.login_rate_limited("p", &Reason::Retry { detail: "HTTP 429".into() }, now()).unwrap();
    let login = catalogue.login_failure("p").unwrap().unwrap();
    assert_eq!(login.cooldown(now()), Some(later(2)));
    assert_eq!((login.cooldown(later(-30)), login.cooldown(later(3))), (None, None));
}

#[test]
fn queries_of_the_page_use_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = open(&dir);
    let newest = plan(&catalogue, commands::NEWEST_RUNS, vec![100.into()]);
    assert!(newest.contains("SCAN commands USING COVERING INDEX commands_by_run"), "{newest}");
    assert!(newest.contains("SEARCH commands USING INDEX commands_by_run (run=?)"), "{newest}");
    let last = plan(&catalogue, commands::OF_NEWEST_RUNS, vec![10_000.into()]);
    assert!(last.contains("SEARCH commands USING INTEGER PRIMARY KEY (rowid>?)"), "{last}");
    let facts = plan(&catalogue, &files::all_facts(), Vec::new());
    assert!(!facts.contains("TEMP B-TREE"), "{facts}");
}

impl Catalogue {
    fn change(&self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }
}
