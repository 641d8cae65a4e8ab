//! The steps of a command from its flags to its exit code: settings, data folder, catalogue, signals, and its row in
//! the log.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;

use super::{Common, CommonArgs, Messages, OnSignal, generate, signals};
use crate::archive::Archive;
use crate::catalogue::{self, Catalogue};
use crate::clock::Clock;
use crate::exit::Exit;
use crate::platform::{PlatformId, Platforms};
use crate::reason::Reason;
use crate::settings::{self, Settings};
use crate::sync::{
    DataDir, Failure, Level, Log, Message, Observer, OutputFolder, Result, RunningLock, SharedHttp, Worker, Workspace,
    selection_of_flag,
};

/// Whether a command gets a row in the sync log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogMode {
    /// The command changes something.
    Yes,
    /// The command only decides from known data, so it also runs if the catalogue is read-only.
    IfWritable,
    /// The command only reads.
    No,
    /// The command only reads, and scripts call it often: it prints only what was requested.
    Asked,
}

/// How a workspace is opened.
struct Opening<'a> {
    command: &'static str,
    log: LogMode,
    common: &'a Common,
    /// Otherwise an empty temporary folder replaces the data folder.
    needs_data_dir: bool,
    on_signal: OnSignal,
    messages: Arc<Messages>,
    settings: Settings,
}

/// Runs a command: parses its flags, opens what it needs, does `work`, and returns the worst exit code.
pub fn run_command<A: Parser + CommonArgs>(
    command: &'static str,
    log: LogMode,
    work: fn(&A, &mut Worker) -> Result<()>,
) -> ExitCode {
    if let Some(text) = generate::asked(A::command) {
        return generate::print(&text).map_or_else(|failure| failure.exit.into(), |()| ExitCode::SUCCESS);
    }
    crate::fs::outlive_size_limit();
    let args = A::parse();
    let messages = Arc::new(Messages::new(command, args.common()));
    let told = messages.clone();
    let run = || in_session(command, log, &args, messages, work);
    let exit = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_or_else(|_| {
        told.error("this is a bug in garminsync; please report it with the lines above (they hold no secrets)");
        Exit::Bug
    });
    told.leave();
    exit.into()
}

fn in_session<A: CommonArgs>(
    command: &'static str,
    log: LogMode,
    args: &A,
    messages: Arc<Messages>,
    work: fn(&A, &mut Worker) -> Result<()>,
) -> Exit {
    let common = args.common();
    let settings = match Settings::load(common.env_file.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            messages.error(&error.to_string());
            return Failure::from(error).exit;
        }
    };
    if !goes_on(command, common, &settings) {
        settings.broken_lines().for_each(|error| messages.error(&error.to_string()));
        return Exit::Config;
    }
    let needs_data_dir = args.needs_data_dir();
    let opening = Opening {
        command,
        log,
        common,
        needs_data_dir,
        on_signal: args.on_signal(),
        messages: messages.clone(),
        settings: settings.clone(),
    };
    let (mut worker, data_dir, wrong) = match opening.open() {
        Ok(opened) => opened,
        Err(failure) => {
            messages.error(&failure.to_string());
            name_settings(&messages, &settings, failure.exit, Some(&failure.reason));
            return failure.exit;
        }
    };
    tell_new_data_dir(&worker, common, &data_dir, log == LogMode::Asked || !needs_data_dir);
    if log == LogMode::Yes && !worker.dry_run {
        tell_of_the_clock(&mut worker);
    }
    if log != LogMode::Asked {
        worker.close_tokens();
        worker.report_remarks();
    }
    let result = begin(&mut worker, log).and_then(|row| {
        let _running = row.and_then(|row| RunningLock::create(&worker.data_dir, row));
        if log != LogMode::Asked {
            wrong.iter().for_each(|failure| worker.fail(failure));
        }
        let result = work(args, &mut worker);
        end(&mut worker, row, result)
    });
    if let Err(failure) = result {
        worker.fail(&failure);
    }
    let first = worker.log.first_error();
    name_settings(&messages, &settings, worker.worst(), first.as_ref().map(|first| &first.reason));
    worker.worst()
}

/// Starts the command's row in the log, if it has one.
fn begin(worker: &mut Worker, log: LogMode) -> Result<Option<i64>> {
    let (run_id, now) = (worker.run_id.clone(), worker.now());
    let command = worker.command;
    Ok(match log {
        LogMode::IfWritable if worker.catalogue.is_read_only() => None,
        LogMode::Yes | LogMode::IfWritable if !worker.dry_run => {
            Some(worker.catalogue.begin_command(&run_id, command, now)?)
        }
        _ => None,
    })
}

