//! The engine on services in memory: each operation as a command calls it, in one process, with a clock that the test
//! sets.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use garminsync::activity::ActivityKeyRef;
use garminsync::archive::Archive;
use garminsync::catalogue::{Catalogue, Query};
use garminsync::clock::Clock;
use garminsync::exit::Exit;
use garminsync::matching::Rule;
use garminsync::plan::diff::Overrides;
use garminsync::platform::{PlatformSelection, Platforms};
use garminsync::reason::Reason;
use garminsync::record::{ActivityRecord, Malformed, Numbered, Reader, Record, TransferRecord};
use garminsync::settings::Settings;
use garminsync::sync::{
    self, ActivityFilter, CatalogueInput, Collector, DedupeOptions, DeleteOptions, DiffOptions, DownloadOptions,
    Failure, FetchOptions, Input, Level, Log, Progress, SharedHttp, UploadOptions, Worker, Workspace, record_of,
};
use jiff::{SignedDuration, Timestamp};

use super::memory_platform::{Killed, Manners, Memory};
use super::world::start;

/// The records as lines.
fn bytes(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    records.iter().for_each(|record| record.write(&mut bytes).unwrap());
    bytes
}

/// A data folder, its services, and their clock.
pub struct Engine {
    dir: tempfile::TempDir,
    pub clock: Clock,
    pub platforms: Vec<Memory>,
    settings: BTreeMap<String, String>,
    run: AtomicU32,
    pub dry_run: bool,
    /// Keeps the catalogue open. Otherwise each command that closes it would make a checkpoint, which takes most of the
    /// time.
    open: Mutex<Option<Catalogue>>,
}

/// The result of an operation.
pub struct Ran {
    pub records: Vec<Record>,
    /// `None`: the operation was killed.
    pub exit: Option<Exit>,
    pub messages: Vec<(Level, String)>,
    pub counts: String,
}

