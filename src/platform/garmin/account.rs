//! Garmin's account: comes by a token, keeps it, renews it, and uses it. Never more than one login at a time.

use jiff::Timestamp;

use super::login::{self, NoToken};
use super::oauth1::{self, Consumer};
use super::token::Token;
use super::{Garmin, block_page, import};
use crate::activity::printable;
use crate::http::{self, Request, Response, limit};
use crate::platform::login_attempt::{Ended, Logins};
use crate::platform::{Account, Error, Result};

impl Garmin {
    /// Sends a read with the token; renews it once if the service refuses it.
    pub(super) fn call(&self, request: &Request) -> Result<Response> {
        self.call_by(request, &|request| self.send(request))
    }

    /// Sends a write with the token. A 401 comes before anything is done, so that one more try with a renewed token
    /// repeats nothing; after anything else that can have reached the service it is [`Error::Unclear`].
    pub(super) fn call_once(&self, request: &Request) -> Result<Response> {
        self.call_by(request, &|request| self.context.http.send(&self.context.platform, request).map_err(unclear))
    }

    fn call_by(&self, request: &Request, send: &dyn Fn(&Request) -> Result<Response>) -> Result<Response> {
        let token = self.token(None)?;
        let response = send(&bearer(request, &token))?;
        let is_proven = self.proven.borrow().as_deref() == Some(token.access_token.as_str());
        if response.status != 401 || is_proven {
            return Ok(response);
        }
        let token = self.token(Some(&token.access_token))?;
        let response = send(&bearer(request, &token))?;
        if response.status != 401 {
            return Ok(response);
        }
        // Is it the token, or this one thing? Whoever is told his own name has a good token.
        let whoami = self.send(&bearer(&self.profile_request(), &token))?;
        block_page::check(&whoami, "the profile")?;
        match whoami.status {
            200 => {
                self.proven.replace(Some(token.access_token));
                Ok(response)
            }
            401 | 403 => Err(Error::Login(format!(
                "Garmin refuses the token, and the renewed one as well ({}); if the next run fails in the same way, run gs-auth login --platform {}, or {}",
                refusal(&response),
                self.context.platform,
                self.other_ways()
            ))),
            status => {
                let message = format!("Garmin is in trouble (HTTP {status}); try again later");
                Err(Error::Later { message, down: true })
            }
        }
    }

    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        Ok(self.context.http.send(&self.context.platform, request)?)
    }

    /// A token that works; `rejected` is one that the service has just refused.
    ///
    /// Without need it takes no lock and makes no request. Otherwise one process renews and the others take what it got.
    pub(super) fn token(&self, rejected: Option<&str>) -> Result<Token> {
        let usable = |token: &Token| {
            let refused = token.dead.is_some() || Some(token.access_token.as_str()) == rejected;
            token.is_fresh(Timestamp::now()) && !refused
        };
        if let Some(token) = self.store.load::<Token>()?.filter(usable) {
            return Ok(token);
        }
        let _lock = self.store.lock()?;
        let mut why = "nobody is logged in".to_owned();
        if let Some(token) = self.store.load::<Token>()? {
            if usable(&token) {
                return Ok(token);
            }
            match self.renew(&token) {
                Ok(token) => return Ok(token),
                // It still works for a little while: the trouble may pass before it ends.
                Err(Error::Later { .. }) if rejected.is_none() && !token.is_over(Timestamp::now()) => return Ok(token),
                Err(Error::Login(dead)) => why = dead,
                Err(error) => return Err(error),
            }
        }
        let Some(credentials) = (self.context.credentials)()? else { return Err(self.login_needed(&why)) };
        self.logins().may_try(false)?;
        match self.password_login(&credentials, &mut |_| None) {
            // It may have come although nobody could say whose it is: the next request tells.
            Err(error @ Error::Later { .. }) => match self.store.load::<Token>()?.filter(usable) {
                Some(token) => {
                    (self.context.notice)(&error.to_string());
                    Ok(token)
                }
                None => Err(error),
            },
            done => done,
        }
    }

    /// Renews a token and keeps the new one. [`Error::Login`]: it can no longer be renewed, and will not be tried again.
    pub(super) fn renew(&self, token: &Token) -> Result<Token> {
        if let Some(dead) = &token.dead {
            return Err(Error::Login(dead.clone()));
        }
        let room = self.store.reserve()?;
        let response = match (&token.oauth1, &token.refresh_token) {
            (Some(grant), _) => {
                let nonce: String = std::iter::repeat_with(fastrand::alphanumeric).take(24).collect();
                let consumer = self.consumer()?;
                let now = Timestamp::now().as_second();
                self.send(&oauth1::exchange_request(&self.site, &consumer, grant, now, &nonce))?
            }
            (None, Some(refresh)) => self.send(&login::refresh_request(&self.site, &token.client_id, refresh))?,
            (None, None) => return Err(Error::Login("the token has ended and cannot be renewed".into())),
        };
        match login::parse_token(&self.site, &token.client_id, &token.source, &response, Timestamp::now()) {
            Ok(mut new) => {
                new.user.clone_from(&token.user);
                (new.user_id, new.email) = (token.user_id.clone(), token.email.clone());
                new.owner_untold_at = token.owner_untold_at;
                new.oauth1.clone_from(&token.oauth1);
                // A service that did not rotate it sent none: the old one goes on.
                new.refresh_token = new.refresh_token.or_else(|| token.refresh_token.clone());
                if new.oauth1.is_some() {
                    new.refresh_token = None;
                }
                room.save(&new)?;
                Ok(new)
            }
            Err(NoToken::Refused(words)) => {
                let dead = format!("Garmin no longer renews the token ({words}); another tool may have renewed it");
                room.save(&Token { dead: Some(dead.clone()), ..token.clone() })?;
                Err(Error::Login(dead))
            }
            Err(NoToken::Later(why)) => {
                Err(Error::Later { message: format!("{why}, and the token is kept; try again later"), down: true })
            }
        }
    }

    fn consumer(&self) -> Result<Consumer> {
        let response = self.send(&Request::get(oauth1::CONSUMER_URL).limit(limit::SMALL))?;
        serde_json::from_slice(&response.body).map_err(|_| Error::Later {
            message: format!(
                "the key for renewing a garth token is not to be had (HTTP {}); try again later",
                response.status
            ),
            down: true,
        })
    }

    pub(super) fn logins(&self) -> Logins<'_> {
        Logins {
            platform: &self.context.platform,
            guard: self.context.guard.as_ref(),
            store: &self.store,
            other_ways: self.other_ways(),
        }
    }

    pub(super) fn login_needed(&self, why: &str) -> Error {
        self.logins().needed(why)
    }

    fn other_ways(&self) -> String {
        let platform = &self.context.platform;
        format!(
            "import a token of another tool (gs-auth import --platform {platform}) or log in with the browser (gs-auth login --browser --platform {platform})"
        )
    }

    /// Takes what a person brought. A failure says nothing about the password, and leaves its record alone.
    pub(super) fn take(&self, text: &str) -> Result<Account> {
        let brought = import::parse(text, &self.site, Timestamp::now())?;
        let _lock = self.store.lock()?;
        let taken = match brought {
            import::Brought::Ticket(ticket, service) => self.exchange(&ticket, &service, "browser", None),
            import::Brought::Token(token) => self.keep(*token, None),
        };
        let token = taken.map_err(|ended| match ended {
            Ended::Refused(why) => self.login_needed(&why),
            Ended::TurnedAway(why) | Ended::Trouble(why) => Error::Later {
                message: format!("{why}; try again later (a ticket is spent by now, a token is not)"),
                down: true,
            },
            Ended::Untried(message) => Error::Later { message, down: true },
            Ended::Otherwise(error) | Ended::NotSent(error) => error,
        })?;
        if token.source != "browser" && token.refresh_token.is_some() {
            (self.context.notice)(&format!(
                "the token now belongs to garminsync: renewing it spends it, so {} will need a login of its own",
                token.source
            ));
        }
        Ok(token.account())
    }
}

/// What a failure to send a write means: unless nothing of it was sent, it may have been taken all the same.
fn unclear(error: http::Error) -> Error {
    match error {
        http::Error::Network { unsent: false, .. } | http::Error::TooLarge { .. } | http::Error::Redirect { .. } => {
            Error::Unclear(format!("{error}; what became of it is looked up, it is not sent again"))
        }
        other => other.into(),
    }
}

pub(super) fn bearer(request: &Request, token: &Token) -> Request {
    request.clone().header("Authorization", format!("Bearer {}", token.access_token))
}

/// The status of a refusal, and the service's own words for it if it has some.
pub(super) fn refusal(response: &Response) -> String {
    let header = response.header("www-authenticate").unwrap_or("");
    let words = header.split_once("error_description=\"").and_then(|(_, rest)| rest.split('"').next());
    match words.map(printable).filter(|words| (1..=100).contains(&words.len())) {
        Some(words) => format!("HTTP {}: {words}", response.status),
        None => format!("HTTP {}", response.status),
    }
}
