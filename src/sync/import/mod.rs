//! Takes over files that other tools and services have left on the disk: each checked from its first byte to its last, and
//! put into archive and catalogue as if it had been downloaded.
//!
//! `sources` goes through GarminSync's folder, Sports Sync X's, and folders of files that are named with ids; `export`
//! through Garmin's account export, whose names say nothing; `validate` says what a file is, and whether it can be the
//! activity's. Here is what is done with one file. Nothing of theirs is written to.

mod export;
mod sources;
mod validate;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Exit, Failure, LocalFile, NotKept, Progress, RecordSink, Result, StoreAs, Worker, record_of};
use crate::activity::{Activity, ActivityKey, Format, Origin, printable};
use crate::archive::{CheckedFile, Lock, Purpose, Stored, unpack};
use crate::catalogue::FileRow;
use crate::i18n;
use crate::importers::{self, DetectedSource, KnownActivity};
use crate::platform::{PlatformId, PlatformSelection, PlatformSpec, Platforms};
use crate::record::{ActivityRecord, Record};
use crate::walk;

/// The archive is held no longer than this at a time: others want to write into it, too.
const HELD: Duration = Duration::from_secs(5);
/// The platform of GarminSync's files and of Garmin's account export, unless another one is named.
const GARMIN: &str = "garmin-com";
/// The manufacturer whose platforms have such files, by FIT's name.
const MANUFACTURER: &str = "garmin";

/// A file that is offered.
struct Offered {
    /// Of which activity, and what its tool knew of that.
    pub known: KnownActivity,
    /// Where it is, for messages.
    pub shown: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// It is as the platform gave it: a TCX or GPX file in it is the original.
    pub is_as_given: bool,
}

/// Takes over what is at `paths`: all of them are looked at before anything is taken. Each activity whose file was taken is
/// handed on.
///
/// # Errors
/// A path is nothing that is known, or does not tell whose files it has; then nothing is taken. A file that is not taken is
/// told, and the rest goes on.
pub fn import(worker: &mut Worker, paths: &[PathBuf], progress: &Progress, sink: &mut dyn RecordSink) -> Result<()> {
    let selection = worker.selection.clone();
    let own = own_folders(worker);
    let mut sources = Vec::new();
    for path in paths {
        let failure = |why: String| Failure::usage(format!("{}: {why}", path.display()));
        let unknown = |why: String| failure(format!("{why}; {}", importers::KNOWN));
        let absolute = path.canonicalize().map_err(|error| unknown(error.to_string()))?;
        if own.iter().any(|own| absolute.starts_with(own)) {
            return Err(unknown("this is the archive itself; gs-download finds its files".to_owned()));
        }
        let found = importers::detect(&absolute, &own).map_err(unknown)?;
        let platform = platform_of(&found, selection.named(), &worker.platforms).map_err(failure)?;
        worker.info(&format!("{}: {}", path.display(), title(&found, &platform)));
        sources.push((found, platform));
    }
    let mut import = Import::new(worker, progress, sink);
    for (found, platform) in &sources {
        match import.source(found, platform, &selection) {
            // It cannot be read now; the others can.
            Err(failure) if failure.exit == Exit::TempFail => import.worker.fail(&failure),
            result => result?,
        }
    }
    Ok(())
}

/// The folders of our own archive: nothing is taken over from there.
fn own_folders(worker: &Worker) -> Vec<PathBuf> {
    let data_dir = worker.data_dir.canonicalize().unwrap_or_else(|_| worker.data_dir.clone());
    ["fit", "replaced"].map(|name| data_dir.join(name)).into()
}

fn title(found: &DetectedSource, platform: &str) -> String {
    match found {
        DetectedSource::GarminSync { .. } => format!("GarminSync, imported as {platform}"),
        DetectedSource::SportsSync { .. } => "Sports Sync X".to_owned(),
        DetectedSource::GarminExport(_) => format!("Garmin's account export, imported as {platform}"),
        DetectedSource::Files(_) => format!("files of {platform}"),
    }
}

