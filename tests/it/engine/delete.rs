//! Deletions: each guard is checked right before the request, and only the list confirms a deletion.

use std::sync::Arc;

use crate::support::engine::{Engine, Ran};
use crate::support::memory_platform::{
    Call, Effect, Manners, Memory, busy, down, logged_out, other_account, rejected, unexpected,
};
use crate::support::world::run;
use garminsync::catalogue::Query;
use garminsync::exit::Exit;
use garminsync::platform::Download;
use garminsync::reason::Reason;
use garminsync::record::{ActivityRecord, Record};
use garminsync::sync::{DeleteOptions, UploadOptions};
use jiff::SignedDuration;

/// The day that has a duplicate.
const DAY: i64 = 5;

/// A platform with twelve runs and a marked duplicate of one of them.
struct DuplicatePair {
    engine: Engine,
    kept: String,
    duplicate: String,
    marked: Vec<Record>,
}

fn pair_on(manners: Manners) -> DuplicatePair {
    let engine = Engine::of([("service", manners)]);
    let service = engine.at("service");
    (0..12).for_each(|day| drop(service.put(&run(day).encode())));
    service.put(&run(DAY).builder().big_endian().build());
    engine.fetch().ok();
    let marked = engine.duplicates();
    let duplicate = marked_of(&marked).activity.id.clone();
    let kept = marked_of(&marked).duplicate_of.clone().unwrap().id;
    // The mark is from an earlier run.
    engine.next_run();
    DuplicatePair { engine, kept, duplicate, marked }
}

fn pair() -> DuplicatePair {
    pair_on(Manners { answers_by_id: true, ..Manners::lax() })
}

fn marked_of(records: &[Record]) -> &ActivityRecord {
    let is_duplicate = |record: &Record| matches!(record, Record::Activity(one) if one.duplicate_of.is_some());
    match records.iter().find(|record| is_duplicate(record)) {
        Some(Record::Activity(one)) => one,
        _ => panic!("no duplicate among {records:?}"),
    }
}

impl DuplicatePair {
    fn service(&self) -> &Memory {
        self.engine.at("service")
    }

    fn delete(&self) -> Ran {
        self.engine.delete(self.marked.clone())
    }

    /// The marked record after a change.
    fn changed(&self, change: impl FnOnce(&mut ActivityRecord)) -> Vec<Record> {
        let mut record = marked_of(&self.marked).clone();
        change(&mut record);
        vec![record.into()]
    }

    /// Asserts that the operation succeeds without a deletion request or a journal entry, for this reason.
    #[track_caller]
    fn assert_not_deleted(&self, ran: Ran, reason: &Reason) {
        let ran = ran.ok();
        assert_eq!(ran.kept_because(), std::slice::from_ref(reason), "{}", ran.told());
        assert_eq!((self.service().take_calls(Call::Delete), self.service().deletions().len()), (0, 0));
        assert_eq!(self.engine.catalogue().deletions().unwrap().len(), 0, "the journal has no entry");
    }

    /// The outcome of each deletion in the journal.
    fn outcomes(&self) -> Vec<Option<&'static str>> {
        let rows = self.engine.catalogue().deletions().unwrap();
        rows.iter().map(|row| row.outcome.map(garminsync::catalogue::DeletionOutcome::name)).collect()
    }

    fn path_of(&self, id: &str) -> std::path::PathBuf {
        self.engine.data().join(&self.engine.files("service", id)[0].path)
    }
}

