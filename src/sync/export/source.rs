//! Reads a recording from its files.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Exported, NotExported};
use crate::activity::Activity;
use crate::export::SessionTrack;
use crate::fit::{self, Fit, Recording};
use crate::hex;
use crate::reason::Reason;
use crate::record::ProblemKind;
use crate::sport;
use crate::walk;

/// The most bytes of a compressed file, unpacked.
const UNPACKED: u64 = 256 << 20;

/// A recording that was read.
pub(super) struct ReadFile {
    /// Its contents.
    pub recording: Recording,
    /// What the first file says about the activity.
    fit: Fit,
    /// The name of the first file.
    pub name: String,
    /// The SHA-256 of the first file, in hex.
    pub hash: String,
}

impl ReadFile {
    /// Reads the files of a recording, one after the other. At least one path.
    pub fn open(paths: &[PathBuf]) -> Exported<ReadFile> {
        let mut all: Option<ReadFile> = None;
        for path in paths {
            let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
            let read = ReadFile::of(bytes)?;
            match &mut all {
                Some(all) => all.append(read.recording),
                None => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    all = Some(ReadFile { name, ..read });
                }
            }
        }
        all.ok_or(NotExported::Nothing(Reason::NoFile))
    }

    /// Reads a file, which may be compressed with gzip.
    pub fn of(bytes: Vec<u8>) -> Exported<ReadFile> {
        let corrupt = |detail| NotExported::Problem(ProblemKind::CorruptFile, Reason::CorruptFile { detail });
        let bytes = if walk::is_gzip(&bytes) { walk::gunzip(&bytes, UNPACKED).map_err(corrupt)? } else { bytes };
        let fit = fit::scan(&bytes).map_err(|error| corrupt(error.to_string()))?;
        let recording = fit::read(&bytes).map_err(|error| corrupt(error.to_string()))?;
        Ok(ReadFile { recording, fit, name: String::new(), hash: hex::encode(&Sha256::digest(&bytes)[..8]) })
    }

    fn append(&mut self, more: Recording) {
        let Recording { sessions, laps, points, timer } = more;
        self.recording.sessions.extend(sessions);
        self.recording.laps.extend(laps);
        self.recording.points.extend(points);
        self.recording.timer.extend(timer);
    }

    /// The activity: what is known of it, and else what the file says.
    pub fn describe(&self, known: &Activity) -> Activity {
        let mut activity = known.clone();
        let start = || Timestamp::from_second(self.fit.start_time()?).ok();
        activity.start_time = activity.start_time.or_else(start);
        let offset = || self.fit.activity.as_ref()?.utc_offset_s;
        activity.utc_offset_s = activity.utc_offset_s.or_else(offset);
        if activity.sport.is_none() {
            activity.sport = self.fit.sport().and_then(sport::sport_name).map(str::to_owned);
            activity.sub_sport = self.fit.sub_sport().and_then(named_sub_sport);
        }
        let distances: Vec<f64> =
            self.recording.sessions.iter().filter_map(|session| session.sums.distance_m).collect();
        activity.distance_m = activity.distance_m.or_else(|| (!distances.is_empty()).then(|| distances.iter().sum()));
        activity
    }
}

/// The activity as a single session of it is named.
pub(super) fn describe_session(activity: &Activity, track: &SessionTrack) -> Activity {
    let session = &track.session;
    let start = track.start().and_then(|start| Timestamp::from_second(start).ok());
    Activity {
        start_time: start.or(activity.start_time),
        sport: session.sport.and_then(sport::sport_name).map(str::to_owned).or_else(|| activity.sport.clone()),
        sub_sport: session.sub_sport.and_then(named_sub_sport),
        distance_m: session.sums.distance_m,
        ..activity.clone()
    }
}

/// The name of a sub-sport, unless it says nothing.
fn named_sub_sport(number: u8) -> Option<String> {
    sport::sub_sport_name(number).filter(|name| *name != "generic").map(str::to_owned)
}

fn unreadable(path: &Path, error: &io::Error) -> NotExported {
    match error.kind() {
        io::ErrorKind::NotFound => {
            NotExported::Problem(ProblemKind::CorruptFile, Reason::FileMissing { path: path.display().to_string() })
        }
        _ => NotExported::Problem(ProblemKind::Storage, crate::fs::reason(path, error)),
    }
}