/// Whose files a source has, where it cannot tell itself.
fn platform_of(
    found: &DetectedSource,
    named: Option<&[Arc<PlatformSpec>]>,
    platforms: &Platforms,
) -> std::result::Result<PlatformId, String> {
    let is_garmin = |spec: &PlatformSpec| spec.native_manufacturer == Some(MANUFACTURER);
    let names = |is_meant: &dyn Fn(&PlatformSpec) -> bool| {
        let meant = platforms.services().iter().filter(|spec| is_meant(spec));
        i18n::or_list(&meant.map(|spec| spec.id.as_str()).collect::<Vec<_>>())
    };
    if named.is_some_and(|specs| !specs.iter().all(|spec| spec.has_login())) {
        return Err(format!("--platform: files are imported as {}", names(&|_| true)));
    }
    match (found, named) {
        // It names the platform of each file.
        (DetectedSource::SportsSync { .. }, _) => Ok(GARMIN.into()),
        (DetectedSource::GarminSync { .. } | DetectedSource::GarminExport(_), None) => Ok(GARMIN.into()),
        (DetectedSource::GarminSync { .. } | DetectedSource::GarminExport(_), Some([one])) if is_garmin(one) => {
            Ok(one.id.clone())
        }
        (DetectedSource::GarminSync { .. } | DetectedSource::GarminExport(_), Some(_)) => {
            Err(format!("the files are of one Garmin account; name it: --platform {}", names(&is_garmin)))
        }
        (DetectedSource::Files(_), Some([one])) => Ok(one.id.clone()),
        (DetectedSource::Files(_), _) => {
            Err(format!("the platform of the files is unknown; name it: --platform {}", names(&|_| true)))
        }
    }
}

/// Takes over files, and tells of each.
struct Import<'a> {
    worker: &'a mut Worker,
    progress: &'a Progress,
    sink: &'a mut dyn RecordSink,
    held: Option<(String, Lock, Instant)>,
    /// What a dry run has told of.
    rehearsed: HashSet<ActivityKey>,
}

/// What is done with a file.
enum ImportAction {
    /// It is taken.
    Take,
    /// Its bytes are in the archive already.
    Already,
    /// Another file of the activity is in the archive, at this path.
    Different(String),
}

/// Result of a search.
type Search<T> = std::result::Result<T, Ended>;

/// Why a search ended before its end.
enum Ended {
    /// Nothing more is wanted.
    Over,
    /// The command cannot go on.
    Failed(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::Failed(failure)
    }
}

impl From<walk::Error> for Ended {
    fn from(error: walk::Error) -> Ended {
        Ended::Failed(error.into())
    }
}