impl Engine {
    /// Empty services with these names and manners, with a login.
    pub fn of(platforms: impl IntoIterator<Item = (&'static str, Manners)>) -> Engine {
        let clock = Clock::at(Timestamp::from_second(start(40)).unwrap());
        let platforms: Vec<Memory> =
            platforms.into_iter().map(|(id, manners)| Memory::new(id, manners, clock.clone())).collect();
        platforms.iter().for_each(|memory| memory.set_logged_in(true));
        let names: Vec<&str> = platforms.iter().map(Memory::id).collect();
        let pairs = [
            ("SYNC_PLATFORM", names.join(",")),
            ("GS_LOOPBACK", "http://127.0.0.1:9".to_owned()),
            ("GS_REQUEST_INTERVAL", "0".to_owned()),
        ];
        let settings = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        // The engine syncs its files to the disk; in memory that takes no time.
        let shm = Path::new("/dev/shm");
        let dir = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap();
        Engine { dir, clock, platforms, settings, run: AtomicU32::new(0), dry_run: false, open: Mutex::new(None) }
    }

    /// A service that rejects duplicates, and one that does not.
    pub fn two() -> Engine {
        Engine::of([("strict", Manners::strict()), ("lax", Manners::lax())])
    }

    /// The service with this name.
    pub fn at(&self, id: &str) -> &Memory {
        self.platforms.iter().find(|memory| memory.id() == id).unwrap()
    }

    pub fn data(&self) -> &Path {
        self.dir.path()
    }

    /// Starts another run.
    pub fn next_run(&self) {
        self.run.fetch_add(1, Ordering::Relaxed);
    }

    /// Advances the clock by `time` and starts another run.
    pub fn later(&self, time: SignedDuration) {
        self.clock.advance(time);
        self.next_run();
    }

    pub fn catalogue(&self) -> Catalogue {
        Catalogue::open(&self.dir.path().join("catalogue.sqlite"), Duration::from_secs(5)).unwrap()
    }

    fn table(&self) -> Platforms {
        Platforms::new(self.platforms.iter().map(Memory::spec))
    }

    fn worker(&self, command: &'static str, selection: PlatformSelection, observer: &Arc<Collector>) -> Worker {
        let data_dir = self.dir.path().to_owned();
        let catalogue_path = data_dir.join("catalogue.sqlite");
        let pairs = self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let workspace = Workspace {
            command,
            run_id: format!("run-{}", self.run.load(Ordering::Relaxed)),
            named_data_dir: data_dir.clone(),
            is_scratch: false,
            named_catalogue: catalogue_path.clone(),
            catalogue_path,
            settings: Settings::from_pairs(pairs),
            archive: Archive::new(&data_dir),
            data_dir,
            platforms: self.table(),
            selection,
            dry_run: self.dry_run,
            lock_timeout: Duration::from_secs(5),
            stop: Arc::new(AtomicBool::new(false)),
            clock: self.clock.clone(),
            observer: observer.clone(),
            log: Log::default(),
            shared_http: SharedHttp::default(),
        };
        self.open.lock().unwrap().get_or_insert_with(|| self.catalogue());
        Worker::new(Arc::new(workspace), self.catalogue())
    }

    /// Deletes the catalogue.
    pub fn lose_catalogue(&self) {
        self.open.lock().unwrap().take();
        for name in ["catalogue.sqlite", "catalogue.sqlite-wal", "catalogue.sqlite-shm"] {
            let _ = std::fs::remove_file(self.data().join(name));
        }
    }

    /// Runs an operation with its own worker, as a command does.
    pub fn run(
        &self,
        command: &'static str,
        work: impl FnOnce(&mut Worker, &mut Vec<Record>) -> sync::Result<()>,
    ) -> Ran {
        self.run_for(PlatformSelection::All, command, work)
    }

    fn run_for(
        &self,
        selection: PlatformSelection,
        command: &'static str,
        work: impl FnOnce(&mut Worker, &mut Vec<Record>) -> sync::Result<()>,
    ) -> Ran {
        let observer = Arc::new(Collector::default());
        let mut worker = self.worker(command, selection, &observer);
        let mut records = Vec::new();
        let ended = catch_unwind(AssertUnwindSafe(|| work(&mut worker, &mut records)));
        // Every service is asked, because asking resets the answer.
        let killers = self.platforms.iter().filter(|memory| memory.was_killed()).count();
        let was_killed = killers > 0;
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => worker.fail(&failure),
            Err(panic) if panic.is::<Killed>() => {}
            Err(panic) => resume_unwind(panic),
        }
        let exit = (!was_killed).then(|| worker.worst());
        Ran { records, exit, messages: observer.messages(), counts: worker.log.counts() }
    }

    pub fn fetch_with(&self, options: &FetchOptions) -> Ran {
        let mut ran = self.run("gs-fetch", |worker, sink| sync::fetch(worker, options, sink));
        // The command outputs the known activities only after all are listed.
        if ran.exit.is_none() {
            ran.records.clear();
        }
        ran
    }

    /// Lists all platforms to their end.
    pub fn fetch(&self) -> Ran {
        self.fetch_with(&FetchOptions { full: true, ..FetchOptions::default() })
    }

    /// The records of the activities that exist according to the catalogue.
    pub fn list(&self) -> Vec<Record> {
        self.list_of(&Query { missing: Some(false), ..Query::default() })
    }

    pub fn list_of(&self, query: &Query) -> Vec<Record> {
        let take = |worker: &mut Worker, sink: &mut Vec<Record>| {
            let archive = worker.archive.clone();
            worker.catalogue.entries(query, |entry| {
                sink.push(Record::from(record_of(entry, &archive, worker.now())));
                Ok::<_, Failure>(())
            })
        };
        self.run("gs-list", take).records
    }

    pub fn diff_with(&self, options: &DiffOptions, records: Vec<Record>) -> Ran {
        let input = bytes(&records);
        let hidden = Progress::hidden();
        self.run("gs-diff", |worker, sink| {
            sync::diff(worker, options, Input::Records(Reader::new(&input[..])), &hidden, sink)
        })
    }

