//! Puts the file of each activity into the archive, unless it is there already.
//!
//! ```text
//! gs-list --missing | gs-download       archive what is not archived yet
//! gs-fetch --new | gs-download          list, and archive what is new
//! gs-list --downloaded | gs-download --verify    check every byte of the archive
//! ```
//!
//! Reads activity and transfer records and writes the same, with `file`. What goes wrong with one is told on its record
//! as a `problem`, and the rest goes on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use garminsync::activity::Activity;
use garminsync::archive;
use garminsync::catalogue::FileRow;
use garminsync::cli::{self, Bar, Common, Exit, Failure, HasCommon, Known, NotKept, Origin, Outcome, Output, Run};
use garminsync::http::Http;
use garminsync::platform::{self, Download, Error, Platform};
use garminsync::record::{ActivityRecord, Problem, ProblemKind, Record};
use jiff::Timestamp;

const NAME: &str = "gs-download";
/// So many items in a row that fail for the network or the service's trouble, and it is left alone.
const TROUBLES: u32 = 3;

/// Put the file of each activity that comes in into the archive, unless it is there already
///
/// The original is asked for first. If the service has none and never will, that is remembered; if it cannot give the
/// original but an export, the export is kept and told as such.
///
/// Reads activities and transfers, and prints the same with their file. What comes is checked from its first byte to its
/// last before it gets a name. What goes wrong with one is told on its record, and the rest goes on.
#[derive(Parser)]
#[command(
    name = "gs-download",
    version,
    after_help = "Examples:
  gs-list --missing | gs-download > /dev/null      what is not archived yet
  gs-fetch --new | gs-download > /dev/null         list, and archive what is new
  gs-list --downloaded | gs-download --verify      check every byte of it

Settings: GS_REQUEST_INTERVAL, GS_PATIENCE, GS_TIMEOUT

Exit codes: 0 all well, 1 some failed, 65 a bad record, 75 try again later, 77 a login is needed, 78 set-up"
)]
struct Args {
    /// Check every byte of the files that are there, and fetch again what is not whole
    #[arg(long)]
    verify: bool,
    /// Fetch again, whatever is there or known; an older file that differs goes to replaced/
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::Yes, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    let only = args.common.named_platforms()?.map(|kinds| kinds.iter().map(|kind| kind.name).collect::<Vec<_>>());
    let bar = Bar::counting(&run.talk, NAME);
    let records = cli::records("gs-list --missing | gs-download", &bar)?;
    let http = run.http(Some(bar.clone()))?;
    let mut job = Job {
        args,
        run,
        http,
        bar,
        open: HashMap::new(),
        full: None,
        left_alone: BTreeMap::new(),
        troubles: BTreeMap::new(),
        failed: HashMap::new(),
        rehearsed: HashSet::new(),
    };
    let mut output = Output::prompt();
    let mut result = Ok(());
    for record in records {
        let (line, mut record) = match record {
            Ok(numbered) => numbered,
            Err(error) => {
                result = Err(error.into());
                break;
            }
        };
        if let Err(failure) = job.pass(&mut record, only.as_deref()) {
            result = Err(Failure { message: format!("at line {line}: {}", failure.message), ..failure });
            break;
        }
        job.bar.add(1);
        if !output.record(&record)? || job.run.is_stopped() {
            break;
        }
    }
    job.bar.finish();
    job.summary();
    result
}

/// The work at hand.
struct Job<'a> {
    args: &'a Args,
    run: &'a mut Run,
    http: Arc<Http>,
    bar: Bar,
    open: HashMap<String, Box<dyn Platform>>,
    /// Nothing can be written any more: the problem that all further records get.
    full: Option<Problem>,
    /// Platforms that are not asked any more in this run, and the problem that all their records get.
    left_alone: BTreeMap<String, Problem>,
    troubles: BTreeMap<String, u32>,
    /// What could not be had in this run.
    failed: HashMap<(String, String), Problem>,
    /// What a dry run has told of.
    rehearsed: HashSet<(String, String)>,
}

/// What came of one activity that is no problem.
enum Got {
    File(FileRow),
    NoFile,
    /// A dry run: it would have been fetched.
    Rehearsed,
}

