//! Uses the API with a key: exchanges it for an access token, admits a new key, and retires one that has ended. Only one
//! process exchanges a key at a time; the others use the result.

use jiff::Timestamp;

use super::Personal;
use super::api::{self, Exchanged};
use super::token::{AccessToken, SETTINGS, Token};
use crate::http::{Request, Response, Secret};
use crate::platform::garmin::block_page;
use crate::platform::settings_key::{Refusal, SetAside};
use crate::platform::{Account, Error, Result};

/// How often the service may limit the rate of requests in one run before the run ends.
const MOST_RATE_LIMITS: u32 = 1;

impl Personal {
    /// Sends a read with the access token. If the service rejects the token, the key is exchanged once more, and the
    /// read is repeated once.
    pub(super) fn read(&self, request: &Request) -> Result<Response> {
        let token = self.access_token(None)?;
        let response = self.send(&api::with_token(request, &token))?;
        if response.status != 401 {
            return Ok(response);
        }
        // Exchanges are limited, and a web page says nothing about the token.
        block_page::check(&response, "data")?;
        let renewed = self.access_token(Some(&token))?;
        let response = self.send(&api::with_token(request, &renewed))?;
        if response.status != 401 {
            return Ok(response);
        }
        block_page::check(&response, "data")?;
        Err(self.key_required("Garmin accepts the API key, but rejects its access tokens (HTTP 401)"))
    }

