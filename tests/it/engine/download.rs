//! Downloads: which files are archived, which responses are rejected, and what never replaces an archived file.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::engine::{Engine, Ran, lines};
use crate::support::memory_platform::{Call, Effect, Manners, Memory, busy, down, logged_out, rejected, unexpected};
use crate::support::world::run;
use garminsync::activity::ActivityKey;
use garminsync::exit::Exit;
use garminsync::http::Pause;
use garminsync::platform::{Download, Error};
use garminsync::record::{Malformed, Record};
use garminsync::sync::{self, DownloadOptions, Progress, RecordSink, RecordStream, Task};
use jiff::SignedDuration;

const TCX: &[u8] = br#"<?xml version="1.0"?><TrainingCenterDatabase><Activities/></TrainingCenterDatabase>"#;

fn engine(days: i64) -> Engine {
    let engine = Engine::of([("service", Manners::strict())]);
    (0..days).for_each(|day| drop(engine.at("service").put(&run(day).encode())));
    engine.fetch().ok();
    engine
}

/// The number of download requests since the last call.
fn take_requests(engine: &Engine) -> usize {
    engine.at("service").take_calls(Call::Download)
}

fn download_all(engine: &Engine) -> Ran {
    engine.download(engine.list())
}

/// The bytes of all files in the archive, sorted.
fn archived(engine: &Engine) -> Vec<Vec<u8>> {
    let mut archived: Vec<Vec<u8>> = engine.archive().into_values().collect();
    archived.sort();
    archived
}

/// The bytes of the files of these days, sorted.
fn run_files(days: i64) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..days).map(|day| run(day).encode()).collect();
    all.sort();
    all
}

#[test]
fn each_file_is_requested_once_and_archived_byte_for_byte() {
    let engine = engine(4);
    let ran = download_all(&engine).ok();
    assert!(ran.activities().iter().all(|one| one.downloaded == Some(true) && one.file.is_some()));
    assert_eq!((take_requests(&engine), archived(&engine)), (4, run_files(4)));
    download_all(&engine).ok();
    engine.next_run();
    engine.download_with(DownloadOptions { verify: true, ..DownloadOptions::default() }, engine.list()).ok();
    assert_eq!(take_requests(&engine), 0);
}

#[test]
fn a_corrupt_response_is_not_archived_and_is_requested_again() {
    let broken = [
        Download::Original(run(0).encode()[..300].to_vec()),
        Download::Original(b"<html>sign in</html>".to_vec()),
        Download::Original(Vec::new()),
    ];
    for body in broken {
        let engine = engine(3);
        engine.at("service").fault(Call::Download, Effect::Gives(body.clone()));
        let ran = download_all(&engine).ends(Exit::Partial);
        assert_eq!((archived(&engine).len(), ran.records.len()), (2, 3), "{body:?}: {}", ran.told());
        engine.next_run();
        download_all(&engine).ok();
        assert_eq!(archived(&engine), run_files(3));
    }
}

#[test]
fn a_corrupt_or_deleted_archive_file_is_downloaded_again() {
    let engine = engine(3);
    download_all(&engine).ok();
    let paths: Vec<_> = engine.archive().into_keys().collect();
    std::fs::remove_file(&paths[0]).unwrap();
    // The length is the same: only a verification finds it.
    let mut bytes = std::fs::read(&paths[1]).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&paths[1], bytes).unwrap();
    engine.next_run();
    take_requests(&engine);
    download_all(&engine).ok();
    assert_eq!(take_requests(&engine), 1);
    engine.download_with(DownloadOptions { verify: true, ..DownloadOptions::default() }, engine.list()).ok();
    assert_eq!(take_requests(&engine), 1);
    assert!(run_files(3).iter().all(|bytes| archived(&engine).contains(bytes)));
}

