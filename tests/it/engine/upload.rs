//! Uploads with late, lost or false responses: no activity is uploaded twice, and none is lost.

use std::sync::Arc;
use std::time::Duration;

use crate::support::engine::{Engine, Ran, diff_options};
use crate::support::memory_platform::{Call, Effect, Manners, Memory, busy, down, logged_out, rejected, unexpected};
use crate::support::world::{nameless, run, start};
use garminsync::exit::Exit;
use garminsync::plan::diff::Overrides;
use garminsync::platform::{Error, UploadStatus};
use garminsync::record::Record;
use garminsync::sync::{DiffOptions, UploadOptions};
use jiff::SignedDuration;

/// A day that only the source has.
const DAY: i64 = 20;

/// A source and a target with the same twelve runs, and the plan for the runs of `days`, which only the source has.
/// Their files are archived.
fn planned_of(target: Manners, days: &[i64]) -> (Engine, Vec<Record>) {
    let engine = Engine::of([("source", Manners::strict()), ("target", target)]);
    for day in 0..12 {
        engine.platforms.iter().for_each(|memory| drop(memory.put(&run(day).encode())));
    }
    for day in days {
        engine.at("source").put(&run(*day).encode());
    }
    let plan = engine.diff(engine.fetch().ok().records).ok();
    let records = engine.download(plan.records).ok().records;
    assert_eq!(records.len(), days.len());
    engine.at("target").take_calls(Call::List);
    (engine, records)
}

fn planned(target: Manners) -> (Engine, Vec<Record>) {
    planned_of(target, &[DAY])
}

/// The number of activities that the target has on a day.
fn times(engine: &Engine, day: i64) -> usize {
    engine.at("target").starts().into_iter().filter(|second| *second == start(day)).count()
}

/// `gs-upload < /dev/null`, in a later run.
fn settle(engine: &Engine, minutes: i64) -> Ran {
    engine.later(SignedDuration::from_mins(minutes));
    engine.upload(Vec::new())
}

/// The number of upload requests to the target since the last call.
fn sent(engine: &Engine) -> usize {
    engine.at("target").take_calls(Call::Upload)
}

/// Platforms of every kind, all with a list that shows an upload at once.
fn all_manners() -> Vec<Manners> {
    let mut all = Vec::new();
    for base in [Manners::strict(), Manners::lax()] {
        for polls in [None, Some(0), Some(2)] {
            for knows_bytes in [false, true] {
                all.push(Manners { polls, knows_bytes, ..base.clone() });
            }
        }
    }
    all
}

#[test]
fn an_upload_is_sent_and_confirmed_once_and_never_repeated() {
    for manners in all_manners() {
        let (engine, records) = planned(manners);
        let again = records.clone();
        assert_eq!(engine.upload(records).ok().outcomes(), ["created"]);
        assert_eq!((sent(&engine), times(&engine, DAY), engine.journal("target")), (1, 1, "created".to_owned()));
        // The same plan again, in this run and in the next one.
        assert_eq!(engine.upload(again.clone()).ok().outcomes(), ["exists"]);
        engine.next_run();
        assert_eq!(engine.upload(again).ok().outcomes(), ["exists"]);
        assert!(engine.sync().ok().records.is_empty());
        assert_eq!((sent(&engine), times(&engine, DAY)), (0, 1));
    }
}

#[test]
fn an_upload_that_is_listed_late_is_sent_only_once() {
    for names_ids in [false, true] {
        let lists_after = SignedDuration::from_mins(20);
        let (engine, records) = planned(Manners { lists_after, names_ids, ..Manners::lax() });
        let again = records.clone();
        let ran = engine.upload(records).ok();
        assert_eq!(ran.outcomes(), [if names_ids { "created" } else { "pending" }]);
        for _ in 0..3 {
            engine.later(SignedDuration::from_mins(5));
            let ran = engine.upload(again.clone()).ok();
            assert!(!ran.outcomes().contains(&"-".to_owned()), "{}", ran.told());
            engine.sync();
        }
        settle(&engine, 10).ok();
        assert_eq!((sent(&engine), times(&engine, DAY), engine.journal("target")), (1, 1, "created".to_owned()));
    }
}

