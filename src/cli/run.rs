//! One run of one command: settings, catalogue, archive, the sync log, signals, and how it ends.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;

use super::life::Sign;
use super::place::Place;
use super::{Common, Exit, Failure, HasCommon, Outcome, Talk, generate, remarks, signals};
use crate::archive::{Archive, make_private};
use crate::catalogue::{self, Catalogue};
use crate::http::Http;
use crate::platform::Kind;
use crate::settings::{self, Settings};

/// Whether a command stands in the sync log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// It does something.
    Yes,
    /// It decides from what is known: a catalogue that cannot be written is no reason not to.
    IfWritable,
    /// It only looks.
    No,
    /// The same, and scripts ask it at every turn: it says nothing that it is not asked for.
    Asked,
}

/// What a command works with.
pub struct Run {
    /// The command's name.
    pub command: &'static str,
    /// The common flags.
    pub common: Common,
    /// The settings.
    pub settings: Settings,
    /// Where everything lives. With `-n`, an empty folder stands in for a data folder that does not exist.
    pub data_dir: PathBuf,
    /// The catalogue's file.
    pub catalogue_path: PathBuf,
    /// The catalogue.
    pub catalogue: Catalogue,
    /// The archive.
    pub archive: Archive,
    /// Messages.
    pub talk: Arc<Talk>,
    /// Raised when a person wants it to end.
    pub stop: Arc<AtomicBool>,
    /// Shared by all commands of a pipeline.
    pub id: String,
    /// How long others' locks are waited for.
    pub lock_wait: Duration,
    /// How the data folder came to be.
    pub(super) place: Place,
    /// The platforms that were opened, and the way out that each was given.
    pub(super) opened: RefCell<BTreeMap<&'static str, (Kind, Arc<Http>)>>,
    /// What is wrong with settings that every command reads.
    wrong: Vec<Failure>,
    worst: Exit,
    counts: BTreeMap<&'static str, u64>,
}

/// Runs a command: reads its flags, opens what it needs, does `work`, and ends with the worst of what happened.
pub fn main<A: Parser + HasCommon>(command: &'static str, log: Log, work: fn(&A, &mut Run) -> Outcome) -> ExitCode {
    if let Some(text) = generate::asked(A::command) {
        return generate::print(&text).map_or_else(|failure| failure.exit.into(), |()| ExitCode::SUCCESS);
    }
    crate::fs::outlive_size_limit();
    let args = A::parse();
    let talk = Arc::new(Talk::new(command, args.common()));
    let told = talk.clone();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| whole(command, log, &args, talk, work)));
    let exit = result.unwrap_or_else(|_| {
        told.error("this is a bug in garminsync; please report it with the lines above (they hold no secrets)");
        Exit::Bug
    });
    told.leave();
    exit.into()
}

fn whole<A: HasCommon>(
    command: &'static str,
    log: Log,
    args: &A,
    talk: Arc<Talk>,
    work: fn(&A, &mut Run) -> Outcome,
) -> Exit {
    let settings = match Settings::load(args.common().env_file.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            talk.error(&error.to_string());
            return Failure::from(error).exit;
        }
    };
    if !goes_on(command, args.common(), &settings) {
        settings.broken_lines().for_each(|error| talk.error(&error.to_string()));
        return Exit::Config;
    }
    let mut run = match Run::open(command, log, args.common(), talk.clone(), settings.clone()) {
        Ok(run) => run,
        Err(failure) => {
            talk.error(&failure.message);
            remarks::name_settings(&talk, &settings, failure.exit);
            return failure.exit;
        }
    };
    run.tell_new_data_dir(log == Log::Asked);
    if log == Log::Yes && !run.common.dry_run {
        run.tell_of_the_clock();
    }
    if log != Log::Asked {
        run.close_tokens();
        run.tell_remarks();
    }
    let row = match log {
        Log::IfWritable if run.catalogue.is_read_only() => Ok(None),
        Log::Yes | Log::IfWritable if !run.common.dry_run => {
            run.catalogue.begin_run(&run.id, command, Timestamp::now()).map(Some)
        }
        _ => Ok(None),
    };
    let result = row.map_err(Failure::from).and_then(|row| {
        let _sign = row.and_then(|row| Sign::give(&run.data_dir, row));
        if log != Log::Asked {
            std::mem::take(&mut run.wrong).iter().for_each(|failure| run.fail(failure));
        }
        let result = work(args, &mut run);
        run.end(row, result)
    });
    if let Err(failure) = result {
        talk.error(&failure.message);
        run.raise(failure.exit);
    }
    remarks::name_settings(&talk, &settings, run.worst);
    run.worst
}

