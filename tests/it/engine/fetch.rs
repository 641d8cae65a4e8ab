//! Listings: a valid one updates the catalogue; an implausible, an incomplete or a foreign one is ignored.

use std::sync::Arc;

use crate::support::engine::Engine;
use crate::support::memory_platform::{Call, Effect, Memory, busy, down, logged_out, other_account, unexpected};
use crate::support::world::run;
use garminsync::catalogue::Query;
use garminsync::exit::Exit;
use garminsync::record::Record;
use garminsync::sync::{FetchOptions, Level};
use jiff::SignedDuration;

/// The number of days for which both platforms have an activity.
const DAYS: i64 = 12;

/// Two platforms with the same twelve runs, listed.
fn two_listed() -> Engine {
    let engine = Engine::two();
    for day in 0..DAYS {
        engine.platforms.iter().for_each(|memory| drop(memory.put(&run(day).encode())));
    }
    engine.fetch().ok();
    engine.next_run();
    engine.platforms.iter().for_each(Memory::forget_calls);
    engine
}

fn count_of(records: &[Record], platform: &str) -> usize {
    let is_of = |record: &&Record| matches!(record, Record::Activity(one) if one.activity.platform == platform);
    records.iter().filter(is_of).count()
}

#[test]
fn a_listing_outputs_all_activities_or_only_the_new_ones() {
    let engine = two_listed();
    let ran = engine.fetch().ok();
    assert_eq!((ran.records.len(), ran.counts.contains(r#""new":0"#)), (24, true), "{}", ran.counts);
    engine.at("lax").put(&run(20).encode());
    let new = FetchOptions { only_new: true, ..FetchOptions::default() };
    engine.next_run();
    let ran = engine.fetch_with(&new).ok();
    assert_eq!((count_of(&ran.records, "lax"), ran.records.len()), (1, 1));
}

#[test]
fn an_incremental_listing_requests_only_the_first_page() {
    let engine = Engine::two();
    (0..50).for_each(|day| drop(engine.at("lax").put(&run(day).encode())));
    engine.fetch().ok();
    let pages = |effect| engine.at("lax").fault(Call::List, effect);
    // The second page fails, but it is not requested.
    pages(Effect::BreaksOff(1, busy));
    engine.fetch_with(&FetchOptions::default()).ok();
    pages(Effect::BreaksOff(1, busy));
    engine.fetch().ends(Exit::TempFail);
}

#[test]
fn an_implausible_or_incomplete_listing_changes_nothing() {
    let some = |memory: &Memory| Effect::Hides(memory.ids()[..4].to_vec());
    type Fault = fn(&Memory) -> Effect;
    let faults: &[(Fault, Exit)] = &[
        (|_| Effect::Shrunk(0), Exit::TempFail),
        (|_| Effect::Shrunk(3), Exit::TempFail),
        (some, Exit::TempFail),
        (|_| Effect::Unordered, Exit::TempFail),
        (|_| Effect::WithoutStarts, Exit::TempFail),
        (|_| Effect::BreaksOff(0, busy), Exit::TempFail),
        (|_| Effect::Fails(down), Exit::TempFail),
        (|_| Effect::Fails(unexpected), Exit::TempFail),
        (|_| Effect::Fails(logged_out), Exit::LoginRequired),
        (|_| Effect::Fails(other_account), Exit::Config),
    ];
    for (fault, exit) in faults {
        for id in ["strict", "lax"] {
            let engine = two_listed();
            let memory = engine.at(id);
            let effect = fault(memory);
            memory.fault(Call::List, effect.clone());
            let ran = engine.fetch().ends(*exit);
            assert_eq!(engine.list().len(), 24, "{effect:?}: {}", ran.told());
            // Nothing is planned to or from this platform in this run.
            let plan = engine.diff(engine.list());
            assert!(plan.transfers().is_empty(), "{effect:?}: {}", plan.told());
            engine.later(SignedDuration::from_mins(5));
            engine.fetch().ok();
            assert_eq!(engine.list().len(), 24);
        }
    }
}

#[test]
fn a_failed_platform_does_not_affect_the_other() {
    let engine = two_listed();
    engine.at("strict").fault(Call::List, Effect::Fails(down));
    engine.at("lax").put(&run(20).encode());
    let ran = engine.fetch().ends(Exit::TempFail);
    assert_eq!((count_of(&ran.records, "lax"), count_of(&ran.records, "strict")), (13, 0));
}

#[test]
fn an_activity_counts_as_deleted_after_two_listings_without_it() {
    let engine = two_listed();
    let removed = engine.at("lax").ids()[3].clone();
    engine.at("lax").remove(&removed);
    let reasons = || {
        let options = garminsync::sync::DiffOptions { explain: true, ..crate::support::engine::diff_options() };
        let plan = engine.diff_with(&options, engine.list());
        plan.transfers().iter().map(|one| one.reasons[0].reason().code()).collect::<Vec<_>>()
    };
    engine.fetch().ok();
    assert_eq!(reasons(), ["missing-once"]);
    engine.later(SignedDuration::from_hours(1));
    engine.fetch().ok();
    assert_eq!(reasons(), ["deleted-on-target"]);
    let deleted = engine.list_of(&Query { missing: Some(true), ..Query::default() });
    assert_eq!(count_of(&deleted, "lax"), 1);
}

#[test]
fn an_activity_that_is_listed_again_is_no_longer_missing() {
    let engine = two_listed();
    let hidden = engine.at("lax").ids()[..1].to_vec();
    engine.at("lax").faults(2, Call::List, &Effect::Hides(hidden));
    for _ in 0..2 {
        engine.fetch().ok();
        engine.later(SignedDuration::from_hours(1));
        assert_eq!(engine.list().len(), 23);
    }
    engine.fetch().ok();
    assert_eq!(engine.list().len(), 24);
}

#[test]
fn a_shrunk_listing_is_accepted_after_an_hour_or_with_accept_missing() {
    let few = Effect::Shrunk(3);
    let engine = two_listed();
    engine.at("lax").faults(3, Call::List, &few);
    for (minutes, exit, known) in [(30, Exit::TempFail, 24), (40, Exit::TempFail, 24), (0, Exit::Ok, 15)] {
        engine.fetch().ends(exit);
        assert_eq!(engine.list().len(), known, "before {minutes} more minutes");
        engine.later(SignedDuration::from_mins(minutes));
    }
    let engine = two_listed();
    engine.at("lax").fault(Call::List, few);
    engine.fetch_with(&FetchOptions { full: true, accept_missing: true, ..FetchOptions::default() }).ok();
    assert_eq!(engine.list().len(), 15);
}

#[test]
fn a_first_listing_is_confirmed_by_a_count_or_a_second_listing() {
    let with_incomplete_listings = |count: usize| {
        let engine = Engine::two();
        for memory in &engine.platforms {
            (0..4).for_each(|day| drop(memory.put(&run(day).encode())));
            memory.faults(count, Call::List, &Effect::Shrunk(1));
        }
        engine
    };
    let engine = with_incomplete_listings(0);
    engine.fetch().ok();
    // The strict platform provides a count, the lax one is listed a second time.
    assert_eq!(["strict", "lax"].map(|id| engine.at(id).take_calls(Call::List)), [1, 2]);
    let engine = with_incomplete_listings(1);
    let before = engine.clock.now();
    engine.fetch().ok();
    assert_eq!(engine.list().len(), 8, "the first listing was incomplete");
    assert!(engine.clock.now().duration_since(before) >= SignedDuration::from_secs(10));
    // Two equal incomplete listings are accepted, because no activity is known yet. A higher count is reported.
    let engine = with_incomplete_listings(2);
    let messages = engine.fetch().ok().told();
    assert!(messages.contains("strict: the list shows 1 activity, the service counts 4"), "{messages}");
}

#[test]
fn a_first_listing_is_ignored_if_no_two_listings_agree() {
    let engine = Engine::two();
    for memory in &engine.platforms {
        (0..5).for_each(|day| drop(memory.put(&run(day).encode())));
    }
    engine.at("lax").fault(Call::List, Effect::Shrunk(1)).fault(Call::List, Effect::Shrunk(2));
    let ran = engine.fetch().ends(Exit::TempFail);
    assert_eq!(count_of(&ran.records, "lax"), 0, "{}", ran.told());
    assert!(
        engine.diff(engine.list()).ends(Exit::Ok).transfers().is_empty(),
        "gs-fetch of this run already reported it"
    );
}

#[test]
fn an_empty_list_is_ignored_if_the_platform_counts_activities() {
    let engine = Engine::two();
    for memory in &engine.platforms {
        (0..5).for_each(|day| drop(memory.put(&run(day).encode())));
    }
    engine.at("strict").faults(3, Call::List, &Effect::Shrunk(0));
    let ran = engine.fetch().ends(Exit::TempFail);
    assert!(ran.told().contains("strict"), "{}", ran.told());
    assert!(engine.diff(engine.list()).transfers().is_empty(), "nothing is planned to an account with an unknown list");
}

#[test]
fn another_account_is_rejected_before_it_is_listed() {
    let engine = two_listed();
    engine.at("lax").fault(Call::Identify, Effect::Stranger);
    let ran = engine.fetch().ends(Exit::Config);
    assert_eq!((engine.at("lax").take_calls(Call::List), count_of(&ran.records, "lax")), (0, 0));
    engine.next_run();
    assert_eq!(engine.fetch().ok().records.len(), 24);
}

#[test]
fn nothing_is_planned_after_a_killed_listing_until_the_next_one() {
    for effect in [Effect::Killed, Effect::KilledAfter] {
        let engine = two_listed();
        engine.at("strict").put(&run(20).encode());
        engine.at("lax").fault(Call::List, effect);
        engine.fetch().killed();
        assert!(engine.diff(engine.list()).transfers().is_empty(), "the list of this run is unknown");
        engine.next_run();
        let plan = engine.diff(engine.fetch().ok().records).ok();
        assert_eq!(plan.transfers().iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), ["lax"]);
    }
}

#[test]
fn an_activity_added_during_a_listing_is_listed() {
    let engine = two_listed();
    let upload = |memory: &Memory| drop(memory.put(&run(20).encode()));
    engine.at("lax").fault(Call::List, Effect::Meanwhile(Arc::new(upload)));
    assert_eq!(engine.fetch().ok().records.len(), 25);
}

#[test]
fn a_dry_run_lists_nothing_and_writes_nothing() {
    let mut engine = two_listed();
    engine.at("lax").put(&run(20).encode());
    let before = listings(&engine);
    engine.dry_run = true;
    let ran = engine.fetch().ok();
    assert_eq!(ran.records.len(), 24, "the known activities");
    assert!(ran.messages.iter().any(|(level, text)| *level == Level::Warning && text.contains("would be listed")));
    for memory in &engine.platforms {
        assert_eq!(memory.take_calls(Call::List), 0);
    }
    assert_eq!(listings(&engine), before);
}

/// The number of listings in the catalogue.
fn listings(engine: &Engine) -> i64 {
    let connection = rusqlite::Connection::open(engine.data().join("catalogue.sqlite")).unwrap();
    connection.query_row("SELECT count(*) FROM listings", [], |row| row.get(0)).unwrap()
}