impl Job<'_> {
    /// Handles one record; a record with a problem passes untouched, as do types that this command does not know.
    fn pass(&mut self, record: &mut Record, only: Option<&[&str]>) -> Outcome {
        if record.problem().is_some() {
            return Ok(());
        }
        let activity = match record {
            Record::Activity(record) => &record.activity,
            Record::Transfer(record) if record.outcome.is_none() => &record.activity.activity,
            // What is decided needs no file.
            Record::Transfer(_) | Record::Other(_) => return Ok(()),
        };
        if only.is_some_and(|only| !only.contains(&activity.platform.as_str())) {
            return Ok(());
        }
        let activity = activity.clone();
        let key = (activity.platform.clone(), activity.id.clone());
        // One activity may go to several platforms: it is asked for once, and so is told what is wrong with it.
        let got = match self.failed.get(&key) {
            Some(problem) => Err(problem.clone()),
            None => self.handle(&activity)?,
        };
        let got = match got {
            Ok(got) => got,
            Err(problem) => {
                if self.failed.insert(key, problem.clone()).is_none() {
                    self.note_problem(&activity, &problem)?;
                }
                match record {
                    Record::Transfer(record) => record.problem = Some(problem),
                    Record::Activity(record) => record.problem = Some(problem),
                    Record::Other(_) => {}
                }
                return Ok(());
            }
        };
        self.mark(record, got);
        Ok(())
    }

    /// Writes onto the record what came of it.
    fn mark(&self, record: &mut Record, got: Got) {
        let mark = |record: &mut ActivityRecord, file: Option<&garminsync::record::FileRef>| {
            record.downloaded = Some(file.is_some());
            record.original = if file.is_none() { Some("none".to_owned()) } else { None };
            record.file = file.cloned();
        };
        let file = match got {
            Got::File(file) => Some(cli::file_ref(file, &self.run.archive)),
            Got::NoFile => None,
            // The stages that follow rehearse as well: nothing is known of it yet.
            Got::Rehearsed => return,
        };
        match record {
            Record::Activity(record) => mark(record, file.as_ref()),
            Record::Transfer(record) => {
                mark(&mut record.activity, file.as_ref());
                record.file = file;
            }
            Record::Other(_) => {}
        }
    }

    /// Finds or fetches the file of one activity. The outer error ends the run, the inner one is told on the record.
    fn handle(&mut self, activity: &Activity) -> Result<Result<Got, Problem>, Failure> {
        // `--force` wants nothing known.
        let known = if self.args.force { Known::Nothing } else { self.run.known_file(activity, self.args.verify)? };
        let (again, export) = match known {
            Known::File(file) => return Ok(Ok(Got::File(file))),
            Known::NoFile => return Ok(Ok(Got::NoFile)),
            Known::Broken => (true, None),
            Known::Export(file) => (true, Some(file)),
            Known::Nothing => (self.args.force, None),
        };
        if self.args.common.dry_run {
            if self.rehearsed.insert((activity.platform.clone(), activity.id.clone())) {
                self.run.talk.warning(&format!("{} {}: would be fetched", activity.platform, activity.id));
            }
            return Ok(Ok(Got::Rehearsed));
        }
        if let Some(problem) = self.left_alone(&activity.platform) {
            return Ok(Err(problem.clone()));
        }
        if platform::kind(&activity.platform).is_none_or(|kind| kind.name != activity.platform) {
            return Ok(Err(problem(ProblemKind::Refused, "no platform of this name is known here")));
        }
        self.bar.say("waits for another gs-download");
        let lock = match self.run.archive.lock(&activity.platform, archive::Purpose::Download, self.run.lock_wait) {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                return Ok(Err(problem(
                    ProblemKind::RetryLater,
                    "another gs-download holds the archive; try again later",
                )));
            }
            Err(error) => return self.storage(&activity.platform, &error),
        };
        // Another process may have fetched it, or a killed one stored it without a word, while we waited.
        if !again {
            match self.run.known_file(activity, false)? {
                Known::File(file) => return Ok(Ok(Got::File(file))),
                Known::NoFile => return Ok(Ok(Got::NoFile)),
                _ => {}
            }
            if let Some(file) = self.run.adopt_file(activity)? {
                return Ok(Ok(Got::File(file)));
            }
        }
        let fetched = self.fetch(activity, export);
        drop(lock);
        fetched
    }

    /// Asks the platform. `export` is what is there already in place of an original; it stays unless that comes.
    fn fetch(&mut self, activity: &Activity, export: Option<FileRow>) -> Result<Result<Got, Problem>, Failure> {
        let known = self.run.catalogue.entry(&activity.platform, &activity.id)?;
        // The catalogue knows more of it than a record somebody has shortened.
        let activity = known.map_or_else(|| activity.clone(), |entry| entry.activity);
        self.bar.say(&format!("{} {}", activity.platform, activity.id));
        let download = self.platform(&activity.platform)?.and_then(|platform| platform.download(&activity));
        // Whatever it was, a proper answer ends a row of troubles.
        let is_answer = match &download {
            Ok(Download::Export { may_pass, .. }) => !may_pass,
            Ok(_) | Err(Error::Gone(_)) => true,
            Err(_) => false,
        };
        if is_answer {
            self.troubles.remove(&activity.platform);
        }
        match (download, export) {
            (Ok(Download::Original(bytes)), _) => self.keep(&activity, &bytes, Origin::Original),
            (Ok(_), Some(file)) => {
                self.run.catalogue.asked_in_vain(&activity.platform, &activity.id, Timestamp::now())?;
                Ok(Ok(Got::File(file)))
            }
            // An import may have brought in what was deleted there long ago.
            (Err(Error::Gone(why)), Some(file)) => {
                let (platform, id) = (&activity.platform, &activity.id);
                self.run.talk.warning(&format!("{platform} {id}: {why}; what was kept of it stays"));
                self.run.catalogue.asked_in_vain(platform, id, Timestamp::now())?;
                Ok(Ok(Got::File(file)))
            }
            (Ok(Download::Export { bytes, why, may_pass }), None) => {
                self.store_export(&activity, &bytes, &why, may_pass)
            }
            (Ok(Download::None { why }), None) => {
                self.run.catalogue.ensure(&activity, Timestamp::now())?;
                self.run.catalogue.set_no_original(&activity.platform, &activity.id)?;
                self.run.talk.detail(&format!("{} {}: no file: {why}", activity.platform, activity.id));
                self.run.count("no_original", 1);
                Ok(Ok(Got::NoFile))
            }
            (Err(error), _) => self.failed(&activity, error).map(Err),
        }
    }

    /// Keeps an export. One whose original may come another day is asked for again; when several in a row are of that
    /// kind, it is the service that is in trouble and not their files.
    fn store_export(
        &mut self,
        activity: &Activity,
        bytes: &[u8],
        why: &str,
        may_pass: bool,
    ) -> Result<Result<Got, Problem>, Failure> {
        if may_pass && self.another_trouble(activity)? {
            let message = format!("{why}, and so for several in a row; try again later");
            return self.failed(activity, Error::Later { message, down: true }).map(Err);
        }
        let stored = self.keep(activity, bytes, Origin::export(may_pass))?;
        if stored.is_ok() {
            self.run.talk.warning(&format!("{} {}: kept an export: {why}", activity.platform, activity.id));
            self.run.count("exports", 1);
        }
        Ok(stored)
    }

    fn keep(&mut self, activity: &Activity, bytes: &[u8], origin: Origin) -> Result<Result<Got, Problem>, Failure> {
        match self.run.keep_body(activity, bytes, origin) {
            Ok(file) => {
                self.run.count("downloaded", 1);
                Ok(Ok(Got::File(file)))
            }
            Err(NotKept::Bad(bad)) => {
                let message = format!("{bad}; nothing was stored, the next run tries again");
                Ok(Err(problem(ProblemKind::BadFile, message)))
            }
            Err(NotKept::Storage(error)) => self.storage(&activity.platform, &error),
            Err(NotKept::Failed(failure)) => Err(failure),
        }
    }

    /// An open platform. The inner error: its account cannot be used.
    fn platform(&mut self, name: &str) -> Result<platform::Result<&dyn Platform>, Failure> {
        if !self.open.contains_key(name) {
            let kind =
                platform::kind(name).ok_or_else(|| Failure::usage(format!("{name} is no platform of this version")))?;
            match self.run.connect(kind, self.http.clone(), false) {
                Ok(platform) => drop(self.open.insert(name.to_owned(), platform)),
                Err(error) => return Ok(Err(error)),
            }
        }
        let open = self.open.get(name).map(AsRef::as_ref);
        open.map(Ok).ok_or_else(|| Failure::new(Exit::Bug, "a platform got lost"))
    }

    /// What a failed request means: for this record, and for the rest of its platform.
    fn failed(&mut self, activity: &Activity, error: Error) -> Result<Problem, Failure> {
        let platform = activity.platform.as_str();
        let text = error.to_string();
        let (kind, all) = match error {
            Error::Login(_) => (ProblemKind::Login, true),
            Error::Later { down, .. } => (ProblemKind::RetryLater, down || self.another_trouble(activity)?),
            Error::Strange(_) => (ProblemKind::BadFile, false),
            Error::Gone(_) => (ProblemKind::Gone, false),
            Error::Refused(_) => (ProblemKind::Refused, false),
            Error::OtherAccount(_) => (ProblemKind::Account, true),
            Error::Input(_) | Error::Storage(_) | Error::Unclear(_) => return Err(error.into()),
            Error::Stopped => {
                let message = "stopped; what was begun is finished, run it again for the rest";
                return Err(Failure::new(Exit::Interrupted, message));
            }
        };
        let problem = problem(kind, text);
        if all {
            self.run
                .talk
                .error(&format!("{platform}: {}; its other activities are left for the next run", problem.message));
            self.left_alone.insert(platform.to_owned(), problem.clone());
        }
        Ok(problem)
    }

    /// Why nothing of a platform is asked for any more, if so.
    fn left_alone(&self, platform: &str) -> Option<&Problem> {
        self.full.as_ref().or_else(|| self.left_alone.get(platform))
    }

    /// Counts troubles in a row; whether there were too many. One that an earlier run had already does not count: a few
    /// lasting ones at the head of the list would stop every run before the rest.
    fn another_trouble(&mut self, activity: &Activity) -> Result<bool, Failure> {
        if self.run.catalogue.problem((&activity.platform, &activity.id), NAME)?.is_some() {
            return Ok(false);
        }
        let troubles = self.troubles.entry(activity.platform.clone()).or_default();
        *troubles += 1;
        Ok(*troubles >= TROUBLES)
    }

    /// A disk that is full for one file is full for the next: nothing more is fetched only to be thrown away.
    fn storage(&mut self, platform: &str, error: &archive::Error) -> Result<Result<Got, Problem>, Failure> {
        let problem = problem(ProblemKind::Storage, error.to_string());
        self.run.raise(if error.is_configuration() { Exit::Config } else { Exit::Partial });
        self.full = Some(problem.clone());
        self.run.talk.error(&format!("{platform}: {}; nothing more is fetched", problem.message));
        Ok(Err(problem))
    }

    fn note_problem(&mut self, activity: &Activity, problem: &Problem) -> Outcome {
        self.run.raise(Exit::from(&problem.kind));
        self.run.count("failed", 1);
        // What is left alone was never asked for: nothing is known against it.
        if self.left_alone(&activity.platform) == Some(problem) {
            return Ok(());
        }
        self.run.talk.error(&format!("{} {}: {}", activity.platform, activity.id, problem.message));
        let kind = serde_json::to_value(&problem.kind)
            .ok()
            .and_then(|kind| kind.as_str().map(str::to_owned))
            .unwrap_or_default();
        let key = (activity.platform.as_str(), activity.id.as_str());
        Ok(self.run.catalogue.set_problem(key, NAME, &kind, &problem.message, Timestamp::now())?)
    }

    fn summary(&self) {
        let counted = |what| self.run.counted(what);
        let verified = if self.args.verify { format!("{} verified, ", counted("verified")) } else { String::new() };
        self.run.talk.note(&format!(
            "{verified}{} fetched, {} without a file, {} failed",
            counted("downloaded"),
            counted("no_original"),
            counted("failed")
        ));
    }
}

fn problem(kind: ProblemKind, message: impl Into<String>) -> Problem {
    Problem::new(NAME, kind, message)
}
