//! Deletions: each guard is asked for at the moment of the write, and a yes of the service proves nothing.

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

/// The day that is there twice.
const DAY: i64 = 5;

/// A service with twelve runs, one of them twice, with a mark on the copy.
struct Copies {
    engine: Engine,
    kept: String,
    copy: String,
    marked: Vec<Record>,
}

fn copies_of(manners: Manners) -> Copies {
    let engine = Engine::of([("service", manners)]);
    let service = engine.at("service");
    (0..12).for_each(|day| drop(service.put(&run(day).encode())));
    service.put(&run(DAY).builder().big_endian().build());
    engine.fetch().ok();
    let marked = engine.duplicates();
    let copy = marked_of(&marked).activity.id.clone();
    let kept = marked_of(&marked).duplicate_of.clone().unwrap().id;
    // Marked by an earlier run.
    engine.next_run();
    Copies { engine, kept, copy, marked }
}

fn copies() -> Copies {
    copies_of(Manners { answers_by_id: true, ..Manners::lax() })
}

fn marked_of(records: &[Record]) -> &ActivityRecord {
    let is_copy = |record: &Record| matches!(record, Record::Activity(one) if one.duplicate_of.is_some());
    match records.iter().find(|record| is_copy(record)) {
        Some(Record::Activity(one)) => one,
        _ => panic!("no duplicate among {records:?}"),
    }
}

impl Copies {
    fn service(&self) -> &Memory {
        self.engine.at("service")
    }

    fn delete(&self) -> Ran {
        self.engine.delete(self.marked.clone())
    }

    /// The mark with something about it changed.
    fn changed(&self, change: impl FnOnce(&mut ActivityRecord)) -> Vec<Record> {
        let mut record = marked_of(&self.marked).clone();
        change(&mut record);
        vec![record.into()]
    }

    /// Nothing was asked for, for this reason, and that is no failure.
    #[track_caller]
    fn kept_by(&self, ran: Ran, reason: &Reason) {
        let ran = ran.ok();
        assert_eq!(ran.kept_because(), std::slice::from_ref(reason), "{}", ran.told());
        assert_eq!((self.service().take_calls(Call::Delete), self.service().deletions().len()), (0, 0));
        assert_eq!(self.engine.catalogue().deletions().unwrap().len(), 0, "no intent was written down");
    }

    /// What the journal knows of each deletion.
    fn outcomes(&self) -> Vec<Option<&'static str>> {
        let rows = self.engine.catalogue().deletions().unwrap();
        rows.iter().map(|row| row.outcome.map(garminsync::catalogue::DeletionOutcome::name)).collect()
    }

    fn path_of(&self, id: &str) -> std::path::PathBuf {
        self.engine.data().join(&self.engine.files("service", id)[0].path)
    }
}

#[test]
fn a_marked_copy_is_deleted_and_its_file_stays() {
    for manners in [Manners::strict(), Manners { answers_by_id: true, ..Manners::lax() }, Manners::lax()] {
        let copies = copies_of(manners);
        let path = copies.path_of(&copies.copy);
        let ran = copies.delete().ok();
        assert_eq!(
            ran.activities().iter().filter(|one| one.outcome.as_ref().is_some_and(|it| it.kind == "deleted")).count(),
            1
        );
        assert!(copies.service().ids().contains(&copies.kept) && !copies.service().ids().contains(&copies.copy));
        assert_eq!((copies.outcomes(), copies.service().take_calls(Call::Delete)), (vec![Some("deleted")], 1));
        assert!(path.is_file());
        // A second time, in this run and in the next one.
        copies.delete().ok();
        copies.engine.later(SignedDuration::from_hours(1));
        copies.engine.fetch().ok();
        assert_eq!(copies.engine.duplicates(), []);
        assert_eq!(copies.service().take_calls(Call::Delete), 0);
    }
}

#[test]
fn what_is_marked_of_a_service_that_deletes_nothing_stays() {
    let copies = copies_of(Manners { can_delete: false, ..Manners::lax() });
    copies.kept_by(copies.delete(), &Reason::DeletionNotSupported);
}

