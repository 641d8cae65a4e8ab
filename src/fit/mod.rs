//! FIT files: checks whether a file is complete, and reads what it contains, without decoding every message.
//!
//! ```text
//! let fit = fit::scan(&bytes)?;       a complete file, or the error in it
//! fit.sport()                         Some(1): running
//! fit.start_time()                    Some(1767881421), Unix seconds, UTC
//! fit.identity()                      device and time of the recording, if the file has both
//! fit::read(&bytes)?                  sessions, laps, trackpoints and timer events, with FIT's units
//! FitMessages::of_complete(&bytes)    every message with every field, one after another; slow
//! ```
//!
//! Downloads, the archive and matching use [`scan`]: it reads every byte once for the CRC and skips from message to message,
//! at more than 500 MB/s. [`read`] makes the same checks and decodes the [`Recording`]. Only [`FitMessages`] reads a corrupt file,
//! up to the message that cannot be read. Sports and manufacturers are numbers; [`manufacturer_name`] and `sport` have their
//! names.
//! `docs/fit.md` describes the checks and the differences to other readers.
//!
//! The terms are those of FIT: a **file** has a `file_id`; an activity file has `record` messages (a moment with position,
//! heart rate …), `session` messages (one, or one for each discipline) and one `activity` message. Several files may be
//! chained in one buffer.

mod activity;
mod base_type;
mod compressed;
mod crc;
mod decode;
mod definition;
mod error;
mod frame;
mod limits;
mod manufacturer;
mod message;
mod messages;
mod numbers;
mod product;
mod read;
mod recording;
#[cfg(test)]
mod sample;
mod scan;

use std::fmt;

pub use decode::{FitField, FitMessage, FitMessages, FitValue, RawField, SkippedFields, message_name, message_names};
pub use error::FitError;
pub use manufacturer::manufacturer_name;
pub use numbers::numbers;
pub use product::product_name;
pub use read::read;
pub use recording::{Lap, Position, Recording, Session, Sums, TimerEvent, Trackpoint};
pub use scan::scan;

/// FIT's file type of a recorded activity.
const FILE_TYPE_ACTIVITY: u8 = 4;
/// FIT's sport for an activity of several sports.
const SPORT_MULTISPORT: u8 = 18;
/// FIT's sport for a transition between two of them.
const SPORT_TRANSITION: u8 = 3;
/// The manufacturer number for developers without a number of their own.
const MANUFACTURER_DEVELOPMENT: u16 = 255;

/// The contents of a complete file or chain of files. Times are Unix seconds, UTC.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fit {
    /// The number of chained files; nearly always one. Some Garmin watches chain the heart rates of a swim, in files without
    /// a `file_id`.
    pub files: usize,
    /// How many of the files are activities.
    pub activity_files: usize,
    /// The `file_id`: of the first activity in a chain, else of its first file.
    pub file_id: FileId,
    /// The sessions of all files, in file order.
    pub sessions: Vec<SessionMessage>,
    /// The last `activity` message.
    pub activity: Option<ActivityMessage>,
    /// When the first `record` with a time was made.
    pub first_record_time: Option<i64>,
    /// When the last `record` with a time was made.
    pub last_record_time: Option<i64>,
    /// The number of `record` messages.
    pub records: u64,
    /// Are there developer fields, written by an app on the device?
    pub developer_fields: bool,
    /// The version of the FIT protocol; the newest one in a chain.
    pub protocol: Protocol,
}

/// A version of the FIT protocol: how messages are laid out in a file.
///
/// A file with a newer protocol is read as well: unknown messages and fields are skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Protocol {
    /// The major version.
    pub major: u8,
    /// The minor version.
    pub minor: u8,
}

impl Protocol {
    /// The newest that is known: 2.0 (FIT SDK, 2026).
    pub const NEWEST: Protocol = Protocol { major: 2, minor: 0 };

    /// Reads the protocol byte of a header.
    fn of(byte: u8) -> Protocol {
        Protocol { major: byte >> 4, minor: byte & 0x0F }
    }

