//! Who may send next. The turns themselves are kept by the catalogue, so that all processes share them.

use std::time::Duration;

use jiff::Timestamp;

/// What the table says to somebody who wants to send now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Send at once: the turn is taken.
    Now,
    /// Not yet; ask again after this time.
    Later(Duration),
    /// The service itself asked to be left alone until then.
    NotBefore(Timestamp),
}

/// The name under which a table of turns keeps until when a platform wants no uploads and deletions. Under the platform's own
/// name it would hold up the reads as well.
pub fn writes_of(platform: &str) -> String {
    format!("{platform} writes")
}

/// Why the table gives no turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NoTurn {
    /// In words.
    pub message: String,
    /// Whether it passes by itself: somebody else holds the table. A disk that is full does not.
    pub passes: bool,
}

/// A table of turns that all processes of one person share.
pub trait Pacer: Send + Sync {
    /// Takes the turn of `platform`, if it is free now: the next is `interval` later. The turn is taken at the moment
    /// of sending, never reserved ahead: a process that wakes late would then come too close to the next one.
    fn take_turn(&self, platform: &str, interval: Duration) -> Result<Turn, NoTurn>;

    /// The service asked to be left alone until then: every process heeds it.
    fn not_before(&self, platform: &str, until: Timestamp) -> Result<(), NoTurn>;
}
