//! The platforms: what every one of them can do, and the table they stand in.
//!
//! The words. A *platform* is one service with one account in it. An *original* is the file a device recorded, as it was
//! uploaded; an *export* is what the service computed from it. A *ticket* proves a login once and is exchanged for a
//! *token*; the token is kept and renewed in a [`TokenStore`], under a lock that all processes share.
//!
//! A new service is one module with its [`PlatformSpec`], and one line in [`Platforms::default`].

mod access;
mod context;
pub mod coros;
pub mod folder;
pub mod garmin;
mod identity;
mod lenient_json;
mod login_attempt;
mod platforms;
mod spec;
mod tokens;

use jiff::Timestamp;

use crate::activity::{Activity, Outline};
use crate::clock::Moment;
use crate::http::Secret;

pub use crate::activity::PlatformId;
pub use access::{PlatformLogin, PlatformReader, PlatformWriter};
pub use context::{Context, KnownStart, SettingSource, TellSkipped};
pub use identity::{Identity, OwnerGuard, described, masked};
pub use platforms::{PlatformSelection, Platforms, UnknownPlatform};
pub use spec::{PlatformKind, PlatformSpec, Service};
pub use tokens::TokenStore;

/// What a caller can do about a failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A person has to log in.
    #[error("{0}")]
    Login(String),
    /// Nothing is wrong with the request: later may do. `down` when the platform as a whole wants to be left alone, so
    /// that asking for the next item makes no sense either.
    #[error("{message}")]
    Later {
        /// What was said.
        message: String,
        /// Whether it concerns the whole platform.
        down: bool,
    },
    /// The item is no longer there.
    #[error("{0}")]
    Gone(String),
    /// The service refuses this item, and will again.
    #[error("{0}")]
    Refused(String),
    /// The answer is not what this service is known to answer; told with what it was.
    #[error("{0}")]
    Strange(String),
    /// What a person gave (a token, a ticket, a setting) cannot be used.
    #[error("{0}")]
    Input(String),
    /// Something of this machine stands in the way: a token could not be kept (without that, a rotated one would be lost), the
    /// disk is full, or the proxy does not take its login.
    #[error("{0}")]
    Storage(String),
    /// The login belongs to another account than the data folder: nothing is listed or written with it.
    #[error("{0}")]
    OtherAccount(String),
    /// A person has to change a setting here, or one of the account on its website: no run helps before, and no login.
    #[error("{0}")]
    Config(String),
    /// A write was sent, and what became of it is not known: it is looked up, never repeated.
    #[error("{0}")]
    Unclear(String),
    /// The turn of a write came after the moment until which it was to be sent: nothing of it was sent.
    #[error(
        "nothing was sent: the service or the line is so slow that what its list showed was too old by then; try again later, or \
         set a larger GS_REQUEST_INTERVAL, as a list serves for five times that, or 15 seconds if that is more"
    )]
    TooLate,
    /// A person ended the program.
    #[error("stopped")]
    Stopped,
}

/// Result of every call here.
pub type Result<T> = std::result::Result<T, Error>;

/// Asks a person for something; `None` if there is nobody to ask. Told what for, and whether it is asked again because
/// the answer before was wrong.
pub type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<Secret>;

/// Which part of the history to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub until: Option<Timestamp>,
}

/// One page of a listing.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The activities in it that are in the window and were on no page before.
    pub activities: Vec<Listed>,
    /// The outlines of all entries that this walk through the list has not met before, in their order, whether in the window
    /// or not.
    pub outlines: Vec<Outline>,
    /// The list was begun again from its top with this page: its starts do not follow those of the page before.
    pub restarted: bool,
    /// Entries that could not be read, told in words: without an id or a start. They are in no other field.
    pub unreadable: Vec<String>,
    /// When it was asked for: what it shows is no older. Nothing: nobody was asked over the network.
    pub asked: Option<Moment>,
}

/// An activity, with what the service itself said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The activity.
    pub activity: Activity,
    /// The service's JSON.
    pub raw: String,
}

/// Whether to go on listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// The next page, please.
    Go,
    /// Enough.
    Stop,
}

/// How a listing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Everything in the window was shown.
    End,
    /// The caller had enough.
    Stopped,
}

/// What came of a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Download {
    /// The original: a file, or a zip with it.
    Original(Vec<u8>),
    /// No original is to be had; this is what the service computed.
    Export {
        /// The file.
        bytes: Vec<u8>,
        /// Why not the original.
        why: String,
        /// That may pass: the original is worth asking for again another day.
        may_pass: bool,
    },
    /// There is no file, and there will be none.
    None {
        /// Why.
        why: String,
    },
}

