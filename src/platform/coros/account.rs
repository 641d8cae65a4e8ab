//! Uses COROS with a token, and gets a new token. An account has one session, and a new login ends the previous one, so
//! logins are rare: none while the token is valid, and one per run when it is not.

use super::login;
use super::region::{self, REGIONS, Region, region};
use super::response::{self, ApiReply, ApiResult};
use super::store_credentials::ACCOUNT;
use super::token::{ApiSession, Token};
use super::{Coros, import, shows_known_activities};
use crate::http::{self, Repeat, Request, Response, Secret, limit};
use crate::platform::login_attempt::PasswordLogins;
use crate::platform::{AccessKind, Account, Error, Identity, Result, TokenStore, Window};

/// Tokens that are tried for one request: the stored one, that of another command that logged in meanwhile, and a new
/// one.
const TOKENS: usize = 3;
const ENDED: &str =
    "COROS token invalid: another login (web, app, tool) ended it, as an account has one session, or it has expired";

impl Coros {
    /// Sends the request that `build` makes for a session, with its token. A rejected token is replaced by the one that
    /// another command got meanwhile, else by a login; a run makes at most one.
    ///
    /// After a write ([`Repeat::Never`]) that may have arrived the error is [`Error::OutcomeUnknown`]. A write whose
    /// token was rejected had no effect, so it is sent again with the next token.
    pub(super) fn call(&self, build: &dyn Fn(&ApiSession) -> Request) -> Result<ApiResult> {
        let mut rejected = None;
        for _ in 0..TOKENS {
            let session = self.session(rejected.as_ref())?;
            match self.send_by(&session, build(&session))? {
                ApiReply::Result(answer) => return Ok(answer),
                ApiReply::TokenRejected => rejected = Some(session.token),
            }
        }
        let message = format!("{ENDED}; several programs log in at the same time; try again later");
        Err(Error::retry_platform(message))
    }

