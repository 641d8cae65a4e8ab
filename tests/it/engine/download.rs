//! Downloads: what is kept, what is not, and what a file in the archive is never replaced by.

use crate::support::engine::{Engine, Ran};
use crate::support::memory_platform::{Call, Effect, Manners, busy, down, logged_out, rejected, unexpected};
use crate::support::world::run;
use garminsync::exit::Exit;
use garminsync::platform::{Download, Error};
use garminsync::sync::DownloadOptions;
use jiff::SignedDuration;

const TCX: &[u8] = br#"<?xml version="1.0"?><TrainingCenterDatabase><Activities/></TrainingCenterDatabase>"#;

fn engine(days: i64) -> Engine {
    let engine = Engine::of([("service", Manners::strict())]);
    (0..days).for_each(|day| drop(engine.at("service").put(&run(day).encode())));
    engine.fetch().ok();
    engine
}

fn asked(engine: &Engine) -> usize {
    engine.at("service").take_calls(Call::Download)
}

fn all(engine: &Engine) -> Ran {
    engine.download(engine.list())
}

/// The bytes of all files in the archive, sorted.
fn kept(engine: &Engine) -> Vec<Vec<u8>> {
    let mut kept: Vec<Vec<u8>> = engine.archive().into_values().collect();
    kept.sort();
    kept
}

fn runs(days: i64) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..days).map(|day| run(day).encode()).collect();
    all.sort();
    all
}

#[test]
fn each_file_is_asked_for_once_and_kept_as_it_came() {
    let engine = engine(4);
    let ran = all(&engine).ok();
    assert!(ran.activities().iter().all(|one| one.downloaded == Some(true) && one.file.is_some()));
    assert_eq!((asked(&engine), kept(&engine)), (4, runs(4)));
    all(&engine).ok();
    engine.next_run();
    engine.download_with(DownloadOptions { verify: true, ..DownloadOptions::default() }, engine.list()).ok();
    assert_eq!(asked(&engine), 0);
}

#[test]
fn a_broken_answer_is_kept_from_the_archive_and_asked_for_again() {
    let broken = [
        Download::Original(run(0).encode()[..300].to_vec()),
        Download::Original(b"<html>sign in</html>".to_vec()),
        Download::Original(Vec::new()),
    ];
    for body in broken {
        let engine = engine(3);
        engine.at("service").fault(Call::Download, Effect::Gives(body.clone()));
        let ran = all(&engine).ends(Exit::Partial);
        assert_eq!((kept(&engine).len(), ran.records.len()), (2, 3), "{body:?}: {}", ran.told());
        engine.next_run();
        all(&engine).ok();
        assert_eq!(kept(&engine), runs(3));
    }
}

#[test]
fn a_file_of_the_archive_that_is_damaged_or_gone_is_fetched_again() {
    let engine = engine(3);
    all(&engine).ok();
    let paths: Vec<_> = engine.archive().into_keys().collect();
    std::fs::remove_file(&paths[0]).unwrap();
    // Of the same length: only a look at each byte finds it.
    let mut bytes = std::fs::read(&paths[1]).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&paths[1], bytes).unwrap();
    engine.next_run();
    asked(&engine);
    all(&engine).ok();
    assert_eq!(asked(&engine), 1);
    engine.download_with(DownloadOptions { verify: true, ..DownloadOptions::default() }, engine.list()).ok();
    assert_eq!(asked(&engine), 1);
    assert!(runs(3).iter().all(|bytes| kept(&engine).contains(bytes)));
}

#[test]
fn an_export_stands_in_until_the_original_comes_and_never_replaces_one() {
    let engine = engine(2);
    let export =
        || Effect::Gives(Download::Converted { bytes: TCX.to_vec(), why: "busy".into(), retry_original: true });
    engine.at("service").fault(Call::Download, export());
    all(&engine).ok();
    assert!(kept(&engine).contains(&TCX.to_vec()));
    asked(&engine);
    all(&engine).ok();
    assert_eq!(asked(&engine), 0, "not before a day has passed");
    engine.later(SignedDuration::from_hours(25));
    all(&engine).ok();
    assert_eq!(asked(&engine), 1);
    assert!(runs(2).iter().all(|bytes| kept(&engine).contains(bytes)));
    // What is there stays, whatever is given in its place later.
    engine.at("service").faults(2, Call::Download, &export());
    engine.next_run();
    all(&engine).ok();
    assert_eq!(asked(&engine), 0);
    let list = engine.list();
    assert!(list.iter().all(|record| matches!(record, garminsync::record::Record::Activity(one)
        if one.file.as_ref().is_some_and(|file| file.origin.as_deref() == Some("original")))));
}

