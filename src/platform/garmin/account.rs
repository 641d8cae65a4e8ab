//! Uses Garmin with a token, renews it, and gets a new one. Only one login runs at a time.

use super::login::{self, TokenError};
use super::oauth1::{self, Consumer};
use super::token::Token;
use super::{Garmin, block_page, import};
use crate::activity::printable;
use crate::http::{self, Request, Response, limit};
use crate::platform::login_attempt::{LoginFailure, PasswordLogins};
use crate::platform::{Account, Error, Result};

impl Garmin {
    /// Sends a read request with the token, which is renewed once if the service rejects it.
    pub(super) fn send_read(&self, request: &Request) -> Result<Response> {
        self.send_with_token(request, &|request| self.send(request))
    }

    /// Sends a write request with the token. Garmin sends a 401 before it processes the write, so one more try with a
    /// renewed token repeats nothing. Any other failure that may have reached the service is [`Error::OutcomeUnknown`].
    pub(super) fn send_write(&self, request: &Request) -> Result<Response> {
        self.send_with_token(request, &|request| {
            self.context.http.send(&self.context.platform, request).map_err(write_failure)
        })
    }

    fn send_with_token(&self, request: &Request, send: &dyn Fn(&Request) -> Result<Response>) -> Result<Response> {
        let token = self.token(None)?;
        let response = send(&bearer(request, &token))?;
        let is_valid = self.valid_token.borrow().as_deref() == Some(token.access_token.as_str());
        if response.status != 401 || is_valid {
            return Ok(response);
        }
        let token = self.token(Some(&token.access_token))?;
        let response = send(&bearer(request, &token))?;
        if response.status != 401 {
            return Ok(response);
        }
        // Either the token is invalid, or the service rejects this request. A query of the profile shows which: a valid
        // token can query it.
        let whoami = self.send(&bearer(&self.profile_request(), &token))?;
        block_page::check(&whoami, "the profile")?;
        match whoami.status {
            200 => {
                self.valid_token.replace(Some(token.access_token));
                Ok(response)
            }
            401 | 403 => Err(Error::Login(format!(
                "Garmin rejected the token and the renewed one ({}); if the next run fails in the same way, run gs-auth login --platform {}, or {}",
                rejection(&response),
                self.context.platform,
                self.other_ways()
            ))),
            status => {
                let message = format!("Garmin: server error (HTTP {status}); try again later");
                Err(Error::retry_platform(message))
            }
        }
    }

    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        Ok(self.context.http.send(&self.context.platform, request)?)
    }

    /// A valid token; `rejected` is a token that the service has just rejected.
    ///
    /// With a valid token it takes no lock and sends no request. Otherwise one process renews it, and the others use
    /// the new one.
    pub(super) fn token(&self, rejected: Option<&str>) -> Result<Token> {
        let usable = |token: &Token| {
            let is_invalid = token.dead.is_some() || Some(token.access_token.as_str()) == rejected;
            token.is_fresh(self.context.http.now()) && !is_invalid
        };
        if let Some(token) = self.store.load::<Token>()?.filter(usable) {
            return Ok(token);
        }
        let _lock = self.store.lock()?;
        let mut why = "not logged in".to_owned();
        if let Some(token) = self.store.load::<Token>()? {
            if usable(&token) {
                return Ok(token);
            }
            match self.renew(&token) {
                Ok(token) => return Ok(token),
                // The token is valid for a little longer, and the service may work again before it expires.
                Err(Error::Retry { .. }) if rejected.is_none() && !token.is_over(self.context.http.now()) => {
                    return Ok(token);
                }
                Err(Error::Login(dead)) => why = dead,
                Err(error) => return Err(error),
            }
        }
        let Some(credentials) = (self.context.credentials)()? else { return Err(self.login_required(&why)) };
        self.logins().check_allowed(false)?;
        match self.password_login(&credentials, &mut |_| None) {
            // A new token may have been stored although its owner is unknown. The next request shows whether it is
            // valid.
            Err(error @ Error::Retry { .. }) => match self.store.load::<Token>()?.filter(usable) {
                Some(token) => {
                    (self.context.notice)(&error.to_string());
                    Ok(token)
                }
                None => Err(error),
            },
            done => done,
        }
    }

    /// Renews a token and saves the new one. [`Error::Login`]: the token cannot be renewed any more, and the renewal is
    /// not retried.
    pub(super) fn renew(&self, token: &Token) -> Result<Token> {
        if let Some(dead) = &token.dead {
            return Err(Error::Login(dead.clone()));
        }
        let space = self.store.reserve()?;
        let response = match (&token.oauth1, &token.refresh_token) {
            (Some(grant), _) => {
                let nonce: String = std::iter::repeat_with(fastrand::alphanumeric).take(24).collect();
                let consumer = self.consumer()?;
                let now = self.context.http.now().as_second();
                self.send(&oauth1::exchange_request(&self.domain, &consumer, grant, now, &nonce))?
            }
            (None, Some(refresh)) => self.send(&login::refresh_request(&self.domain, &token.client_id, refresh))?,
            (None, None) => return Err(Error::Login("the token has expired and cannot be renewed".into())),
        };
        match login::parse_token(&self.domain, &token.client_id, &token.source, &response, self.context.http.now()) {
            Ok(mut new) => {
                new.user.clone_from(&token.user);
                (new.user_id, new.email) = (token.user_id.clone(), token.email.clone());
                new.owner_unknown_at = token.owner_unknown_at;
                new.oauth1.clone_from(&token.oauth1);
                // If the response has no refresh token, the old one stays valid.
                new.refresh_token = new.refresh_token.or_else(|| token.refresh_token.clone());
                if new.oauth1.is_some() {
                    new.refresh_token = None;
                }
                space.save(&new)?;
                Ok(new)
            }
            Err(TokenError::Rejected(words)) => {
                let dead = format!("Garmin cannot renew the token ({words}); another tool may have renewed it");
                space.save(&Token { dead: Some(dead.clone()), ..token.clone() })?;
                Err(Error::Login(dead))
            }
            Err(TokenError::Retry(why)) => {
                Err(Error::Retry { message: format!("{why}; the token is kept; try again later"), platform_wide: true })
            }
        }
    }

    fn consumer(&self) -> Result<Consumer> {
        let response = self.send(&Request::get(oauth1::CONSUMER_URL).limit(limit::SMALL))?;
        serde_json::from_slice(&response.body).map_err(|_| Error::Retry {
            message: format!("cannot get the key to renew a garth token: HTTP {}; try again later", response.status),
            platform_wide: true,
        })
    }

    pub(super) fn logins(&self) -> PasswordLogins<'_> {
        PasswordLogins {
            platform: &self.context.platform,
            guard: self.context.guard.as_ref(),
            store: &self.store,
            other_ways: self.other_ways(),
        }
    }

    pub(super) fn login_required(&self, why: &str) -> Error {
        self.logins().login_required(why)
    }

    fn other_ways(&self) -> String {
        let platform = &self.context.platform;
        format!(
            "import a token of another tool (gs-auth import --platform {platform}), or log in with the browser (gs-auth login --browser --platform {platform})"
        )
    }

    /// Imports a token or a ticket. A failure does not count as a failed password login.
    pub(super) fn import_token(&self, text: &str) -> Result<Account> {
        let imported = import::parse(text, &self.domain, self.context.http.now())?;
        let _lock = self.store.lock()?;
        let token = match imported {
            import::Imported::Ticket(ticket, service) => self.exchange(&ticket, &service, "browser", None),
            import::Imported::Token(token) => self.save_checked(*token, None),
        };
        let token = token.map_err(|failure| match failure {
            LoginFailure::Rejected(why) => self.login_required(&why),
            LoginFailure::RateLimited(why) | LoginFailure::ServiceFailed(why) => Error::Retry {
                message: format!("{why}; try again later (a ticket cannot be used again, a token can)"),
                platform_wide: true,
            },
            LoginFailure::Unverified(message) => Error::retry_platform(message),
            LoginFailure::Other(error) | LoginFailure::NotSent(error) => error,
        })?;
        if token.source != "browser" && token.refresh_token.is_some() {
            (self.context.notice)(&format!(
                "the token now belongs to garminsync: renewing it ends the copy of {}, which needs its own login",
                token.source
            ));
        }
        Ok(token.account())
    }
}

/// Classifies a failure to send a write: it may have been processed, unless nothing of it was sent.
fn write_failure(error: http::Error) -> Error {
    match error {
        http::Error::Network { unsent: false, .. } | http::Error::TooLarge { .. } | http::Error::Redirect { .. } => {
            Error::OutcomeUnknown(format!("{error}; outcome unknown"))
        }
        other => other.into(),
    }
}

pub(super) fn bearer(request: &Request, token: &Token) -> Request {
    request.clone().header("Authorization", format!("Bearer {}", token.access_token))
}

/// The status of a rejection, and the service's message if it has one.
pub(super) fn rejection(response: &Response) -> String {
    let header = response.header("www-authenticate").unwrap_or("");
    let words = header.split_once("error_description=\"").and_then(|(_, rest)| rest.split('"').next());
    match words.map(printable).filter(|words| (1..=100).contains(&words.len())) {
        Some(words) => format!("HTTP {}: {words}", response.status),
        None => format!("HTTP {}", response.status),
    }
}
