//! One login with a password: hosts that may know it, a second factor if there is one, and the token that it gives.

use super::Coros;
use super::login::{self, Answer as Said, Challenge, Entry, Form};
use super::region::{self, REGIONS, Region, region};
use super::token::Token;
use crate::http::Request;
use crate::platform::login_attempt::{Attempt, CODES, Ended, unless_sent};
use crate::platform::tokens::Reserved;
use crate::platform::{Account, Ask, Credentials, Error, Result};

impl Coros {
    /// One password login, started by hand.
    pub(super) fn login_by_hand(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        let _lock = self.store.lock()?;
        self.logins().may_try(true)?;
        self.password_login(credentials, Some(ask)).map(|token| token.account())
    }

    /// One password login. The lock is held by the caller. Without `ask` no code is sent to anybody.
    pub(super) fn password_login(&self, credentials: &Credentials, ask: Option<Ask>) -> Result<Token> {
        // The login ends the token that is there: the room for the new one is taken first.
        let room = self.store.reserve()?;
        let before = self.store.load::<Token>().ok().flatten();
        let known = before.as_ref().and_then(|token| region(token.region?).ok());
        self.logins().make(|| {
            let (entry, host) = self.attempt(known.unwrap_or(&REGIONS[0]), credentials, ask)?;
            self.keep(entry, host, room).and_then(|token| self.own(token, before, &credentials.user))
        })
    }

    /// Returns what the login gave, and the region whose host gave it.
    ///
    /// Any host takes a login, as a rule: a password that one of them does not know is asked of others before it counts as
    /// wrong ([`region::login_hosts`]).
    fn attempt(
        &self,
        likely: &'static Region,
        credentials: &Credentials,
        ask: Option<Ask>,
    ) -> Attempt<(Entry, &'static Region)> {
        let mut form = Form::Bcrypt;
        let mut asked: Vec<&str> = Vec::new();
        for host in region::login_hosts(likely, ask.is_some()) {
            match self.prove(host, credentials, &mut form).map_err(|ended| after_refusal(ended, &asked))? {
                Said::In(entry) => return Ok((entry, host)),
                Said::SecondFactor(challenge) => return self.second_factor(&challenge, host, credentials, ask),
                Said::Wrong => asked.push(host.api),
                other => return Err(after_refusal(no_token(other), &asked)),
            }
        }
        let hosts = asked.join(" and ");
        Err(Ended::Refused(format!("wrong e-mail address or password (rejected by {hosts}); correct the settings")))
    }

    /// Asks one host, in the form of the login that it understands.
    fn prove(&self, host: &Region, credentials: &Credentials, form: &mut Form) -> Attempt<Said> {
        let said = self.submit(host, credentials, *form)?;
        // The same login, said in the older way: the password was not looked at.
        if matches!((&said, *form), (Said::NotUnderstood(_), Form::Bcrypt)) {
            *form = Form::Md5;
            return self.submit(host, credentials, *form);
        }
        Ok(said)
    }

    fn submit(&self, host: &Region, credentials: &Credentials, form: Form) -> Attempt<Said> {
        let salt = std::array::from_fn(|_| fastrand::u8(..));
        let request = login::login_request(host, credentials, form, salt).map_err(Ended::from)?;
        match self.context.http.send(&self.context.platform, &request) {
            Ok(response) => Ok(login::parse_answer(&request, &response, &credentials.password)),
            Err(error) => Err(unless_sent(error)),
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
            let response = self
                .context
                .http
                .send(&self.context.platform, request)
                .map_err(|error| Ended::from(Error::from(error)))?;
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
            email: entry.email,
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
        Ok(token)
    }

    /// Makes sure that a new login is that of the account that the data folder belongs to. Somebody else's login has not
    /// ended the session that was there before, so the token of that comes back.
    fn own(&self, token: Token, before: Option<Token>, email: &str) -> Attempt<Token> {
        if let Some(identity) = token.identity()
            && let Err(error) = self.context.owner.admit(&identity, Some(email))
        {
            match before {
                Some(token) => self.store.save(&token),
                None => self.store.remove().map(drop),
            }
            .map_err(Ended::from)?;
            return Err(Ended::Otherwise(error));
        }
        if let Err(error) = self.context.guard.went_well() {
            (self.context.notice)(&format!("the token is kept, but not all about it could be noted: {error}"));
        }
        Ok(token)
    }
}

/// Once a host has refused the password, trouble with another one must not lead to the next login by itself: the first would
/// refuse it again, and so often that the account could be locked.
fn after_refusal(ended: Ended, asked: &[&str]) -> Ended {
    let why = match ended {
        _ if asked.is_empty() => return ended,
        Ended::TurnedAway(why) | Ended::Trouble(why) => why,
        Ended::NotSent(error) => error.to_string(),
        other => return other,
    };
    Ended::Refused(format!(
        "wrong e-mail address or password (rejected by {}; no other host could be asked: {why}); correct the settings",
        asked.join(" and ")
    ))
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