#[test]
fn an_activity_without_a_file_is_remembered_and_not_asked_for_again() {
    let engine = engine(2);
    engine.at("service").fault(Call::Download, Effect::Gives(Download::None { why: "entered by hand".into() }));
    let ran = all(&engine).ok();
    assert_eq!(ran.activities().iter().filter(|one| one.no_original).count(), 1);
    asked(&engine);
    engine.later(SignedDuration::from_hours(24 * 30));
    all(&engine).ok();
    assert_eq!((asked(&engine), kept(&engine).len()), (0, 1));
}

#[test]
fn three_troubles_in_a_row_and_the_rest_is_left_for_the_next_run() {
    let engine = engine(6);
    engine.at("service").faults(9, Call::Download, &Effect::Fails(busy));
    all(&engine).ends(Exit::TempFail);
    engine.at("service").clear_faults();
    assert!(asked(&engine) < 6 && kept(&engine).is_empty());
    engine.next_run();
    all(&engine).ok();
    assert_eq!(kept(&engine), runs(6));
}

#[test]
fn what_fails_is_said_with_its_exit_and_costs_the_others_nothing() {
    let gone: fn() -> Error = || Error::NotFound("no such activity".into());
    type Failure = (fn() -> Error, Exit, usize);
    let failures: [Failure; 6] = [
        (busy, Exit::TempFail, 3),
        (down, Exit::TempFail, 0),
        (logged_out, Exit::LoginRequired, 0),
        (unexpected, Exit::Partial, 3),
        (rejected, Exit::Partial, 3),
        (gone, Exit::Partial, 3),
    ];
    for (error, exit, others) in failures {
        let engine = engine(4);
        engine.at("service").fault(Call::Download, Effect::Fails(error));
        let ran = all(&engine).ends(exit);
        let with_problem = ran.records.iter().filter(|record| record.problem().is_some()).count();
        assert_eq!((kept(&engine).len(), with_problem), (others, 4 - others), "{}", ran.told());
        engine.next_run();
        all(&engine).ok();
        assert_eq!(kept(&engine), runs(4));
    }
}

#[test]
fn a_day_on_which_no_file_is_given_makes_no_file_unavailable() {
    let engine = engine(8);
    for _ in 0..5 {
        engine.at("service").faults(40, Call::Download, &Effect::Fails(rejected));
        all(&engine);
        engine.at("service").clear_faults();
        engine.later(SignedDuration::from_hours(1));
    }
    all(&engine);
    engine.later(SignedDuration::from_hours(24 * 8));
    all(&engine).ok();
    assert_eq!(kept(&engine), runs(8));
}

#[test]
fn a_killed_download_goes_on_where_it_was() {
    for after in 0..4 {
        let engine = engine(4);
        engine.at("service").fault_after(after, Call::Download, Effect::Killed);
        let ran = all(&engine).killed();
        assert_eq!((ran.records.len(), kept(&engine).len()), (after, after));
        engine.next_run();
        asked(&engine);
        all(&engine).ok();
        assert_eq!((asked(&engine), kept(&engine)), (4 - after, runs(4)));
    }
}

#[test]
fn files_of_an_archive_whose_catalogue_got_lost_are_not_fetched_again() {
    let engine = engine(4);
    all(&engine).ok();
    engine.lose_catalogue();
    engine.next_run();
    engine.fetch().ok();
    asked(&engine);
    all(&engine).ok();
    assert_eq!((asked(&engine), kept(&engine)), (0, runs(4)));
}

#[test]
fn nothing_is_fetched_from_another_account() {
    let engine = engine(2);
    engine.at("service").fault(Call::Identify, Effect::Stranger);
    all(&engine).ends(Exit::Config);
    assert_eq!((asked(&engine), kept(&engine).len()), (0, 0));
}

#[test]
fn a_dry_run_asks_nothing_and_writes_nothing() {
    let mut engine = engine(3);
    engine.dry_run = true;
    let ran = all(&engine).ok();
    assert_eq!(ran.told().matches(": would download").count(), 3);
    assert_eq!((asked(&engine), kept(&engine).len(), engine.files("service", "115001").len()), (0, 0, 0));
}
