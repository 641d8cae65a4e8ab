//! The platforms, and what each has that another lacks.

use jiff::Timestamp;
use serde::Serialize;

use super::RedactedReason;

/// One platform.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Platform {
    /// Its name, as commands take it.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whether it is kept equal with the others.
    pub compared: bool,
    /// Activities that are on it.
    pub total: u64,
    /// Of those, in the archive.
    pub downloaded: u64,
    /// Of those, not in the archive, although that is possible.
    pub missing: u64,
    /// Of those, without a file that could be had: typed in by hand, or the service holds none.
    pub no_original: u64,
    /// Of those, without a file because the platform refuses it; it is requested once a week. They are not among the missing.
    pub unavailable: u64,
    /// Of the missing ones, those whose file was asked for in vain.
    pub failed: u64,
    /// Uploads to it whose end is not known yet.
    pub pending: u64,
    /// Bytes of those in the archive, all files of each.
    pub bytes: u64,
    /// When its last listing that saw the end did so.
    pub last_complete_listing: Option<Timestamp>,
    /// When its last listing that went well ended, be it of a part.
    pub last_listing: Option<Timestamp>,
    /// Why nothing may be concluded about it now; nothing: its list is known.
    pub unusable_reason: Option<RedactedReason>,
    /// The login; nothing for a folder, or if nothing is known of it.
    pub login: Option<Login>,
    /// No password login before then.
    pub cooldown_until: Option<Timestamp>,
    /// It asked to be left alone before then.
    pub rate_limited_until: Option<Timestamp>,
}

/// The token of a platform, as it was when a command last used it. The token itself is never looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Login {
    /// Until when it works without being renewed.
    pub expires: Option<Timestamp>,
    /// Whether it is renewed by itself.
    pub renewable: bool,
    /// Until when that is possible.
    pub renewable_until: Option<Timestamp>,
    /// Why it no longer works.
    pub ended: Option<RedactedReason>,
}

/// What one platform has and another has or has not: counts of activities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PlatformPair {
    /// The platform that has them.
    pub on: String,
    /// The other one.
    pub and: String,
    /// On both.
    pub both: u64,
    /// On the first alone. All of the following are of these.
    pub only: u64,
    /// Uploads of them are under way.
    pub pending: u64,
    /// The other one refused them, or took and never showed them.
    pub rejected: u64,
}