#[test]
fn an_original_replaces_a_converted_file_but_not_vice_versa() {
    let engine = engine(2);
    let export =
        || Effect::Gives(Download::Converted { bytes: TCX.to_vec(), why: "busy".into(), retry_original: true });
    engine.at("service").fault(Call::Download, export());
    download_all(&engine).ok();
    assert!(archived(&engine).contains(&TCX.to_vec()));
    take_requests(&engine);
    download_all(&engine).ok();
    assert_eq!(take_requests(&engine), 0, "the original is requested again only after a day");
    engine.later(SignedDuration::from_hours(25));
    download_all(&engine).ok();
    assert_eq!(take_requests(&engine), 1);
    assert!(run_files(2).iter().all(|bytes| archived(&engine).contains(bytes)));
    // The originals stay, even if the platform provides only converted files later.
    engine.at("service").faults(2, Call::Download, &export());
    engine.next_run();
    download_all(&engine).ok();
    assert_eq!(take_requests(&engine), 0);
    let list = engine.list();
    assert!(list.iter().all(|record| matches!(record, garminsync::record::Record::Activity(one)
        if one.file.as_ref().is_some_and(|file| file.origin.as_deref() == Some("original")))));
}

#[test]
fn an_activity_without_a_file_is_requested_only_once() {
    let engine = engine(2);
    engine.at("service").fault(Call::Download, Effect::Gives(Download::None { why: "entered by hand".into() }));
    let ran = download_all(&engine).ok();
    assert_eq!(ran.activities().iter().filter(|one| one.no_original).count(), 1);
    take_requests(&engine);
    engine.later(SignedDuration::from_hours(24 * 30));
    download_all(&engine).ok();
    assert_eq!((take_requests(&engine), archived(&engine).len()), (0, 1));
}

#[test]
fn repeated_failures_suspend_the_platform_until_the_next_run() {
    let engine = engine(6);
    engine.at("service").faults(9, Call::Download, &Effect::Fails(busy));
    download_all(&engine).ends(Exit::TempFail);
    engine.at("service").clear_faults();
    assert!(take_requests(&engine) < 6 && archived(&engine).is_empty());
    engine.next_run();
    download_all(&engine).ok();
    assert_eq!(archived(&engine), run_files(6));
}

#[test]
fn each_failure_has_its_exit_code_and_is_retried_next_run() {
    let not_found: fn() -> Error = || Error::NotFound("no such activity".into());
    type Failure = (fn() -> Error, Exit, usize);
    let failures: [Failure; 6] = [
        (busy, Exit::TempFail, 3),
        (down, Exit::TempFail, 0),
        (logged_out, Exit::LoginRequired, 0),
        (unexpected, Exit::Partial, 3),
        (rejected, Exit::Partial, 3),
        (not_found, Exit::Partial, 3),
    ];
    for (error, exit, others) in failures {
        let engine = engine(4);
        engine.at("service").fault(Call::Download, Effect::Fails(error));
        let ran = download_all(&engine).ends(exit);
        let with_problem = ran.records.iter().filter(|record| record.problem().is_some()).count();
        assert_eq!((archived(&engine).len(), with_problem), (others, 4 - others), "{}", ran.told());
        engine.next_run();
        download_all(&engine).ok();
        assert_eq!(archived(&engine), run_files(4));
    }
}

#[test]
fn all_files_are_downloaded_after_an_outage_of_several_runs() {
    let engine = engine(8);
    for _ in 0..5 {
        engine.at("service").faults(40, Call::Download, &Effect::Fails(rejected));
        download_all(&engine);
        engine.at("service").clear_faults();
        engine.later(SignedDuration::from_hours(1));
    }
    download_all(&engine);
    engine.later(SignedDuration::from_hours(24 * 8));
    download_all(&engine).ok();
    assert_eq!(archived(&engine), run_files(8));
}

#[test]
fn a_killed_download_resumes_with_the_missing_files() {
    for after in 0..4 {
        let engine = engine(4);
        engine.at("service").fault_after(after, Call::Download, Effect::Killed);
        let ran = download_all(&engine).killed();
        assert_eq!((ran.records.len(), archived(&engine).len()), (after, after));
        engine.next_run();
        take_requests(&engine);
        download_all(&engine).ok();
        assert_eq!((take_requests(&engine), archived(&engine)), (4 - after, run_files(4)));
    }
}

#[test]
fn archived_files_are_not_downloaded_again_without_a_catalogue() {
    let engine = engine(4);
    download_all(&engine).ok();
    engine.lose_catalogue();
    engine.next_run();
    engine.fetch().ok();
    take_requests(&engine);
    download_all(&engine).ok();
    assert_eq!((take_requests(&engine), archived(&engine)), (0, run_files(4)));
}