impl<'a> Import<'a> {
    /// None is taken yet.
    fn new(worker: &'a mut Worker, progress: &'a Progress, sink: &'a mut dyn RecordSink) -> Import<'a> {
        Import { worker, progress, sink, held: None, rehearsed: HashSet::new() }
    }

    /// Goes through what was found at a path. `platform` is whose it is, where it cannot tell itself; `only`, of several
    /// platforms: these.
    fn source(&mut self, found: &DetectedSource, platform: &str, only: &PlatformSelection) -> Result<()> {
        match found {
            DetectedSource::GarminSync { database, folder } => self.garmin_sync(database, folder, platform),
            DetectedSource::SportsSync { database, fit } => self.sports_sync(database.as_deref(), fit, only),
            DetectedSource::GarminExport(root) => self.garmin_export(root, platform),
            DetectedSource::Files(root) => self.files(root, platform),
        }
    }

    /// Whether nothing more is to be begun: somebody wants it to end, or nobody reads any more.
    fn is_over(&self) -> bool {
        self.worker.is_stopped() || self.sink.is_closed()
    }

    /// Something that should have been a file and was not taken.
    fn refuse(&mut self, shown: &str, why: &str) {
        self.worker.count("rejected", 1);
        self.worker
            .fail(&Failure::new(Exit::Partial, format!("{}: {}; not imported", printable(shown), printable(why))));
    }

    /// A file or folder that cannot be read: what is in it is not taken.
    fn unreadable(&mut self, error: &walk::Error) {
        self.worker.count("rejected", 1);
        self.worker.fail(&Failure::new(Exit::Partial, error.to_string()));
    }

    /// Takes one file, unless there is a reason not to. An error ends the command.
    fn take(&mut self, offered: Offered) -> Result<()> {
        self.progress.add(1);
        let pieces = match unpack(&offered.bytes) {
            Ok(pieces) => pieces,
            Err(bad) => {
                self.refuse(&offered.shown, &bad.to_string());
                return Ok(());
            }
        };
        let known = self.worker.catalogue.entry(offered.known.activity.as_key())?;
        let weighed = validate::validate(&offered.known, known.as_ref().map(|entry| &entry.activity), &pieces);
        let described = match weighed {
            Ok(described) => described,
            Err(why) => {
                self.refuse(&offered.shown, &why);
                return Ok(());
            }
        };
        // A list knows more of it than a file and its name.
        let activity = known.map_or(described, |entry| entry.activity);
        let store_as = store_as(&pieces, offered.is_as_given, self.worker.now());
        match self.way(&activity, &pieces, store_as)? {
            ImportAction::Already => self.worker.count("already", 1),
            ImportAction::Different(path) => {
                self.worker.count("different", 1);
                self.worker.warn(&format!(
                    "{}: the archive already has another file of {} {}, {path}; it is kept",
                    printable(&offered.shown),
                    activity.platform,
                    activity.id
                ));
            }
            ImportAction::Take if self.worker.dry_run => self.rehearse(&offered.shown, activity, &pieces)?,
            ImportAction::Take => self.keep(&offered.shown, &activity, pieces, store_as)?,
        }
        Ok(())
    }

    /// What is to be done with a file, by what the archive has of its activity.
    fn way(&mut self, activity: &Activity, pieces: &[CheckedFile], store_as: StoreAs) -> Result<ImportAction> {
        let there = match self.worker.local_file(activity, false)? {
            LocalFile::File(file) | LocalFile::RetryOriginal(file) => file,
            // What the archive has lost is mended by what others have kept.
            LocalFile::Corrupt | LocalFile::NoFile | LocalFile::Unavailable(_) => return Ok(ImportAction::Take),
            LocalFile::Nothing if self.worker.dry_run => return Ok(ImportAction::Take),
            LocalFile::Nothing => {
                self.hold(&activity.platform)?;
                match self.worker.adopt_existing(activity)? {
                    // A run that was killed between file and catalogue: the rest of it is done now.
                    Some(file) if is_of(&file, pieces) => return Ok(ImportAction::Take),
                    Some(file) => file,
                    None => return Ok(ImportAction::Take),
                }
            }
        };
        Ok(match there {
            file if is_of(&file, pieces) => ImportAction::Already,
            // What a service computed gives way to what was recorded.
            file if file.origin == Origin::Converted && store_as.origin() == Origin::Original => ImportAction::Take,
            file => ImportAction::Different(self.worker.archive.absolute(&file.path).display().to_string()),
        })
    }

    fn keep(&mut self, shown: &str, activity: &Activity, pieces: Vec<CheckedFile>, store_as: StoreAs) -> Result<()> {
        self.hold(&activity.platform)?;
        let format = pieces.first().map_or(Format::Fit, |piece| piece.format);
        match self.worker.keep_pieces(activity, pieces, store_as) {
            Ok(_) => {}
            Err(NotKept::Bad(bad)) => {
                self.refuse(shown, &bad.to_string());
                return Ok(());
            }
            Err(NotKept::Storage(error)) => return Err(error.into()),
            Err(NotKept::Failed(failure)) => return Err(failure),
        }
        self.worker.count("imported", 1);
        if store_as.origin() == Origin::Converted {
            self.worker.count("converted", 1);
            self.worker.debug(&format!(
                "{}: this is a {} file; stored in that format; the original is requested again",
                printable(shown),
                format.label()
            ));
        }
        let entry = self.worker.catalogue.entry(activity.as_key())?;
        let record = entry.map(|entry| record_of(entry, &self.worker.archive, self.worker.now()));
        record.map_or(Ok(()), |record| self.sink.record(&Record::from(record)).map(drop))
    }

    fn rehearse(&mut self, shown: &str, activity: Activity, pieces: &[CheckedFile]) -> Result<()> {
        if !self.rehearsed.insert(activity.key()) {
            return Ok(());
        }
        self.worker.count("imported", 1);
        let format = pieces.first().map_or(Format::Fit, |piece| piece.format);
        let key = activity.as_key();
        self.worker.warn(&format!("{}: would be imported as the {format} file of {key}", printable(shown)));
        let record = ActivityRecord { activity, ..ActivityRecord::default() };
        self.sink.record(&Record::from(record)).map(drop)
    }

    /// Holds the archive against other writers, for a while at a time.
    fn hold(&mut self, platform: &str) -> Result<()> {
        if self.held.as_ref().is_some_and(|(held, _, since)| held == platform && since.elapsed() < HELD) {
            return Ok(());
        }
        self.held = None;
        let lock = self.worker.archive.lock(platform, Purpose::Download, self.worker.lock_timeout)?;
        let busy = || Failure::new(Exit::TempFail, "another gs-download holds the archive; try again later");
        self.held = Some((platform.to_owned(), lock.ok_or_else(busy)?, Instant::now()));
        Ok(())
    }
}

/// A search that ended because nothing more is wanted went well.
fn ended(search: Search<()>) -> Result<()> {
    match search {
        Ok(()) | Err(Ended::Over) => Ok(()),
        Err(Ended::Failed(failure)) => Err(failure),
    }
}

/// Whether the archive's file is the first of these.
fn is_of(file: &FileRow, pieces: &[CheckedFile]) -> bool {
    pieces.first().is_some_and(|piece| Stored::of(&piece.bytes).sha256 == file.sha256)
}

/// Whatever is no FIT file was computed by the service, unless it came from there as the original: then it is asked for
/// again at once.
fn store_as(pieces: &[CheckedFile], is_as_given: bool, now: Timestamp) -> StoreAs {
    match pieces.first() {
        Some(piece) if piece.format != Format::Fit && !is_as_given => {
            StoreAs::Converted { retry_original_at: Some(now) }
        }
        _ => StoreAs::Original,
    }
}