/// A file to be put on a platform.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its bytes, whole and checked.
    pub bytes: &'a [u8],
    /// `fit`, `tcx` or `gpx`; one that the platform takes, see [`PlatformSpec::upload_formats`].
    pub format: &'a str,
    /// The name it is sent under, with its extension: letters, digits, `-`, `_` and `.` alone.
    pub name: &'a str,
    /// When the exercise began.
    pub start_time: Option<Timestamp>,
    /// Local time minus UTC, where it began.
    pub utc_offset_s: Option<i32>,
    /// These bytes were an activity there once, and that is gone: a service that knows files by their bytes must not take
    /// them for that one.
    pub again: bool,
    /// The request that makes an activity of it is not sent after this moment ([`Error::TooLate`]): that it is missing there
    /// is known from a look that is too old then.
    pub not_after: Option<Moment>,
}

/// An upload that was sent, or may have been.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// What the service gave to ask with; nothing if the program ended before it was written down.
    pub ticket: Option<&'a str>,
    /// The file; nothing if it is no longer in the archive.
    pub file: Option<Outgoing<'a>>,
}

/// What came of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uploaded {
    /// It is an activity now, with this id, if the service says so. The caller reads it back from the list.
    Created(Option<String>),
    /// The service had the exercise already, with this id, if it says so.
    AlreadyThere(Option<String>),
    /// Taken; what comes of it is to be asked for with this.
    Pending(String),
    /// The service cannot say. The caller looks at the list; if it is not there, nothing arrived.
    Unknown,
}

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The e-mail address.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Who is logged in, as far as the stored token tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name the service shows.
    pub name: Option<String>,
    /// The domain the account belongs to.
    pub domain: String,
    /// Until when the token works without being renewed.
    pub expires: Option<Timestamp>,
    /// Until when it can be renewed, if the service said so.
    pub renewable_until: Option<Timestamp>,
    /// Whether it can be renewed at all.
    pub renewable: bool,
    /// Why it is of no more use, once the service said so.
    pub dead: Option<String>,
    /// How the token was come by.
    pub source: String,
}

/// Keeps count of refused logins, so that none is repeated by itself.
pub trait LoginGuard: Send + Sync {
    /// What stands against a login. `by_hand`: a person started it.
    fn barred(&self, by_hand: bool) -> Result<Option<Barred>>;
    /// One is about to be sent. Until its outcome is told, none is tried for a while: it may be cut short by anything.
    fn begins(&self) -> Result<()>;
    /// Nothing of it was sent: as if it had not begun.
    fn was_not_sent(&self) -> Result<()>;
    /// The service was in trouble: the pause goes on, with this reason; says until when.
    fn in_trouble(&self, reason: &str) -> Result<Timestamp>;
    /// Turned away (429, a challenge): a longer pause each time; says until when.
    fn turned_away(&self, reason: &str) -> Result<Timestamp>;
    /// Refused (wrong password, a second factor with nobody there).
    fn refused(&self, reason: &str) -> Result<()>;
    /// It went well.
    fn went_well(&self) -> Result<()>;
}

/// What stands against a login, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// The last one was turned away: none before then.
    Until(Timestamp, String),
    /// The last one was refused: none by itself.
    ByItself(String),
    /// This run has made its one already: none by itself before the next run.
    ThisRun,
}

impl From<crate::walk::Error> for Error {
    fn from(error: crate::walk::Error) -> Error {
        match error {
            crate::walk::Error::Input(message) => Error::Input(message),
            crate::walk::Error::Later(message) => Error::Later { message, down: true },
            crate::walk::Error::Full(message) => Error::Storage(message),
        }
    }
}

impl From<crate::http::Error> for Error {
    fn from(error: crate::http::Error) -> Error {
        use crate::http::Error as Http;
        match error {
            Http::Stopped => Error::Stopped,
            Http::TooLate => Error::TooLate,
            Http::Pacing(refusal) if !refusal.passes => Error::Storage(refusal.message),
            Http::Wait { .. } | Http::WaitToWrite { .. } | Http::Pacing(_) => {
                Error::Later { message: format!("{error}; try again later"), down: true }
            }
            Http::Network { .. } | Http::Untrusted { .. } => {
                Error::Later { message: format!("{error}; {}", error.remedy()), down: false }
            }
            Http::Proxy { .. } => Error::Storage(error.to_string()),
            Http::TooLarge { .. } | Http::Redirect { .. } => Error::Strange(error.to_string()),
        }
    }
}