#[test]
fn nothing_is_downloaded_from_another_account() {
    let engine = engine(2);
    engine.at("service").fault(Call::Identify, Effect::Stranger);
    download_all(&engine).ends(Exit::Config);
    assert_eq!((take_requests(&engine), archived(&engine).len()), (0, 0));
}

#[test]
fn a_dry_run_downloads_nothing_and_writes_nothing() {
    let mut engine = engine(3);
    engine.dry_run = true;
    let ran = download_all(&engine).ok();
    assert_eq!(ran.told().matches(": would download").count(), 3);
    assert_eq!((take_requests(&engine), archived(&engine).len(), engine.files("service", "115001").len()), (0, 0, 0));
}

const SERVICES: [&str; 3] = ["alpha", "beta", "gamma"];

/// Three services with this many runs each, all listed.
fn three(days: i64) -> Engine {
    several(&SERVICES, days)
}

/// Services with this many runs each, all listed. The list alternates between the services.
fn several(ids: &[&'static str], days: i64) -> Engine {
    let engine = Engine::of(ids.iter().map(|id| (*id, Manners::strict())));
    for (number, memory) in (0..).zip(&engine.platforms) {
        (0..days).for_each(|day| drop(memory.put(&run(ids.len() as i64 * day + number).encode())));
    }
    engine.fetch().ok();
    engine
}

/// Downloads the records of an input that the test controls.
fn download_of(engine: &Engine, records: RecordStream, progress: &Progress) -> Ran {
    engine
        .run("gs-download", |worker, sink| sync::download(worker, DownloadOptions::default(), records, progress, sink))
}

fn keys(records: &[Record]) -> Vec<ActivityKey> {
    let key = |record: &Record| match record {
        Record::Activity(one) => one.activity.key(),
        other => panic!("{other:?}"),
    };
    records.iter().map(key).collect()
}

#[test]
fn a_slow_platform_does_not_delay_the_downloads_of_the_others() {
    let engine = three(4);
    // The first download of a platform ends only after the others have given all their files.
    let others: Vec<Memory> = SERVICES[1..].iter().map(|id| engine.at(id).clone()).collect();
    let are_done = Arc::new(AtomicBool::new(false));
    let noted = are_done.clone();
    let wait = move |_: &Memory| {
        let (end, mut given) = (Instant::now() + Duration::from_secs(60), 0);
        while given < 8 && Instant::now() < end {
            given += others.iter().map(|memory| memory.take_calls(Call::Download)).sum::<usize>();
            std::thread::sleep(Duration::from_millis(5));
        }
        noted.store(given == 8, Ordering::Relaxed);
    };
    engine.at("alpha").fault(Call::Download, Effect::Meanwhile(Arc::new(wait)));
    let records = engine.list();
    let before = keys(&records);
    let ran = engine.download(records).ok();
    assert!(are_done.load(Ordering::Relaxed));
    assert_eq!(keys(&ran.records), before, "the order of the input");
    assert!(ran.activities().iter().all(|one| one.file.is_some()));
    assert_eq!(archived(&engine).len(), 12);
}

#[test]
fn a_disk_that_cannot_be_written_ends_the_downloads_of_all_platforms_with_one_message() {
    let engine = three(4);
    std::fs::write(engine.data().join("fit"), "in the way").unwrap();
    let records = engine.list();
    let before = keys(&records);
    let ran = engine.download(records);
    assert_ne!(ran.exit, Some(Exit::Ok));
    assert_eq!(keys(&ran.records), before);
    assert!(ran.activities().iter().all(|one| one.problem.as_ref().unwrap().kind.name() == "storage"));
    assert_eq!(ran.told().matches("remaining downloads skipped").count(), 1, "{}", ran.told());
    let asked: usize = engine.platforms.iter().map(|memory| memory.take_calls(Call::Download)).sum();
    assert!(asked <= SERVICES.len(), "{asked}");
}

#[test]
fn a_platform_that_is_down_does_not_end_the_downloads_of_the_others() {
    let engine = three(4);
    engine.at("beta").faults(9, Call::Download, &Effect::Fails(down));
    let ran = download_all(&engine).ends(Exit::TempFail);
    let failed = ran.activities().into_iter().filter(|one| one.problem.is_some());
    assert!(failed.clone().all(|one| one.activity.platform == "beta") && failed.count() == 4, "{}", ran.told());
    assert_eq!((archived(&engine).len(), engine.at("beta").take_calls(Call::Download)), (8, 1));
}

#[test]
fn a_kill_during_the_download_of_one_platform_loses_no_file_of_another() {
    let engine = three(4);
    engine.at("beta").fault_after(1, Call::Download, Effect::Killed);
    download_all(&engine).killed();
    engine.next_run();
    download_all(&engine).ok();
    assert_eq!(archived(&engine).len(), 12);
    let asked: Vec<usize> = engine.platforms.iter().map(|memory| memory.take_calls(Call::Download)).collect();
    assert_eq!(asked, [4, 5, 4], "no file was requested again but the one of the kill");
}

#[test]
fn an_invalid_record_ends_the_downloads_of_all_platforms_after_those_before_it() {
    let engine = three(2);
    let list = engine.list();
    // The input is read to its end before the first file is there.
    let slow = Effect::Meanwhile(Arc::new(|_: &Memory| std::thread::sleep(Duration::from_millis(200))));
    engine.at(keys(&list)[0].platform.as_str()).fault(Call::Download, slow);
    let (before, after) = list.split_at(3);
    let invalid = Malformed::Line { line: 4, why: "not JSON".into() };
    let records = lines(before.to_vec()).chain([Err(invalid)]).chain(lines(after.to_vec()));
    let ran = download_of(&engine, Box::new(records), &Progress::hidden()).ends(Exit::BadInput);
    assert!(ran.told().contains("line 4"), "{}", ran.told());
    assert_eq!(keys(&ran.records), keys(before));
    let requested: Vec<usize> = engine.platforms.iter().map(|memory| memory.take_calls(Call::Download)).collect();
    assert_eq!((requested, archived(&engine).len()), (vec![1; 3], 3));
}

#[test]
fn the_platforms_beyond_the_eighth_share_the_threads_of_the_others() {
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let engine = several(&ids, 2);
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = threads.clone();
    let note = Effect::Meanwhile(Arc::new(move |_: &Memory| {
        noted.lock().unwrap().insert(format!("{:?}", std::thread::current().id()));
    }));
    for memory in &engine.platforms {
        memory.faults(2, Call::Download, &note);
    }
    let records = engine.list();
    let before = keys(&records);
    let ran = engine.download(records).ok();
    assert_eq!((keys(&ran.records), archived(&engine).len()), (before, 20));
    assert_eq!(threads.lock().unwrap().len(), 8);
}

#[test]
fn many_records_keep_their_order_and_ten_thousand_are_read_ahead() {
    let engine = three(2);
    let list = engine.list();
    let (read, read_ahead) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, noted) = (read.clone(), read_ahead.clone());
    // The first record is done only after no more are read.
    let wait = move |_: &Memory| {
        let end = Instant::now() + Duration::from_secs(60);
        while counted.load(Ordering::Relaxed) < 10_000 && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100));
        noted.store(counted.load(Ordering::Relaxed), Ordering::Relaxed);
    };
    engine.at(keys(&list)[0].platform.as_str()).fault(Call::Download, Effect::Meanwhile(Arc::new(wait)));
    let note = |number: usize| Record::Other(format!(r#"{{"type":"note","number":{number}}}"#).into_bytes());
    let record = |number: usize| if number.is_multiple_of(100) { list[number / 100 % 6].clone() } else { note(number) };
    let given: Vec<Record> = (0..12_000).map(record).collect();
    let records = lines(given.clone()).inspect(move |_| {
        read.fetch_add(1, Ordering::Relaxed);
    });
    let ran = download_of(&engine, Box::new(records), &Progress::hidden()).ok();
    assert_eq!(read_ahead.load(Ordering::Relaxed), 10_000);
    assert_eq!((ran.records.len(), archived(&engine).len()), (12_000, 6));
    let is_same = |(passed, given): (&Record, &Record)| match (passed, given) {
        (Record::Activity(passed), Record::Activity(given)) => {
            passed.activity.key() == given.activity.key() && passed.file.is_some()
        }
        (passed, given) => passed == given,
    };
    assert_eq!(ran.records.iter().zip(&given).position(|pair| !is_same(pair)), None);
}

/// Panics without a message on stderr.
fn bug() -> ! {
    resume_unwind(Box::new("a bug"))
}

/// An output with a bug.
struct Broken;

impl RecordSink for Broken {
    fn record(&mut self, _: &Record) -> sync::Result<bool> {
        bug()
    }

    fn is_closed(&self) -> bool {
        false
    }
}

/// A display of the steps of each thread.
#[derive(Clone, Default)]
struct Display {
    steps: Arc<Mutex<Vec<Vec<String>>>>,
    thread: usize,
    has_bug: bool,
}

impl Task for Display {
    fn add(&self, _: u64) {}
    fn expect_more(&self, _: u64) {}
    fn expect_no_more(&self) {}
    fn needs_input(&self, _: bool) {}
    fn step(&self, text: &str) {
        self.steps.lock().unwrap()[self.thread].push(text.to_owned());
    }
    fn wait(&self, _: &str, _: Duration) {}
    fn pause(&self, _: Pause<'_>, _: Duration) {}
    fn thread(&self) -> Progress {
        if self.has_bug {
            bug();
        }
        let mut steps = self.steps.lock().unwrap();
        steps.push(Vec::new());
        Progress::of(Arc::new(Display { thread: steps.len() - 1, ..self.clone() }))
    }
    fn finish(&self) {}
}

#[test]
fn a_platform_whose_files_are_archived_shows_no_step() {
    let (engine, display) = (three(2), Display::default());
    let records = lines(engine.list());
    download_of(&engine, Box::new(records), &Progress::of(Arc::new(display.clone()))).ok();
    let steps = display.steps.lock().unwrap();
    assert_eq!(steps.len(), SERVICES.len());
    let is_cleared = |steps: &Vec<String>| steps.len() > 1 && steps.ends_with(&[String::new()]);
    assert!(steps.iter().all(is_cleared), "{steps:?}");
}

/// Expects that a download ends with the panic of the input, of the progress or of the output.
#[track_caller]
fn expect_panic(engine: Engine, records: RecordStream, progress: Progress, mut output: Box<dyn RecordSink + Send>) {
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        let options = DownloadOptions::default();
        let download =
            || engine.run("gs-download", |worker, _| sync::download(worker, options, records, &progress, &mut *output));
        let panic = catch_unwind(AssertUnwindSafe(download)).err();
        sender.send(panic.and_then(|panic| panic.downcast_ref::<&str>().copied()))
    });
    let panic = ended.recv_timeout(Duration::from_secs(60)).expect("the download does not end");
    assert_eq!(panic, Some("a bug"));
}

