//! Files that are downloaded and uploaded.

use jiff::Timestamp;

use crate::activity::{Activity, Format};
use crate::clock::Moment;
use crate::reason::Reason;

/// The result of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Download {
    /// The original: a file, or a zip with it.
    Original(Vec<u8>),
    /// The original is unavailable; this is the file that the service computed.
    Converted {
        /// The file.
        bytes: Vec<u8>,
        /// Why the original is unavailable.
        why: String,
        /// The original may be available another day.
        retry_original: bool,
    },
    /// There is no file, and there will be none.
    None {
        /// Why.
        why: String,
    },
}

/// A file to upload.
#[derive(Debug, Clone, Copy)]
pub struct UploadFile<'a> {
    /// Its bytes, complete and checked.
    pub bytes: &'a [u8],
    /// One of [`PlatformSpec::upload_formats`](super::PlatformSpec::upload_formats).
    pub format: Format,
    /// The file name, with its extension: letters, digits, `-`, `_` and `.` alone.
    pub name: &'a str,
    /// The activity.
    pub activity: Option<&'a Activity>,
    /// When the activity began.
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC, where it began.
    pub utc_offset_s: Option<i32>,
    /// These bytes were an activity there once, and it does not exist any more: a service that knows files by their
    /// bytes must not take them for that one.
    pub reupload: bool,
    /// The request that makes an activity of it is not sent after this moment
    /// ([`Error::TooLate`](super::Error::TooLate)): the listing that showed that it is missing is outdated then.
    pub not_after: Option<Moment>,
}

/// An upload that was sent, or may have been.
#[derive(Debug, Clone, Copy)]
pub struct UploadRef<'a> {
    /// The reference that the service gave to ask for the status; `None` if the program ended before it was saved.
    pub status_ref: Option<&'a str>,
    /// The file; `None` if it is no longer in the archive.
    pub file: Option<UploadFile<'a>>,
}

/// What became of an upload.
#[derive(Debug, Clone, PartialEq)]
pub enum UploadStatus {
    /// It is an activity now, with this id, if the service names it. The caller confirms it by the list.
    Created(Option<String>),
    /// The service had the activity already, with this id, if the service names it.
    Exists(Option<String>),
    /// Accepted, and still processed; this reference is for asking again.
    Pending(String),
    /// Nothing was sent, for this reason, which may end: a later run decides anew.
    Declined(Reason),
    /// The service cannot tell. The caller looks at the list; if the activity is not in it, nothing arrived.
    Unknown,
}