/// Completes the row with the result of the command.
fn end(worker: &mut Worker, row: Option<i64>, result: Result<()>) -> Result<()> {
    if let Err(failure) = result {
        worker.fail(&failure);
    }
    if worker.is_stopped() {
        worker.raise(Exit::Interrupted);
    }
    let opened: Vec<PlatformId> = worker.log.opened().into_keys().collect();
    let platforms: Vec<&str> = opened.iter().map(PlatformId::as_str).collect();
    worker.note_accounts();
    let Some(row) = row else { return Ok(worker.catalogue.leave_log_if_unchanged()?) };
    let (counts, first, now) = (worker.log.counts(), worker.log.first_error(), worker.now());
    let outcome = catalogue::CommandOutcome {
        exit: worker.worst().code(),
        counts: &counts,
        reason: first.as_ref().map(|first| &first.reason),
        platform: first.as_ref().and_then(|first| first.platform.as_deref()),
        platforms: &platforms,
    };
    Ok(worker.catalogue.finish_command(row, &outcome, now)?)
}

/// Whether a command runs although lines of the settings file cannot be read: a command that reports such problems
/// runs, if the paths it needs are known.
fn goes_on(command: &str, common: &Common, settings: &Settings) -> bool {
    let is_place_known = || common.data_dir.is_some() || !settings.is_broken("DATA_DIR");
    let tells = matches!(command, "gs-settings" | "gs-notify" | "gs-report" | "gs-schedule");
    settings.broken_lines().next().is_none() || (tells && is_place_known() && !settings.is_broken("DB_PATH"))
}

impl Opening<'_> {
    /// Opens the workspace and creates its worker. The returned failures are invalid settings that every command reads.
    fn open(mut self) -> Result<(Worker, DataDir, Vec<Failure>)> {
        let data_dir = self.data_dir()?;
        let read = self.settings.duration("GS_LOCK_TIMEOUT");
        let broken = self.settings.broken_lines().map(Failure::from);
        let (lock_timeout, wrong) = match read {
            Ok(wait) => (wait, broken.collect()),
            Err(error) => (settings::default_duration("GS_LOCK_TIMEOUT"), broken.chain([error.into()]).collect()),
        };
        let (catalogue_path, catalogue) = self.catalogue(&data_dir, lock_timeout)?;
        let named_catalogue = match data_dir.is_stand_in() {
            true => self.named_catalogue().unwrap_or_else(|| data_dir.named().join("catalogue.sqlite")),
            false => catalogue_path.clone(),
        };
        let platforms = Platforms::default();
        let selection = selection_of_flag(&platforms, "--platform", &self.common.platform)?;
        let stop = self.handle_signals(&data_dir);
        self.settings.stop_with(stop.clone());
        let used = data_dir.used().to_owned();
        let workspace = Workspace {
            command: self.command,
            run_id: self.settings.get("GS_RUN").map_or_else(new_id, str::to_owned),
            named_data_dir: data_dir.named().to_owned(),
            is_scratch: data_dir.is_stand_in(),
            named_catalogue,
            catalogue_path,
            archive: Archive::new(&used),
            data_dir: used,
            settings: self.settings,
            platforms,
            selection,
            dry_run: self.common.dry_run,
            lock_timeout,
            stop,
            clock: Clock::System,
            observer: self.messages,
            log: Log::default(),
            shared_http: SharedHttp::default(),
        };
        Ok((Worker::new(Arc::new(workspace), catalogue), data_dir, wrong))
    }

    /// Installs the signal handlers. Returns the flag that asks the command to stop.
    fn handle_signals(&self, data_dir: &DataDir) -> Arc<AtomicBool> {
        let OnSignal::End { out } = self.on_signal.clone() else { return signals::install_handlers(&self.messages) };
        let stand_in = data_dir.is_stand_in().then(|| data_dir.used().to_owned());
        signals::end_on_signals(&self.messages, move || {
            // What cannot be removed does no harm, and the next run removes unfinished files.
            stand_in.iter().for_each(|dir| drop(std::fs::remove_dir_all(dir)));
            out.iter().for_each(|out| OutputFolder::sweep_own(out));
        });
        Arc::default()
    }

    fn data_dir(&self) -> Result<DataDir> {
        let named = match &self.common.data_dir {
            Some(dir) => dir.clone(),
            None => self.settings.data_dir()?,
        };
        let named = std::path::absolute(&named).unwrap_or(named);
        let flags = [Some(&named), self.common.env_file.as_ref()];
        if let Some(path) = flags.into_iter().flatten().find(|path| path.to_str().is_none()) {
            return Err(Failure::new(
                Exit::Config,
                format!(
                    "{path:?} is not valid UTF-8, and paths in records have to be; rename the folder, or use a link with another name"
                ),
            ));
        }
        let may_make = !self.common.dry_run && self.log != LogMode::Asked;
        let opened = match self.needs_data_dir {
            true => DataDir::open(named.clone(), may_make),
            false => DataDir::stand_in(named.clone()),
        };
        opened.map_err(|error| {
            let message = format!("{}: {error}; choose another with --data-dir or DATA_DIR", named.display());
            Failure::new(Exit::Config, message)
        })
    }

    /// `DB_PATH`, unless a flag gives the data folder.
    fn named_catalogue(&self) -> Option<PathBuf> {
        self.settings.path("DB_PATH").filter(|_| self.common.data_dir.is_none())
    }

    /// `DB_PATH`, or else `catalogue.sqlite` in the data folder. A database of an older tool is not changed: the
    /// catalogue is then created next to it.
    fn catalogue(&self, data_dir: &DataDir, wait: Duration) -> Result<(PathBuf, Catalogue)> {
        let is_used = |path: &PathBuf| self.needs_data_dir && (!data_dir.is_stand_in() || path.exists());
        let named = self.named_catalogue().filter(is_used);
        let path = named.unwrap_or_else(|| data_dir.used().join("catalogue.sqlite"));
        if let Some(dir) = path.parent() {
            crate::fs::make_private(dir)
                .map_err(|error| Failure::new(Exit::Config, format!("DB_PATH: {}: {error}", dir.display())))?;
        }
        match Catalogue::open(&path, wait) {
            Err(catalogue::Error::Foreign { .. }) if catalogue::is_of_older_tool(&path) => {
                let beside = path.with_file_name("catalogue.sqlite");
                let text = format!("{} belongs to an older tool; using {}", path.display(), beside.display());
                self.messages.message(Message { level: Level::Debug, text: &text, reason: None });
                Ok((beside.clone(), Catalogue::open(&beside, wait)?))
            }
            opened => Ok((path, opened?)),
        }
    }
}

