//! Reads a recording from its files.

use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::activity::Activity;
use crate::export::SessionTrack;
use crate::fit::{self, FileKind, Fit, Recording};
use crate::hex;
use crate::sport;
use crate::sync::recording_files::{INPUT, Unread};

/// A recording that was read.
pub(super) struct ReadFile {
    /// Its contents.
    pub recording: Recording,
    /// The name of the first file; empty for standard input.
    pub name: String,
    /// The SHA-256 of the first file, in hex.
    pub hash: String,
    /// Whether the first file is one of an activity, and not of settings, courses or daily values.
    pub is_activity: bool,
    /// The activity, as the files describe it.
    described: Activity,
}

impl ReadFile {
    /// Reads a file.
    pub fn of(path: &str, bytes: &[u8]) -> Result<ReadFile, Unread> {
        let fit = fit::scan(bytes).map_err(Unread::corrupt)?;
        let recording = fit::read(bytes).map_err(Unread::corrupt)?;
        let name = match path {
            INPUT => String::new(),
            path => Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned(),
        };
        Ok(ReadFile {
            recording,
            name,
            hash: hex::encode(&Sha256::digest(bytes)[..8]),
            is_activity: fit.kind() == FileKind::Activity,
            described: described(&fit),
        })
    }

    /// Adds the next file of the same recording.
    pub fn append(&mut self, next: ReadFile) {
        let Recording { sessions, laps, points, timer } = next.recording;
        self.recording.sessions.extend(sessions);
        self.recording.laps.extend(laps);
        self.recording.points.extend(points);
        self.recording.timer.extend(timer);
        let distances = [self.described.distance_m, next.described.distance_m].into_iter().flatten();
        self.described.distance_m = distances.reduce(|one, other| one + other);
    }

    /// The activity: what is known of it, and else what the files say.
    pub fn describe(&self, known: &Activity) -> Activity {
        let described = &self.described;
        let (sport, sub_sport) = match known.sport {
            Some(_) => (&known.sport, &known.sub_sport),
            None => (&described.sport, &described.sub_sport),
        };
        Activity {
            start_time: known.start_time.or(described.start_time),
            utc_offset_s: known.utc_offset_s.or(described.utc_offset_s),
            distance_m: known.distance_m.or(described.distance_m),
            sport: sport.clone(),
            sub_sport: sub_sport.clone(),
            ..known.clone()
        }
    }
}

/// The activity as its first file describes it.
fn described(fit: &Fit) -> Activity {
    let activity = fit.activity();
    let sub_sport = activity.sub_sport.filter(|name| name != "generic");
    Activity { sub_sport, ..activity }
}

/// The activity as a single session of it is named.
pub(super) fn describe_session(activity: &Activity, track: &SessionTrack) -> Activity {
    let session = &track.session;
    let start = track.start().and_then(|start| Timestamp::from_second(start).ok());
    let sub_sport = session.sub_sport.and_then(sport::sub_sport_name).filter(|name| *name != "generic");
    Activity {
        start_time: start.or(activity.start_time),
        sport: session.sport.and_then(sport::sport_name).map(str::to_owned).or_else(|| activity.sport.clone()),
        sub_sport: sub_sport.map(str::to_owned),
        distance_m: session.sums.distance_m,
        ..activity.clone()
    }
}