    /// Plans with the activities of these platforms in the catalogue.
    pub fn diff_catalogue(&self, options: &DiffOptions, input: &CatalogueInput) -> Ran {
        let (input, hidden) = (Input::<&[u8]>::Catalogue(input.clone()), Progress::hidden());
        self.run("gs-diff", |worker, sink| sync::diff(worker, options, input, &hidden, sink))
    }

    /// Compares the activities of these platforms in the catalogue.
    pub fn dedupe_catalogue(&self, options: &DedupeOptions, input: &CatalogueInput) -> Ran {
        let (input, hidden) = (Input::<&[u8]>::Catalogue(input.clone()), Progress::hidden());
        self.run("gs-dedupe", |worker, sink| sync::dedupe(worker, options, input, &hidden, sink))
    }

    /// The platforms of these activities, as an input from the catalogue.
    pub fn catalogue_input(&self, listed: &[Record]) -> CatalogueInput {
        let platform = |record: &Record| match record {
            Record::Activity(record) => Some(record.activity.platform.to_string()),
            _ => None,
        };
        let mut named: Vec<String> = listed.iter().filter_map(platform).collect();
        named.dedup();
        CatalogueInput { platforms: named.iter().filter_map(|name| self.table().find(name)).collect(), newest: None }
    }

    pub fn diff(&self, records: Vec<Record>) -> Ran {
        self.diff_with(&diff_options(), records)
    }

    pub fn download_with(&self, options: DownloadOptions, records: Vec<Record>) -> Ran {
        self.run("gs-download", |worker, sink| {
            sync::download(worker, options, Box::new(lines(records)), &Progress::hidden(), sink)
        })
    }

    pub fn download(&self, records: Vec<Record>) -> Ran {
        self.download_with(DownloadOptions::default(), records)
    }

    pub fn upload_with(&self, options: &UploadOptions, records: Vec<Record>) -> Ran {
        self.run("gs-upload", |worker, sink| {
            sync::upload(worker, options, &mut lines(records), &Progress::hidden(), sink)
        })
    }

    pub fn upload(&self, records: Vec<Record>) -> Ran {
        self.upload_with(&UploadOptions::default(), records)
    }

    pub fn dedupe(&self, only_duplicates: bool, records: Vec<Record>) -> Ran {
        self.dedupe_with(&DedupeOptions { only_duplicates, ..DedupeOptions::default() }, records)
    }

    pub fn dedupe_with(&self, options: &DedupeOptions, records: Vec<Record>) -> Ran {
        let input = bytes(&records);
        let hidden = Progress::hidden();
        self.run("gs-dedupe", |worker, sink| {
            sync::dedupe(worker, options, Input::Records(Reader::new(&input[..])), &hidden, sink)
        })
    }

    pub fn delete_with(&self, options: DeleteOptions, records: Vec<Record>) -> Ran {
        self.run("gs-delete", |worker, sink| {
            sync::delete(worker, options, &mut lines(records), &Progress::hidden(), sink)
        })
    }

    pub fn delete(&self, records: Vec<Record>) -> Ran {
        self.delete_with(DeleteOptions { yes: true, max_delete: None }, records)
    }

    pub fn import(&self, paths: &[PathBuf], platform: &str) -> Ran {
        // As `--platform` does.
        let spec = self.table().require(platform).unwrap();
        let named = PlatformSelection::Only(vec![spec]);
        let take = |worker: &mut Worker, sink: &mut Vec<Record>| sync::import(worker, paths, &Progress::hidden(), sink);
        self.run_for(named, "gs-import", take)
    }

    /// `gs-fetch | gs-diff | gs-download | gs-upload`; returns the result of the last command.
    pub fn sync(&self) -> Ran {
        let plan = self.diff(self.fetch().records);
        self.upload(self.download(plan.records).records)
    }

    /// The duplicates, marked with both files in the archive.
    pub fn duplicates(&self) -> Vec<Record> {
        let marked = self.dedupe(true, self.list()).records;
        if marked.is_empty() {
            return marked;
        }
        self.dedupe(false, self.download(marked).records).records
    }