    /// Sends a request. After a rate limit it waits as long as the service asked, and repeats the request; the next rate
    /// limit ends the run.
    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        let request = Request { min_interval: self.settings.interval, ..request.clone() };
        loop {
            let response = self.context.http.send(&self.context.platform, &request)?;
            let Some(status) = block_page::blocked(&response) else { return Ok(response) };
            let count = self.rate_limits.get() + 1;
            self.rate_limits.set(count);
            let until = response.retry_after(self.context.http.now());
            if count > MOST_RATE_LIMITS {
                let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
                return Err(Error::retry_platform(format!(
                    "Garmin: rate limited{until} (HTTP {status}, for the second time in this run); try again later"
                )));
            }
            // If the service names a time, the next request waits for it.
            if until.is_none() {
                self.context.http.wait_to_retry(2)?;
            }
        }
    }

    /// Ensures that there is a valid access token.
    pub(super) fn ready(&self) -> Result<()> {
        self.access_token(None).map(drop)
    }

    /// A valid access token; `rejected` is one that the service has just rejected.
    ///
    /// With a valid token, and an unchanged key in the settings, it takes no lock and sends no request. Otherwise one
    /// process exchanges the key, and the others use the result.
    fn access_token(&self, rejected: Option<&str>) -> Result<String> {
        self.check_allowed()?;
        self.use_changed_settings()?;
        let now = self.context.http.now();
        let usable = |token: Option<&Token>| {
            let access = token.and_then(|token| token.fresh(now)).map(|access| access.text.clone());
            access.filter(|text| Some(text.as_str()) != rejected)
        };
        if let Some(text) = usable(self.store.load::<Token>()?.as_ref()) {
            return Ok(text);
        }
        let _lock = self.store.lock()?;
        let stored = self.store.load::<Token>()?;
        if let Some(text) = usable(stored.as_ref()) {
            return Ok(text);
        }
        let valid = stored.as_ref().filter(|token| token.dead.is_none());
        let renewed = self.failed_exchange.or_begin(|| match valid {
            Some(token) => self.renew(token.clone()),
            None => self.admit_from_settings(stored.as_ref()),
        });
        match (renewed, valid.and_then(|token| token.access.as_ref())) {
            // The old one is valid for a little longer, and the service may work again before it expires.
            (Err(Error::Retry { .. }), Some(access)) if rejected.is_none() && access.is_valid(now) => {
                Ok(access.text.clone())
            }
            (renewed, _) => renewed,
        }
    }

    /// Exchanges the stored key again. The caller holds the token's lock.
    fn renew(&self, token: Token) -> Result<String> {
        match self.exchange(&Secret::new(&token.key))? {
            Exchanged::Token(access) => {
                let text = access.text.clone();
                self.store.save(&Token { access: Some(access), ..token })?;
                Ok(text)
            }
            Exchanged::Rejected(why) => {
                let ended = Token { access: None, dead: Some(why), ..token };
                self.store.save(&ended)?;
                self.admit_from_settings(Some(&ended))
            }
        }
    }

    /// Uses the key in the settings if it has changed, although the stored one works. A run looks once.
    fn use_changed_settings(&self) -> Result<()> {
        if self.is_compared.get() {
            return Ok(());
        }
        let changed = || -> Result<Option<(Secret, Token)>> {
            let stored = self.store.load::<Token>()?.filter(|token| token.dead.is_none());
            let Some((token, key)) = stored.zip((self.context.readable_secret)()) else { return Ok(None) };
            let key = of_settings(&key)?;
            let is_other = token.key != key.expose() && !self.is_replaced(&token, &key)?;
            Ok(is_other.then_some((key, token)))
        };
        if changed()?.is_some() {
            self.failed_exchange.or_begin(|| {
                let _lock = self.store.lock()?;
                // Another process may have used it meanwhile.
                changed()?.map_or(Ok(()), |(key, token)| self.admit_key_of_settings(&key, Some(&token)).map(drop))
            })?;
        }
        self.is_compared.set(true);
        Ok(())
    }

    /// Whether a person gave the stored key in place of this one.
    ///
    /// # Errors
    /// The key was refused before. The exchanges are limited, so it is not sent again.
    fn is_replaced(&self, token: &Token, key: &Secret) -> Result<bool> {
        let Some(aside) = token.set_aside.as_ref().filter(|aside| aside.is(key)) else { return Ok(false) };
        match &aside.refusal {
            None => Ok(true),
            Some(Refusal::Rejected(why)) => Err(self.key_required(why)),
            Some(Refusal::OtherAccount(reason)) if self.context.owner.is_owned()? => {
                Err(Error::OtherAccount(reason.clone()))
            }
            // The data folder has forgotten its account.
            Some(Refusal::OtherAccount(_)) => Ok(false),
        }
    }

    /// Uses the key in the settings, unless it is the stored one, which has ended. The caller holds the token's lock.
    fn admit_from_settings(&self, ended: Option<&Token>) -> Result<String> {
        let given = (self.context.credentials)()?.map(|credentials| of_settings(&credentials.password)).transpose()?;
        let why = ended.and_then(|token| token.dead.as_deref());
        let Some(key) = given.filter(|key| ended.is_none_or(|token| token.key != key.expose())) else {
            return Err(self.key_required(why.unwrap_or("no API key of Garmin")));
        };
        if let Some(token) = ended {
            // If a person gave a key in its place, that one has ended.
            self.is_replaced(token, &key)?;
        }
        self.admit_key_of_settings(&key, ended)
    }

    /// Checks a key of the settings, and stores it in place of the stored one. The caller holds the token's lock.
    ///
    /// A refused key is stored as well, so that it is not sent again. A stored key that may work stays.
    fn admit_key_of_settings(&self, key: &Secret, stored: Option<&Token>) -> Result<String> {
        let of_settings = Token::of_key(key.expose(), SETTINGS);
        let (error, refusal) = match self.exchange(key)? {
            Exchanged::Token(access) => {
                let text = access.text.clone();
                match self.admit(Token { access: Some(access), ..of_settings }) {
                    Err(Error::OtherAccount(reason)) => {
                        (Error::OtherAccount(reason.clone()), Refusal::OtherAccount(reason))
                    }
                    admitted => return admitted.map(|_| text),
                }
            }
            Exchanged::Rejected(why) if stored.is_none_or(|token| token.dead.is_some()) => {
                self.store.save(&Token { dead: Some(why.clone()), ..of_settings })?;
                return Err(self.key_required(&why));
            }
            Exchanged::Rejected(why) => (self.key_required(&why), Refusal::Rejected(why)),
        };
        // Without a stored key, an empty one that has ended holds the refusal.
        let none = || Token { dead: Some(error.to_string()), ..Token::of_key("", SETTINGS) };
        let stored = stored.cloned().unwrap_or_else(none);
        self.store.save(&Token { set_aside: Some(SetAside::new(key, Some(refusal))), ..stored })?;
        Err(error)
    }

    /// Why the key in the settings cannot be used, if it was refused.
    pub(super) fn refused(&self, token: &Token) -> Option<String> {
        let aside = token.set_aside.as_ref()?;
        let refusal =
            aside.refusal.as_ref().filter(|_| (self.context.readable_secret)().is_some_and(|key| aside.is(&key)));
        refusal.map(|refusal| match refusal {
            Refusal::Rejected(why) => why.clone(),
            Refusal::OtherAccount(reason) => reason.to_string(),
        })
    }

    /// Checks a key that a person gave, and stores it. If that fails, the stored key stays.
    pub(super) fn set_key(&self, text: &Secret, source: &str, ends: Option<Timestamp>) -> Result<Account> {
        let key = api::key_of(text.expose())?;
        self.check_allowed()?;
        let _lock = self.store.lock()?;
        match self.exchange(&key)? {
            Exchanged::Token(access) => {
                let stored = self.store.load::<Token>().ok().flatten();
                let known = stored.filter(|token| token.key == key.expose()).and_then(|token| token.ends_at);
                let ends_at = ends.map(Timestamp::as_second).or(known);
                let source = if self.is_of_settings(&key) { SETTINGS } else { source };
                let set_aside = SetAside::replaced((self.context.readable_secret)(), &key);
                let token = Token { access: Some(access), ends_at, set_aside, ..Token::of_key(key.expose(), source) };
                let token = self.admit(token)?;
                Ok(token.account(&self.domain, self.settings.key_ends))
            }
            Exchanged::Rejected(why) => Err(self.key_required(&why)),
        }
    }

    /// Whether a key is the one whose end is in the settings. Without such an end the settings are not read, because
    /// they may name a command.
    fn is_of_settings(&self, key: &Secret) -> bool {
        let given = || (self.context.credentials)().ok().flatten();
        let given = self.settings.key_ends.and_then(|_| api::key_of(given()?.password.expose()).ok());
        given.is_some_and(|given| given.expose() == key.expose())
    }

    /// Stores a key with a new access token, after the service has named its owner. A key of an unknown owner is stored
    /// only while the data folder has no owner.
    fn admit(&self, token: Token) -> Result<Token> {
        let Some(access) = &token.access else { return Ok(token) };
        let owner = self.query_owner(access)?;
        match owner.identity() {
            Some(identity) => self.context.owner.admit(&identity, None)?,
            None if self.context.owner.is_owned()? => {
                return Err(Error::retry_platform(
                    "Garmin does not tell the owner of the API key, so it cannot be compared with the account of this \
                     data folder; try again later",
                ));
            }
            None => (self.context.notice)("Garmin does not tell the owner of the API key"),
        }
        let token = owner.fill(token, self.context.http.now());
        self.store.save(&token)?;
        Ok(token)
    }

    fn exchange(&self, key: &Secret) -> Result<Exchanged> {
        let response = self.send(&api::exchange_request(&self.domain, key))?;
        api::read_exchange(&self.domain, &response, self.context.http.now())
    }

    /// Sends a read with a token that is not stored yet.
    pub(super) fn read_with(&self, access: &AccessToken, request: &Request) -> Result<Response> {
        let response = self.send(&api::with_token(request, &access.text))?;
        block_page::check(&response, "the owner of the key")?;
        match response.status {
            401 => Err(self.key_required("Garmin accepts the API key, but rejects its access token (HTTP 401)")),
            _ => Ok(response),
        }
    }

    /// Fails at garmin.cn, unless the person wants to try it.
    fn check_allowed(&self) -> Result<()> {
        if self.settings.is_allowed {
            return Ok(());
        }
        Err(Error::Config(format!(
            "API keys of {0} are not proven to work: in October 2026 its Personal API answered HTTP 526. Log in instead: \
             gs-auth login --platform {1}; or set GARMIN_PERSONAL_API_CN=1 to try it",
            self.domain.name, self.context.platform
        )))
    }

    pub(super) fn key_required(&self, why: &str) -> Error {
        Error::Login(format!(
            "{why}; make a new key at {}, and run gs-auth key --platform {}",
            api::key_page(&self.domain),
            self.context.platform
        ))
    }
}

/// The key in a setting.
///
/// # Errors
/// [`Error::Config`]: the text cannot be a key.
fn of_settings(text: &Secret) -> Result<Secret> {
    api::key_of(text.expose())
        .map_err(|error| Error::Config(format!("the API key in the settings cannot be used: {error}")))
}
