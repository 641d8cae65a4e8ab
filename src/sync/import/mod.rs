//! Imports files of other tools and services: each is checked completely, and stored in the archive and the catalogue
//! like a download.
//!
//! `sources` reads GarminSync's folder, Sports Sync X's, and folders of files whose names contain ids; `export` reads
//! Garmin's account export, whose names contain no ids; `validate` describes a file, and checks whether it can belong
//! to the activity. This file imports a single file. The sources are never changed.

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

/// How long the archive is locked at a time at most, because other commands write to it, too.
const HELD: Duration = Duration::from_secs(5);
/// The platform of GarminSync's files and of Garmin's account export, unless another one is named.
const GARMIN: &str = "garmin-com";
/// The manufacturer of the platforms with such files, by its FIT name.
const MANUFACTURER: &str = "garmin";

/// A file to import.
struct Offered {
    /// The properties of its activity that the tool knew.
    pub known: KnownActivity,
    /// Its path, for messages.
    pub shown: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The platform provided the file unchanged: a TCX or GPX file is the original.
    pub is_as_given: bool,
}

/// Imports the files at `paths`, after checking all paths. Passes on each activity whose file was imported.
///
/// # Errors
/// A path has an unknown format or does not name its platform; then nothing is imported. A file that cannot be imported
/// is reported, and the others are imported.
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
            // This path cannot be read now; the others can.
            Err(failure) if failure.exit == Exit::TempFail => import.worker.fail(&failure),
            result => result?,
        }
    }
    Ok(())
}

/// The folders of our own archive: nothing is imported from them.
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

/// The platform of a source that does not name it.
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

/// Imports files, and reports each.
struct Import<'a> {
    worker: &'a mut Worker,
    progress: &'a Progress,
    sink: &'a mut dyn RecordSink,
    held: Option<(String, Lock, Instant)>,
    /// The activities that a dry run has reported.
    planned: HashSet<ActivityKey>,
}

/// The decision about a file.
enum ImportAction {
    /// Import it.
    Take,
    /// The archive has the same bytes already.
    Already,
    /// The archive has another file of the activity, at this path.
    Different(String),
}

/// Result of a search.
type Search<T> = std::result::Result<T, Ended>;

/// Why a search ended early.
enum Ended {
    /// No more is wanted.
    Over,
    /// The command cannot continue.
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
    /// Creates an import; no file is imported yet.
    fn new(worker: &'a mut Worker, progress: &'a Progress, sink: &'a mut dyn RecordSink) -> Import<'a> {
        Import { worker, progress, sink, held: None, planned: HashSet::new() }
    }

    /// Imports the files that were found at a path. `platform`: the platform of a source that does not name it; `only`:
    /// the selected platforms of a source with several.
    fn source(&mut self, found: &DetectedSource, platform: &str, only: &PlatformSelection) -> Result<()> {
        match found {
            DetectedSource::GarminSync { database, folder } => self.garmin_sync(database, folder, platform),
            DetectedSource::SportsSync { database, fit } => self.sports_sync(database.as_deref(), fit, only),
            DetectedSource::GarminExport(root) => self.garmin_export(root, platform),
            DetectedSource::Files(root) => self.files(root, platform),
        }
    }

    /// Whether to begin no more files: the user stopped the run, or the sink accepts no more.
    fn is_over(&self) -> bool {
        self.worker.is_stopped() || self.sink.is_closed()
    }

    /// Reports a file that was not imported.
    fn refuse(&mut self, shown: &str, why: &str) {
        self.worker.count("rejected", 1);
        self.worker
            .fail(&Failure::new(Exit::Partial, format!("{}: {}; not imported", printable(shown), printable(why))));
    }

    /// Reports a file or folder that cannot be read; its contents are not imported.
    fn unreadable(&mut self, error: &walk::Error) {
        self.worker.count("rejected", 1);
        self.worker.fail(&Failure::new(Exit::Partial, error.to_string()));
    }

    /// Imports a file, unless a reason prevents it. An error ends the command.
    fn take(&mut self, offered: Offered) -> Result<()> {
        self.progress.add(1);
        let pieces = match unpack(&offered.bytes) {
            Ok(pieces) => pieces,
            Err(bad) => {
                self.refuse(&offered.shown, bad.of_file());
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
        // A list has more details than a file and its name.
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
            ImportAction::Take if self.worker.dry_run => self.dry_run_one(&offered.shown, activity, &pieces)?,
            ImportAction::Take => self.keep(&offered.shown, &activity, pieces, store_as)?,
        }
        Ok(())
    }

    /// Decides about a file by the files that the archive has of its activity.
    fn way(&mut self, activity: &Activity, pieces: &[CheckedFile], store_as: StoreAs) -> Result<ImportAction> {
        let existing = match self.worker.local_file(activity, false)? {
            LocalFile::File(file) | LocalFile::RetryOriginal(file) => file,
            // A lost or unavailable file of the archive is replaced by the imported one.
            LocalFile::Corrupt | LocalFile::NoFile | LocalFile::Unavailable(_) => return Ok(ImportAction::Take),
            LocalFile::Nothing if self.worker.dry_run => return Ok(ImportAction::Take),
            LocalFile::Nothing => {
                self.hold(&activity.platform)?;
                match self.worker.adopt_existing(activity)? {
                    // A run was killed between storing the file and its row; this import completes it.
                    Some(file) if is_of(&file, pieces) => return Ok(ImportAction::Take),
                    Some(file) => file,
                    None => return Ok(ImportAction::Take),
                }
            }
        };
        Ok(match existing {
            file if is_of(&file, pieces) => ImportAction::Already,
            // An original replaces a converted file.
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
                self.refuse(shown, bad.of_file());
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

    fn dry_run_one(&mut self, shown: &str, activity: Activity, pieces: &[CheckedFile]) -> Result<()> {
        if !self.planned.insert(activity.key()) {
            return Ok(());
        }
        self.worker.count("imported", 1);
        let format = pieces.first().map_or(Format::Fit, |piece| piece.format);
        let key = activity.as_key();
        self.worker.warn(&format!("{}: would be imported as the {format} file of {key}", printable(shown)));
        let record = ActivityRecord { activity, ..ActivityRecord::default() };
        self.sink.record(&Record::from(record)).map(drop)
    }

    /// Locks the archive against other writers, for a short time.
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

/// A search that ended because no more was wanted succeeded.
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

/// A file that is no FIT file counts as converted, unless the platform provided it as the original. The original of a
/// converted file is requested again at once.
fn store_as(pieces: &[CheckedFile], is_as_given: bool, now: Timestamp) -> StoreAs {
    match pieces.first() {
        Some(piece) if piece.format != Format::Fit && !is_as_given => {
            StoreAs::Converted { retry_original_at: Some(now) }
        }
        _ => StoreAs::Original,
    }
}