/// Whether a command goes on although lines of the settings file cannot be read: one that tells people what is wrong, as
/// long as it is known where everything is.
fn goes_on(command: &str, common: &Common, settings: &Settings) -> bool {
    let is_place_known = || common.data_dir.is_some() || !settings.is_broken("DATA_DIR");
    let tells = matches!(command, "gs-settings" | "gs-notify" | "gs-report" | "gs-schedule");
    settings.broken_lines().next().is_none() || (tells && is_place_known() && !settings.is_broken("DB_PATH"))
}

impl Run {
    fn open(
        command: &'static str,
        log: Log,
        common: &Common,
        talk: Arc<Talk>,
        mut settings: Settings,
    ) -> Result<Run, Failure> {
        let data_dir = match &common.data_dir {
            Some(dir) => dir.clone(),
            None => settings.data_dir()?,
        };
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        let flags = [Some(&data_dir), common.env_file.as_ref()];
        if let Some(path) = flags.into_iter().flatten().find(|path| path.to_str().is_none()) {
            return Err(Failure::new(
                Exit::Config,
                format!(
                    "{path:?} is not valid UTF-8, and paths in records have to be; rename the folder, or use a link with another name"
                ),
            ));
        }
        let may_make = !common.dry_run && log != Log::Asked;
        let place = Place::open(data_dir.clone(), may_make).map_err(|error| {
            Failure::new(
                Exit::Config,
                format!("{}: {error}; choose another with --data-dir or DATA_DIR", data_dir.display()),
            )
        })?;
        let data_dir = place.used().to_owned();
        let read = settings.duration("GS_LOCK_TIMEOUT");
        let broken = settings.broken_lines().map(Failure::from);
        let (lock_wait, wrong) = match read {
            Ok(wait) => (wait, broken.collect()),
            Err(error) => (settings::default_duration("GS_LOCK_TIMEOUT"), broken.chain([error.into()]).collect()),
        };
        let (catalogue_path, catalogue) = open_catalogue(&settings, &place, common, &talk, lock_wait)?;
        let stop = signals::heed(&talk);
        settings.stop_with(stop.clone());
        let id = settings.get("GS_RUN").map_or_else(new_id, str::to_owned);
        Ok(Run {
            command,
            common: common.clone(),
            archive: Archive::new(&data_dir),
            settings,
            data_dir,
            catalogue_path,
            catalogue,
            talk,
            stop,
            id,
            lock_wait,
            wrong,
            place,
            opened: RefCell::default(),
            worst: Exit::Ok,
            counts: BTreeMap::new(),
        })
    }

    /// Tells once that the clock was ahead. What was written down then has times that say nothing, and is treated so.
    fn tell_of_the_clock(&mut self) {
        let now = Timestamp::now();
        // What goes wrong here goes wrong again with the next row, and is told then.
        let Ok(Some(ahead)) = self.catalogue.ahead(now) else { return };
        if self.catalogue.is_first_to_tell("clock", &ahead.to_string(), now).unwrap_or(false) {
            self.talk.warning(&format!(
                "the catalogue has times in the future, up to {ahead}: the clock was ahead then, or is behind now (it is {}); such times are ignored",
                Timestamp::from_second(now.as_second()).unwrap_or(now)
            ));
        }
    }

    /// It ends with this, or worse.
    pub fn raise(&mut self, exit: Exit) {
        self.worst = self.worst.max(exit);
    }

    /// Counts for the sync log.
    pub fn count(&mut self, what: &'static str, number: u64) {
        *self.counts.entry(what).or_default() += number;
    }

