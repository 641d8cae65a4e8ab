//! A login with a password: the sign-in page, the password, a second factor if needed, and the exchange of the ticket.
//! If any step is rejected, no other kind of login is tried.

use std::time::Duration;

use super::login::{self, LoginReply, TokenError};
use super::sign_in::{self, SignIn};
use super::token::Token;
use super::{Garmin, block_page};
use crate::http::{self, Pause, Request, Secret};
use crate::platform::login_attempt::{LoginFailure, LoginResult, MAX_CODES, send_failure};
use crate::platform::{Account, Ask, Credentials, Error, Result};

impl Garmin {
    /// Makes one password login that a person started.
    pub(super) fn login_by_hand(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        let _lock = self.store.lock()?;
        self.logins().check_allowed(true)?;
        self.password_login(credentials, ask).map(|token| token.account())
    }

    /// Makes one password login. The caller holds the lock.
    pub(super) fn password_login(&self, credentials: &Credentials, ask: Ask) -> Result<Token> {
        self.logins().attempt(|| self.attempt(credentials, ask))
    }

    fn attempt(&self, credentials: &Credentials, ask: Ask) -> LoginResult<Token> {
        let mut sign_in = self.load_sign_in_page(&credentials.password)?;
        self.context.http.pause(Pause::Login, typing_time(self.settings.login_pause)).map_err(before_password)?;
        match self.send_sign_in(&mut sign_in, login::login_request(&self.domain, credentials)).map_err(send_failure)? {
            LoginReply::Ticket { ticket, service } => {
                self.exchange(&ticket, &service, "password", Some(&credentials.user))
            }
            LoginReply::Mfa { method, to } => self.second_factor((&method, &to), &mut sign_in, credentials, ask),
            LoginReply::WrongPassword => {
                Err(LoginFailure::Rejected("wrong e-mail address or password; correct the settings".into()))
            }
            other => Err(no_ticket(other, &credentials.password)),
        }
    }

    /// Loads the sign-in page. Nothing of the login is sent before it.
    fn load_sign_in_page(&self, hidden: &Secret) -> LoginResult<SignIn> {
        let request = sign_in::page_request(&self.domain);
        let page = self.context.http.follow(&self.context.platform, &request).map_err(before_password)?;
        SignIn::read(&page).map_err(|reply| no_ticket(reply, hidden))
    }

    /// Sends a request of the login with the cookies of the sign-in page, and reads the response.
    fn send_sign_in(&self, sign_in: &mut SignIn, request: Request) -> std::result::Result<LoginReply, http::Error> {
        let response = self.context.http.send(&self.context.platform, &sign_in.add_to(request))?;
        sign_in.take_cookies(&response);
        Ok(login::parse_answer(&self.domain, &response))
    }

    fn second_factor(
        &self,
        (method, to): (&str, &str),
        sign_in: &mut SignIn,
        credentials: &Credentials,
        ask: Ask,
    ) -> LoginResult<Token> {
        for number in 1..=MAX_CODES {
            let again = if number == 1 { "" } else { "That code was wrong. " };
            let Some(code) = ask(&format!("{again}Code sent by {method} to {to}: ")) else {
                return Err(LoginFailure::Rejected("a second factor is required, and no terminal to enter it".into()));
            };
            let request = login::mfa_request(&self.domain, method, &code);
            match self.send_sign_in(sign_in, request).map_err(|error| LoginFailure::from(Error::from(error)))? {
                LoginReply::Ticket { ticket, service } => {
                    return self.exchange(&ticket, &service, "password", Some(&credentials.user));
                }
                LoginReply::WrongCode => {}
                other => return Err(no_ticket(other, &credentials.password)),
            }
        }
        Err(LoginFailure::Rejected("the second factor was wrong three times".into()))
    }

    /// Exchanges a ticket for a token and saves the token. The caller holds the lock.
    pub(super) fn exchange(
        &self,
        ticket: &Secret,
        service: &str,
        source: &str,
        email: Option<&str>,
    ) -> LoginResult<Token> {
        let client = self.settings.client_id.as_str();
        let space = self.store.reserve().map_err(LoginFailure::from)?;
        let response =
            self.send(&login::exchange_request(&self.domain, client, ticket, service)).map_err(LoginFailure::from)?;
        drop(space);
        match login::parse_token(&self.domain, client, source, &response, self.context.http.now()) {
            Ok(token) => self.save_checked(Token { embedded: self.domain.is_embedded(service), ..token }, email),
            Err(TokenError::Rejected(words)) => Err(LoginFailure::Rejected(format!(
                "Garmin rejected the ticket ({words}); a ticket works once, for a minute"
            ))),
            Err(TokenError::Retry(why)) if block_page::blocked(&response).is_some() => {
                Err(LoginFailure::RateLimited(why))
            }
            Err(TokenError::Retry(why)) => Err(LoginFailure::ServiceFailed(why)),
        }
    }
}

/// A random time that a person may need to type a password: from `shortest` to two and a half times that, 2 s to 5 s by
/// default.
fn typing_time(shortest: Duration) -> Duration {
    shortest.mul_f64(1.0 + 1.5 * fastrand::f64())
}

/// Classifies a failure before the password is sent: a network error is not a failed login.
fn before_password(error: http::Error) -> LoginFailure {
    match error {
        http::Error::TooLarge { .. } | http::Error::Redirect { .. } => LoginFailure::from(Error::from(error)),
        _ => LoginFailure::NotSent(error.into()),
    }
}

/// The failure of a reply without a ticket. `hidden` is the password; it is masked in the service's message, which
/// could repeat it.
fn no_ticket(reply: LoginReply, hidden: &Secret) -> LoginFailure {
    match reply {
        LoginReply::RateLimited(why) => LoginFailure::RateLimited(why),
        LoginReply::ServiceFailed(why) => LoginFailure::ServiceFailed(why),
        LoginReply::Rejected(words) => {
            let words = words.replace(hidden.expose(), "***");
            LoginFailure::Rejected(format!("Garmin rejected the login: {words}; log in with the browser to see why"))
        }
        LoginReply::WrongPassword | LoginReply::WrongCode | LoginReply::Ticket { .. } | LoginReply::Mfa { .. } => {
            LoginFailure::Rejected("Garmin: unexpected response to the login".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulated_typing_takes_two_to_five_seconds() {
        for _ in 0..1000 {
            let time = typing_time(Duration::from_secs(2));
            assert!((2.0..=5.0).contains(&time.as_secs_f64()), "{time:?}");
        }
        assert!(typing_time(Duration::ZERO).is_zero());
    }

    #[test]
    fn a_failure_before_the_password_is_not_a_failed_login() {
        let network = |unsent| http::Error::Network { host: "h".into(), why: "w".into(), unsent };
        for unsent in [true, false] {
            assert!(
                matches!(before_password(network(unsent)), LoginFailure::NotSent(_)),
                "the request of the page contains no password"
            );
        }
        assert!(matches!(
            before_password(http::Error::TooLarge { host: "h".into(), limit: 1 }),
            LoginFailure::ServiceFailed(_)
        ));
    }
}