#[test]
fn a_marked_duplicate_is_deleted_and_its_file_stays_archived() {
    for manners in [Manners::strict(), Manners { answers_by_id: true, ..Manners::lax() }, Manners::lax()] {
        let pair = pair_on(manners);
        let path = pair.path_of(&pair.duplicate);
        let ran = pair.delete().ok();
        assert_eq!(
            ran.activities().iter().filter(|one| one.outcome.as_ref().is_some_and(|it| it.kind == "deleted")).count(),
            1
        );
        assert!(pair.service().ids().contains(&pair.kept) && !pair.service().ids().contains(&pair.duplicate));
        assert_eq!((pair.outcomes(), pair.service().take_calls(Call::Delete)), (vec![Some("deleted")], 1));
        assert!(path.is_file());
        // Neither this run nor the next one deletes again.
        pair.delete().ok();
        pair.engine.later(SignedDuration::from_hours(1));
        pair.engine.fetch().ok();
        assert_eq!(pair.engine.duplicates(), []);
        assert_eq!(pair.service().take_calls(Call::Delete), 0);
    }
}

#[test]
fn a_duplicate_stays_if_the_platform_does_not_support_deletion() {
    let pair = pair_on(Manners { can_delete: false, ..Manners::lax() });
    pair.assert_not_deleted(pair.delete(), &Reason::DeletionNotSupported);
}

#[test]
fn an_edited_record_deletes_nothing() {
    let pair = pair();
    let delete_changed = |change: fn(&mut ActivityRecord)| pair.engine.delete(pair.changed(change));
    let change_mark = |record: &mut ActivityRecord, change: &dyn Fn(&mut garminsync::record::DuplicateOf)| {
        change(record.duplicate_of.as_mut().unwrap());
    };
    pair.assert_not_deleted(
        pair.engine.delete(pair.changed(|record| change_mark(record, &|mark| mark.id.clone_from(&pair.duplicate)))),
        &Reason::NotAnotherActivity,
    );
    pair.assert_not_deleted(
        pair.engine.delete(pair.changed(|record| change_mark(record, &|mark| mark.id = "1".into()))),
        &Reason::UnknownKept,
    );
    pair.assert_not_deleted(delete_changed(|record| record.activity.id = "1".into()), &Reason::UnknownActivity);
    pair.assert_not_deleted(
        delete_changed(|record| record.duplicate_of.as_mut().unwrap().certainty = "start-only".into()),
        &Reason::MatchNotSure,
    );
    pair.assert_not_deleted(
        delete_changed(|record| record.duplicate_of.as_mut().unwrap().certainty = "two-devices".into()),
        &Reason::TwoDevices,
    );
    pair.assert_not_deleted(
        delete_changed(|record| record.duplicate_of.as_mut().unwrap().certainty = "as sure as can be".into()),
        &Reason::MatchNotSure,
    );
    // The better one of the two, marked as a duplicate of the other one.
    let swapped = pair.changed(|record| {
        record.activity.id.clone_from(&pair.kept);
        record.duplicate_of.as_mut().unwrap().id.clone_from(&pair.duplicate);
    });
    pair.assert_not_deleted(pair.engine.delete(swapped), &Reason::BetterThanKept);
    // Another day, which has no duplicate.
    let other = pair.service().ids().into_iter().find(|id| *id != pair.duplicate && *id != pair.kept).unwrap();
    pair.assert_not_deleted(
        pair.engine.delete(pair.changed(|record| record.activity.id = other)),
        &Reason::MatchNotSure,
    );
    let named = |name: &'static str| pair.changed(|record| record.activity.platform = name.into());
    let ran = pair.engine.delete(named("SERVICE")).ok();
    assert_eq!(ran.kept_because()[0].code(), "unknown-platform");
}

#[test]
fn nothing_is_deleted_unless_both_files_are_archived_and_intact() {
    for (is_duplicate, reason) in [(true, Reason::NotArchived), (false, Reason::KeptNotArchived)] {
        let damages: [fn(&std::path::Path); 3] = [
            |path| std::fs::remove_file(path).unwrap(),
            |path| std::fs::write(path, &std::fs::read(path).unwrap()[..200]).unwrap(),
            // An intact file of another activity.
            |path| std::fs::write(path, run(9).encode()).unwrap(),
        ];
        for damage in damages {
            let pair = pair();
            damage(&pair.path_of(if is_duplicate { &pair.duplicate } else { &pair.kept }));
            pair.assert_not_deleted(pair.delete(), &reason);
        }
    }
}