#[test]
fn a_record_that_somebody_has_changed_deletes_nothing() {
    let copies = copies();
    let with = |change: fn(&mut ActivityRecord)| copies.engine.delete(copies.changed(change));
    let of = |record: &mut ActivityRecord, change: &dyn Fn(&mut garminsync::record::DuplicateOf)| {
        change(record.duplicate_of.as_mut().unwrap());
    };
    copies.kept_by(
        copies.engine.delete(copies.changed(|record| of(record, &|mark| mark.id.clone_from(&copies.copy)))),
        &Reason::NotAnotherActivity,
    );
    copies.kept_by(
        copies.engine.delete(copies.changed(|record| of(record, &|mark| mark.id = "1".into()))),
        &Reason::UnknownKept,
    );
    copies.kept_by(with(|record| record.activity.id = "1".into()), &Reason::UnknownActivity);
    copies.kept_by(
        with(|record| record.duplicate_of.as_mut().unwrap().certainty = "start-only".into()),
        &Reason::MatchNotSure,
    );
    copies.kept_by(
        with(|record| record.duplicate_of.as_mut().unwrap().certainty = "two-devices".into()),
        &Reason::TwoDevices,
    );
    copies.kept_by(
        with(|record| record.duplicate_of.as_mut().unwrap().certainty = "as sure as can be".into()),
        &Reason::MatchNotSure,
    );
    // The better one of the two, as a copy of the other one.
    let swapped = copies.changed(|record| {
        record.activity.id.clone_from(&copies.kept);
        record.duplicate_of.as_mut().unwrap().id.clone_from(&copies.copy);
    });
    copies.kept_by(copies.engine.delete(swapped), &Reason::BetterCopy);
    // Another day that is there once.
    let other = copies.service().ids().into_iter().find(|id| *id != copies.copy && *id != copies.kept).unwrap();
    copies.kept_by(copies.engine.delete(copies.changed(|record| record.activity.id = other)), &Reason::MatchNotSure);
    let named = |name: &'static str| copies.changed(|record| record.activity.platform = name.into());
    let ran = copies.engine.delete(named("SERVICE")).ok();
    assert_eq!(ran.kept_because()[0].code(), "unknown-platform");
}

#[test]
fn without_both_files_whole_in_the_archive_nothing_is_deleted() {
    for (is_copy, reason) in [(true, Reason::NotArchived), (false, Reason::KeptNotArchived)] {
        let damages: [fn(&std::path::Path); 3] = [
            |path| std::fs::remove_file(path).unwrap(),
            |path| std::fs::write(path, &std::fs::read(path).unwrap()[..200]).unwrap(),
            // A whole file, of something else.
            |path| std::fs::write(path, run(9).encode()).unwrap(),
        ];
        for damage in damages {
            let copies = copies();
            damage(&copies.path_of(if is_copy { &copies.copy } else { &copies.kept }));
            copies.kept_by(copies.delete(), &reason);
        }
    }
}

#[test]
fn what_a_service_has_computed_is_no_original() {
    let copies = copies();
    // The archive begins anew, and the service gives but an export of the copy.
    let tcx = br#"<?xml version="1.0"?><TrainingCenterDatabase><Activities/></TrainingCenterDatabase>"#.to_vec();
    let export = Download::Converted { bytes: tcx, why: "it has none".into(), retry_original: false };
    std::fs::remove_dir_all(copies.engine.data().join("fit")).unwrap();
    copies.service().fault(Call::Download, Effect::Gives(export));
    copies.engine.download(copies.changed(|_| {}));
    copies.engine.download(copies.marked.clone());
    copies.kept_by(copies.delete(), &Reason::OriginalNotArchived);
}

#[test]
fn what_a_person_deletes_in_this_very_minute_saves_the_other_one() {
    for (is_kept, reason) in [(true, Reason::KeptNotListed), (false, Reason::NoLongerListed)] {
        let copies = copies();
        let id = if is_kept { copies.kept.clone() } else { copies.copy.clone() };
        let remove = move |memory: &Memory| memory.remove(&id);
        copies.service().fault(Call::List, Effect::Meanwhile(Arc::new(remove)));
        copies.kept_by(copies.delete(), &reason);
        assert_eq!(copies.service().ids().len(), 12);
    }
}

#[test]
fn a_list_that_lags_behind_does_not_speak_for_the_activity_itself() {
    let copies = copies();
    let kept = copies.kept.clone();
    let remove = move |memory: &Memory| memory.remove(&kept);
    copies.service().fault(Call::Exists, Effect::Meanwhile(Arc::new(remove)));
    copies.kept_by(copies.delete(), &Reason::KeptNotListed);
}

