//! One attempt to log in: whether it may be made, how it can end, and what its end means for the next.
//!
//! An attempt counts as made from before it is sent until its outcome is written down, so that nothing that cuts it short
//! (a crash, a reset, an answer nobody expected) makes the next run send another.

use jiff::Timestamp;

use super::{Barred, Error, LoginGuard, PlatformId, Result, TokenStore};
use crate::http;

/// Codes a person may try in one login.
pub(super) const CODES: u32 = 3;

/// How an attempt to get a token ended without one.
pub(super) enum Ended {
    /// It is a person's turn.
    Refused(String),
    /// Too many, or a test that only a browser passes.
    TurnedAway(String),
    /// Nothing certain: the service was in trouble, or the answer got lost.
    Trouble(String),
    /// The login went well, and its token is kept, but nobody could be asked whose it is.
    Untried(String),
    /// Nothing of it was sent.
    NotSent(Error),
    /// Something of our own, or a person's wish to stop.
    Otherwise(Error),
}

/// Result of a step of an attempt.
pub(super) type Attempt<T> = std::result::Result<T, Ended>;

impl From<Error> for Ended {
    fn from(error: Error) -> Ended {
        match error {
            Error::Login(why) => Ended::Refused(why),
            Error::Later { message, .. } | Error::Strange(message) => Ended::Trouble(message),
            other => Ended::Otherwise(other),
        }
    }
}

/// What a failure to send the request with the password means: only what certainly did not leave is not sent.
pub(super) fn unless_sent(error: http::Error) -> Ended {
    match error {
        http::Error::Network { unsent: true, .. }
        | http::Error::Untrusted { .. }
        | http::Error::Proxy { .. }
        | http::Error::Stopped
        | http::Error::TooLate
        | http::Error::Wait { .. }
        | http::Error::WaitToWrite { .. }
        | http::Error::Pacing(_) => Ended::NotSent(error.into()),
        other => Ended::from(Error::from(other)),
    }
}

/// The password logins of one platform.
pub(super) struct Logins<'a> {
    /// The platform's name.
    pub platform: &'a PlatformId,
    /// What is remembered of earlier ones.
    pub guard: &'a dyn LoginGuard,
    /// Where the token is to be kept.
    pub store: &'a TokenStore,
    /// How else to come by a token.
    pub other_ways: String,
}

impl Logins<'_> {
    /// Whether a login may be made. `by_hand`: a person started it.
    pub fn may_try(&self, by_hand: bool) -> Result<()> {
        match self.guard.barred(by_hand)? {
            None => Ok(()),
            Some(Barred::Until(until, why)) => Err(Error::Later {
                message: format!("no password login before {until}: {why}; until then {}", self.other_ways),
                down: true,
            }),
            Some(Barred::ByItself(why)) => {
                Err(self.needed(&format!("the last password login was refused ({why}) and is not repeated by itself")))
            }
            Some(Barred::ThisRun) => Err(Error::Later {
                message: format!(
                    "this run has made its one password login, and what that gave is no longer taken: another login to the same account (the web page, the app, another tool) may have ended it; end that one and try again later, or {}",
                    self.other_ways
                ),
                down: true,
            }),
        }
    }

    /// Makes the attempt and writes down how it ended. The caller holds the token's lock.
    pub fn make<T>(&self, attempt: impl FnOnce() -> Attempt<T>) -> Result<T> {
        // A login that there is no room for would be spent for nothing.
        drop(self.store.reserve()?);
        self.guard.begins()?;
        attempt().map_err(|ended| {
            let told = match ended {
                Ended::Refused(why) => self.guard.refused(&why).map(|()| self.needed(&why)),
                Ended::TurnedAway(why) => {
                    self.guard.turned_away(&why).map(|until| self.paused("was turned away", &why, until))
                }
                Ended::Trouble(why) => {
                    self.guard.in_trouble(&why).map(|until| self.paused("came to nothing", &why, until))
                }
                // The next one by itself would be somebody else's login again.
                Ended::Otherwise(error @ Error::OtherAccount(_)) => {
                    self.guard.refused(&error.to_string()).map(|()| error)
                }
                Ended::Untried(message) => Ok(Error::Later { message, down: true }),
                Ended::Otherwise(error) => Ok(error),
                Ended::NotSent(error) => self.guard.was_not_sent().map(|()| error),
            };
            told.unwrap_or_else(|error| error)
        })
    }

    /// A person has to log in.
    pub fn needed(&self, why: &str) -> Error {
        Error::Login(format!("{why}; run gs-auth login --platform {}, or {}", self.platform, self.other_ways))
    }

    fn paused(&self, what: &str, why: &str, until: Timestamp) -> Error {
        let message = format!("the login {what}: {why}; no other is tried before {until}; {}", self.other_ways);
        Error::Later { message, down: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_certainly_did_not_leave_is_not_sent() {
        let network = |unsent| http::Error::Network { host: "h".into(), why: "w".into(), unsent };
        assert!(matches!(unless_sent(network(true)), Ended::NotSent(_)));
        assert!(matches!(unless_sent(http::Error::Stopped), Ended::NotSent(_)));
        assert!(matches!(unless_sent(network(false)), Ended::Trouble(_)));
    }
}