#[test]
fn an_upload_without_response_that_arrives_late_is_not_repeated() {
    for manners in all_manners() {
        let (engine, records) = planned(manners);
        let again = records.clone();
        engine.at("target").fault(Call::Upload, Effect::AnswerLost(Some(SignedDuration::from_mins(7))));
        assert_eq!(engine.upload(records).ends(Exit::TempFail).outcomes(), ["problem: retry"]);
        assert_eq!(engine.journal("target"), "open");
        engine.later(SignedDuration::from_mins(2));
        assert!(
            engine.diff(engine.fetch().ok().records).transfers().is_empty(),
            "a pending activity is neither missing nor existing"
        );
        let ran = engine.upload(again);
        assert!(ran.outcomes().iter().all(|kind| kind == "pending"), "{}", ran.told());
        assert_eq!((sent(&engine), times(&engine, DAY)), (1, 0));
        settle(&engine, 6).ok();
        assert_eq!((sent(&engine), times(&engine, DAY), engine.journal("target")), (0, 1, "created".to_owned()));
    }
}

#[test]
fn an_upload_that_never_arrived_is_retried_after_10_then_20_minutes() {
    for manners in all_manners() {
        let (engine, records) = planned(manners);
        let lose_response = || engine.at("target").fault(Call::Upload, Effect::AnswerLost(None));
        lose_response();
        engine.upload(records).ends(Exit::TempFail);
        assert_eq!(sent(&engine), 1);
        settle(&engine, 8).ok();
        assert_eq!(sent(&engine), 0, "the list may show the activity later");
        lose_response();
        settle(&engine, 3).ends(Exit::TempFail);
        assert_eq!((sent(&engine), times(&engine, DAY)), (1, 0));
        settle(&engine, 15).ok();
        assert_eq!(sent(&engine), 0, "the second retry waits twice as long");
        settle(&engine, 6).ok();
        assert_eq!((sent(&engine), times(&engine, DAY)), (1, 1));
        assert_eq!(engine.journal("target"), "failed failed created");
    }
}

#[test]
fn an_unconfirmed_upload_is_not_retried_while_the_list_is_unusable() {
    let (engine, records) = planned(Manners::lax());
    engine.at("target").fault(Call::Upload, Effect::AnswerLost(None));
    engine.upload(records);
    assert_eq!(sent(&engine), 1);
    for effect in [Effect::Fails(busy), Effect::Shrunk(0), Effect::WithoutStarts, Effect::BreaksOff(0, down)] {
        engine.at("target").faults(9, Call::List, &effect);
        let ran = settle(&engine, 60).ends(Exit::TempFail);
        assert_eq!((sent(&engine), engine.journal("target")), (0, "open".to_owned()), "{}", ran.told());
        engine.at("target").clear_faults();
    }
    settle(&engine, 60).ok();
    assert_eq!((sent(&engine), times(&engine, DAY)), (1, 1));
}

#[test]
fn the_next_run_settles_a_killed_upload() {
    for manners in all_manners() {
        for (effect, arrived) in [(Effect::Killed, false), (Effect::KilledAfter, true)] {
            let (engine, records) = planned(manners.clone());
            engine.at("target").fault(Call::Upload, effect);
            engine.upload(records.clone()).killed();
            assert_eq!((engine.journal("target"), times(&engine, DAY)), ("open".to_owned(), usize::from(arrived)));
            // The same plan at once: the first upload may still be pending.
            let ran = engine.upload(records).ok();
            assert!(ran.outcomes().iter().all(|kind| ["pending", "created", "exists"].contains(&kind.as_str())));
            assert_eq!((sent(&engine), times(&engine, DAY)), (1, usize::from(arrived)));
            settle(&engine, 15).ok();
            assert_eq!((sent(&engine), times(&engine, DAY)), (usize::from(!arrived), 1));
            assert!(engine.sync().ok().records.is_empty());
        }
    }
}