    /// Whether this version is newer than the newest one that is known here.
    pub fn is_newer(self) -> bool {
        self > Protocol::NEWEST
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The `file_id` message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileId {
    /// FIT's `file` enum: 4 is an activity.
    pub file_type: Option<u8>,
    /// FIT's manufacturer number, see [`manufacturer_name`].
    pub manufacturer: Option<u16>,
    /// The manufacturer's number for the product.
    pub product: Option<u16>,
    /// The device's serial number.
    pub serial_number: Option<u32>,
    /// When the file was created, Unix seconds.
    pub time_created: Option<i64>,
    /// The name of the product, if the file has it.
    pub product_name: Option<String>,
}

impl FileId {
    fn is_activity(&self) -> bool {
        self.file_type == Some(FILE_TYPE_ACTIVITY)
    }
}

/// A `session` message: one sport from start to end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionMessage {
    /// FIT's sport number.
    pub sport: Option<u8>,
    /// FIT's sub sport number.
    pub sub_sport: Option<u8>,
    /// The start, Unix seconds.
    pub start_time: Option<i64>,
    /// Seconds without pauses.
    pub total_timer_time_s: Option<f64>,
    /// Seconds with pauses.
    pub total_elapsed_time_s: Option<f64>,
    /// Metres.
    pub total_distance_m: Option<f64>,
}

/// The `activity` message, which closes an activity file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityMessage {
    /// When the activity was closed, Unix seconds.
    pub timestamp: Option<i64>,
    /// Local time minus UTC in seconds, by the device's clock; `None` if no time zone has this offset.
    pub utc_offset_s: Option<i32>,
    /// How many sessions the writer counted.
    pub num_sessions: Option<u16>,
}

impl ActivityMessage {
    /// Between UTC-12 and UTC+14, with a tolerance for devices that write the two times one after the other.
    fn on_earth(utc_offset_s: i32) -> bool {
        const HOUR: i32 = 3600;
        (-12 * HOUR - 60..=14 * HOUR + 60).contains(&utc_offset_s)
    }
}

/// Whether a file is an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A recorded activity.
    Activity,
    /// Settings, workouts, courses, monitoring and so on, or a file that does not say.
    Other,
}

/// The device and the time of a recording. Every copy of the file has the same, unless a program changed its `file_id`.
///
/// The text form is `manufacturer:product:serial_number:time_created`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordingId {
    /// FIT's manufacturer number.
    pub manufacturer: u16,
    /// The manufacturer's number for the product.
    pub product: u16,
    /// The device's serial number.
    pub serial_number: u32,
    /// When the file was created, Unix seconds.
    pub time_created: i64,
}

impl fmt::Display for RecordingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (maker, product) = (self.manufacturer, self.product);
        let (serial, created) = (self.serial_number, self.time_created);
        write!(f, "{maker}:{product}:{serial}:{created}")
    }
}

impl Fit {
    /// Whether it is an activity, by its `file_id`.
    pub fn kind(&self) -> FileKind {
        if self.file_id.is_activity() { FileKind::Activity } else { FileKind::Other }
    }

    /// The sport of the file as FIT's number: that of its sessions without transitions, or multisport (18) if they differ.
    pub fn sport(&self) -> Option<u8> {
        let mut sports = self.disciplines().map(|session| session.sport);
        let first = sports.next()?;
        if sports.all(|sport| sport == first) { first } else { Some(SPORT_MULTISPORT) }
    }

    /// The sub sport of the file as FIT's number, if all sessions without transitions have the same.
    pub fn sub_sport(&self) -> Option<u8> {
        let mut kinds = self.disciplines().map(|session| (session.sport, session.sub_sport));
        let first = kinds.next()?;
        kinds.all(|kind| kind == first).then_some(first.1)?
    }

    /// The start, Unix seconds: the earliest session start, else the first `record`, else the creation of the file.
    pub fn start_time(&self) -> Option<i64> {
        let starts = self.sessions.iter().filter_map(|session| session.start_time);
        starts.min().or(self.first_record_time).or(self.file_id.time_created)
    }

    /// The device and the time of the recording.
    ///
    /// `None` if a part is missing (apps often have no serial number); for the manufacturer `development` (255), whose
    /// numbers are shared and whose converters create many files in one second; and for a chain of several activities.
    pub fn identity(&self) -> Option<RecordingId> {
        let id = &self.file_id;
        let identity = RecordingId {
            manufacturer: id.manufacturer?,
            product: id.product?,
            serial_number: id.serial_number?,
            time_created: id.time_created?,
        };
        let unique = identity.manufacturer != MANUFACTURER_DEVELOPMENT && self.activity_files <= 1;
        unique.then_some(identity)
    }

    /// The sessions without transitions; all sessions if there are only transitions.
    fn disciplines(&self) -> impl Iterator<Item = &SessionMessage> {
        let is_transition = |session: &SessionMessage| session.sport == Some(SPORT_TRANSITION);
        let only_transitions = self.sessions.iter().all(is_transition);
        let sessions = self.sessions.iter();
        sessions.filter(move |session| only_transitions || !is_transition(session))
    }
}
