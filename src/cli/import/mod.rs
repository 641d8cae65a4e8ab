//! Takes over files that other tools and services have left on the disk: each checked from its first byte to its last, and
//! put into archive and catalogue as if it had been downloaded.
//!
//! `sources` goes through GarminSync's folder, Sports Sync X's, and folders of files that are named with ids; `export`
//! through Garmin's account export, whose names say nothing; `weigh` says what a file is, and whether it can be the
//! activity's. Here is what is done with one file. Nothing of theirs is written to.

mod export;
mod sources;
mod weigh;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Bar, Exit, Failure, Known, NotKept, Origin, Outcome, Output, Run, record_of};
use crate::activity::{Activity, ActivityKey, printable};
use crate::archive::{Format, Lock, Piece, Purpose, Stored, unpack};
use crate::catalogue::FileRow;
use crate::older::{Found, Told};
use crate::platform::PlatformSelection;
use crate::record::{ActivityRecord, Record};
use crate::walk;

/// The archive is held no longer than this at a time: others want to write into it, too.
const HELD: Duration = Duration::from_secs(5);

/// A file that is offered.
pub struct Offered {
    /// Of which activity, and what its tool knew of that.
    pub told: Told,
    /// Where it is, for messages.
    pub shown: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// It is as the platform gave it: a TCX or GPX file in it is the original.
    pub is_as_given: bool,
}

/// Takes over files, and tells of each.
pub struct Import<'a> {
    run: &'a mut Run,
    bar: &'a Bar,
    output: Output,
    held: Option<(String, Lock, Instant)>,
    /// What a dry run has told of.
    rehearsed: HashSet<ActivityKey>,
}