#[test]
fn a_panic_while_the_input_is_read_ends_the_download() {
    let engine = three(2);
    let records = lines(engine.list()).chain(std::iter::from_fn(|| bug()));
    expect_panic(engine, Box::new(records), Progress::hidden(), Box::new(Vec::new()));
}

#[test]
fn a_panic_before_the_first_record_of_a_platform_ends_the_download() {
    let (engine, display) = (three(2), Display { has_bug: true, ..Display::default() });
    let records = lines(engine.list());
    expect_panic(engine, Box::new(records), Progress::of(Arc::new(display)), Box::new(Vec::new()));
}

#[test]
fn a_panic_of_the_output_ends_the_downloads_of_all_platforms() {
    let engine = three(40);
    let platforms = engine.platforms.clone();
    // After its first file, each platform is slower than the panic of the output.
    let slow = Effect::Meanwhile(Arc::new(|_: &Memory| std::thread::sleep(Duration::from_millis(300))));
    for memory in &platforms {
        memory.fault_after(1, Call::Download, slow.clone());
        memory.forget_calls();
    }
    let records = lines(engine.list());
    expect_panic(engine, Box::new(records), Progress::hidden(), Box::new(Broken));
    let requested: usize = platforms.iter().map(|memory| memory.take_calls(Call::Download)).sum();
    assert!(requested < 60, "{requested} of 120 files");
}