#[test]
fn a_kill_at_any_step_neither_duplicates_nor_loses_activities() {
    for call in [Call::Identify, Call::List, Call::Upload, Call::Status] {
        for after in 0..4 {
            for effect in [Effect::Killed, Effect::KilledAfter] {
                let (engine, records) = planned_of(Manners::lax(), &[20, 22, 24]);
                engine.at("target").fault_after(after, call, effect.clone());
                engine.upload(records);
                engine.at("target").clear_faults();
                for _ in 0..3 {
                    engine.later(SignedDuration::from_mins(30));
                    engine.sync();
                }
                let times = [20, 22, 24].map(|day| times(&engine, day));
                assert_eq!(times, [1, 1, 1], "{call:?} after {after}: {effect:?}");
            }
        }
    }
}

#[test]
fn an_upload_that_is_never_listed_is_lost_after_six_hours() {
    for status in
        [None, Some(UploadStatus::Created(Some("4711".into()))), Some(UploadStatus::Pending("nobody's".into()))]
    {
        let (engine, records) = planned(Manners::strict());
        engine.at("target").fault(Call::Upload, Effect::Lie(status.clone()));
        engine.upload(records).ok();
        for _ in 0..5 {
            engine.later(SignedDuration::from_hours(1));
            assert!(engine.sync().ok().outcomes().iter().all(|kind| kind == "pending"));
        }
        assert_eq!((sent(&engine), times(&engine, DAY)), (1, 0));
        engine.later(SignedDuration::from_mins(90));
        engine.fetch().ok();
        let ran = engine.upload(Vec::new()).ends(Exit::Partial);
        assert_eq!(ran.outcomes(), ["problem: rejected"]);
        assert!(ran.told().contains("--retry-rejected"), "{}", ran.told());
        engine.later(SignedDuration::from_hours(1));
        assert!(engine.sync().ok().records.is_empty(), "reported once, and not uploaded again");
        assert_eq!((sent(&engine), engine.journal("target")), (0, "lost".to_owned()));
        let overrides = Overrides { retry_rejected: true, ..Overrides::default() };
        let plan = engine.diff_with(&DiffOptions { overrides, ..diff_options() }, engine.list()).ok();
        assert_eq!(engine.upload(engine.download(plan.records).records).ok().outcomes(), ["created"], "{status:?}");
        assert_eq!((sent(&engine), times(&engine, DAY)), (1, 1));
    }
}

#[test]
fn an_upload_that_is_processed_for_hours_stays_pending() {
    let (engine, records) = planned(Manners::lax());
    engine.at("target").fault(Call::Upload, Effect::DoneAfter(SignedDuration::from_hours(5)));
    assert_eq!(engine.upload(records).ok().outcomes(), ["pending"]);
    for _ in 0..4 {
        assert_eq!(settle(&engine, 60).ok().outcomes(), ["pending"]);
    }
    assert_eq!(settle(&engine, 90).ok().outcomes(), ["created"]);
    assert_eq!((sent(&engine), times(&engine, DAY)), (1, 1));
}

#[test]
fn a_lost_upload_that_appears_later_is_not_repeated() {
    let (engine, records) = planned(Manners::lax());
    engine.at("target").fault(Call::Upload, Effect::DoneAfter(SignedDuration::from_hours(30)));
    engine.upload(records).ok();
    settle(&engine, 7 * 60).ends(Exit::Partial);
    engine.later(SignedDuration::from_hours(24));
    assert!(engine.sync().ok().records.is_empty());
    assert_eq!((sent(&engine), times(&engine, DAY)), (1, 1));
}

