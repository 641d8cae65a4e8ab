//! Garmin's account: comes by a token, keeps it, renews it, and uses it. Never more than one login at a time.

use jiff::Timestamp;
use serde_json::Value;

use super::login::{self, Answer, NoToken};
use super::oauth1::{self, Consumer};
use super::site::Site;
use super::token::Token;
use super::{Garmin, import};
use crate::http::{Request, Response, Secret};
use crate::platform::{Account, Ask, Barred, Credentials, Error, Result};

/// Codes a person may try in one login.
const CODES: u32 = 3;

impl Garmin {
    /// Sends a read with the token; renews it once if the service refuses it.
    pub(super) fn call(&self, request: &Request) -> Result<Response> {
        let token = self.token(None)?;
        let response = self.send(&bearer(request, &token))?;
        if response.status != 401 {
            return Ok(response);
        }
        let token = self.token(Some(&token.access_token))?;
        let response = self.send(&bearer(request, &token))?;
        if response.status == 401 { Err(self.login_needed(&not_accepted(&self.site, &response))) } else { Ok(response) }
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
        let Some(credentials) = &self.context.credentials else { return Err(self.login_needed(&why)) };
        self.may_try(false)?;
        self.password_login(credentials, &mut |_| None)
    }

    /// Renews a token and keeps the new one. [`Error::Login`]: it can no longer be renewed, and will not be tried again.
    fn renew(&self, token: &Token) -> Result<Token> {
        if let Some(dead) = &token.dead {
            return Err(Error::Login(dead.clone()));
        }
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
                self.store.save(&new)?;
                Ok(new)
            }
            Err(NoToken::Refused(words)) => {
                let dead = format!("Garmin no longer renews the token ({words}); another tool may have renewed it");
                self.store.save(&Token { dead: Some(dead.clone()), ..token.clone() })?;
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
        self.may_try(true)?;
        self.password_login(credentials, ask).map(|token| token.account())
    }

    fn may_try(&self, by_hand: bool) -> Result<()> {
        match self.context.guard.barred(by_hand)? {
            None => Ok(()),
            Some(Barred::Until(until, why)) => Err(Error::Later {
                message: format!("no password login before {until}: {why}; until then {}", self.other_ways()),
                down: true,
            }),
            Some(Barred::ByItself(why)) => Err(self
                .login_needed(&format!("the last password login was refused ({why}) and is not repeated by itself"))),
        }
    }

    /// One password login. The lock is held by the caller.
    fn password_login(&self, credentials: &Credentials, ask: Ask) -> Result<Token> {
        let response = self.send(&login::login_request(&self.site, credentials))?;
        match login::parse_answer(&self.site, &response) {
            Answer::Ticket { ticket, service } => self.exchange(&ticket, &service, "password"),
            Answer::Mfa { method, to } => self.second_factor(&method, &to, &login::cookies(&response), ask),
            Answer::Wrong => self.refused("wrong e-mail address or password; correct the settings"),
            other => self.no_ticket(other),
        }
    }

    fn second_factor(&self, method: &str, to: &str, cookies: &str, ask: Ask) -> Result<Token> {
        for number in 1..=CODES {
            let again = if number == 1 { "" } else { "That code was wrong. " };
            let Some(code) = ask(&format!("{again}Code sent by {method} to {to}: ")) else {
                return self.refused("a second factor is asked for, and there is nobody to give it");
            };
            let response = self.send(&login::mfa_request(&self.site, method, &code, cookies))?;
            match login::parse_answer(&self.site, &response) {
                Answer::Ticket { ticket, service } => return self.exchange(&ticket, &service, "password"),
                Answer::Wrong | Answer::Mfa { .. } => {}
                other => return self.no_ticket(other),
            }
        }
        self.refused("the second factor was wrong three times")
    }

    fn no_ticket(&self, answer: Answer) -> Result<Token> {
        match answer {
            Answer::TurnedAway(why) => self.turned_away(&why),
            Answer::Trouble(why) => {
                Err(Error::Later { message: format!("the login is in trouble ({why}); try again later"), down: true })
            }
            Answer::Stopped(words) => {
                self.refused(&format!("Garmin ended the login: {words}; look there with the browser"))
            }
            Answer::Wrong | Answer::Ticket { .. } | Answer::Mfa { .. } => self.refused("an answer out of order"),
        }
    }

