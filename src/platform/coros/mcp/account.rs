//! Uses and renews the token. Only one process renews it at a time.

use jiff::Timestamp;

use super::CorosMcp;
use super::oauth::{self, GrantError};
use super::token::Token;
use crate::http;
use crate::platform::{Error, Result};

impl CorosMcp {
    /// A valid token; `rejected` is an access token that the service has just rejected.
    ///
    /// With a valid token it takes no lock and sends no request.
    pub(super) fn token(&self, rejected: Option<&str>) -> Result<Token> {
        if let Some(token) = self.unsaved.borrow().clone() {
            return match rejected {
                None => Ok(token),
                Some(_) => Err(self.login_required("COROS rejects the token of the new login (HTTP 401)")),
            };
        }
        let now = self.context.http.now();
        let usable = |token: &Token| token.is_fresh(now) && rejected != Some(token.access_token.as_str());
        if let Some(token) = self.store.load::<Token>()?.filter(usable) {
            return Ok(token);
        }
        if !self.store.exists() {
            return Err(self.login_required("no access by OAuth"));
        }
        let _lock = self.store.lock()?;
        let Some(token) = self.store.load::<Token>()? else { return Err(self.login_required("no access by OAuth")) };
        if usable(&token) {
            return Ok(token);
        }
        match self.failed_renewal.or_begin(|| self.renew(&token)) {
            // The token is valid for a little longer, and the service may work again before it ends.
            Err(Error::Retry { .. }) if rejected.is_none() && token.is_valid(now) => Ok(token),
            renewed => renewed,
        }
    }

    /// Renews the token and saves the new one before it is used. The caller holds the lock.
    ///
    /// The file says that a renewal was begun before it is sent. If the program ends before the new token is saved, the
    /// refresh token may be used up, so it is not sent again before the access token has ended: a second use could end
    /// that one, too. Then nothing can be lost by trying.
    fn renew(&self, token: &Token) -> Result<Token> {
        if let Some(dead) = &token.dead {
            return Err(self.login_required(dead));
        }
        let now = self.context.http.now();
        let Some(refresh) = &token.refresh_token else {
            return Err(self.login_required("the access has ended, and COROS gave no token to renew it"));
        };
        // The service gave this limit to another process or an earlier run.
        if let Some(until) = token.limit(now) {
            return Err(limited(until));
        }
        let request = oauth::refresh_request(&token.host()?, &token.client_id, refresh);
        let space = self.store.reserve()?;
        self.store.save(&Token { renewal_begun: token.renewal_begun.or(Some(now)), ..token.clone() })?;
        let response = match self.context.http.send(&self.context.platform, &request) {
            Ok(response) => response,
            Err(error) => {
                // A write that was sent is not stopped: its outcome is awaited, or unknown.
                if is_unsent(&error) || matches!(error, http::Error::Stopped) {
                    self.store.save(token)?;
                }
                return Err(error.into());
            }
        };
        if let Some(until) = oauth::limited_until(&response, now) {
            // It was not carried out, so the refresh token is not used up.
            space.save(&Token { limited_until: Some(until), ..token.clone() })?;
            return Err(limited(until));
        }
        match oauth::read_grant(&response, now) {
            Ok(grant) => {
                let new = token.renewed(grant, now);
                space.save(&new)?;
                Ok(new)
            }
            Err(GrantError::Ended(words)) => {
                let dead = ended(&words, token.renewal_begun.is_some());
                space.save(&Token { dead: Some(dead.clone()), ..token.clone() })?;
                Err(self.login_required(&dead))
            }
            Err(GrantError::Failed(why)) => {
                Err(Error::retry_platform(format!("{why}; the stored token is kept; try again later")))
            }
        }
    }

    /// The error that asks a person to log in.
    pub(super) fn login_required(&self, why: &str) -> Error {
        Error::Login(format!("{why}; run gs-auth login --platform {} --oauth", self.context.platform))
    }
}

fn limited(until: Timestamp) -> Error {
    Error::retry_platform(format!("COROS gives no new token before {until}; the stored token is kept; try again then"))
}

fn ended(words: &str, was_interrupted: bool) -> String {
    let cause = match was_interrupted {
        true => "an earlier renewal was interrupted, and a refresh token works once",
        false => "the access was revoked or has expired, or another program used the refresh token",
    };
    format!("COROS does not renew the token ({words}): {cause}")
}

/// Whether nothing of a request was sent.
pub(super) fn is_unsent(error: &http::Error) -> bool {
    matches!(
        error,
        http::Error::Network { unsent: true, .. }
            | http::Error::Untrusted { .. }
            | http::Error::Proxy { .. }
            | http::Error::RateLimited { .. }
            | http::Error::RateLimiter(_)
    )
}