#[test]
fn a_duplicate_archived_only_as_a_converted_file_is_not_deleted() {
    let pair = pair();
    // The archive is empty, and the platform provides only a converted file for the duplicate.
    let tcx = br#"<?xml version="1.0"?><TrainingCenterDatabase><Activities/></TrainingCenterDatabase>"#.to_vec();
    let export = Download::Converted { bytes: tcx, why: "it has none".into(), retry_original: false };
    std::fs::remove_dir_all(pair.engine.data().join("fit")).unwrap();
    pair.service().fault(Call::Download, Effect::Gives(export));
    pair.engine.download(pair.changed(|_| {}));
    pair.engine.download(pair.marked.clone());
    pair.assert_not_deleted(pair.delete(), &Reason::OriginalNotArchived);
}

#[test]
fn nothing_is_deleted_if_a_person_deletes_one_of_the_two_meanwhile() {
    for (is_kept, reason) in [(true, Reason::KeptNotListed), (false, Reason::NoLongerListed)] {
        let pair = pair();
        let id = if is_kept { pair.kept.clone() } else { pair.duplicate.clone() };
        let remove = move |memory: &Memory| memory.remove(&id);
        pair.service().fault(Call::List, Effect::Meanwhile(Arc::new(remove)));
        pair.assert_not_deleted(pair.delete(), &reason);
        assert_eq!(pair.service().ids().len(), 12);
    }
}

#[test]
fn nothing_is_deleted_if_the_kept_activity_exists_only_in_the_list() {
    let pair = pair();
    let kept = pair.kept.clone();
    let remove = move |memory: &Memory| memory.remove(&kept);
    pair.service().fault(Call::Exists, Effect::Meanwhile(Arc::new(remove)));
    pair.assert_not_deleted(pair.delete(), &Reason::KeptNotListed);
}

#[test]
fn nothing_is_deleted_if_the_precheck_fails_or_is_implausible() {
    let hides_both = |pair: &DuplicatePair| Effect::Hides(vec![pair.kept.clone(), pair.duplicate.clone()]);
    let lists: [fn(&DuplicatePair) -> Effect; 9] = [
        |_| Effect::Fails(busy),
        |_| Effect::Fails(down),
        |_| Effect::Fails(logged_out),
        |_| Effect::Fails(other_account),
        |_| Effect::Shrunk(0),
        |_| Effect::WithoutStarts,
        |_| Effect::BreaksOff(0, unexpected),
        |pair| Effect::Hides(vec![pair.kept.clone()]),
        hides_both,
    ];
    for effect in lists {
        let pair = pair();
        pair.service().faults(5, Call::List, &effect(&pair));
        pair.delete();
        assert_eq!((pair.service().take_calls(Call::Delete), pair.outcomes()), (0, vec![]), "{:?}", effect(&pair));
    }
    for effect in [Effect::Fails(busy), Effect::Fails(unexpected), Effect::Fails(logged_out)] {
        let pair = pair();
        pair.service().fault(Call::Exists, effect);
        assert_ne!(pair.delete().exit, Some(Exit::Ok));
        assert_eq!((pair.service().take_calls(Call::Delete), pair.outcomes()), (0, vec![]));
    }
    let pair = pair();
    pair.service().fault(Call::Identify, Effect::Stranger);
    pair.delete().ends(Exit::Config);
    assert_eq!(pair.service().take_calls(Call::Delete), 0);
}