    /// What was counted.
    pub fn counted(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Whether a person wants it to end.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Fails if the catalogue cannot be written: for commands that ask a service before they write.
    pub fn require_writable(&self) -> Outcome {
        Ok(self.catalogue.require_writable()?)
    }

    /// Tells of a failure and goes on.
    pub fn fail(&mut self, failure: &Failure) {
        self.talk.error(&failure.message);
        self.raise(failure.exit);
    }

    /// Tells which lines of the settings file cannot be read, and goes on.
    pub fn fail_on_broken_lines(&mut self) {
        let broken: Vec<Failure> = self.settings.broken_lines().map(Failure::from).collect();
        broken.iter().for_each(|failure| self.fail(failure));
    }

    /// Writes down that something in the set-up is wrong, or is right again: whoever looks at the page does not see what this
    /// command says. What else it comes to does not stand in the log.
    pub fn log_set_up(&mut self, failure: Option<&Failure>) {
        let exit = failure.map_or(Exit::Ok, |failure| failure.exit);
        let is_news = match exit {
            Exit::Config => true,
            Exit::Ok => self.catalogue.last_exit(self.command).is_ok_and(|last| last.is_some_and(|last| last != 0)),
            _ => false,
        };
        if !is_news || self.common.dry_run || self.catalogue.is_read_only() {
            return;
        }
        let now = Timestamp::now();
        let message = failure.map(|failure| failure.message.as_str());
        let outcome = catalogue::Outcome { exit: exit as u8, counts: "{}", message, platforms: &[] };
        let row = self.catalogue.begin_run(&self.id, self.command, now);
        if let Err(error) = row.and_then(|row| self.catalogue.finish_run(row, &outcome, now)) {
            self.talk.detail(&format!("the sync log was not written: {error}"));
        }
    }

    fn end(&mut self, row: Option<i64>, result: Outcome) -> Outcome {
        if let Err(failure) = result {
            self.fail(&failure);
        }
        if self.is_stopped() {
            self.raise(Exit::Interrupted);
        }
        let platforms: Vec<&str> = self.opened.borrow().keys().copied().collect();
        self.note_accounts();
        let Some(row) = row else { return Ok(()) };
        // A map of names and numbers always becomes JSON.
        let counts = serde_json::to_string(&self.counts).unwrap_or_else(|_| "{}".into());
        let message = self.talk.first_error();
        let outcome = catalogue::Outcome {
            exit: self.worst as u8,
            counts: &counts,
            message: message.as_deref(),
            platforms: &platforms,
        };
        Ok(self.catalogue.finish_run(row, &outcome, Timestamp::now())?)
    }
}

/// `DB_PATH`, or `catalogue.sqlite` in the data folder. A database of one of the older tools is left alone: the
/// catalogue then stands beside it.
fn open_catalogue(
    settings: &Settings,
    place: &Place,
    common: &Common,
    talk: &Talk,
    wait: Duration,
) -> Result<(PathBuf, Catalogue), Failure> {
    let named = settings.path("DB_PATH").filter(|_| common.data_dir.is_none());
    let named = named.filter(|path| !place.is_stand_in() || path.exists());
    let path = named.unwrap_or_else(|| place.used().join("catalogue.sqlite"));
    if let Some(dir) = path.parent() {
        make_private(dir)
            .map_err(|error| Failure::new(Exit::Config, format!("DB_PATH: {}: {error}", dir.display())))?;
    }
    match Catalogue::open(&path, wait) {
        Err(catalogue::Error::Foreign { .. }) if catalogue::is_of_older_tool(&path) => {
            let beside = path.with_file_name("catalogue.sqlite");
            talk.detail(&format!(
                "{} belongs to an older tool and is left alone; using {}",
                path.display(),
                beside.display()
            ));
            Ok((beside.clone(), Catalogue::open(&beside, wait)?))
        }
        opened => Ok((path, opened?)),
    }
}

/// A run's id: sorts by time, and two of one second differ.
fn new_id() -> String {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    format!("{now}-{:08x}", fastrand::u32(..))
}