#[test]
fn a_response_that_names_another_activity_is_not_believed() {
    for (is_done, is_known) in [(true, true), (true, false), (false, true), (false, false)] {
        let (engine, records) = planned(Manners::lax());
        let target = engine.at("target");
        let id = if is_known { target.ids()[3].clone() } else { target.put(&run(14).encode()) };
        let lie = Effect::Lie(Some(UploadStatus::Created(Some(id.clone()))));
        target.fault(Call::Upload, if is_done { Effect::Names(id.clone()) } else { lie });
        let ran = engine.upload(records).ok();
        let Some(Record::Transfer(sent)) = ran.records.first() else { panic!("{}", ran.told()) };
        let outcome = sent.outcome.as_ref().unwrap();
        if is_known {
            assert_ne!(outcome.id, Some(id));
            assert_eq!(outcome.kind, if is_done { "created" } else { "pending" });
        }
        engine.next_run();
        // The other activity goes to the source, if it is new.
        let kinds = engine.sync().ok().outcomes();
        let created = kinds.iter().filter(|kind| *kind == "created").count();
        assert_eq!((created, times(&engine, DAY)), (usize::from(!is_known), usize::from(is_done)), "{kinds:?}");
        // The journal does not keep the wrong id.
        engine.later(SignedDuration::from_hours(7));
        engine.sync();
        settle(&engine, 1);
        assert_eq!(engine.journal("target"), if is_done { "created" } else { "lost" }, "{is_known}");
    }
}

#[test]
fn an_upload_that_becomes_two_activities_is_marked_as_duplicate() {
    let (engine, records) = planned(Manners::lax());
    engine.at("target").fault(Call::Upload, Effect::Twice);
    assert_eq!(engine.upload(records).ok().outcomes(), ["created"]);
    engine.next_run();
    assert!(engine.sync().ok().records.is_empty());
    assert_eq!((sent(&engine), times(&engine, DAY)), (1, 2));
    let marked = engine.duplicates();
    assert_eq!(
        marked.iter().filter(|record| matches!(record, Record::Activity(one) if one.duplicate_of.is_some())).count(),
        1
    );
}

#[test]
fn an_upload_rejected_at_once_or_late_is_not_retried() {
    for effect in [Effect::Fails(rejected), Effect::EndsWith(rejected)] {
        let (engine, records) = planned(Manners::strict());
        engine.at("target").fault(Call::Upload, effect);
        let ran = engine.upload(records).ends(Exit::Partial);
        assert!(ran.told().contains("not this file"), "{}", ran.told());
        engine.later(SignedDuration::from_hours(1));
        assert!(engine.sync().ok().records.is_empty());
        assert_eq!((sent(&engine), engine.journal("target")), (1, "rejected".to_owned()));
    }
}

#[test]
fn an_upload_with_a_temporary_failure_is_retried_by_the_next_run() {
    let not_found: fn() -> Error = || Error::NotFound("the file was lost on its way in".into());
    let faults =
        [busy, down, unexpected, logged_out].map(Effect::Fails).into_iter().chain([Effect::EndsWith(not_found)]);
    for effect in faults {
        let (engine, records) = planned(Manners::strict());
        engine.at("target").fault(Call::Upload, effect);
        let ran = engine.upload(records);
        assert_ne!(ran.exit, Some(Exit::Ok));
        assert_eq!(engine.journal("target"), "failed");
        engine.next_run();
        assert_eq!(engine.sync().ok().outcomes(), ["created"]);
        assert_eq!((sent(&engine), times(&engine, DAY)), (2, 1));
    }
}

#[test]
fn three_failures_in_a_row_suspend_the_platform_until_the_next_run() {
    let days = [20, 21, 22, 23, 24];
    let (engine, records) = planned_of(Manners::strict(), &days);
    engine.at("target").faults(3, Call::Upload, &Effect::Fails(busy));
    let ran = engine.upload(records).ends(Exit::TempFail);
    assert_eq!((sent(&engine), ran.outcomes().len()), (3, 5), "{}", ran.told());
    engine.next_run();
    engine.sync().ok();
    assert_eq!((sent(&engine), days.map(|day| times(&engine, day))), (5, [1; 5]));
}