    /// The outcomes of all uploads to a service in the journal, in their order, separated by spaces; `open` if an
    /// outcome is not known yet.
    pub fn journal(&self, to: &str) -> String {
        let connection = rusqlite::Connection::open(self.data().join("catalogue.sqlite")).unwrap();
        let sql = "SELECT ifnull(outcome, 'open') FROM uploads WHERE to_platform = ?1 ORDER BY number";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([to], |row| row.get(0)).unwrap();
        rows.map(|row| row.unwrap()).collect::<Vec<String>>().join(" ")
    }

    /// The files of an activity in the catalogue.
    pub fn files(&self, platform: &str, id: &str) -> Vec<garminsync::catalogue::FileRow> {
        self.catalogue().files(ActivityKeyRef::new(platform, id)).unwrap()
    }

    /// The path and bytes of every file in the data folder, except the catalogue and locks.
    pub fn archive(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(dir: &Path, into: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, into),
                    false => drop(into.insert(path.clone(), std::fs::read(&path).unwrap())),
                }
            }
        }
        let mut all = BTreeMap::new();
        ["fit", "replaced"].iter().for_each(|name| walk(&self.data().join(name), &mut all));
        all
    }
}

impl Ran {
    /// Expects that the operation succeeded.
    #[track_caller]
    pub fn ok(self) -> Ran {
        assert_eq!(self.exit, Some(Exit::Ok), "{}", self.told());
        self
    }

    /// Expects this exit.
    #[track_caller]
    pub fn ends(self, exit: Exit) -> Ran {
        assert_eq!(self.exit, Some(exit), "{}", self.told());
        self
    }

    /// Expects that the operation was killed.
    #[track_caller]
    pub fn killed(self) -> Ran {
        assert_eq!(self.exit, None, "{}", self.told());
        self
    }

    /// All messages, one a line.
    pub fn told(&self) -> String {
        self.messages.iter().map(|(level, text)| format!("{level:?}: {text}\n")).collect()
    }

    /// The transfers in its output.
    pub fn transfers(&self) -> Vec<&TransferRecord> {
        let records = self.records.iter();
        records
            .filter_map(|record| if let Record::Transfer(one) = record { Some(one.as_ref()) } else { None })
            .collect()
    }

    /// The activities in its output.
    pub fn activities(&self) -> Vec<&ActivityRecord> {
        let records = self.records.iter();
        records
            .filter_map(|record| if let Record::Activity(one) = record { Some(one.as_ref()) } else { None })
            .collect()
    }

    /// The outcome of each transfer: the kind of its problem if it has one, `-` if it has no outcome.
    pub fn outcomes(&self) -> Vec<String> {
        let outcome = |record: &&TransferRecord| match (&record.problem, &record.outcome) {
            (Some(problem), _) => format!("problem: {}", problem.kind.name()),
            (None, Some(outcome)) => outcome.kind.clone(),
            (None, None) => "-".to_owned(),
        };
        self.transfers().iter().map(outcome).collect()
    }

    /// Why it did not delete the duplicates that it kept.
    pub fn kept_because(&self) -> Vec<Reason> {
        let outcomes = self.activities().into_iter().filter_map(|record| record.outcome.as_ref());
        outcomes.flat_map(|outcome| outcome.reasons.iter().map(|reason| reason.reason())).collect()
    }
}

/// The options of `gs-diff` without flags.
pub fn diff_options() -> DiffOptions {
    DiffOptions {
        sources: PlatformSelection::All,
        targets: PlatformSelection::All,
        rule: Rule::Evidence,
        rematch: false,
        explain: false,
        overrides: Overrides::default(),
        filter: ActivityFilter::default(),
    }
}

/// Records as input, with their line numbers.
pub fn lines(records: Vec<Record>) -> impl Iterator<Item = Result<Numbered, Malformed>> {
    (1..).zip(records).map(Ok)
}
