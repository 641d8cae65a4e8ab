//! One login with a password: whether it may be sent, its possible outcomes, and their effect on the next login.
//!
//! A login is recorded as sent just before it is sent. So if it is interrupted (by a crash, a reset or an unexpected
//! response), the next run does not send another one.

use jiff::Timestamp;

use super::{Error, LoginBlock, LoginGuard, PlatformId, Result, TokenStore};
use crate::http;
use crate::reason::Reason;

/// The number of codes that a person may try in one login.
pub(super) const MAX_CODES: u32 = 3;

/// Why a login did not return a token.
pub(super) enum LoginFailure {
    /// A person has to act.
    Rejected(String),
    /// The service rate limited the login, or requires a challenge that only a browser passes.
    RateLimited(String),
    /// The service failed, or its response was lost.
    ServiceFailed(String),
    /// The login succeeded and the token is saved, but the service did not name its owner.
    Unverified(String),
    /// Nothing of the login was sent.
    NotSent(Error),
    /// A failure of this machine, or a person stopped the program.
    Other(Error),
}

/// Result of a step of a login.
pub(super) type LoginResult<T> = std::result::Result<T, LoginFailure>;

impl From<Error> for LoginFailure {
    fn from(error: Error) -> LoginFailure {
        match error {
            Error::Login(why) => LoginFailure::Rejected(why),
            Error::Retry { message, .. } | Error::Unexpected(message) => LoginFailure::ServiceFailed(message),
            other => LoginFailure::Other(other),
        }
    }
}

/// Classifies a failure to send the request with the password. It counts as not sent only if it certainly was not sent.
pub(super) fn send_failure(error: http::Error) -> LoginFailure {
    match error {
        http::Error::Network { unsent: true, .. }
        | http::Error::Untrusted { .. }
        | http::Error::Proxy { .. }
        | http::Error::Stopped
        | http::Error::TooLate
        | http::Error::RateLimited { .. }
        | http::Error::WritesRateLimited { .. }
        | http::Error::RateLimiter(_) => LoginFailure::NotSent(error.into()),
        other => LoginFailure::from(Error::from(other)),
    }
}

/// The password logins of one platform.
pub(super) struct PasswordLogins<'a> {
    /// The platform.
    pub platform: &'a PlatformId,
    /// The record of earlier logins.
    pub guard: &'a dyn LoginGuard,
    /// Where the token is saved.
    pub store: &'a TokenStore,
    /// Advice: other ways to get a token.
    pub other_ways: String,
}

impl PasswordLogins<'_> {
    /// Checks that a login may be sent. `by_hand`: a person started it.
    pub fn check_allowed(&self, by_hand: bool) -> Result<()> {
        match self.guard.login_block(by_hand)? {
            None => Ok(()),
            Some(LoginBlock::Cooldown(until, why)) => Err(Error::retry_platform(format!(
                "no password login before {until}: {why}; wait, or {}",
                self.other_ways
            ))),
            Some(LoginBlock::AutomaticLoginBlocked(why)) => {
                Err(self.login_required(&format!("password login failed ({why}); not retried automatically")))
            }
            Some(LoginBlock::OncePerRun) => Err(Error::retry_platform(format!(
                "login ended by another session (web, app, tool); close it and retry later, or {}",
                self.other_ways
            ))),
        }
    }

    /// Sends a login and records its outcome. The caller holds the token's lock.
    pub fn attempt<T>(&self, login: impl FnOnce() -> LoginResult<T>) -> Result<T> {
        // The space is checked first, because a login whose token cannot be saved would be wasted.
        drop(self.store.reserve()?);
        self.guard.begin()?;
        login().map_err(|failure| {
            let recorded = match failure {
                LoginFailure::Rejected(why) => {
                    self.guard.rejected(&login_reason(&why)).map(|()| self.login_required(&why))
                }
                LoginFailure::RateLimited(why) => self
                    .guard
                    .rate_limited(&login_reason(&why))
                    .map(|until| self.cooldown("login rate limited", &why, until)),
                LoginFailure::ServiceFailed(why) => self
                    .guard
                    .service_failed(&login_reason(&why))
                    .map(|until| self.cooldown("login failed", &why, until)),
                // Recorded as rejected, because the next automatic login would open the same wrong account.
                LoginFailure::Other(error @ Error::OtherAccount(_)) => {
                    self.guard.rejected(&error.reason()).map(|()| error)
                }
                LoginFailure::Unverified(message) => Ok(Error::retry_platform(message)),
                LoginFailure::Other(error) => Ok(error),
                LoginFailure::NotSent(error) => self.guard.not_sent().map(|()| error),
            };
            recorded.unwrap_or_else(|error| error)
        })
    }

    /// The error that asks a person to log in.
    pub fn login_required(&self, why: &str) -> Error {
        Error::Login(format!("{why}; run gs-auth login --platform {}, or {}", self.platform, self.other_ways))
    }

    fn cooldown(&self, what: &str, why: &str, until: Timestamp) -> Error {
        Error::retry_platform(format!("{what}: {why}; no other login before {until}; wait, or {}", self.other_ways))
    }
}

/// The service's response to a login, as a reason.
fn login_reason(why: &str) -> Reason {
    Reason::LoginRequired { detail: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_counts_as_unsent_only_if_that_is_certain() {
        let network = |unsent| http::Error::Network { host: "h".into(), why: "w".into(), unsent };
        assert!(matches!(send_failure(network(true)), LoginFailure::NotSent(_)));
        assert!(matches!(send_failure(http::Error::Stopped), LoginFailure::NotSent(_)));
        assert!(matches!(send_failure(network(false)), LoginFailure::ServiceFailed(_)));
    }
}