#[test]
fn an_upload_with_an_outdated_precheck_is_tried_at_most_three_times() {
    for (late, outcome, attempts) in [(1, "created", 2), (2, "created", 3), (3, "problem: retry", 3)] {
        let (engine, records) = planned(Manners { names_ids: true, ..Manners::strict() });
        engine.at("target").faults(late, Call::Upload, &Effect::Fails(|| Error::TooLate));
        // Each attempt follows a new precheck.
        let ran = engine.upload(records);
        assert_eq!(ran.outcomes(), [outcome], "{}", ran.told());
        assert_eq!(sent(&engine), attempts);
    }
}

#[test]
fn an_activity_that_others_upload_meanwhile_is_not_uploaded_again() {
    for bytes in [run(DAY).encode(), nameless(&run(DAY)), run(DAY).builder().big_endian().build()] {
        for manners in [Manners::strict(), Manners::lax()] {
            let (engine, records) = planned(manners);
            let file = bytes.clone();
            let upload = move |memory: &Memory| drop(memory.put(&file));
            engine.at("target").fault(Call::List, Effect::Meanwhile(Arc::new(upload)));
            assert_eq!(engine.upload(records).ok().outcomes(), ["exists"]);
            assert_eq!((sent(&engine), times(&engine, DAY)), (0, 1));
        }
    }
}

#[test]
fn nothing_is_uploaded_if_the_precheck_fails_or_is_implausible() {
    let faults = [
        Effect::Fails(busy),
        Effect::Fails(logged_out),
        Effect::BreaksOff(0, busy),
        Effect::Shrunk(0),
        Effect::WithoutStarts,
        Effect::Unordered,
    ];
    for effect in faults {
        let (engine, records) = planned(Manners::lax());
        engine.at("target").faults(4, Call::List, &effect);
        let ran = engine.upload(records);
        assert_ne!(ran.exit, Some(Exit::Ok), "{effect:?}");
        assert_eq!((sent(&engine), engine.journal("target")), (0, String::new()), "{effect:?}: {}", ran.told());
    }
}

#[test]
fn nothing_is_uploaded_to_another_account() {
    let (engine, records) = planned(Manners::lax());
    engine.at("target").fault(Call::Identify, Effect::Stranger);
    engine.upload(records).ends(Exit::Config);
    assert_eq!((sent(&engine), engine.journal("target")), (0, String::new()));
}

#[test]
fn an_upload_stays_open_while_its_status_request_fails() {
    let lists_after = SignedDuration::from_mins(12);
    let (engine, records) = planned(Manners { polls: Some(9), lists_after, ..Manners::lax() });
    assert_eq!(engine.upload(records).ok().outcomes(), ["pending"]);
    engine.at("target").faults(20, Call::Status, &Effect::Fails(busy));
    settle(&engine, 5).ends(Exit::TempFail);
    assert_eq!((sent(&engine), engine.journal("target")), (1, "open".to_owned()));
    engine.at("target").clear_faults();
    settle(&engine, 5);
    settle(&engine, 5).ok();
    assert_eq!((sent(&engine), engine.journal("target")), (0, "created".to_owned()));
}

#[test]
fn only_the_last_status_request_of_an_upload_decides_about_the_exit_code() {
    let lists_after = SignedDuration::from_mins(12);
    let (engine, records) = planned(Manners { polls: Some(99), lists_after, ..Manners::lax() });
    engine.at("target").forget_calls();
    assert_eq!(engine.upload(records).ok().outcomes(), ["pending"]);
    let requests = engine.at("target").take_calls(Call::Status);
    for failed in 0..requests {
        engine.at("target").fault_after(failed, Call::Status, Effect::Fails(busy));
        let ran = settle(&engine, 0);
        // A run that begins with a pending upload requests its status at once.
        match engine.at("target").take_calls(Call::Status) - 1 == failed {
            true => drop(ran.ends(Exit::TempFail)),
            false => drop(ran.ok()),
        }
        engine.at("target").clear_faults();
    }
}

