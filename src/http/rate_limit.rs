//! When a request to a platform may be sent. The catalogue stores the times, so all processes share them.

use std::time::Duration;

use jiff::Timestamp;

/// The response of a rate limiter to a request for a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Send now: the permit is taken.
    Now,
    /// Wait for this time, then request a permit again.
    Later(Duration),
    /// The service asked to wait until this time (`Retry-After`).
    NotBefore(Timestamp),
}

/// The name under which a rate limiter stores the time until which a platform allows no uploads and deletions. Under
/// the platform's own name that time would also delay the reads.
pub fn writes_of(platform: &str) -> String {
    format!("{platform} writes")
}

/// The name under which a rate limiter stores the times of the requests to the stores of files of a platform. They are
/// other hosts than the API, and often of another company.
pub fn files_of(platform: &str) -> String {
    format!("{platform} files")
}

/// The rate limiter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PermitError {
    /// Why.
    pub message: String,
    /// Whether it may work later: another process holds the table. A full disk is not temporary.
    pub is_temporary: bool,
}

/// Spaces the requests of all processes of one person.
pub trait RateLimiter: Send + Sync {
    /// Takes the permit for a request to `platform`, if it is free now: the next one is `interval` later. A permit is
    /// taken at the moment of sending, never reserved ahead: a process that wakes late would then come too close to the
    /// next one. With an interval of zero only a `Retry-After` delays it, which may have been read a second ago.
    fn acquire(&self, platform: &str, interval: Duration) -> Result<Permit, PermitError>;

    /// The service asked to wait until then: every process does.
    fn not_before(&self, platform: &str, until: Timestamp) -> Result<(), PermitError>;
}
