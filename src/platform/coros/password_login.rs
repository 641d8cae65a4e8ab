//! A login with a password: the hosts that may know it, a second factor if needed, and the new token.

use super::Coros;
use super::login::{self, Challenge, Form, LoginReply, NewToken};
use super::region::{self, REGIONS, Region, region};
use super::token::Token;
use crate::http::Request;
use crate::platform::login_attempt::{LoginFailure, LoginResult, MAX_CODES, send_failure};
use crate::platform::tokens::Reserved;
use crate::platform::{Account, Ask, Credentials, Error, Result};

impl Coros {
    /// Makes one password login that a person started.
    pub(super) fn login_by_hand(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        let _lock = self.store.lock()?;
        self.logins().check_allowed(true)?;
        self.password_login(credentials, Some(ask)).map(|token| token.account())
    }

    /// Makes one password login. The caller holds the lock. Without `ask` no code is requested.
    pub(super) fn password_login(&self, credentials: &Credentials, ask: Option<Ask>) -> Result<Token> {
        // The login ends the old token, so the disk space for the new one is reserved first.
        let space = self.store.reserve()?;
        let before = self.store.load::<Token>().ok().flatten();
        let known = before.as_ref().and_then(|token| region(token.region?).ok());
        self.logins().attempt(|| {
            let (new, host) = self.attempt(known.unwrap_or(&REGIONS[0]), credentials, ask)?;
            self.save(new, host, space).and_then(|token| self.check_owner(token, before, &credentials.user))
        })
    }

    /// Returns the new token, and the region of the host that issued it.
    ///
    /// Usually every host accepts a login. A password that one host rejects is sent to other hosts before it counts as
    /// wrong ([`region::login_hosts`]).
    fn attempt(
        &self,
        likely: &'static Region,
        credentials: &Credentials,
        ask: Option<Ask>,
    ) -> LoginResult<(NewToken, &'static Region)> {
        let mut form = Form::Bcrypt;
        let mut rejected_by: Vec<&str> = Vec::new();
        for host in region::login_hosts(likely, ask.is_some()) {
            match self
                .send_password(host, credentials, &mut form)
                .map_err(|failure| after_rejection(failure, &rejected_by))?
            {
                LoginReply::LoggedIn(new) => return Ok((new, host)),
                LoginReply::SecondFactor(challenge) => return self.second_factor(&challenge, host, credentials, ask),
                LoginReply::WrongPassword => rejected_by.push(host.api),
                other => return Err(after_rejection(no_token(other), &rejected_by)),
            }
        }
        let hosts = rejected_by.join(" and ");
        Err(LoginFailure::Rejected(format!(
            "wrong e-mail address or password (rejected by {hosts}); correct the settings"
        )))
    }

    /// Sends the password to one host, in a form that it supports.
    fn send_password(&self, host: &Region, credentials: &Credentials, form: &mut Form) -> LoginResult<LoginReply> {
        let reply = self.submit(host, credentials, *form)?;
        // The service did not check the password, so it is sent again in the older form; this is still the same login.
        if matches!((&reply, *form), (LoginReply::UnsupportedForm(_), Form::Bcrypt)) {
            *form = Form::Md5;
            return self.submit(host, credentials, *form);
        }
        Ok(reply)
    }

    fn submit(&self, host: &Region, credentials: &Credentials, form: Form) -> LoginResult<LoginReply> {
        let salt = std::array::from_fn(|_| fastrand::u8(..));
        let request = login::login_request(host, credentials, form, salt).map_err(LoginFailure::from)?;
        match self.context.http.send(&self.context.platform, &request) {
            Ok(response) => Ok(login::parse_answer(&response, &credentials.password)),
            Err(error) => Err(send_failure(error)),
        }
    }