#[test]
fn the_last_check_of_a_wait_reads_list_and_status() {
    // After 7 seconds, the list and the statuses were requested at 0, 1, 3 and 7 seconds; the wait ends after 10.
    let lists_after = SignedDuration::from_secs(9);
    let (engine, records) = planned(Manners { lists_after, ..Manners::lax() });
    let options = UploadOptions { upload_wait: Some(Duration::from_secs(10)), ..UploadOptions::default() };
    assert_eq!(engine.upload_with(&options, records).ok().outcomes(), ["created"]);
}

#[test]
fn a_run_uploads_at_most_max_upload_and_later_runs_the_rest() {
    let days = [20, 21, 22, 23, 24];
    let (engine, records) = planned_of(Manners::lax(), &days);
    let options = UploadOptions { max_upload: Some(2), ..UploadOptions::default() };
    for expected in [2, 2, 1] {
        engine.upload_with(&options, records.clone()).ok();
        assert_eq!(sent(&engine), expected);
        // A second command of the same run has no uploads left.
        engine.upload_with(&options, records.clone()).ok();
        assert_eq!(sent(&engine), 0);
        engine.next_run();
    }
    assert_eq!(days.map(|day| times(&engine, day)), [1; 5]);
}

#[test]
fn a_deleted_activity_is_restored_only_on_request_and_only_once() {
    let (engine, _) = planned_of(Manners::strict(), &[]);
    engine.download(engine.list()).ok();
    let removed = engine.at("target").ids()[5].clone();
    engine.at("target").remove(&removed);
    for _ in 0..2 {
        engine.later(SignedDuration::from_hours(1));
        engine.fetch().ok();
    }
    let query = garminsync::catalogue::Query { missing: Some(true), ..Default::default() };
    let deleted = engine.list_of(&query);
    assert_eq!(engine.upload(deleted.clone()).ok().transfers().len(), 0, "nothing is restored without --restore");
    let restore = UploadOptions { restore: true, ..UploadOptions::default() };
    assert_eq!(engine.upload_with(&restore, deleted.clone()).ok().outcomes(), ["created"]);
    for _ in 0..2 {
        assert_eq!(engine.upload_with(&restore, deleted.clone()).ok().outcomes(), ["exists"]);
        engine.later(SignedDuration::from_hours(1));
        engine.fetch().ok();
    }
    assert_eq!((sent(&engine), engine.at("target").ids().len()), (1, 12));
}

#[test]
fn a_dry_run_uploads_nothing_and_does_not_change_the_journal() {
    let (mut engine, records) = planned(Manners::lax());
    engine.dry_run = true;
    let ran = engine.upload(records.clone()).ok();
    assert_eq!(ran.outcomes(), ["skipped"]);
    let calls =
        [Call::Identify, Call::List, Call::Upload, Call::Status].map(|call| engine.at("target").take_calls(call));
    assert_eq!((calls[1..].to_vec(), engine.journal("target")), (vec![0, 0, 0], String::new()));
    // A dry run does not check a pending upload either.
    engine.dry_run = false;
    engine.at("target").fault(Call::Upload, Effect::AnswerLost(None));
    engine.upload(records);
    engine.at("target").take_calls(Call::List);
    engine.dry_run = true;
    settle(&engine, 60).ok();
    assert_eq!((sent(&engine), engine.at("target").take_calls(Call::List)), (1, 0));
    assert_eq!(engine.journal("target"), "open");
}

/// The number of days with an upload in the tests of many uploads.
const MANY: i64 = 60;

