//! Thousands of random worlds in one process: in-memory platforms with false responses and failures, people who delete
//! activities, watches that sync meanwhile, and killed operations.
//!
//! The invariants are those of `sync/random_worlds.rs`, which runs a few worlds with the real commands. Two more hold
//! here: a run without changes sends nothing, and each deletion leaves another activity with the same start, whose file
//! is archived.
//!
//! A failure names the seed of its world. `WORLD=17 cargo test --test it engine::random_worlds` runs only this world
//! and prints its events; `WORLDS=5000` sets the number of worlds.

#![allow(clippy::print_stdout, reason = "a test that prints its seeds")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex};

use crate::support::engine::{Engine, Ran, diff_options};
use crate::support::memory_platform::{
    Call, Effect, Manners, Memory, busy, down, logged_out, other_account, unexpected,
};
use crate::support::world::{nameless, run, start};
use crate::worlds;
use fastrand::Rng;
use garminsync::exit::Exit;
use garminsync::platform::{Download, UploadStatus};
use garminsync::record::Record;
use garminsync::sync::{CatalogueInput, DedupeOptions, DiffOptions, DownloadOptions, FetchOptions};
use jiff::SignedDuration;

/// The number of worlds, unless `WORLDS` sets another one.
const WORLDS: u64 = 1000;
const DAYS: i64 = 4;
/// The maximum number of runs with faults before the clean runs.
const FAULTY_RUNS: usize = 2;

/// The files of each day: as the watch wrote it, without the serial number of the watch, and rewritten by a converter.
static FILES: LazyLock<Vec<[Vec<u8>; 3]>> = LazyLock::new(|| {
    let of_day = |day| [run(day).encode(), nameless(&run(day)), run(day).builder().big_endian().build()];
    (0..=DAYS).map(of_day).collect()
});