#[test]
fn nothing_is_deleted_where_the_look_fails_or_lies() {
    let hides_both = |copies: &Copies| Effect::Hides(vec![copies.kept.clone(), copies.copy.clone()]);
    let lists: [fn(&Copies) -> Effect; 9] = [
        |_| Effect::Fails(busy),
        |_| Effect::Fails(down),
        |_| Effect::Fails(logged_out),
        |_| Effect::Fails(other_account),
        |_| Effect::Shrunk(0),
        |_| Effect::WithoutStarts,
        |_| Effect::BreaksOff(0, unexpected),
        |copies| Effect::Hides(vec![copies.kept.clone()]),
        hides_both,
    ];
    for effect in lists {
        let copies = copies();
        copies.service().faults(5, Call::List, &effect(&copies));
        copies.delete();
        assert_eq!(
            (copies.service().take_calls(Call::Delete), copies.outcomes()),
            (0, vec![]),
            "{:?}",
            effect(&copies)
        );
    }
    for effect in [Effect::Fails(busy), Effect::Fails(unexpected), Effect::Fails(logged_out)] {
        let copies = copies();
        copies.service().fault(Call::Exists, effect);
        assert_ne!(copies.delete().exit, Some(Exit::Ok));
        assert_eq!((copies.service().take_calls(Call::Delete), copies.outcomes()), (0, vec![]));
    }
    let copies = copies();
    copies.service().fault(Call::Identify, Effect::Stranger);
    copies.delete().ends(Exit::Config);
    assert_eq!(copies.service().take_calls(Call::Delete), 0);
}

#[test]
fn what_an_upload_of_this_run_has_made_is_not_deleted_by_it() {
    let engine = Engine::of([("source", Manners::strict()), ("service", Manners { polls: None, ..Manners::lax() })]);
    for day in 0..12 {
        engine.platforms.iter().for_each(|memory| drop(memory.put(&run(day).encode())));
    }
    engine.at("source").put(&run(20).encode());
    let plan = engine.diff(engine.fetch().ok().records).records;
    // A watch brings it in the same moment.
    let watch = run(20).builder().big_endian().build();
    let upload = move |memory: &Memory| drop(memory.put(&watch));
    engine.at("service").fault(Call::Upload, Effect::Meanwhile(Arc::new(upload)));
    engine.upload(engine.download(plan).records).ok();
    let marked = engine.duplicates();
    let (copy, kept) = (marked_of(&marked).clone(), marked_of(&marked).duplicate_of.clone().unwrap().id);
    let is_ours = |id: &str| {
        let run_id = "run-0";
        let key = garminsync::activity::ActivityKeyRef::new("service", id);
        engine.catalogue().was_uploaded_by(run_id, key).unwrap()
    };
    assert!(is_ours(&copy.activity.id) != is_ours(&kept), "one of the two is ours");
    assert!(is_ours(&copy.activity.id), "ours is the newer one");
    assert_eq!(engine.delete(marked).ok().kept_because(), [Reason::UploadedInThisRun]);
    engine.next_run();
    engine.fetch().ok();
    engine.delete(engine.duplicates()).ok();
    assert_eq!(engine.at("service").ids().len(), 13, "each day once, and by the next run at the latest");
}

#[test]
fn what_a_person_has_put_back_is_not_deleted_again() {
    let copies = copies();
    copies.delete().ok();
    copies.engine.later(SignedDuration::from_hours(1));
    copies.engine.fetch().ok();
    let deleted = copies.engine.list_of(&Query { missing: Some(true), ..Query::default() });
    let restore = UploadOptions { restore: true, ..UploadOptions::default() };
    assert_eq!(copies.engine.upload_with(&restore, deleted).ok().outcomes(), ["created"]);
    assert_eq!(copies.service().ids().len(), 13);
    for _ in 0..2 {
        copies.engine.later(SignedDuration::from_hours(1));
        copies.engine.fetch().ok();
        let ran = copies.engine.delete(copies.engine.duplicates()).ok();
        assert_eq!(ran.kept_because(), [Reason::RestoredByHand], "{}", ran.told());
    }
    assert_eq!((copies.service().ids().len(), copies.service().take_calls(Call::Delete)), (13, 1));
}

#[test]
fn only_so_many_are_deleted_in_one_run_and_none_without_a_persons_word() {
    let copies = copies();
    let with = |yes, max_delete| copies.engine.delete_with(DeleteOptions { yes, max_delete }, copies.marked.clone());
    copies.kept_by(with(false, None), &Reason::NotConfirmed);
    copies.kept_by(with(true, Some(0)), &Reason::DeletionLimit { limit: 0 });
    // A second copy.
    let another = run(3).builder().big_endian().build();
    copies.service().put(&another);
    copies.engine.fetch().ok();
    let marked = copies.engine.duplicates();
    copies.engine.next_run();
    let once = DeleteOptions { yes: true, max_delete: Some(1) };
    for _ in 0..2 {
        copies.engine.delete_with(once, marked.clone()).ok();
        assert_eq!(copies.service().deletions().len(), 1, "those of the same run count");
    }
    copies.engine.next_run();
    copies.engine.delete_with(once, marked).ok();
    assert_eq!(copies.service().deletions().len(), 2);
}