#[test]
fn an_activity_is_not_deleted_in_the_run_that_uploaded_it() {
    let engine = Engine::of([("source", Manners::strict()), ("service", Manners { polls: None, ..Manners::lax() })]);
    for day in 0..12 {
        engine.platforms.iter().for_each(|memory| drop(memory.put(&run(day).encode())));
    }
    engine.at("source").put(&run(20).encode());
    let plan = engine.diff(engine.fetch().ok().records).records;
    // A watch uploads the same run at the same moment.
    let watch = run(20).builder().big_endian().build();
    let upload = move |memory: &Memory| drop(memory.put(&watch));
    engine.at("service").fault(Call::Upload, Effect::Meanwhile(Arc::new(upload)));
    engine.upload(engine.download(plan).records).ok();
    let marked = engine.duplicates();
    let (duplicate, kept) = (marked_of(&marked).clone(), marked_of(&marked).duplicate_of.clone().unwrap().id);
    let was_uploaded = |id: &str| {
        let run_id = "run-0";
        let key = garminsync::activity::ActivityKeyRef::new("service", id);
        engine.catalogue().was_uploaded_by(run_id, key).unwrap()
    };
    assert!(was_uploaded(&duplicate.activity.id) != was_uploaded(&kept), "this run uploaded one of the two");
    assert!(was_uploaded(&duplicate.activity.id), "the uploaded activity is the duplicate");
    assert_eq!(engine.delete(marked).ok().kept_because(), [Reason::UploadedInThisRun]);
    engine.next_run();
    engine.fetch().ok();
    engine.delete(engine.duplicates()).ok();
    assert_eq!(engine.at("service").ids().len(), 13, "the next run leaves one activity for each day");
}

#[test]
fn a_restored_activity_is_not_deleted_again() {
    let pair = pair();
    pair.delete().ok();
    pair.engine.later(SignedDuration::from_hours(1));
    pair.engine.fetch().ok();
    let deleted = pair.engine.list_of(&Query { missing: Some(true), ..Query::default() });
    let restore = UploadOptions { restore: true, ..UploadOptions::default() };
    assert_eq!(pair.engine.upload_with(&restore, deleted).ok().outcomes(), ["created"]);
    assert_eq!(pair.service().ids().len(), 13);
    for _ in 0..2 {
        pair.engine.later(SignedDuration::from_hours(1));
        pair.engine.fetch().ok();
        let ran = pair.engine.delete(pair.engine.duplicates()).ok();
        assert_eq!(ran.kept_because(), [Reason::RestoredByHand], "{}", ran.told());
    }
    assert_eq!((pair.service().ids().len(), pair.service().take_calls(Call::Delete)), (13, 1));
}

#[test]
fn deletions_need_confirmation_and_are_limited_per_run() {
    let pair = pair();
    let with = |yes, max_delete| pair.engine.delete_with(DeleteOptions { yes, max_delete }, pair.marked.clone());
    pair.assert_not_deleted(with(false, None), &Reason::NotConfirmed);
    pair.assert_not_deleted(with(true, Some(0)), &Reason::DeletionLimit { limit: 0 });
    // A second duplicate.
    let another = run(3).builder().big_endian().build();
    pair.service().put(&another);
    pair.engine.fetch().ok();
    let marked = pair.engine.duplicates();
    pair.engine.next_run();
    let once = DeleteOptions { yes: true, max_delete: Some(1) };
    for _ in 0..2 {
        pair.engine.delete_with(once, marked.clone()).ok();
        assert_eq!(pair.service().deletions().len(), 1, "all deletions of a run count");
    }
    pair.engine.next_run();
    pair.engine.delete_with(once, marked).ok();
    assert_eq!(pair.service().deletions().len(), 2);
}

#[test]
fn a_deletion_counts_only_if_the_activity_is_gone_from_the_list() {
    let pair = pair();
    pair.service().fault(Call::Delete, Effect::Lie(None));
    let ran = pair.delete().ends(Exit::TempFail);
    assert_eq!(pair.outcomes(), [Some("failed")], "{}", ran.told());
    pair.engine.next_run();
    pair.delete().ok();
    assert_eq!((pair.outcomes(), pair.service().ids().len()), (vec![Some("failed"), Some("deleted")], 12));
}

#[test]
fn a_deletion_succeeds_if_the_list_confirms_it_seconds_later() {
    let pair = pair();
    pair.service().fault(Call::Delete, Effect::DoneAfter(SignedDuration::from_secs(6)));
    pair.delete().ok();
    assert_eq!((pair.outcomes(), pair.service().take_calls(Call::Delete)), (vec![Some("deleted")], 1));
}