/// A platform and a day.
type PlatformDay = (&'static str, i64);

struct Trial {
    seed: u64,
    rng: Rng,
    engine: Engine,
    /// The events of this world, which a failure prints.
    events: Arc<Mutex<String>>,
    /// The activities that a person has deleted.
    deleted: Arc<Mutex<BTreeSet<PlatformDay>>>,
    /// The duplicates that somebody else has added to a platform.
    duplicated: Arc<Mutex<BTreeSet<PlatformDay>>>,
    /// All platforms were listed once, so the data folder knows their accounts.
    is_listed: bool,
}

fn day_of(second: i64) -> i64 {
    (0..=DAYS).find(|day| (start(*day) - second).abs() < 3600).unwrap()
}

/// The ids of the activities that a platform has on a day.
fn ids_of(memory: &Memory, day: i64) -> Vec<String> {
    let held = memory.ids().into_iter().zip(memory.starts());
    held.filter(|(_, second)| day_of(*second) == day).map(|(id, _)| id).collect()
}

impl Trial {
    fn new(seed: u64) -> Trial {
        let mut rng = Rng::with_seed(seed);
        let mut manners = |base: Manners| Manners {
            polls: rng.choice([None, Some(0), Some(1)]).unwrap(),
            names_ids: rng.bool(),
            knows_bytes: rng.bool(),
            counts: rng.bool(),
            answers_by_id: rng.bool(),
            lists_after: SignedDuration::from_secs(rng.choice([0, 0, 20, 300]).unwrap()),
            page: rng.choice([2, 3, 20]).unwrap(),
            ..base
        };
        let mut services = vec![("strict", manners(Manners::strict())), ("lax", manners(Manners::lax()))];
        if seed.is_multiple_of(4) {
            services.push(("third", manners(Manners::strict())));
        }
        let mut trial = Trial {
            seed,
            rng,
            engine: Engine::of(services),
            events: Arc::default(),
            deleted: Arc::default(),
            duplicated: Arc::default(),
            is_listed: false,
        };
        trial.set_up();
        trial
    }

    fn set_up(&mut self) {
        let names = self.names();
        for day in 0..DAYS {
            let mut holders: Vec<&'static str> = names.iter().copied().filter(|_| self.rng.bool()).collect();
            if holders.is_empty() {
                holders.push(self.rng.choice(names.iter().copied()).unwrap());
            }
            for service in holders {
                self.put(service, day);
            }
        }
        // Some worlds begin with a duplicate that a converter has written.
        if self.rng.u8(..) < 100 {
            let service = self.rng.choice(names).unwrap();
            for file in [0, 2] {
                self.engine.at(service).put(&FILES[DAYS as usize][file]);
            }
            self.add_event(&format!("{service} has a duplicate of day {DAYS}"));
            self.duplicated.lock().unwrap().insert((service, DAYS));
        }
    }

    fn names(&self) -> Vec<&'static str> {
        self.engine.platforms.iter().map(Memory::id).collect()
    }

    fn add_event(&self, what: &str) {
        writeln!(self.events.lock().unwrap(), "  {what}").unwrap();
    }

    fn put(&mut self, service: &'static str, day: i64) {
        let file = self.rng.usize(..2);
        let id = self.engine.at(service).put(&FILES[day as usize][file]);
        self.add_event(&format!("{service} has day {day} as {id}{}", ["", ", by a converter"][file]));
    }

    /// The number of activities of each platform and day.
    fn held(&self) -> BTreeMap<PlatformDay, usize> {
        let mut held = BTreeMap::new();
        for memory in &self.engine.platforms {
            for day in memory.starts().into_iter().map(day_of) {
                *held.entry((memory.id(), day)).or_default() += 1;
            }
        }
        held
    }

    /// Adds one fault to a stage.
    fn fault(&mut self, stage: Stage) {
        let rng = &mut self.rng;
        let minutes = SignedDuration::from_mins;
        let service = rng.choice(self.engine.platforms.iter()).unwrap().clone();
        let after = rng.usize(0..3);
        let is_owned = self.is_listed;
        let list = match rng.u8(0..8) {
            0 => Effect::Shrunk(0),
            1 => Effect::Shrunk(rng.usize(1..4)),
            2 => Effect::Hides(service.ids().into_iter().filter(|_| rng.u8(..) < 60).collect()),
            3 => Effect::Unordered,
            4 => Effect::WithoutStarts,
            5 => Effect::BreaksOff(rng.usize(0..2), rng.choice([busy, down, logged_out, unexpected]).unwrap()),
            6 => Effect::Fails(rng.choice([busy, down, logged_out, unexpected, other_account]).unwrap()),
            _ => rng.choice([Effect::Killed, Effect::KilledAfter]).unwrap(),
        };
        let write = match rng.u8(0..6) {
            0 => Effect::AnswerLost(None),
            1 => Effect::AnswerLost(Some(minutes(rng.i64(0..8)))),
            2 => Effect::DoneAfter(minutes(rng.i64(0..300))),
            3 => Effect::Fails(rng.choice([busy, down, logged_out, unexpected]).unwrap()),
            4 => Effect::Killed,
            _ => Effect::KilledAfter,
        };
        let (call, effect) = match (stage, rng.u8(0..5)) {
            // The first account of a platform becomes the account of the data folder; only a later one is foreign.
            (_, 0) if is_owned => {
                (Call::Identify, rng.choice([Effect::Stranger, Effect::Fails(down), Effect::Killed]).unwrap())
            }
            (Stage::Download, _) => {
                let broken = FILES[0][0][..200].to_vec();
                let none = Effect::Gives(Download::Original(broken));
                (Call::Download, rng.choice([none, Effect::Fails(busy), Effect::Fails(down), Effect::Killed]).unwrap())
            }
            (Stage::Fetch, _) => (Call::List, list),
            (Stage::Upload | Stage::Delete, 1) => (Call::List, list),
            (Stage::Upload, 2) => {
                (Call::Status, rng.choice([Effect::Fails(busy), Effect::Fails(down), Effect::Killed]).unwrap())
            }
            (Stage::Upload, 3) => {
                let status = rng.choice([None, Some(UploadStatus::Pending("nobody's".into()))]).unwrap();
                (Call::Upload, Effect::Lie(status))
            }
            (Stage::Upload, _) => (Call::Upload, write),
            (Stage::Delete, 2) => (Call::Exists, Effect::Fails(rng.choice([busy, down, unexpected]).unwrap())),
            (Stage::Delete, 3) => (Call::Delete, Effect::Lie(None)),
            (Stage::Delete, _) => (Call::Delete, write),
        };
        self.add_event(&format!("{stage:?}: {}: {call:?} after {after}: {effect:?}", service.id()));
        service.fault_after(after, call, effect);
    }

    /// A person deletes or a watch uploads, before a stage or right before the response to one of its list requests.
    fn meanwhile(&mut self, stage: Stage) {
        let (service, day) = (self.rng.choice(self.names()).unwrap(), self.rng.i64(0..DAYS));
        let after = self.rng.usize(0..3);
        let (deleted, events) = (self.deleted.clone(), self.events.clone());
        let others: Vec<Memory> = self.engine.platforms.iter().filter(|one| one.id() != service).cloned().collect();
        let file = self.rng.usize(..2);
        let happens = move |memory: &Memory| {
            let event = match ids_of(memory, day).as_slice() {
                // An upload of a pending activity would create a duplicate.
                [] if memory.awaits(start(day)) => return,
                [] => format!("a watch uploads day {day} as {}", memory.put(&FILES[day as usize][file])),
                [id] if others.iter().any(|other| !ids_of(other, day).is_empty()) => {
                    memory.remove(id);
                    deleted.lock().unwrap().insert((memory.id(), day));
                    format!("a person deletes day {day}")
                }
                _ => return,
            };
            writeln!(events.lock().unwrap(), "  {stage:?}: on {}: {event}", memory.id()).unwrap();
        };
        match self.rng.bool() {
            true => happens(self.engine.at(service)),
            false => {
                self.engine.at(service).fault_after(after, Call::List, Effect::Meanwhile(Arc::new(happens)));
            }
        }
    }

    /// A person deletes or a watch uploads, between the runs.
    fn between(&mut self) {
        let names = self.names();
        for _ in 0..self.rng.u8(0..3) {
            let (service, day) = (self.rng.choice(names.iter().copied()).unwrap(), self.rng.i64(0..DAYS));
            let held = self.held();
            let is_elsewhere = names.iter().any(|other| *other != service && held.contains_key(&(*other, day)));
            match held.get(&(service, day)) {
                // An upload of a pending activity would create a duplicate.
                None if self.engine.at(service).awaits(start(day)) => {}
                None => self.put(service, day),
                Some(1) if is_elsewhere => {
                    self.add_event(&format!("a person deletes day {day} on {service}"));
                    self.deleted.lock().unwrap().insert((service, day));
                    let memory = self.engine.at(service);
                    memory.remove(&ids_of(memory, day)[0]);
                }
                Some(_) => {}
            }
        }
    }

    fn add_result(&mut self, stage: Stage, ran: &Ran) {
        self.is_listed |= stage == Stage::Fetch && ran.exit == Some(Exit::Ok);
        self.add_event(&format!("{stage:?} ends with {:?}: {}", ran.exit, ran.told().trim().replace('\n', " | ")));
        assert_ne!(ran.exit, Some(Exit::Bug), "seed {}\n{}", self.seed, self.events.lock().unwrap());
    }

    /// One operation of a run. In a faulty run it may meet faults and events.
    fn stage(&mut self, stage: Stage, records: Vec<Record>, faulty: bool) -> Vec<Record> {
        if faulty {
            for _ in 0..self.rng.u8(0..2) {
                self.fault(stage);
            }
            if self.rng.u8(..) < 100 && stage != Stage::Download {
                self.meanwhile(stage);
            }
        }
        let mut ran = match stage {
            Stage::Fetch => self.engine.fetch(),
            Stage::Download => self.engine.download_with(DownloadOptions::default(), records),
            Stage::Upload => self.engine.upload(records),
            Stage::Delete => self.engine.delete(records),
        };
        self.add_result(stage, &ran);
        if !faulty && stage == Stage::Fetch && ran.told().contains("--accept-missing") {
            // A person confirms that they have deleted so many activities.
            let options = FetchOptions { full: true, accept_missing: true, ..FetchOptions::default() };
            ran = self.engine.fetch_with(&options);
            self.add_result(stage, &ran);
        }
        self.engine.platforms.iter().for_each(Memory::clear_faults);
        ran.records
    }

    /// One run, with the operations of gs-sync.
    fn run(&mut self, faulty: bool) {
        self.add_event(if faulty { "-- a faulty run" } else { "-- a clean run" });
        self.engine.next_run();
        let listed = self.stage(Stage::Fetch, Vec::new(), faulty);
        let plan = self.plan(listed);
        self.add_event(&format!("gs-diff plans {} ({})", plan.records.len(), plan.told().trim().replace('\n', " | ")));
        let files =
            if plan.records.is_empty() { Vec::new() } else { self.stage(Stage::Download, plan.records, faulty) };
        self.stage(Stage::Upload, files, faulty);
        // Without duplicates, a clean run does not need to look for them.
        let has_duplicates = self.held().values().any(|count| *count > 1);
        let duplicates = if has_duplicates || faulty { self.engine.duplicates() } else { Vec::new() };
        self.stage(Stage::Delete, duplicates, faulty);
        let time = self.rng.choice([1, 20, 90, 600]).unwrap();
        self.engine.clock.advance(SignedDuration::from_mins(time));
    }

    /// Plans the uploads of the activities that were listed. The catalogue has the same as the records.
    fn plan(&self, listed: Vec<Record>) -> Ran {
        let input = self.engine.catalogue_input(&listed);
        // Some worlds are sufficient for the comparison, which takes longer than the plan.
        if self.seed.is_multiple_of(5) {
            self.compare_inputs(listed, &input);
        }
        self.engine.diff_catalogue(&diff_options(), &input)
    }

    fn compare_inputs(&self, listed: Vec<Record>, input: &CatalogueInput) {
        for only_duplicates in [false, true] {
            let options = DedupeOptions { only_duplicates, ..DedupeOptions::default() };
            let by_records = self.engine.dedupe_with(&options, listed.clone());
            self.assert_same(&by_records, &self.engine.dedupe_catalogue(&options, input));
        }
        let options = DiffOptions { explain: true, ..diff_options() };
        let by_records = self.engine.diff_with(&options, listed);
        self.assert_same(&by_records, &self.engine.diff_catalogue(&options, input));
    }

    fn assert_same(&self, one: &Ran, other: &Ran) {
        let all = |ran: &Ran| (ran.exit, ran.told(), ran.counts.clone(), ran.records.clone());
        assert_eq!(all(one), all(other), "seed {}\n{}", self.seed, self.events.lock().unwrap());
    }

    /// Whether an upload of this day is unconfirmed: its outcome is unknown, or the platform accepted and lost it.
    fn is_unsettled(&self, service: &str, day: i64) -> bool {
        let catalogue = self.engine.catalogue();
        catalogue.uploads_to(service).unwrap().iter().any(|row| {
            let is_open = row.outcome.is_none_or(|outcome| matches!(outcome.name(), "lost" | "created"));
            let start = catalogue.entry(row.from.as_key()).unwrap().and_then(|entry| entry.activity.start_time);
            is_open && start.is_some_and(|start| day_of(start.as_second()) == day)
        })
    }

    fn check(&self) {
        let (held, names) = (self.held(), self.names());
        let (deleted, duplicated) = (self.deleted.lock().unwrap(), self.duplicated.lock().unwrap());
        let mut violations = Vec::new();
        for day in 0..=DAYS {
            let is_somewhere = names.iter().any(|service| held.contains_key(&(*service, day)));
            for service in names.iter().copied() {
                let (key, count) = ((service, day), held.get(&(service, day)).copied().unwrap_or(0));
                if count > 1 && !duplicated.contains(&key) {
                    violations.push(format!("{service} has day {day} {count} times"));
                }
                let is_expected = is_somewhere && !deleted.contains(&key);
                if count == 0 && is_expected && !self.is_unsettled(service, day) {
                    violations.push(format!("day {day} is missing on {service}"));
                }
            }
        }
        self.assert_none(&violations);
    }

    /// Only duplicates that somebody else has added are deleted, only if another activity is left, and only if both
    /// files are archived.
    fn check_deletions(&self) {
        let duplicated = self.duplicated.lock().unwrap();
        let mut violations = Vec::new();
        for memory in &self.engine.platforms {
            let is_archived = |id: &String| !self.engine.files(memory.id(), id).is_empty();
            for one in memory.deletions() {
                let is_right = duplicated.contains(&(memory.id(), day_of(one.start.as_second())))
                    && one.others.iter().any(is_archived)
                    && is_archived(&one.id);
                if !is_right {
                    violations.push(format!("{} {} was deleted, beside {:?}", memory.id(), one.id, one.others));
                }
            }
        }
        self.assert_none(&violations);
    }

    fn assert_none(&self, violations: &[String]) {
        assert!(violations.is_empty(), "seed {}: {violations:?}\n{}", self.seed, self.events.lock().unwrap());
    }

    /// Another run without changes sends nothing.
    fn check_run_without_changes(&mut self) {
        self.engine.platforms.iter().for_each(Memory::forget_calls);
        self.run(false);
        let mut violations = Vec::new();
        for memory in &self.engine.platforms {
            for call in [Call::Upload, Call::Delete, Call::Download] {
                let count = memory.take_calls(call);
                if count > 0 {
                    violations.push(format!("{count} of {call:?} to {} although nothing had changed", memory.id()));
                }
            }
        }
        self.assert_none(&violations);
    }
}

/// The operations that send requests to platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fetch,
    Download,
    Upload,
    Delete,
}

fn trial(seed: u64) -> Trial {
    let mut trial = Trial::new(seed);
    for _ in 0..trial.rng.usize(1..=FAULTY_RUNS) {
        trial.run(true);
        trial.check_deletions();
        trial.between();
    }
    // By then all pending uploads have arrived.
    trial.engine.clock.advance(SignedDuration::from_hours(7));
    for _ in 0..2 {
        trial.run(false);
        trial.engine.clock.advance(SignedDuration::from_mins(30));
    }
    trial.check();
    trial.check_run_without_changes();
    trial.check();
    trial.check_deletions();
    trial
}

#[test]
fn random_worlds_end_without_duplicates_or_losses() {
    if let Ok(seed) = std::env::var("WORLD") {
        println!("{}", trial(seed.parse().unwrap()).events.lock().unwrap());
        return;
    }
    let worlds = std::env::var("WORLDS").map_or(WORLDS, |number| number.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    worlds::run(worlds, threads, |seed| drop(trial(seed)));
}