    /// Sends a request with the token of this session.
    fn send_by(&self, session: &ApiSession, request: Request) -> Result<ApiReply> {
        let request = request
            .header("accesstoken", session.token.expose())
            .header("yfheader", format!(r#"{{"userId":"{}"}}"#, session.user_id));
        let response = self.send(&request)?;
        response::read(&request, &response, session.token.expose())
    }

    /// Sends a request unchanged. The error of a write that may have arrived is [`Error::OutcomeUnknown`].
    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        self.context.http.send(&self.context.platform, request).map_err(|error| match error {
            http::Error::Network { unsent: false, .. } | http::Error::TooLarge { .. }
                if request.repeat == Repeat::Never =>
            {
                response::outcome_unknown(&error.to_string())
            }
            other => other.into(),
        })
    }

    /// A session that is valid as far as is known; `rejected` is a token that the service has just rejected.
    ///
    /// With a valid token it takes no lock and sends no request. Otherwise one process logs in, and the others use its
    /// token.
    pub(super) fn session(&self, rejected: Option<&Secret>) -> Result<ApiSession> {
        let is_usable = |token: &Token| {
            token.dead.is_none() && rejected.is_none_or(|rejected| rejected.expose() != token.access_token)
        };
        if let Some(token) = self.store.load::<Token>()?.filter(is_usable)
            && let Some(session) = token.session()?
        {
            return Ok(session);
        }
        let _lock = self.store.lock()?;
        let mut why = "not logged in".to_owned();
        if let Some(token) = self.store.load::<Token>()? {
            let session = if is_usable(&token) { self.completed(&token)? } else { None };
            if let Some(session) = session {
                return Ok(session);
            }
            // The reason is stored, so that later commands need no request to find it out.
            why = token.dead.clone().unwrap_or_else(|| ENDED.to_owned());
            if token.dead.is_none() {
                self.store.save(&Token { dead: Some(why.clone()), ..token })?;
            }
        }
        let Some(credentials) = (self.context.credentials)()? else { return Err(self.logins().login_required(&why)) };
        self.logins().check_allowed(false)?;
        let token = self.password_login(&credentials, None)?;
        self.completed(&token)?.ok_or_else(|| self.logins().login_required(ENDED))
    }

    /// The session of a token, whose region is looked up if it is unknown. `None`: every region rejects it.
    fn completed(&self, token: &Token) -> Result<Option<ApiSession>> {
        if let Some(session) = token.session()? {
            return Ok(Some(session));
        }
        let Some(token) = self.confirmed(token)? else { return Ok(None) };
        self.store.save(&token)?;
        token.session()
    }

    /// The owner of the account. See [`PlatformReader::identify`](crate::platform::PlatformReader::identify).
    pub(super) fn ask_owner(&self, fresh: bool) -> Result<Option<Identity>> {
        // A session always knows its user.
        self.session(None)?;
        if !fresh {
            return Ok(self.store.load::<Token>()?.and_then(|token| token.identity()));
        }
        let answer = self.call(&|session| session.region.get(ACCOUNT))?;
        let profile = login::profile(&answer.expected("the account of the token")?);
        self.owner_asked.set(true);
        Ok(profile.user_id.map(|user_id| Identity { user_id, name: profile.user, email: profile.email }))
    }

    /// Checks the owner once per command before listing: unlike Garmin's, COROS' list does not name it.
    pub(super) fn check_list_owner(&self) -> Result<()> {
        if !self.owner_asked.get()
            && let Some(identity) = self.ask_owner(true)?
        {
            self.context.owner.admit(&identity, None)?;
        }
        Ok(())
    }

    /// Accepts a new token if it belongs to the account of the data folder.
    ///
    /// The owner may have been named by OAuth, whose user ids are not proven to be those of the Training Hub. Then the
    /// activities decide, and the id of the Training Hub replaces that one.
    pub(super) fn admit(&self, token: &Token, email: Option<&str>) -> Result<()> {
        let Some(identity) = token.identity() else { return Ok(()) };
        match self.context.owner.admit(&identity, email) {
            Err(Error::OtherAccount(_)) if self.has_oauth() && self.shows_known_activities(token)? => {
                self.context.owner.replace_id(&identity, email)
            }
            admitted => admitted,
        }
    }

    fn has_oauth(&self) -> bool {
        TokenStore::new(self.context.tokens.clone(), self.context.platform.clone(), AccessKind::OAuth).exists()
    }

    /// Whether the account of a new token shows activities that the catalogue knows.
    fn shows_known_activities(&self, token: &Token) -> Result<bool> {
        let Some(session) = token.session()? else { return Ok(false) };
        let send = |path: &str| match self.send_by(&session, session.region.get(path).limit(limit::LIST))? {
            ApiReply::Result(answer) => Ok(answer),
            ApiReply::TokenRejected => Err(self.logins().login_required(ENDED)),
        };
        shows_known_activities(&self.context, |each| self.list_by(&Window::default(), &send, each))
    }

    /// Imports a token. If that fails, the stored token stays.
    pub(super) fn import_token(&self, text: &str) -> Result<Account> {
        let imported = import::parse(text)?;
        let _lock = self.store.lock()?;
        let token = self.confirmed(&imported)?.ok_or_else(|| {
            self.logins().login_required("COROS rejected this token: it has expired, or another login ended it")
        })?;
        self.admit(&token, None)?;
        self.store.save(&token)?;
        self.context.guard.succeeded()?;
        Ok(token.account())
    }

    pub(super) fn logins(&self) -> PasswordLogins<'_> {
        PasswordLogins {
            platform: &self.context.platform,
            guard: self.context.guard.as_ref(),
            store: &self.store,
            other_ways: format!(
                "use the token of the browser (gs-auth login --browser --platform {})",
                self.context.platform
            ),
        }
    }

    fn confirmed(&self, token: &Token) -> Result<Option<Token>> {
        self.confirmed_at(token, token.region.and_then(|id| region(id).ok()).unwrap_or(&REGIONS[0]))
    }

    /// Queries the account of the token, first in the region `likely`, then in the other regions. `None`: every region
    /// rejects the token.
    pub(super) fn confirmed_at(&self, token: &Token, likely: &'static Region) -> Result<Option<Token>> {
        let secret = Secret::new(&token.access_token);
        let mut regions: Vec<&'static Region> = region::from(likely).collect();
        let mut confirmed = None;
        while !regions.is_empty() {
            let here = regions.remove(0);
            let request = login::account_request(here, &secret);
            let response = self.send(&request)?;
            let ApiReply::Result(answer) = response::read(&request, &response, secret.expose())? else { continue };
            let profile = login::profile(&answer.expected("the account of the token")?);
            let named = profile.region.map(region).transpose()?;
            let user_id = profile.user_id.or_else(|| token.user_id.clone());
            let user_id = user_id
                .ok_or_else(|| Error::Unexpected("COROS: the owner of the token is missing in the response".into()))?;
            let user = profile.user.or_else(|| token.user.clone());
            let email = profile.email.or_else(|| token.email.clone());
            confirmed = Some(Token { region: Some(here.id), user_id: Some(user_id), user, email, ..token.clone() });
            // Valid here although it belongs to another region: if it is valid there too, that is its region.
            regions.retain(|region| Some(*region) == named && *region != here);
        }
        Ok(confirmed)
    }
}
