//! COROS' account: comes by a token, keeps it, and uses it. There is one session an account, and a new login ends the one
//! before, so logins are few: none while the token is taken, and one a run when it no longer is.

use super::answer::{self, Answer, Heard};
use super::login::{self, Answer as Said, Challenge, Entry, Form};
use super::region::{self, REGIONS, Region, region};
use super::token::{Session, Token};
use super::{Coros, NAME, import};
use crate::http::{self, Repeat, Request, Response, Secret};
use crate::platform::attempt::{Attempt, CODES, Ended, Logins};
use crate::platform::tokens::Reserved;
use crate::platform::{Account, Ask, Credentials, Error, Result};

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
            match answer::read(&request, &response, session.token.expose())? {
                Heard::Answer(answer) => return Ok(answer),
                Heard::TokenRefused => refused = Some(session.token),
            }
        }
        let message = format!("{ENDED}; several programs log in to it at the same time; try again later");
        Err(Error::Later { message, down: true })
    }

    /// Sends a request as it is, in its turn. A write that may have arrived is [`Error::Unclear`].
    pub(super) fn send(&self, request: &Request) -> Result<Response> {
        self.context.http.send(NAME, request).map_err(|error| match error {
            http::Error::Network { unsent: false, .. } | http::Error::TooLarge { .. }
                if request.repeat == Repeat::Never =>
            {
                answer::unclear(&error.to_string())
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

    /// One password login, started by hand.
    pub(super) fn login_by_hand(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        let _lock = self.store.lock()?;
        self.logins().may_try(true)?;
        self.password_login(credentials, Some(ask)).map(|token| token.account())
    }

    /// Takes what a person brought. Whatever fails, the token that was there stays.
    pub(super) fn take(&self, text: &str) -> Result<Account> {
        let brought = import::parse(text)?;
        let _lock = self.store.lock()?;
        let token = self.confirmed(&brought)?.ok_or_else(|| {
            self.logins().needed("COROS does not take this token: it has ended, or another login has ended it")
        })?;
        self.store.save(&token)?;
        self.context.guard.went_well()?;
        Ok(token.account())
    }

    fn logins(&self) -> Logins<'_> {
        Logins {
            platform: NAME,
            guard: self.context.guard.as_ref(),
            store: &self.store,
            other_ways: format!("bring the token of the browser (gs-auth login --browser --platform {NAME})"),
        }
    }

    /// One password login. The lock is held by the caller. Without `ask` no code is sent to anybody.
    fn password_login(&self, credentials: &Credentials, ask: Option<Ask>) -> Result<Token> {
        // The login ends the token that is there: the room for the new one is taken first.
        let room = self.store.reserve()?;
        let known = self.store.load::<Token>().ok().flatten().and_then(|token| region(token.region?).ok());
        self.logins().make(|| {
            let (entry, host) = self.attempt(known.unwrap_or(&REGIONS[0]), credentials, ask)?;
            self.keep(entry, host, room)
        })
    }

    /// Any host takes a login. Returns what it gave, and the region whose host gave it.
    fn attempt(
        &self,
        host: &'static Region,
        credentials: &Credentials,
        ask: Option<Ask>,
    ) -> Attempt<(Entry, &'static Region)> {
        let salt = std::array::from_fn(|_| fastrand::u8(..));
        let mut said = self.submit(host, credentials, Form::Bcrypt(salt))?;
        // The same login, said in the older way: the password was not looked at.
        if matches!(said, Said::NotUnderstood(_)) {
            said = self.submit(host, credentials, Form::Md5)?;
        }
        match said {
            Said::In(entry) => Ok((entry, host)),
            Said::SecondFactor(challenge) => self.second_factor(&challenge, host, credentials, ask),
            Said::Wrong => Err(Ended::Refused("wrong e-mail address or password; correct the settings".into())),
            other => Err(no_token(other)),
        }
    }

    fn submit(&self, host: &Region, credentials: &Credentials, form: Form) -> Attempt<Said> {
        let request = login::login_request(host, credentials, form).map_err(Ended::from)?;
        match self.context.http.send(NAME, &request) {
            Ok(response) => Ok(login::parse_answer(&request, &response, &credentials.password)),
            Err(error @ (http::Error::Network { unsent: true, .. } | http::Error::Proxy { .. })) => {
                Err(Ended::NotSent(error.into()))
            }
            Err(error) => Err(Ended::from(Error::from(error))),
        }
    }

    fn second_factor(
        &self,
        challenge: &Challenge,
        host: &'static Region,
        credentials: &Credentials,
        ask: Option<Ask>,
    ) -> Attempt<(Entry, &'static Region)> {
        let nobody = || Ended::Refused("a second factor is asked for, and there is nobody to give it".into());
        let ask = ask.ok_or_else(nobody)?;
        let host = challenge.region.map_or(Ok(host), region).map_err(refused)?;
        let said = |request: &Request| -> Attempt<Said> {
            let response = self.context.http.send(NAME, request).map_err(|error| Ended::from(Error::from(error)))?;
            Ok(login::parse_answer(request, &response, &credentials.password))
        };
        match said(&login::captcha_request(host, &credentials.user, challenge))? {
            Said::Done => {}
            other => return Err(no_token(other)),
        }
        let mut wrong = String::new();
        for _ in 0..CODES {
            let code = ask(&format!("{wrong}Code sent by e-mail to {}: ", credentials.user)).ok_or_else(nobody)?;
            match said(&login::verify_request(host, challenge, &code))? {
                Said::In(entry) => return Ok((entry, host)),
                // No source knows what a wrong code is told; a person sees the words, and has two more tries.
                Said::Refused(words) | Said::NotUnderstood(words) => {
                    wrong = format!("That code was not taken ({}). ", words.replace(code.expose().trim(), "***"));
                }
                Said::Wrong => wrong = "That code was not taken. ".into(),
                other => return Err(no_token(other)),
            }
        }
        Err(Ended::Refused("the second factor was wrong three times".into()))
    }

    /// Keeps a new token at once, as it has ended the one before; then asks whose it is and where it works.
    fn keep(&self, entry: Entry, host: &'static Region, room: Reserved) -> Attempt<Token> {
        let token = Token {
            access_token: entry.token.expose().to_owned(),
            region: entry.region,
            user_id: entry.user_id,
            user: entry.user,
            source: "password".into(),
            dead: None,
        };
        room.save(&token).map_err(Ended::from)?;
        let at = token.region.map_or(Ok(host), region).map_err(refused)?;
        let token = match self.confirmed_at(&token, at) {
            Ok(Some(confirmed)) => {
                self.store.save(&confirmed).map_err(Ended::from)?;
                confirmed
            }
            Ok(None) => {
                self.store.remove().map_err(Ended::from)?;
                return Err(Ended::Trouble("COROS does not take the token it has just given".into()));
            }
            // Without an answer nothing speaks against it, and it is the only one there is.
            Err(error @ (Error::Later { .. } | Error::Strange(_))) => {
                (self.context.notice)(&format!("the token is kept, but could not be tried: {error}"));
                token
            }
            Err(error) => return Err(Ended::from(error)),
        };
        if let Err(error) = self.context.guard.went_well() {
            (self.context.notice)(&format!("the token is kept, but not all about it could be noted: {error}"));
        }
        Ok(token)
    }

    fn confirmed(&self, token: &Token) -> Result<Option<Token>> {
        self.confirmed_at(token, token.region.and_then(|id| region(id).ok()).unwrap_or(&REGIONS[0]))
    }

    /// The token with what the service says of it, asked for at `likely` first, then at the other regions. `None`: no
    /// region takes it.
    fn confirmed_at(&self, token: &Token, likely: &'static Region) -> Result<Option<Token>> {
        let secret = Secret::new(&token.access_token);
        let mut regions: Vec<&'static Region> = region::from(likely).collect();
        let mut taken = None;
        while !regions.is_empty() {
            let here = regions.remove(0);
            let request = login::whose_request(here, &secret);
            let response = self.send(&request)?;
            let Heard::Answer(answer) = answer::read(&request, &response, secret.expose())? else { continue };
            let profile = login::profile(&answer.expected("the account of the token")?);
            let named = profile.region.map(region).transpose()?;
            let user_id = profile.user_id.or_else(|| token.user_id.clone());
            let user_id = user_id.ok_or_else(|| Error::Strange("COROS does not say whose token it is".into()))?;
            let user = profile.user.or_else(|| token.user.clone());
            taken = Some(Token { region: Some(here.id), user_id: Some(user_id), user, ..token.clone() });
            // Taken here although it belongs elsewhere: if it is taken there too, that is the place.
            regions.retain(|region| Some(*region) == named && *region != here);
        }
        Ok(taken)
    }
}

/// A region that nobody knows cannot be used, and the next login would lead there again.
fn refused(error: Error) -> Ended {
    Ended::Refused(error.to_string())
}

/// What an answer without a token means.
fn no_token(said: Said) -> Ended {
    match said {
        Said::TurnedAway(why) => Ended::TurnedAway(why),
        Said::Trouble(why) => Ended::Trouble(why),
        Said::Refused(words) | Said::NotUnderstood(words) => {
            Ended::Refused(format!("COROS ended the login: {words}; look there with the browser"))
        }
        Said::Done => Ended::Refused("COROS reports success and gave no token".into()),
        Said::In(_) | Said::SecondFactor(_) | Said::Wrong => {
            Ended::Refused("COROS ended the login with an answer out of order".into())
        }
    }
}