/// Many uploads to a service, all of which must arrive. Returns how many listings and status requests were made, and for
/// how many uploads a status was requested.
fn many_uploads(target: Manners, days: i64) -> [usize; 3] {
    let (engine, records) = planned_of(target, &(-days..0).collect::<Vec<_>>());
    engine.at("target").forget_calls();
    let ran = engine.upload(records).ok();
    assert_eq!(ran.outcomes(), vec!["created"; ran.records.len()], "{}", ran.told());
    assert_eq!((sent(&engine), ran.records.len()), (days as usize, days as usize));
    [Call::List, Call::Status, Call::StatusOfOne].map(|call| engine.at("target").take_calls(call))
}

#[test]
fn the_status_of_waiting_uploads_is_not_requested_again_with_every_upload() {
    let processing = |seconds: i64| Manners {
        polls: Some(1),
        lists_after: SignedDuration::from_secs(seconds),
        names_ids: true,
        ..Manners::strict()
    };
    // A list that shows an upload at once makes status requests unnecessary.
    let [lists, requests, _] = many_uploads(processing(0), MANY);
    assert!(lists <= 8 && requests == 0, "{lists} {requests}");
    for seconds in [2, 5] {
        let [few, more] = [MANY / 3, MANY].map(|days| many_uploads(processing(seconds), days));
        assert!(more[2] <= 2 * MANY as usize, "after {seconds} s: {few:?} {more:?}");
        assert!(more[0] <= 20 && more[1] <= 12, "after {seconds} s: {few:?} {more:?}");
    }
}

#[test]
fn a_kill_leaves_few_uploads_unsettled_on_a_service_that_takes_seconds() {
    let manners = Manners { lists_after: SignedDuration::from_secs(4), ..Manners::lax() };
    let (engine, records) = planned_of(manners, &(-MANY..0).collect::<Vec<_>>());
    engine.at("target").fault_after(MANY as usize - 5, Call::Upload, Effect::KilledAfter);
    engine.upload(records).killed();
    let open = engine.journal("target").split(' ').filter(|outcome| *outcome == "open").count();
    assert!(open <= 25, "{open}");
    settle(&engine, 5).ok();
    assert_eq!(engine.journal("target"), vec!["created"; MANY as usize - 4].join(" "));
}

#[test]
fn a_service_that_settles_nothing_delays_a_run_once() {
    let manners = Manners { lists_after: SignedDuration::from_hours(1), ..Manners::lax() };
    let (engine, records) = planned_of(manners, &(-MANY..0).collect::<Vec<_>>());
    engine.at("target").forget_calls();
    let before = engine.clock.now();
    let ran = engine.upload(records).ok();
    assert_eq!((ran.outcomes(), sent(&engine)), (vec!["pending".to_owned(); MANY as usize], MANY as usize));
    let minutes = engine.clock.now().duration_since(before).as_mins();
    let calls = [Call::List, Call::StatusOfOne].map(|call| engine.at("target").take_calls(call));
    assert!(minutes <= 2 && calls[0] <= 30 && calls[1] <= MANY as usize, "{minutes} min, {calls:?}");
}

#[test]
fn slow_status_requests_are_followed_by_a_pause_as_long() {
    let lists_after = SignedDuration::from_hours(1);
    let (engine, records) = planned_of(Manners { polls: Some(99), lists_after, ..Manners::lax() }, &[-3, -2, -1]);
    let slow = |target: &Memory| target.clock().advance(SignedDuration::from_secs(20));
    for _ in 0..9 {
        engine.at("target").fault(Call::Status, Effect::Meanwhile(Arc::new(slow)));
    }
    let wait = Some(Duration::from_secs(120));
    engine.upload_with(&UploadOptions { upload_wait: wait, ..UploadOptions::default() }, records).ok();
    let requests = engine.at("target").take_calls(Call::Status);
    assert!((2..=4).contains(&requests), "{requests}");
}
