//! Garmin's account: comes by a token, keeps it, renews it, and uses it. Never more than one login at a time.

use jiff::Timestamp;
use serde_json::Value;

use super::login::{self, Answer, NoToken};
use super::oauth1::{self, Consumer};
use super::site::Site;
use super::token::Token;
use super::{Garmin, import};
use crate::http::{self, Request, Response, Secret};
use crate::platform::attempt::{Attempt, CODES, Ended, Logins};
use crate::platform::{Account, Ask, Credentials, Error, Result, json};

impl Garmin {
    /// Sends a read with the token; renews it once if the service refuses it.
    pub(super) fn call(&self, request: &Request) -> Result<Response> {
        self.call_by(request, &|request| self.send(request))
    }

    /// Sends a write with the token. A 401 comes before anything is done, so that one more try with a renewed token
    /// repeats nothing; after anything else that can have reached the service it is [`Error::Unclear`].
    pub(super) fn call_once(&self, request: &Request) -> Result<Response> {
        self.call_by(request, &|request| self.context.http.send(self.site.platform, request).map_err(unclear))
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
        match whoami.status {
            200 => {
                self.proven.replace(Some(token.access_token));
                Ok(response)
            }
            401 | 403 => Err(self.login_needed(&not_accepted(&self.site, &response))),
            status => {
                let message = format!("Garmin is in trouble (HTTP {status}); try again later");
                Err(Error::Later { message, down: true })
            }
        }
    }

    fn profile_request(&self) -> Request {
        self.site.get("/userprofile-service/socialProfile").header("Accept", "application/json")
    }

    fn send(&self, request: &Request) -> Result<Response> {
        Ok(self.context.http.send(self.site.platform, request)?)
    }

    /// A token that works; `rejected` is one that the service has just refused.
    ///
    /// Without need it takes no lock and makes no request. Otherwise one process renews and the others take what it got.
    fn token(&self, rejected: Option<&str>) -> Result<Token> {
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
        self.password_login(&credentials, &mut |_| None)
    }

