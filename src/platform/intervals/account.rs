//! Uses intervals.icu with a key, and admits a new key.

use super::Intervals;
use super::api;
use super::token::{self, Token};
use crate::http::{self, Repeat, Request, Response, Secret};
use crate::platform::settings_key::SetAside;
use crate::platform::{Account, Error, Identity, Result};

/// Keys that are tried for one request: the stored one, and the one in the settings.
const KEYS: usize = 2;
const REJECTED: &str = "intervals.icu rejects the API key (HTTP 401): it is mistyped, or was replaced by a new one";

impl Intervals {
    /// Sends a request with the key. A stored key that the service rejects is replaced by the one in the settings.
    pub(super) fn call(&self, request: &Request) -> Result<Response> {
        for _ in 0..KEYS {
            let key = self.key()?;
            let response = self.send(request, &key)?;
            api::check(request, &response)?;
            if response.status != 401 {
                return Ok(response);
            }
            self.reject(&key)?;
        }
        Err(self.key_required(REJECTED))
    }

    fn send(&self, request: &Request, key: &Secret) -> Result<Response> {
        let sent = self.context.http.send(&self.context.platform, &api::with_key(request, key));
        sent.map(|response| api::without_key(response, key)).map_err(|error| match error {
            http::Error::Network { unsent: false, .. } | http::Error::TooLarge { .. }
                if request.repeat == Repeat::Never =>
            {
                Error::OutcomeUnknown(format!("{error}; outcome unknown"))
            }
            other => other.into(),
        })
    }

    /// The stored key, unless the one in the settings has changed; without one, that in the settings. A key of the
    /// settings is checked first.
    fn key(&self) -> Result<Secret> {
        if let Some(key) = self.valid_key.borrow().clone() {
            return Ok(key);
        }
        let stored = self.store.load::<Token>()?;
        let valid = stored.as_ref().filter(|token| token.dead.is_none() && token.athlete == self.athlete.id());
        let key = match valid {
            Some(token) if !self.is_changed_in_settings(token) => Secret::new(&token.key),
            _ => self.failed_check.or_begin(|| self.key_of_settings(stored.as_ref()))?,
        };
        *self.valid_key.borrow_mut() = Some(key.clone());
        Ok(key)
    }

    /// Whether the settings have another key than the stored one. A key that a command prints or that comes from a pipe
    /// is not compared.
    fn is_changed_in_settings(&self, token: &Token) -> bool {
        let given = (self.context.readable_secret)().filter(|key| key.expose().trim() != token.key);
        given.is_some_and(|key| token.set_aside.as_ref().is_none_or(|aside| !aside.is(&key)))
    }

    fn key_of_settings(&self, stored: Option<&Token>) -> Result<Secret> {
        let given = (self.context.credentials)()?.map(|credentials| Secret::new(credentials.password.expose().trim()));
        // A person gave the stored key in place of the one in the settings.
        let alive = stored.filter(|token| token.dead.is_none());
        let is_aside =
            |key: &Secret| alive.and_then(|token| token.set_aside.as_ref()).is_some_and(|aside| aside.is(key));
        let given = given.filter(|key| !is_aside(key));
        if given.as_ref().is_some_and(|key| !api::is_key(key.expose())) {
            return Err(Error::Config("INTERVALS_API_KEY: not an API key; a key is one word".into()));
        }
        let is_rejected = |key: &Secret| stored.is_some_and(|token| token.dead.is_some() && token.key == key.expose());
        match (given, stored) {
            (Some(key), _) if !is_rejected(&key) => self.admit_key(&key, token::SETTINGS).map(|_| key),
            // The athlete of the setting has changed: the key may open that one, too.
            (None, Some(token)) if token.dead.is_none() => {
                let key = Secret::new(&token.key);
                self.admit_key(&key, &token.source).map(|_| key)
            }
            (_, Some(token)) => Err(self.key_required(token.dead.as_deref().unwrap_or(REJECTED))),
            (_, None) => Err(self.key_required("no API key of intervals.icu")),
        }
    }

    /// Stores that the service rejects a key, so that later commands need no request to find it out.
    fn reject(&self, key: &Secret) -> Result<()> {
        self.valid_key.borrow_mut().take();
        let _lock = self.store.lock()?;
        match self.store.load::<Token>()? {
            Some(token) if token.key == key.expose() && token.dead.is_none() => {
                self.store.save(&Token { dead: Some(REJECTED.into()), ..token })
            }
            _ => Ok(()),
        }
    }

    /// Checks a key with one request, and stores it. If that fails, the stored key stays.
    pub(super) fn admit_key(&self, key: &Secret, source: &str) -> Result<Account> {
        if !api::is_key(key.expose()) {
            return Err(Error::Input("not an API key of intervals.icu; a key is one word".into()));
        }
        let _lock = self.store.lock()?;
        let identity = self.profile(key)?;
        self.context.owner.admit(&identity, None)?;
        let Identity { user_id, name, email } = identity;
        let set_aside = SetAside::replaced((self.context.readable_secret)(), key);
        let (key, athlete) = (key.expose().to_owned(), self.athlete.id().to_owned());
        let token = Token { key, athlete, user_id, name, email, source: source.to_owned(), set_aside, dead: None };
        self.store.save(&token)?;
        Ok(token.account())
    }

    /// The athlete whom a key opens.
    fn profile(&self, key: &Secret) -> Result<Identity> {
        let request = self.athlete.profile_request();
        let response = self.send(&request, key)?;
        api::check(&request, &response)?;
        if response.status == 401 {
            return Err(self.key_required(REJECTED));
        }
        api::profile(&self.athlete, &response)
    }

    /// The owner of the account. See [`PlatformReader::identify`](crate::platform::PlatformReader::identify).
    pub(super) fn owner(&self, fresh: bool) -> Result<Identity> {
        self.key()?;
        match self.store.load::<Token>()? {
            Some(token) if !fresh && token.athlete == self.athlete.id() => Ok(token.identity()),
            _ => api::profile(&self.athlete, &self.call(&self.athlete.profile_request())?),
        }
    }

    fn key_required(&self, why: &str) -> Error {
        Error::Login(format!(
            "{why}; copy the key from https://intervals.icu/settings (Developer Settings), and run gs-auth key \
             --platform {} (and correct INTERVALS_API_KEY, if it is set)",
            self.context.platform
        ))
    }
}
