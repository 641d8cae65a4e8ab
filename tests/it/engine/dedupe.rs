//! Duplicates on one platform: which activities are marked, with which certainty, and which one is kept.

use crate::support::engine::{Engine, Ran};
use crate::support::memory_platform::Manners;
use crate::support::world::{nameless, ride, run};
use garminsync::record::Record;
use garminsync::sync::{ActivityFilter, DedupeOptions};
use jiff::SignedDuration;

fn engine(files: &[Vec<u8>]) -> (Engine, Vec<String>) {
    let engine = Engine::of([("service", Manners::lax())]);
    let ids = files.iter().map(|bytes| engine.at("service").put(bytes)).collect();
    engine.fetch().ok();
    (engine, ids)
}

/// Each mark: the id of the duplicate, the id of the kept activity, and the certainty.
fn marks(records: &[Record]) -> Vec<(String, String, String)> {
    let mark = |record: &Record| match record {
        Record::Activity(one) => {
            let mark = one.duplicate_of.as_ref()?;
            Some((one.activity.id.clone(), mark.id.clone(), mark.certainty.clone()))
        }
        _ => None,
    };
    records.iter().filter_map(mark).collect()
}

fn with_files(engine: &Engine) -> Ran {
    engine.dedupe(false, engine.download(engine.list()).ok().records)
}

#[test]
fn repeated_input_records_are_not_marked_as_duplicates() {
    let (engine, _) = engine(&[run(0).encode(), run(1).encode(), ride(2).encode()]);
    let repeated = [engine.list(), engine.list()].concat();
    let ran = engine.dedupe(false, repeated).ok();
    assert_eq!((ran.records.len(), marks(&ran.records)), (6, vec![]));
}

#[test]
fn a_file_rewritten_by_a_converter_is_marked_as_duplicate() {
    for duplicate in [nameless(&run(0)), run(0).builder().big_endian().build()] {
        let (engine, ids) = engine(&[duplicate, run(0).encode(), run(1).encode()]);
        let marks = marks(&with_files(&engine).ok().records);
        assert_eq!(marks.len(), 1);
        assert!(ids[..2].contains(&marks[0].0) && ids[..2].contains(&marks[0].1) && marks[0].0 != marks[0].1);
        assert!(["match", "same-file"].contains(&marks[0].2.as_str()), "{marks:?}");
    }
}

#[test]
fn all_marks_of_three_duplicates_name_the_same_kept_activity() {
    let (engine, ids) = engine(&[run(0).encode(), nameless(&run(0)), run(0).builder().big_endian().build()]);
    let marks = marks(&with_files(&engine).ok().records);
    assert_eq!(marks.len(), 2);
    assert_eq!(marks[0].1, marks[1].1, "{marks:?}");
    assert!(!marks.iter().any(|mark| mark.0 == mark.1) && ids.contains(&marks[0].1));
}

#[test]
fn a_run_recorded_by_two_devices_is_marked_two_devices() {
    let mut other = run(0);
    other.device = (other.device.0, other.device.1, other.device.2 + 1);
    other.seed += 1;
    let (engine, _) = engine(&[run(0).encode(), other.encode()]);
    let marks = marks(&with_files(&engine).ok().records);
    assert_eq!(marks.iter().map(|mark| mark.2.as_str()).collect::<Vec<_>>(), ["two-devices"]);
}

#[test]
fn only_duplicates_outputs_duplicates_and_their_kept_activities() {
    let (engine, ids) = engine(&[run(0).encode(), run(0).builder().big_endian().build(), run(1).encode()]);
    let ran = engine.dedupe(true, engine.list()).ok();
    let shown: Vec<String> = ran.activities().iter().map(|one| one.activity.id.clone()).collect();
    assert!(shown.len() == 2 && !shown.contains(&ids[2]), "{shown:?}");
}

#[test]
fn a_filter_limits_the_marked_activities() {
    let pair = |number| [run(number).encode(), run(number).builder().big_endian().build()];
    let (engine, _) = engine(&[pair(0), pair(3)].concat());
    let marked = |filter| {
        let options = DedupeOptions { only_duplicates: true, filter, ..DedupeOptions::default() };
        engine.dedupe_with(&options, engine.list()).ok()
    };
    let all = marked(ActivityFilter::default());
    let starts: Vec<_> = all.activities().iter().filter_map(|one| one.activity.start_time).collect();
    assert_eq!((starts.len(), marks(&all.records).len()), (4, 2));
    let newest = *starts.iter().max().unwrap();
    let filter = ActivityFilter { since: Some(newest), ..ActivityFilter::default() };
    let newer = marked(filter.clone()).records;
    assert_eq!((newer.len(), marks(&newer).len()), (2, 1));
    let older = marked(ActivityFilter { since: None, until: Some(newest), ..filter.clone() }).records;
    assert_eq!([marks(&newer), marks(&older)].concat().len(), 2);
    assert_ne!(marks(&newer), marks(&older));
    assert_eq!(marked(ActivityFilter { sports: vec!["cycling".into()], ..filter }).records, []);
}

#[test]
fn a_duplicate_mark_is_removed_once_the_other_activity_is_deleted() {
    let (engine, ids) = engine(&[run(0).encode(), run(0).builder().big_endian().build(), run(1).encode()]);
    (2..14).for_each(|day| drop(engine.at("service").put(&run(day).encode())));
    let marked = with_files(&engine).ok().records;
    assert_eq!(marks(&marked).len(), 1);
    engine.at("service").remove(&ids[0]);
    for _ in 0..2 {
        engine.later(SignedDuration::from_hours(1));
        engine.fetch().ok();
    }
    // The input is the earlier output without the deleted activity.
    let rest: Vec<Record> = marked
        .into_iter()
        .filter(|record| !matches!(record, Record::Activity(one) if one.activity.id == ids[0]))
        .collect();
    assert_eq!(marks(&engine.dedupe(false, rest).ok().records), []);
    assert_eq!(marks(&engine.dedupe(false, engine.list()).ok().records), []);
}

#[test]
fn the_same_run_on_two_platforms_is_not_a_duplicate() {
    let engine = Engine::two();
    engine.platforms.iter().for_each(|memory| drop(memory.put(&run(0).encode())));
    engine.fetch().ok();
    assert_eq!(marks(&with_files(&engine).ok().records), []);
}

#[test]
fn dedupe_changes_neither_archive_nor_catalogue() {
    let (engine, _) = engine(&[run(0).encode(), run(0).builder().big_endian().build()]);
    engine.download(engine.list()).ok();
    let (files, list) = (engine.archive(), engine.list());
    engine.dedupe(false, engine.list()).ok();
    assert_eq!((engine.archive(), engine.list()), (files, list));
}