#[test]
fn the_list_decides_the_outcome_of_a_deletion_without_response() {
    for (done, outcome) in [(Some(SignedDuration::ZERO), "deleted"), (None, "failed")] {
        let pair = pair();
        pair.service().fault(Call::Delete, Effect::AnswerLost(done));
        pair.delete();
        assert_eq!((pair.outcomes(), pair.service().take_calls(Call::Delete)), (vec![Some(outcome)], 1));
        pair.engine.next_run();
        pair.delete().ok();
        assert_eq!(pair.service().ids().len(), 12);
    }
}

#[test]
fn a_failed_deletion_leaves_both_activities_and_is_retried_next_run() {
    for error in [busy, down, logged_out, unexpected, rejected] {
        let pair = pair();
        pair.service().fault(Call::Delete, Effect::Fails(error));
        assert_ne!(pair.delete().exit, Some(Exit::Ok));
        assert_eq!((pair.outcomes(), pair.service().ids().len()), (vec![Some("failed")], 13));
        pair.engine.next_run();
        pair.delete().ok();
        assert_eq!((pair.service().ids().len(), pair.service().ids().contains(&pair.kept)), (12, true));
    }
}

#[test]
fn the_next_run_settles_a_killed_deletion_by_a_listing() {
    for (effect, was_deleted) in [(Effect::Killed, false), (Effect::KilledAfter, true)] {
        let pair = pair();
        pair.service().fault(Call::Delete, effect);
        pair.delete().killed();
        assert_eq!(pair.outcomes(), [None]);
        pair.engine.next_run();
        pair.service().take_calls(Call::Delete);
        pair.engine.delete(Vec::new()).ok();
        assert_eq!(pair.outcomes(), [Some(if was_deleted { "deleted" } else { "failed" })]);
        assert_eq!(pair.service().take_calls(Call::Delete), 0, "settling sends no deletion request");
        pair.delete().ok();
        assert_eq!((pair.service().ids().len(), pair.service().ids().contains(&pair.kept)), (12, true));
    }
}

#[test]
fn an_unconfirmed_deletion_stays_open_and_protects_the_kept_activity() {
    let pair = pair();
    // The precheck succeeds; the listings after the deletion fail.
    for after in 1..6 {
        pair.service().fault_after(after, Call::List, Effect::Fails(busy));
    }
    pair.delete().ends(Exit::TempFail);
    assert_eq!(pair.outcomes(), [None]);
    // Meanwhile the kept activity cannot be deleted as a duplicate of the other one.
    pair.service().clear_faults();
    pair.service().faults(20, Call::List, &Effect::Fails(busy));
    pair.engine.next_run();
    let swapped = pair.changed(|record| {
        record.activity.id.clone_from(&pair.kept);
        record.duplicate_of.as_mut().unwrap().id.clone_from(&pair.duplicate);
    });
    let ran = pair.engine.delete(swapped);
    assert_eq!(ran.kept_because(), [Reason::NotAnotherActivity], "{}", ran.told());
    pair.service().clear_faults();
    pair.engine.next_run();
    pair.engine.delete(Vec::new()).ok();
    assert_eq!(pair.outcomes(), [Some("deleted")]);
}

#[test]
fn a_dry_run_sends_no_requests_and_previews_the_deletion() {
    let mut pair = pair();
    let calls = [Call::List, Call::Exists, Call::Delete, Call::Identify];
    pair.service().forget_calls();
    pair.engine.dry_run = true;
    let ran = pair.engine.delete_with(DeleteOptions::default(), pair.marked.clone()).ok();
    assert!(ran.told().contains(&format!("service {}: would delete; {} is kept", pair.duplicate, pair.kept)));
    pair.assert_not_deleted(ran, &Reason::DryRun);
    assert_eq!(calls.map(|call| pair.service().take_calls(call)), [0; 4]);
}