    fn turned_away<T>(&self, why: &str) -> Result<T> {
        let until = self.context.guard.turned_away(why)?;
        Err(Error::Later {
            message: format!(
                "the login was turned away: {why}; no other is tried before {until}; {}",
                self.other_ways()
            ),
            down: true,
        })
    }

    fn refused<T>(&self, why: &str) -> Result<T> {
        self.context.guard.refused(why)?;
        Err(self.login_needed(why))
    }

    fn login_needed(&self, why: &str) -> Error {
        let platform = self.site.platform;
        Error::Login(format!("{why}; run gs-auth login --platform {platform}, or {}", self.other_ways()))
    }

    fn other_ways(&self) -> String {
        let platform = self.site.platform;
        format!(
            "import a token of another tool (gs-auth import --platform {platform}) or log in with the browser (gs-auth login --browser --platform {platform})"
        )
    }

    /// Exchanges a ticket, keeps the token, and asks the service whose it is. The lock is held by the caller.
    pub(super) fn exchange(&self, ticket: &Secret, service: &str, source: &str) -> Result<Token> {
        let client = self.context.client_id.as_deref().unwrap_or(login::DI_CLIENT);
        let response = self.send(&login::exchange_request(&self.site, client, ticket, service))?;
        let token = match login::parse_token(&self.site, client, source, &response, Timestamp::now()) {
            Ok(token) => token,
            Err(NoToken::Refused(words)) => {
                return self.refused(&format!(
                    "Garmin did not take the ticket ({words}); a ticket works once, and for a minute"
                ));
            }
            Err(NoToken::Later(why)) if response.status == 429 => return self.turned_away(&why),
            Err(NoToken::Later(why)) => {
                return Err(Error::Later { message: format!("{why}; try again later"), down: true });
            }
        };
        self.keep(token)
    }

    /// Keeps a new token if the service takes it; what was kept before comes back if it does not.
    pub(super) fn keep(&self, token: Token) -> Result<Token> {
        let before = self.store.load::<Token>().unwrap_or(None);
        self.store.save(&token)?;
        let token =
            if token.is_fresh(Timestamp::now()) { token } else { self.renew_or_restore(token, before.as_ref())? };
        let profile = self.site.get("/userprofile-service/socialProfile").header("Accept", "application/json");
        match self.send(&bearer(&profile, &token)) {
            Ok(response) if matches!(response.status, 401 | 403) => {
                self.restore(before.as_ref())?;
                Err(self.login_needed(&not_accepted(&self.site, &response)))
            }
            Ok(response) => {
                let profile: Value = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
                let name = ["fullName", "displayName", "userName"].iter().find_map(|field| profile[*field].as_str());
                let token = Token { user: name.map(str::to_owned), ..token };
                self.store.save(&token)?;
                self.context.guard.went_well()?;
                Ok(token)
            }
            // No answer says nothing against the token.
            Err(Error::Later { .. }) => {
                self.context.guard.went_well()?;
                Ok(token)
            }
            Err(error) => Err(error),
        }
    }

    fn renew_or_restore(&self, token: Token, before: Option<&Token>) -> Result<Token> {
        match self.renew(&token) {
            Err(Error::Login(why)) => {
                self.restore(before)?;
                Err(self.login_needed(&why))
            }
            other => other,
        }
    }

    fn restore(&self, before: Option<&Token>) -> Result<()> {
        match before {
            Some(token) => self.store.save(token),
            None => self.store.remove().map(drop),
        }
    }

    /// Takes what a person brought.
    pub(super) fn take(&self, text: &str) -> Result<Account> {
        let brought = import::parse(text, &self.site, Timestamp::now())?;
        let _lock = self.store.lock()?;
        let token = match brought {
            import::Brought::Ticket(ticket, service) => self.exchange(&ticket, &service, "browser")?,
            import::Brought::Token(token) => {
                let token = self.keep(*token)?;
                if token.refresh_token.is_some() {
                    (self.context.notice)(&format!(
                        "the token now belongs to garminsync: renewing it spends it, so {} will need a login of its own",
                        token.source
                    ));
                }
                token
            }
        };
        Ok(token.account())
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