    fn second_factor(
        &self,
        challenge: &Challenge,
        host: &'static Region,
        credentials: &Credentials,
        ask: Option<Ask>,
    ) -> LoginResult<(NewToken, &'static Region)> {
        let nobody = || LoginFailure::Rejected("a second factor is required, and no terminal to enter it".into());
        let ask = ask.ok_or_else(nobody)?;
        let host = challenge.region.map_or(Ok(host), region).map_err(unknown_region)?;
        let send = |request: &Request| -> LoginResult<LoginReply> {
            let response = self
                .context
                .http
                .send(&self.context.platform, request)
                .map_err(|error| LoginFailure::from(Error::from(error)))?;
            Ok(login::parse_answer(&response, &credentials.password))
        };
        match send(&login::captcha_request(host, &credentials.user, challenge))? {
            LoginReply::CodeSent => {}
            other => return Err(no_token(other)),
        }
        let mut wrong = String::new();
        for _ in 0..MAX_CODES {
            let code = ask(&format!("{wrong}Code sent by e-mail to {}: ", credentials.user)).ok_or_else(nobody)?;
            match send(&login::verify_request(host, challenge, &code))? {
                LoginReply::LoggedIn(new) => return Ok((new, host)),
                // The response to a wrong code is not known. The person sees the message and has two more tries.
                LoginReply::Rejected(words) | LoginReply::UnsupportedForm(words) => {
                    wrong = format!("The code was rejected ({}). ", words.replace(code.expose().trim(), "***"));
                }
                LoginReply::WrongPassword => wrong = "The code was rejected. ".into(),
                other => return Err(no_token(other)),
            }
        }
        Err(LoginFailure::Rejected("the second factor was wrong three times".into()))
    }

    /// Saves a new token at once, because the login has ended the old one; then looks up its owner and its region.
    fn save(&self, new: NewToken, host: &'static Region, space: Reserved) -> LoginResult<Token> {
        let token = Token {
            access_token: new.token.expose().to_owned(),
            region: new.region,
            user_id: new.user_id,
            user: new.user,
            email: new.email,
            source: "password".into(),
            dead: None,
        };
        space.save(&token).map_err(LoginFailure::from)?;
        let at = token.region.map_or(Ok(host), region).map_err(unknown_region)?;
        let token = match self.confirmed_at(&token, at) {
            Ok(Some(confirmed)) => {
                self.store.save(&confirmed).map_err(LoginFailure::from)?;
                confirmed
            }
            Ok(None) => {
                self.store.remove().map_err(LoginFailure::from)?;
                return Err(LoginFailure::ServiceFailed("COROS rejected the new token".into()));
            }
            // The new token stays: nothing indicates that it is invalid, and the old one has ended.
            Err(error @ (Error::Retry { .. } | Error::Unexpected(_))) => {
                (self.context.notice)(&format!("the new token is saved, but could not be checked: {error}"));
                token
            }
            Err(error) => return Err(LoginFailure::from(error)),
        };
        Ok(token)
    }

    /// Checks that a new login belongs to the account of the data folder. A login to another account does not end the
    /// old session, so the old token is restored.
    fn check_owner(&self, token: Token, before: Option<Token>, email: &str) -> LoginResult<Token> {
        if let Err(error) = self.admit(&token, Some(email)) {
            match before {
                Some(token) => self.store.save(&token),
                None => self.store.remove().map(drop),
            }
            .map_err(LoginFailure::from)?;
            return Err(LoginFailure::from(error));
        }
        if let Err(error) = self.context.guard.succeeded() {
            (self.context.notice)(&format!("the new token is saved, but the login could not be recorded: {error}"));
        }
        Ok(token)
    }
}

/// Adjusts a failure that follows a rejection by another host: no automatic login may follow it, because the first host
/// would reject the password again, which could lock the account.
fn after_rejection(failure: LoginFailure, rejected_by: &[&str]) -> LoginFailure {
    let why = match failure {
        _ if rejected_by.is_empty() => return failure,
        LoginFailure::RateLimited(why) | LoginFailure::ServiceFailed(why) => why,
        LoginFailure::NotSent(error) => error.to_string(),
        other => return other,
    };
    LoginFailure::Rejected(format!(
        "wrong e-mail address or password (rejected by {}; no other host could be tried: {why}); correct the settings",
        rejected_by.join(" and ")
    ))
}

/// The failure of a login to an unknown region. The region cannot be used, and the next login would lead to it again.
fn unknown_region(error: Error) -> LoginFailure {
    LoginFailure::Rejected(error.to_string())
}

/// The failure of a reply without a token.
fn no_token(reply: LoginReply) -> LoginFailure {
    match reply {
        LoginReply::RateLimited(why) => LoginFailure::RateLimited(why),
        LoginReply::ServiceFailed(why) => LoginFailure::ServiceFailed(why),
        LoginReply::Rejected(words) | LoginReply::UnsupportedForm(words) => {
            LoginFailure::Rejected(format!("COROS rejected the login: {words}; log in with the browser to see why"))
        }
        LoginReply::CodeSent => LoginFailure::Rejected("COROS reports a successful login without a token".into()),
        LoginReply::LoggedIn(_) | LoginReply::SecondFactor(_) | LoginReply::WrongPassword => {
            LoginFailure::Rejected("COROS: unexpected response to the login".into())
        }
    }
}
