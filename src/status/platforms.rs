//! The platforms, and the differences between them.

use jiff::Timestamp;
use serde::Serialize;

use super::RedactedReason;
use crate::activity::AccessKind;

/// One platform.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Platform {
    /// The name that commands accept.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is compared with the others.
    pub compared: bool,
    /// Activities that are on it.
    pub total: u64,
    /// How many of them are in the archive.
    pub downloaded: u64,
    /// How many of them are not in the archive although that is possible.
    pub missing: u64,
    /// How many of them have no file: entered by hand, or the service has none.
    pub no_original: u64,
    /// How many of them have an unavailable file, which is requested once a week. They are not counted as missing.
    pub unavailable: u64,
    /// How many of the missing ones had a failed download.
    pub failed: u64,
    /// The number of pending uploads to it.
    pub pending: u64,
    /// The size of the archived files, in bytes.
    pub bytes: u64,
    /// When its last complete listing ended.
    pub last_complete_listing: Option<Timestamp>,
    /// When its last successful listing ended, complete or not.
    pub last_listing: Option<Timestamp>,
    /// Why nothing may be concluded about it now; `None`: its list is known.
    pub unusable_reason: Option<RedactedReason>,
    /// The accesses to its account that have a token; none for a folder, or if they are unknown.
    pub logins: Vec<Login>,
    /// The end of the login cooldown: no password login before.
    pub cooldown_until: Option<Timestamp>,
    /// The end of the service's rate limit.
    pub rate_limited_until: Option<Timestamp>,
}

/// The token or key of an access to a platform, as the last command found it. It is never read itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Login {
    /// The access: `key`, `oauth` or `login`.
    pub access: AccessKind,
    /// Until when it works without being renewed.
    pub expires: Option<Timestamp>,
    /// Whether it is renewed automatically.
    pub renewable: bool,
    /// Until when it can be renewed.
    pub renewable_until: Option<Timestamp>,
    /// Why it no longer works.
    pub ended: Option<RedactedReason>,
}

/// The comparison of two platforms: numbers of activities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlatformPair {
    /// The platform that has the activities.
    pub on: String,
    /// The platform that it is compared with.
    pub and: String,
    /// Activities on both platforms.
    pub both: u64,
    /// Activities on the first platform only. The following numbers are parts of this one.
    pub only: u64,
    /// Their uploads are pending.
    pub pending: u64,
    /// The second platform rejected them, or accepted and never listed them.
    pub rejected: u64,
}