/// What is done with a file.
enum Way {
    /// It is taken.
    Take,
    /// Its bytes are in the archive already.
    Already,
    /// Another file of the activity is in the archive, at this path.
    Different(String),
}

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
    pub fn new(run: &'a mut Run, bar: &'a Bar) -> Import<'a> {
        Import { run, bar, output: Output::buffered(), held: None, rehearsed: HashSet::new() }
    }

    /// Goes through what was found at a path. `platform` is whose it is, where it cannot tell itself; `only`, of several
    /// platforms: these.
    pub fn source(&mut self, found: &Found, platform: &str, only: &PlatformSelection) -> Outcome {
        match found {
            Found::GarminSync { database, folder } => self.garmin_sync(database, folder, platform),
            Found::SportsSync { database, fit } => self.sports_sync(database.as_deref(), fit, only),
            Found::GarminExport(root) => self.garmin_export(root, platform),
            Found::Files(root) => self.files(root, platform),
        }
    }

    /// The folders of our own archive: nothing is taken over from there.
    pub fn own_folders(run: &Run) -> Vec<PathBuf> {
        let data_dir = run.data_dir.canonicalize().unwrap_or_else(|_| run.data_dir.clone());
        ["fit", "replaced"].map(|name| data_dir.join(name)).into()
    }

    /// Whether nothing more is to be begun: somebody wants it to end, or nobody reads any more.
    fn is_over(&self) -> bool {
        self.run.is_stopped() || self.output.is_closed()
    }

    /// Tells that a path could not be gone through.
    pub fn fail(&mut self, failure: &Failure) {
        self.run.fail(failure);
    }

    /// Ends it: the archive is free, all records are handed on.
    pub fn finish(mut self) -> Outcome {
        self.held = None;
        self.output.flush().map(drop)
    }

    /// Something that should have been a file and was not taken.
    fn refuse(&mut self, shown: &str, why: &str) {
        self.run.count("refused", 1);
        self.run.fail(&Failure::new(Exit::Partial, format!("{}: {}; not taken", printable(shown), printable(why))));
    }

    /// A file or folder that cannot be read: what is in it is not taken.
    fn unreadable(&mut self, error: &walk::Error) {
        self.run.count("refused", 1);
        self.run.fail(&Failure::new(Exit::Partial, error.to_string()));
    }

    /// Takes one file, unless there is a reason not to. An error ends the command.
    fn take(&mut self, offered: Offered) -> Outcome {
        self.bar.add(1);
        let pieces = match unpack(&offered.bytes) {
            Ok(pieces) => pieces,
            Err(bad) => {
                self.refuse(&offered.shown, &bad.to_string());
                return Ok(());
            }
        };
        let known = self.run.catalogue.entry(&offered.told.activity.platform, &offered.told.activity.id)?;
        let weighed = weigh::weigh(&offered.told, known.as_ref().map(|entry| &entry.activity), &pieces);
        let described = match weighed {
            Ok(described) => described,
            Err(why) => {
                self.refuse(&offered.shown, &why);
                return Ok(());
            }
        };
        // A list knows more of it than a file and its name.
        let activity = known.map_or(described, |entry| entry.activity);
        let origin = origin(&pieces, offered.is_as_given);
        match self.way(&activity, &pieces, origin)? {
            Way::Already => self.run.count("already", 1),
            Way::Different(path) => {
                self.run.count("different", 1);
                self.run.talk.warning(&format!(
                    "{}: another file of {} {} is in the archive, {path}; that one stays",
                    printable(&offered.shown),
                    activity.platform,
                    activity.id
                ));
            }
            Way::Take if self.run.common.dry_run => self.rehearse(&offered.shown, activity, &pieces)?,
            Way::Take => self.keep(&offered.shown, &activity, pieces, origin)?,
        }
        Ok(())
    }

    /// What is to be done with a file, by what the archive has of its activity.
    fn way(&mut self, activity: &Activity, pieces: &[Piece], origin: Origin) -> Result<Way, Failure> {
        let there = match self.run.known_file(activity, false)? {
            Known::File(file) | Known::Export(file) => file,
            // What the archive has lost is mended by what others have kept.
            Known::Broken | Known::NoFile | Known::Unavailable(_) => return Ok(Way::Take),
            Known::Nothing if self.run.common.dry_run => return Ok(Way::Take),
            Known::Nothing => {
                self.hold(&activity.platform)?;
                match self.run.adopt_file(activity)? {
                    // A run that was killed between file and catalogue: the rest of it is done now.
                    Some(file) if is_of(&file, pieces) => return Ok(Way::Take),
                    Some(file) => file,
                    None => return Ok(Way::Take),
                }
            }
        };
        Ok(match there {
            file if is_of(&file, pieces) => Way::Already,
            // What a service computed gives way to what was recorded.
            file if file.origin == "export" && !origin.is_export() => Way::Take,
            file => Way::Different(self.run.archive.absolute(&file.path).display().to_string()),
        })
    }

    fn keep(&mut self, shown: &str, activity: &Activity, pieces: Vec<Piece>, origin: Origin) -> Outcome {
        self.hold(&activity.platform)?;
        let format = pieces.first().map_or(Format::Fit, |piece| piece.format);
        match self.run.keep_pieces(activity, pieces, origin) {
            Ok(_) => {}
            Err(NotKept::Bad(bad)) => {
                self.refuse(shown, &bad.to_string());
                return Ok(());
            }
            Err(NotKept::Storage(error)) => return Err(error.into()),
            Err(NotKept::Failed(failure)) => return Err(failure),
        }
        self.run.count("taken", 1);
        if origin.is_export() {
            self.run.count("exports", 1);
            self.run.talk.detail(&format!(
                "{}: it is a {} file; kept as that, and the original is asked for again",
                printable(shown),
                format.name().to_uppercase()
            ));
        }
        let entry = self.run.catalogue.entry(&activity.platform, &activity.id)?;
        let record = entry.map(|entry| record_of(entry, &self.run.archive));
        record.map_or(Ok(()), |record| self.output.record(&Record::from(record)).map(drop))
    }

    fn rehearse(&mut self, shown: &str, activity: Activity, pieces: &[Piece]) -> Outcome {
        if !self.rehearsed.insert(activity.key()) {
            return Ok(());
        }
        self.run.count("taken", 1);
        let format = pieces.first().map_or(Format::Fit, |piece| piece.format).name();
        let (platform, id) = (&activity.platform, &activity.id);
        self.run.talk.warning(&format!("{}: would be taken as the {format} file of {platform} {id}", printable(shown)));
        let record = ActivityRecord { activity, ..ActivityRecord::default() };
        self.output.record(&Record::from(record)).map(drop)
    }

    /// Holds the archive against other writers, for a while at a time.
    fn hold(&mut self, platform: &str) -> Outcome {
        if self.held.as_ref().is_some_and(|(held, _, since)| held == platform && since.elapsed() < HELD) {
            return Ok(());
        }
        self.held = None;
        let lock = self.run.archive.lock(platform, Purpose::Download, self.run.lock_wait)?;
        let busy = || Failure::new(Exit::Later, "another gs-download holds the archive; try again later");
        self.held = Some((platform.to_owned(), lock.ok_or_else(busy)?, Instant::now()));
        Ok(())
    }
}

/// A search that ended because nothing more is wanted went well.
fn ended(search: Result<(), Ended>) -> Outcome {
    match search {
        Ok(()) | Err(Ended::Over) => Ok(()),
        Err(Ended::Failed(failure)) => Err(failure),
    }
}

/// Whether the archive's file is the first of these.
fn is_of(file: &FileRow, pieces: &[Piece]) -> bool {
    pieces.first().is_some_and(|piece| Stored::of(&piece.bytes).sha256 == file.sha256)
}

/// Whatever is no FIT file was computed by the service, unless it came from there as the original: then it is asked for
/// again at once.
fn origin(pieces: &[Piece], is_as_given: bool) -> Origin {
    match pieces.first() {
        Some(piece) if piece.format != Format::Fit && !is_as_given => Origin::Export(Some(Timestamp::now())),
        _ => Origin::Original,
    }
}
