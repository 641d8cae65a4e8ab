use super::*;
use crate::record::Record;
use crate::status::judge::Health;
use crate::status::{IssueKind as Kind, RedactedReason};

/// A record of the activity with a problem, whose reason has the code of its kind.
fn told(id: &str, kind: &str, detail: &str) -> Marks {
    let line = format!(
        r#"{{"type":"activity","platform":"p","id":"{id}","problem":{{"command":"c","kind":"{kind}","reason":{{"code":"{kind}","detail":"{detail}"}}}}}}"#
    );
    let mut summary = Summary::default();
    summary.add(&Record::parse(line.as_bytes()).unwrap());
    Marks::of(&summary)
}

fn stands(issues: &[(Kind, &str, &[&str])]) -> Marks {
    stand(issues.iter().map(|(what, detail, activities)| (*what, Reason::other(*detail), *activities)))
}

fn stand<'a>(issues: impl Iterator<Item = (Kind, Reason, &'a [&'a str])>) -> Marks {
    let issue = |(kind, reason, activities): (Kind, Reason, &[&str])| Issue {
        kind,
        platform: Some("coros".into()),
        command: None,
        exit: None,
        count: None,
        reason: Some(RedactedReason::of(&reason)),
        at: None,
        fix: None,
        activities: activities.iter().map(|text| (*text).to_owned()).collect(),
    };
    let mut summary = Summary::default();
    summary.add_judged(Health { warnings: issues.map(issue).collect(), ..Health::default() });
    Marks::of(&summary)
}

#[test]
fn times_and_counts_do_not_change_the_identity_of_a_failure() {
    let first = told("1", "retry", "p asks not to be asked again before 2026-01-01T00:00:00Z; wait 2 h 5 min");
    let later = told("2", "retry", "p asks not to be asked again before 2026-01-02T10:00:00.5Z; wait 40 minutes");
    assert_eq!(first, later);
    assert_ne!(first, told("1", "retry", "no answer from p"));
    assert_ne!(told("1", "rejected", "no"), told("2", "rejected", "no"), "of an activity, it is another one");
    assert_ne!(told("1", "rejected", "no"), told("1", "not-found", "no"));
    let one = |what, reason| stand(std::iter::once((what, reason, &[][..])));
    let shrunk = |missing, known| {
        one(Kind::ListingImplausible, Reason::ListingImplausible { missing, known, has_account: true })
    };
    assert_eq!(shrunk(3, 12), shrunk(4, 13));
    let down = |detail: &str| {
        let reason = Box::new(Reason::Retry { detail: detail.into() });
        one(Kind::Failed, Reason::ServiceDown { reason })
    };
    assert_eq!(down("rate limited for 2 h"), down("rate limited for 30 minutes"));
    assert_ne!(down("rate limited for 2 h"), down("no answer"), "the reason within a reason");
    let failed = |ids| stands(&[(Kind::FilesFailed, "", ids)]);
    assert_ne!(failed(&["coros 1"]), failed(&["coros 2"]), "of an activity, it is another one");
}

#[test]
fn marks_round_trip() {
    assert!(Marks::of(&Summary::default()).is_empty() && Marks::default().to_text().is_empty());
    let marks = Marks { records: told("1", "rejected", "no").records, ..stands(&[(Kind::Failed, "a", &[])]) };
    assert_eq!(Marks::parse(&marks.to_text()), marks);
}

#[test]
fn a_failure_stays_open_if_a_run_does_not_report_it() {
    let (login, file) = (stands(&[(Kind::LoginEnded, "a", &[])]), told("1", "rejected", "no"));
    let both = Marks { records: file.records.clone(), ..login.clone() };
    // Another pipeline, which only meets the login issue.
    assert_eq!(should_notify(NotifyOn::Change, false, true, &login, &both), None);
    assert_eq!(both.and_then(&login, true), both);
    // The same file fails again: that is known.
    assert_eq!(should_notify(NotifyOn::Change, false, true, &both, &both.and_then(&login, true)), None);
    assert_eq!(both.and_then(&Marks::default(), true), Marks::default());
    assert_eq!(both.and_then(&Marks::default(), false), both, "the failures were not checked");
}

#[test]
fn a_channel_is_notified_according_to_its_setting() {
    let (a, b, none) = (stands(&[(Kind::Failed, "a", &[])]), stands(&[(Kind::Failed, "b", &[])]), Marks::default());
    let both = Marks { issues: a.issues.union(&b.issues).cloned().collect(), ..Marks::default() };
    let (fresh, known) = (Tone::default(), Tone { known: true, recovered: false });
    let recovered = Tone { known: false, recovered: true };
    for (on, news, now, told, expected) in [
        (NotifyOn::Change, false, &none, &none, None),
        (NotifyOn::Change, true, &none, &none, Some(fresh)),
        (NotifyOn::Change, false, &a, &none, Some(fresh)),
        (NotifyOn::Change, false, &a, &a, None),
        (NotifyOn::Change, true, &a, &a, Some(known)),
        (NotifyOn::Change, false, &b, &a, Some(fresh)),
        (NotifyOn::Change, false, &a, &both, Some(fresh)),
        (NotifyOn::Change, false, &none, &a, Some(recovered)),
        (NotifyOn::Failure, true, &none, &none, None),
        (NotifyOn::Failure, false, &a, &none, Some(fresh)),
        (NotifyOn::Failure, true, &a, &a, None),
        (NotifyOn::Failure, false, &a, &both, None),
        (NotifyOn::Failure, true, &none, &a, None),
        (NotifyOn::Always, false, &none, &none, Some(fresh)),
        (NotifyOn::Always, false, &a, &a, Some(fresh)),
        (NotifyOn::Always, false, &none, &a, Some(recovered)),
    ] {
        assert_eq!(should_notify(on, news, true, now, told), expected, "{on:?} {news} {now:?} {told:?}");
    }
    assert_eq!(should_notify(NotifyOn::Change, false, false, &none, &a), None, "the failures were not checked");
    assert_eq!(should_notify(NotifyOn::Always, false, false, &none, &a), Some(fresh));
}

#[test]
fn a_resolved_failure_of_records_repeats_no_other() {
    let lost = stands(&[(Kind::UploadsLost, "", &["p 1"])]);
    let covered = stands(&[(Kind::Failed, "gs-upload", &[])]).issues;
    let first = Marks { covered, ..lost.clone() };
    assert_eq!(should_notify(NotifyOn::Change, false, true, &lost, &first), None);
    let stood = Marks { issues: first.issues.union(&first.covered).cloned().collect(), ..Marks::default() };
    assert_eq!(should_notify(NotifyOn::Change, false, true, &stood, &first), None, "the remaining issue is known");
    assert!(should_notify(NotifyOn::Change, false, true, &lost, &stood).is_some(), "a reported issue is resolved");
    assert_eq!(
        should_notify(NotifyOn::Change, false, true, &Marks::default(), &first),
        Some(Tone { known: false, recovered: true })
    );
}