    /// Renews a token and keeps the new one. [`Error::Login`]: it can no longer be renewed, and will not be tried again.
    fn renew(&self, token: &Token) -> Result<Token> {
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
            Err(NoToken::Later(why)) => Err(Error::Later { message: format!("{why}; try again later"), down: true }),
        }
    }

    fn consumer(&self) -> Result<Consumer> {
        let response = self.send(&Request::get(oauth1::CONSUMER_URL))?;
        serde_json::from_slice(&response.body).map_err(|_| Error::Later {
            message: format!(
                "the key for renewing a garth token is not to be had (HTTP {}); try again later",
                response.status
            ),
            down: true,
        })
    }

    /// One password login, started by hand.
    pub(super) fn login_by_hand(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        let _lock = self.store.lock()?;
        self.logins().may_try(true)?;
        self.password_login(credentials, ask).map(|token| token.account())
    }

    fn logins(&self) -> Logins<'_> {
        Logins {
            platform: self.site.platform,
            guard: self.context.guard.as_ref(),
            store: &self.store,
            other_ways: self.other_ways(),
        }
    }

    /// One password login. The lock is held by the caller.
    fn password_login(&self, credentials: &Credentials, ask: Ask) -> Result<Token> {
        self.logins().make(|| self.attempt(credentials, ask))
    }

    fn attempt(&self, credentials: &Credentials, ask: Ask) -> Attempt<Token> {
        let response = match self.context.http.send(self.site.platform, &login::login_request(&self.site, credentials))
        {
            Err(error @ (http::Error::Network { unsent: true, .. } | http::Error::Proxy { .. })) => {
                return Err(Ended::NotSent(error.into()));
            }
            answer => answer.map_err(|error| Ended::from(Error::from(error)))?,
        };
        match login::parse_answer(&self.site, &response) {
            Answer::Ticket { ticket, service } => self.exchange(&ticket, &service, "password"),
            Answer::Mfa { method, to } => {
                let cookies = login::cookies(&response);
                let hidden = &credentials.password;
                self.second_factor((&method, &to), &cookies, hidden, ask)
            }
            Answer::Wrong => Err(Ended::Refused("wrong e-mail address or password; correct the settings".into())),
            other => Err(no_ticket(other, &credentials.password)),
        }
    }

    fn second_factor(&self, (method, to): (&str, &str), cookies: &str, hidden: &Secret, ask: Ask) -> Attempt<Token> {
        for number in 1..=CODES {
            let again = if number == 1 { "" } else { "That code was wrong. " };
            let Some(code) = ask(&format!("{again}Code sent by {method} to {to}: ")) else {
                return Err(Ended::Refused("a second factor is asked for, and there is nobody to give it".into()));
            };
            let response = self.send(&login::mfa_request(&self.site, method, &code, cookies)).map_err(Ended::from)?;
            match login::parse_answer(&self.site, &response) {
                Answer::Ticket { ticket, service } => return self.exchange(&ticket, &service, "password"),
                Answer::WrongCode => {}
                other => return Err(no_ticket(other, hidden)),
            }
        }
        Err(Ended::Refused("the second factor was wrong three times".into()))
    }

    fn login_needed(&self, why: &str) -> Error {
        self.logins().needed(why)
    }

    fn other_ways(&self) -> String {
        let platform = self.site.platform;
        format!(
            "import a token of another tool (gs-auth import --platform {platform}) or log in with the browser (gs-auth login --browser --platform {platform})"
        )
    }

    /// Exchanges a ticket for a token and keeps that. The lock is held by the caller.
    fn exchange(&self, ticket: &Secret, service: &str, source: &str) -> Attempt<Token> {
        let client = self.context.client_id.as_deref().unwrap_or(login::DI_CLIENT);
        let room = self.store.reserve().map_err(Ended::from)?;
        let response = self.send(&login::exchange_request(&self.site, client, ticket, service)).map_err(Ended::from)?;
        drop(room);
        match login::parse_token(&self.site, client, source, &response, Timestamp::now()) {
            Ok(token) => self.keep(token),
            Err(NoToken::Refused(words)) => Err(Ended::Refused(format!(
                "Garmin did not take the ticket ({words}); a ticket works once, and for a minute"
            ))),
            Err(NoToken::Later(why)) if response.status == 429 => Err(Ended::TurnedAway(why)),
            Err(NoToken::Later(why)) => Err(Ended::Trouble(why)),
        }
    }

    /// Keeps a new token, renewed if it has to be, once the service has said whose it is. Whatever fails, what was kept
    /// before stays or comes back; only without any answer the new one is taken on trust.
    fn keep(&self, token: Token) -> Attempt<Token> {
        let before = self.store.load::<Token>().unwrap_or(None);
        let kept = self.keep_checked(token);
        if kept.is_err() {
            match &before {
                Some(token) => self.store.save(token),
                None => self.store.remove().map(drop),
            }
            .map_err(Ended::from)?;
        }
        kept
    }

    fn keep_checked(&self, token: Token) -> Attempt<Token> {
        self.store.save(&token).map_err(Ended::from)?;
        let token = match token.is_fresh(Timestamp::now()) {
            true => token,
            false => self.renew(&token).map_err(Ended::from)?,
        };
        let profile = match self.send(&bearer(&self.profile_request(), &token)) {
            Ok(response) if matches!(response.status, 401 | 403) => {
                return Err(Ended::Refused(not_accepted(&self.site, &response)));
            }
            Ok(response) => json::lenient(&response.body).unwrap_or_default(),
            // Without an answer nothing speaks against it, and it may be the only one there is: it is kept.
            Err(error) => {
                (self.context.notice)(&format!("the token is kept, but could not be tried: {error}"));
                Value::Null
            }
        };
        let name = ["fullName", "displayName", "userName"].iter().find_map(|field| profile[*field].as_str());
        let token = Token { user: name.map(str::to_owned), ..token };
        let noted = self.store.save(&token).and_then(|()| self.context.guard.went_well());
        if let Err(error) = noted {
            (self.context.notice)(&format!("the token is kept, but not all about it could be noted: {error}"));
        }
        Ok(token)
    }

    /// Takes what a person brought. A failure says nothing about the password, and leaves its record alone.
    pub(super) fn take(&self, text: &str) -> Result<Account> {
        let brought = import::parse(text, &self.site, Timestamp::now())?;
        let _lock = self.store.lock()?;
        let taken = match brought {
            import::Brought::Ticket(ticket, service) => self.exchange(&ticket, &service, "browser"),
            import::Brought::Token(token) => self.keep(*token),
        };
        let token = taken.map_err(|ended| match ended {
            Ended::Refused(why) => self.login_needed(&why),
            Ended::TurnedAway(why) | Ended::Trouble(why) => Error::Later {
                message: format!("{why}; try again later (a ticket is spent by now, a token is not)"),
                down: true,
            },
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

/// What an answer without a ticket means. A service could repeat the password in its words: it is `hidden` there.
fn no_ticket(answer: Answer, hidden: &Secret) -> Ended {
    match answer {
        Answer::TurnedAway(why) => Ended::TurnedAway(why),
        Answer::Trouble(why) => Ended::Trouble(why),
        Answer::Stopped(words) => {
            let words = words.replace(hidden.expose(), "***");
            Ended::Refused(format!("Garmin ended the login: {words}; look there with the browser"))
        }
        Answer::Wrong | Answer::WrongCode | Answer::Ticket { .. } | Answer::Mfa { .. } => {
            Ended::Refused("Garmin ended the login with an answer out of order".into())
        }
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

fn bearer(request: &Request, token: &Token) -> Request {
    request.clone().header("Authorization", format!("Bearer {}", token.access_token))
}

/// Why a fresh token is refused. Since June 2026 some accounts refuse tokens that began on the embedded sign-in page
/// (python-garminconnect issue 369).
fn not_accepted(site: &Site, response: &Response) -> String {
    let text =
        format!("{} {}", response.header("www-authenticate").unwrap_or(""), String::from_utf8_lossy(&response.body));
    if text.contains("Token is not active") {
        return format!(
            "Garmin does not take tokens of this kind of login (\"Token is not active\"); use the sign-in page of the mobile app: {}",
            super::mobile_page(site)
        );
    }
    format!("Garmin does not take the token (HTTP {})", response.status)
}
