//! COROS' account: comes by a token, keeps it, and uses it. There is one session an account, and a new login ends the one
//! before, so logins are few: none while the token is taken, and one a run when it no longer is.

use super::login;
use super::region::{self, REGIONS, Region, region};
use super::response::{self, Answer, Heard};
use super::store_credentials::ACCOUNT;
use super::token::{Session, Token};
use super::{Coros, import};
use crate::http::{self, Repeat, Request, Response, Secret};
use crate::platform::login_attempt::Logins;
use crate::platform::{Account, Error, Identity, Result};

/// So many tokens are tried for one request: ours, that of another command that logged in meanwhile, and a new one.
const TOKENS: usize = 3;
const ENDED: &str = "COROS no longer takes the token: another login (the web page, the app, another tool) ended it, as there is one session an account, or its time is over";

impl Coros {
    /// Sends what `build` makes for a session, with its token. A token that is no longer taken is replaced: by the one that
    /// another command got meanwhile, else by a login, of which there is one a run.
    ///
    /// After a write ([`Repeat::Never`]) that may have arrived the error is [`Error::Unclear`]. One whose token was
    /// refused did nothing, and is sent again with the next.
    pub(super) fn call(&self, build: &dyn Fn(&Session) -> Request) -> Result<Answer> {
        let mut refused = None;
        for _ in 0..TOKENS {
            let session = self.session(refused.as_ref())?;
            let request = build(&session)
                .header("accesstoken", session.token.expose())
                .header("yfheader", format!(r#"{{"userId":"{}"}}"#, session.user_id));
            let response = self.send(&request)?;
            match response::read(&request, &response, session.token.expose())? {
                Heard::Answer(answer) => return Ok(answer),
                Heard::TokenRefused => refused = Some(session.token),
            }
        }
        let message = format!("{ENDED}; several programs log in to it at the same time; try again later");
        Err(Error::Later { message, down: true })
    }

    /// Sends a request as it is, in its turn. A write that may have arrived is [`Error::Unclear`].
    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        self.context.http.send(&self.context.platform, request).map_err(|error| match error {
            http::Error::Network { unsent: false, .. } | http::Error::TooLarge { .. }
                if request.repeat == Repeat::Never =>
            {
                response::unclear(&error.to_string())
            }
            other => other.into(),
        })
    }

    /// A session that works, as far as is known; `refused` is a token that the service has just refused.
    ///
    /// Without need it takes no lock and makes no request. Otherwise one process logs in and the others take what it got.
    pub(super) fn session(&self, refused: Option<&Secret>) -> Result<Session> {
        let is_usable = |token: &Token| {
            token.dead.is_none() && refused.is_none_or(|refused| refused.expose() != token.access_token)
        };
        if let Some(token) = self.store.load::<Token>()?.filter(is_usable)
            && let Some(session) = token.session()?
        {
            return Ok(session);
        }
        let _lock = self.store.lock()?;
        let mut why = "nobody is logged in".to_owned();
        if let Some(token) = self.store.load::<Token>()? {
            let session = if is_usable(&token) { self.completed(&token)? } else { None };
            if let Some(session) = session {
                return Ok(session);
            }
            // The commands after this one need not ask to learn the same.
            why = token.dead.clone().unwrap_or_else(|| ENDED.to_owned());
            if token.dead.is_none() {
                self.store.save(&Token { dead: Some(why.clone()), ..token })?;
            }
        }
        let Some(credentials) = (self.context.credentials)()? else { return Err(self.logins().needed(&why)) };
        self.logins().may_try(false)?;
        let token = self.password_login(&credentials, None)?;
        self.completed(&token)?.ok_or_else(|| self.logins().needed(ENDED))
    }

    /// The session of a token, whose region is asked for if it is not known yet. `None`: no region takes it.
    fn completed(&self, token: &Token) -> Result<Option<Session>> {
        if let Some(session) = token.session()? {
            return Ok(Some(session));
        }
        let Some(token) = self.confirmed(token)? else { return Ok(None) };
        self.store.save(&token)?;
        token.session()
    }

    /// Whose account it is. See [`PlatformReader::identify`](crate::platform::PlatformReader::identify).
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

    /// Asks once a command whose list it is going to be: unlike Garmin's, the list does not say so itself.
    pub(super) fn check_list_owner(&self) -> Result<()> {
        if !self.owner_asked.get()
            && let Some(identity) = self.ask_owner(true)?
        {
            self.context.owner.admit(&identity, None)?;
        }
        Ok(())
    }

    /// Takes what a person brought. Whatever fails, the token that was there stays.
    pub(super) fn take(&self, text: &str) -> Result<Account> {
        let brought = import::parse(text)?;
        let _lock = self.store.lock()?;
        let token = self.confirmed(&brought)?.ok_or_else(|| {
            self.logins().needed("COROS does not take this token: it has ended, or another login has ended it")
        })?;
        if let Some(identity) = token.identity() {
            self.context.owner.admit(&identity, None)?;
        }
        self.store.save(&token)?;
        self.context.guard.went_well()?;
        Ok(token.account())
    }

    pub(super) fn logins(&self) -> Logins<'_> {
        Logins {
            platform: &self.context.platform,
            guard: self.context.guard.as_ref(),
            store: &self.store,
            other_ways: format!(
                "bring the token of the browser (gs-auth login --browser --platform {})",
                self.context.platform
            ),
        }
    }

    fn confirmed(&self, token: &Token) -> Result<Option<Token>> {
        self.confirmed_at(token, token.region.and_then(|id| region(id).ok()).unwrap_or(&REGIONS[0]))
    }

    /// The token with what the service says of it, asked for at `likely` first, then at the other regions. `None`: no
    /// region takes it.
    pub(super) fn confirmed_at(&self, token: &Token, likely: &'static Region) -> Result<Option<Token>> {
        let secret = Secret::new(&token.access_token);
        let mut regions: Vec<&'static Region> = region::from(likely).collect();
        let mut taken = None;
        while !regions.is_empty() {
            let here = regions.remove(0);
            let request = login::whose_request(here, &secret);
            let response = self.send(&request)?;
            let Heard::Answer(answer) = response::read(&request, &response, secret.expose())? else { continue };
            let profile = login::profile(&answer.expected("the account of the token")?);
            let named = profile.region.map(region).transpose()?;
            let user_id = profile.user_id.or_else(|| token.user_id.clone());
            let user_id = user_id.ok_or_else(|| Error::Strange("COROS does not say whose token it is".into()))?;
            let user = profile.user.or_else(|| token.user.clone());
            let email = profile.email.or_else(|| token.email.clone());
            taken = Some(Token { region: Some(here.id), user_id: Some(user_id), user, email, ..token.clone() });
            // Taken here although it belongs elsewhere: if it is taken there too, that is the place.
            regions.retain(|region| Some(*region) == named && *region != here);
        }
        Ok(taken)
    }
}