#[test]
fn a_yes_that_means_nothing_is_no_deletion() {
    let copies = copies();
    copies.service().fault(Call::Delete, Effect::Lie(None));
    let ran = copies.delete().ends(Exit::TempFail);
    assert_eq!(copies.outcomes(), [Some("failed")], "{}", ran.told());
    copies.engine.next_run();
    copies.delete().ok();
    assert_eq!((copies.outcomes(), copies.service().ids().len()), (vec![Some("failed"), Some("deleted")], 12));
}

#[test]
fn what_is_gone_from_the_list_a_little_later_is_deleted() {
    let copies = copies();
    copies.service().fault(Call::Delete, Effect::DoneAfter(SignedDuration::from_secs(6)));
    copies.delete().ok();
    assert_eq!((copies.outcomes(), copies.service().take_calls(Call::Delete)), (vec![Some("deleted")], 1));
}

#[test]
fn an_answer_that_is_lost_is_looked_up() {
    for (done, outcome) in [(Some(SignedDuration::ZERO), "deleted"), (None, "failed")] {
        let copies = copies();
        copies.service().fault(Call::Delete, Effect::AnswerLost(done));
        copies.delete();
        assert_eq!((copies.outcomes(), copies.service().take_calls(Call::Delete)), (vec![Some(outcome)], 1));
        copies.engine.next_run();
        copies.delete().ok();
        assert_eq!(copies.service().ids().len(), 12);
    }
}

#[test]
fn a_deletion_that_fails_leaves_both_and_the_next_run_tries_again() {
    for error in [busy, down, logged_out, unexpected, rejected] {
        let copies = copies();
        copies.service().fault(Call::Delete, Effect::Fails(error));
        assert_ne!(copies.delete().exit, Some(Exit::Ok));
        assert_eq!((copies.outcomes(), copies.service().ids().len()), (vec![Some("failed")], 13));
        copies.engine.next_run();
        copies.delete().ok();
        assert_eq!((copies.service().ids().len(), copies.service().ids().contains(&copies.kept)), (12, true));
    }
}

#[test]
fn a_killed_deletion_is_settled_by_the_next_run_before_anything_else() {
    for (effect, is_gone) in [(Effect::Killed, false), (Effect::KilledAfter, true)] {
        let copies = copies();
        copies.service().fault(Call::Delete, effect);
        copies.delete().killed();
        assert_eq!(copies.outcomes(), [None]);
        copies.engine.next_run();
        copies.service().take_calls(Call::Delete);
        copies.engine.delete(Vec::new()).ok();
        assert_eq!(copies.outcomes(), [Some(if is_gone { "deleted" } else { "failed" })]);
        assert_eq!(copies.service().take_calls(Call::Delete), 0, "it only looks");
        copies.delete().ok();
        assert_eq!((copies.service().ids().len(), copies.service().ids().contains(&copies.kept)), (12, true));
    }
}

#[test]
fn a_deletion_whose_list_cannot_be_read_stays_open_and_protects_the_other_one() {
    let copies = copies();
    // The look before it is answered, those after it are not.
    for after in 1..6 {
        copies.service().fault_after(after, Call::List, Effect::Fails(busy));
    }
    copies.delete().ends(Exit::TempFail);
    assert_eq!(copies.outcomes(), [None]);
    // Nor may the one that is kept be deleted as a copy of that one meanwhile.
    copies.service().clear_faults();
    copies.service().faults(20, Call::List, &Effect::Fails(busy));
    copies.engine.next_run();
    let swapped = copies.changed(|record| {
        record.activity.id.clone_from(&copies.kept);
        record.duplicate_of.as_mut().unwrap().id.clone_from(&copies.copy);
    });
    let ran = copies.engine.delete(swapped);
    assert_eq!(ran.kept_because(), [Reason::NotAnotherActivity], "{}", ran.told());
    copies.service().clear_faults();
    copies.engine.next_run();
    copies.engine.delete(Vec::new()).ok();
    assert_eq!(copies.outcomes(), [Some("deleted")]);
}

#[test]
fn a_dry_run_deletes_nothing_asks_nothing_and_says_what_would_go() {
    let mut copies = copies();
    let calls = [Call::List, Call::Exists, Call::Delete, Call::Identify];
    copies.service().forget_calls();
    copies.engine.dry_run = true;
    let ran = copies.engine.delete_with(DeleteOptions::default(), copies.marked.clone()).ok();
    assert!(ran.told().contains(&format!("service {}: would delete; {} is kept", copies.copy, copies.kept)));
    copies.kept_by(ran, &Reason::DryRun);
    assert_eq!(calls.map(|call| copies.service().take_calls(call)), [0; 4]);
}
