//! Listings: what may be concluded from one, and what from one that is implausible, incomplete or somebody else's.

use std::sync::Arc;

use crate::support::engine::Engine;
use crate::support::memory_platform::{Call, Effect, Memory, busy, down, logged_out, other_account, unexpected};
use crate::support::world::run;
use garminsync::catalogue::Query;
use garminsync::exit::Exit;
use garminsync::record::Record;
use garminsync::sync::{FetchOptions, Level};
use jiff::SignedDuration;

/// So many days both services have.
const DAYS: i64 = 12;

/// Twelve runs that both services have, listed.
fn settled() -> Engine {
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
fn what_lists_show_is_handed_on_and_a_second_time_nothing_is_new() {
    let engine = settled();
    let ran = engine.fetch().ok();
    assert_eq!((ran.records.len(), ran.counts.contains(r#""new":0"#)), (24, true), "{}", ran.counts);
    engine.at("lax").put(&run(20).encode());
    let new = FetchOptions { only_new: true, ..FetchOptions::default() };
    engine.next_run();
    let ran = engine.fetch_with(&new).ok();
    assert_eq!((count_of(&ran.records, "lax"), ran.records.len()), (1, 1));
}

#[test]
fn a_list_that_stops_at_what_is_known_asks_for_one_page() {
    let engine = Engine::two();
    (0..50).for_each(|day| drop(engine.at("lax").put(&run(day).encode())));
    engine.fetch().ok();
    let pages = |effect| engine.at("lax").fault(Call::List, effect);
    // The second page breaks off, and nobody asks for it.
    pages(Effect::BreaksOff(1, busy));
    engine.fetch_with(&FetchOptions::default()).ok();
    pages(Effect::BreaksOff(1, busy));
    engine.fetch().ends(Exit::TempFail);
}

#[test]
fn nothing_is_concluded_from_a_list_that_is_implausible_or_incomplete() {
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
            let engine = settled();
            let memory = engine.at(id);
            let effect = fault(memory);
            memory.fault(Call::List, effect.clone());
            let ran = engine.fetch().ends(*exit);
            assert_eq!(engine.list().len(), 24, "{effect:?}: {}", ran.told());
            // And nothing is planned to or from there in this run.
            let plan = engine.diff(engine.list());
            assert!(plan.transfers().is_empty(), "{effect:?}: {}", plan.told());
            engine.later(SignedDuration::from_mins(5));
            engine.fetch().ok();
            assert_eq!(engine.list().len(), 24);
        }
    }
}

#[test]
fn one_platform_that_fails_takes_nothing_from_the_others() {
    let engine = settled();
    engine.at("strict").fault(Call::List, Effect::Fails(down));
    engine.at("lax").put(&run(20).encode());
    let ran = engine.fetch().ends(Exit::TempFail);
    assert_eq!((count_of(&ran.records, "lax"), count_of(&ran.records, "strict")), (13, 0));
}

#[test]
fn what_one_list_misses_is_missing_and_what_two_miss_is_gone() {
    let engine = settled();
    let gone = engine.at("lax").ids()[3].clone();
    engine.at("lax").remove(&gone);
    let reasons = || {
        let options = garminsync::sync::DiffOptions { explain: true, ..crate::support::engine::diff_options() };
        let plan = engine.diff_with(&options, engine.list());
        plan.transfers().iter().map(|one| one.reasons[0].reason().code()).collect::<Vec<_>>()
    };
    engine.fetch().ok();
    assert_eq!(reasons(), ["missing-once"]);
    engine.later(SignedDuration::from_hours(1));
    engine.fetch().ok();
    assert_eq!(reasons(), ["deleted-there"]);
    let deleted = engine.list_of(&Query { missing: Some(true), ..Query::default() });
    assert_eq!(count_of(&deleted, "lax"), 1);
}

#[test]
fn one_list_that_shows_it_again_takes_all_of_that_back() {
    let engine = settled();
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
fn a_list_that_misses_the_same_an_hour_later_is_believed_and_so_is_a_person() {
    let few = Effect::Shrunk(3);
    let engine = settled();
    engine.at("lax").faults(3, Call::List, &few);
    for (minutes, exit, known) in [(30, Exit::TempFail, 24), (40, Exit::TempFail, 24), (0, Exit::Ok, 15)] {
        engine.fetch().ends(exit);
        assert_eq!(engine.list().len(), known, "after {minutes}");
        engine.later(SignedDuration::from_mins(minutes));
    }
    let engine = settled();
    engine.at("lax").fault(Call::List, few);
    engine.fetch_with(&FetchOptions { full: true, accept_missing: true, ..FetchOptions::default() }).ok();
    assert_eq!(engine.list().len(), 15);
}

#[test]
fn a_first_list_is_borne_out_by_a_count_or_by_a_second_look() {
    let looks = |count: usize| {
        let engine = Engine::two();
        for memory in &engine.platforms {
            (0..4).for_each(|day| drop(memory.put(&run(day).encode())));
            memory.faults(count, Call::List, &Effect::Shrunk(1));
        }
        engine
    };
    let engine = looks(0);
    engine.fetch().ok();
    // The strict one counts its activities, the lax one is looked at again.
    assert_eq!(["strict", "lax"].map(|id| engine.at(id).take_calls(Call::List)), [1, 2]);
    let engine = looks(1);
    let before = engine.clock.now();
    engine.fetch().ok();
    assert_eq!(engine.list().len(), 8, "the first look came while the list was being filled");
    assert!(engine.clock.now().duration_since(before) >= SignedDuration::from_secs(10));
    // Two that lack the same are believed: where nothing is known, nobody can tell. Who counts more is told of.
    let engine = looks(2);
    let told = engine.fetch().ok().told();
    assert!(told.contains("strict: the list shows 1 activity, the service counts 4"), "{told}");
}

#[test]
fn a_first_list_of_which_no_two_looks_agree_is_not_believed() {
    let engine = Engine::two();
    for memory in &engine.platforms {
        (0..5).for_each(|day| drop(memory.put(&run(day).encode())));
    }
    engine.at("lax").fault(Call::List, Effect::Shrunk(1)).fault(Call::List, Effect::Shrunk(2));
    let ran = engine.fetch().ends(Exit::TempFail);
    assert_eq!(count_of(&ran.records, "lax"), 0, "{}", ran.told());
    assert!(engine.diff(engine.list()).ends(Exit::Ok).transfers().is_empty(), "the gs-fetch of this run has told it");
}

#[test]
fn an_empty_list_of_a_service_that_counts_activities_is_none() {
    let engine = Engine::two();
    for memory in &engine.platforms {
        (0..5).for_each(|day| drop(memory.put(&run(day).encode())));
    }
    engine.at("strict").faults(3, Call::List, &Effect::Shrunk(0));
    let ran = engine.fetch().ends(Exit::TempFail);
    assert!(ran.told().contains("strict"), "{}", ran.told());
    assert!(engine.diff(engine.list()).transfers().is_empty(), "nothing goes to an account that may be full");
}

#[test]
fn another_account_is_refused_before_it_is_listed() {
    let engine = settled();
    engine.at("lax").fault(Call::Identify, Effect::Stranger);
    let ran = engine.fetch().ends(Exit::Config);
    assert_eq!((engine.at("lax").take_calls(Call::List), count_of(&ran.records, "lax")), (0, 0));
    engine.next_run();
    assert_eq!(engine.fetch().ok().records.len(), 24);
}

#[test]
fn a_killed_listing_says_nothing_and_the_next_one_everything() {
    for effect in [Effect::Killed, Effect::KilledAfter] {
        let engine = settled();
        engine.at("strict").put(&run(20).encode());
        engine.at("lax").fault(Call::List, effect);
        engine.fetch().killed();
        assert!(engine.diff(engine.list()).transfers().is_empty(), "what is in the list of this run nobody knows");
        engine.next_run();
        let plan = engine.diff(engine.fetch().ok().records).ok();
        assert_eq!(plan.transfers().iter().map(|one| one.to.as_str()).collect::<Vec<_>>(), ["lax"]);
    }
}

#[test]
fn what_comes_while_a_list_is_read_is_in_the_next_one() {
    let engine = settled();
    let upload = |memory: &Memory| drop(memory.put(&run(20).encode()));
    engine.at("lax").fault(Call::List, Effect::Meanwhile(Arc::new(upload)));
    assert_eq!(engine.fetch().ok().records.len(), 25);
}

#[test]
fn a_dry_run_asks_nothing_and_writes_nothing() {
    let mut engine = settled();
    engine.at("lax").put(&run(20).encode());
    let before = listings(&engine);
    engine.dry_run = true;
    let ran = engine.fetch().ok();
    assert_eq!(ran.records.len(), 24, "what is known already");
    assert!(ran.messages.iter().any(|(level, text)| *level == Level::Warning && text.contains("would be listed")));
    for memory in &engine.platforms {
        assert_eq!(memory.take_calls(Call::List), 0);
    }
    assert_eq!(listings(&engine), before);
}

/// How many listings the catalogue knows.
fn listings(engine: &Engine) -> i64 {
    let connection = rusqlite::Connection::open(engine.data().join("catalogue.sqlite")).unwrap();
    connection.query_row("SELECT count(*) FROM listings", [], |row| row.get(0)).unwrap()
}