/// Reports that the given data folder did not exist before, because its name may be mistyped. The default folder is
/// always missing before the first run, so it is not reported. `asked`: prints only what was requested.
fn tell_new_data_dir(worker: &Worker, common: &Common, data_dir: &DataDir, asked: bool) {
    if common.data_dir.is_none() && worker.settings.get("DATA_DIR").is_none() {
        return;
    }
    let folder = data_dir.named().display();
    if data_dir.is_new() {
        worker.warn(&format!(
            "the data folder {folder} did not exist and was created empty; if your data is elsewhere, remove it and name the right folder with --data-dir or DATA_DIR"
        ));
    } else if data_dir.is_stand_in() && !asked {
        worker.warn(&format!(
            "the data folder {folder} does not exist, and -n does not create it; if your data is elsewhere, name the right folder with --data-dir or DATA_DIR"
        ));
    }
}

/// Reports once that the clock was ahead. The times stored then are unreliable and are treated as unknown.
fn tell_of_the_clock(worker: &mut Worker) {
    let now = worker.now();
    // An error here occurs again with the next row and is reported then.
    let Ok(Some(ahead)) = worker.catalogue.ahead(now) else { return };
    if worker.catalogue.record_notification("clock", &ahead.to_string(), now).unwrap_or(false) {
        worker.warn(&format!(
            "the catalogue has times in the future, the latest {ahead}: the clock was ahead then, or is behind now (it is {}); such times are ignored",
            Timestamp::from_second(now.as_second()).unwrap_or(now)
        ));
    }
}

/// Names the settings file, for a failure that the settings may have caused. A full or read-only disk is not such a
/// failure.
fn name_settings(messages: &Messages, settings: &Settings, exit: Exit, first: Option<&Reason>) {
    let is_of_disk = first.is_some_and(Reason::is_of_disk);
    if !matches!(exit, Exit::LoginRequired | Exit::Config) || is_of_disk {
        return;
    }
    if let Some(path) = settings.file() {
        messages.hint(&format!("the settings were read from {}", path.display()));
    }
    settings.ignored_file().iter().for_each(|text| messages.hint(text));
}

/// The id of a run. Ids sort by time, and two ids of the same second differ.
pub(super) fn new_id() -> String {
    let now = Clock::System.now().strftime("%Y%m%dT%H%M%SZ");
    format!("{now}-{:08x}", fastrand::u32(..))
}
