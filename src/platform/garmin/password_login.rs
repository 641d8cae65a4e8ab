//! One login with a password: the sign-in page, the password, a second factor if there is one, and the exchange of the
//! ticket. It is one attempt: whatever turns it away, no other kind of login is tried after it.

use std::time::Duration;

use jiff::Timestamp;

use super::login::{self, Answer, NoToken};
use super::sign_in::{self, Visit};
use super::token::Token;
use super::{Garmin, block_page};
use crate::http::{self, Pause, Request, Secret};
use crate::platform::login_attempt::{Attempt, CODES, Ended, unless_sent};
use crate::platform::{Account, Ask, Credentials, Error, Result};

impl Garmin {
    /// One password login, started by hand.
    pub(super) fn login_by_hand(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        let _lock = self.store.lock()?;
        self.logins().may_try(true)?;
        self.password_login(credentials, ask).map(|token| token.account())
    }

    /// One password login. The lock is held by the caller.
    pub(super) fn password_login(&self, credentials: &Credentials, ask: Ask) -> Result<Token> {
        self.logins().make(|| self.attempt(credentials, ask))
    }

    fn attempt(&self, credentials: &Credentials, ask: Ask) -> Attempt<Token> {
        let mut visit = self.visit(&credentials.password)?;
        self.context.http.pause(Pause::Login, typing_time(self.settings.login_pause)).map_err(not_sent)?;
        match self.say(&mut visit, login::login_request(&self.site, credentials)).map_err(unless_sent)? {
            Answer::Ticket { ticket, service } => self.exchange(&ticket, &service, "password", Some(&credentials.user)),
            Answer::Mfa { method, to } => self.second_factor((&method, &to), &mut visit, credentials, ask),
            Answer::Wrong => Err(Ended::Refused("wrong e-mail address or password; correct the settings".into())),
            other => Err(no_ticket(other, &credentials.password)),
        }
    }

    /// Loads the sign-in page. Until it is there nothing of the login was sent.
    fn visit(&self, hidden: &Secret) -> Attempt<Visit> {
        let request = sign_in::page_request(&self.site);
        let page = self.context.http.follow(&self.context.platform, &request).map_err(not_sent)?;
        Visit::of(&page).map_err(|answer| no_ticket(answer, hidden))
    }

    /// Sends a request of the login as part of the visit, and reads the answer.
    fn say(&self, visit: &mut Visit, request: Request) -> std::result::Result<Answer, http::Error> {
        let response = self.context.http.send(&self.context.platform, &visit.dress(request))?;
        visit.take_cookies(&response);
        Ok(login::parse_answer(&self.site, &response))
    }

    fn second_factor(
        &self,
        (method, to): (&str, &str),
        visit: &mut Visit,
        credentials: &Credentials,
        ask: Ask,
    ) -> Attempt<Token> {
        for number in 1..=CODES {
            let again = if number == 1 { "" } else { "That code was wrong. " };
            let Some(code) = ask(&format!("{again}Code sent by {method} to {to}: ")) else {
                return Err(Ended::Refused("a second factor is asked for, and there is nobody to give it".into()));
            };
            let request = login::mfa_request(&self.site, method, &code);
            match self.say(visit, request).map_err(|error| Ended::from(Error::from(error)))? {
                Answer::Ticket { ticket, service } => {
                    return self.exchange(&ticket, &service, "password", Some(&credentials.user));
                }
                Answer::WrongCode => {}
                other => return Err(no_ticket(other, &credentials.password)),
            }
        }
        Err(Ended::Refused("the second factor was wrong three times".into()))
    }

    /// Exchanges a ticket for a token and keeps that. The lock is held by the caller.
    pub(super) fn exchange(&self, ticket: &Secret, service: &str, source: &str, email: Option<&str>) -> Attempt<Token> {
        let client = self.settings.client_id.as_str();
        let room = self.store.reserve().map_err(Ended::from)?;
        let response = self.send(&login::exchange_request(&self.site, client, ticket, service)).map_err(Ended::from)?;
        drop(room);
        match login::parse_token(&self.site, client, source, &response, Timestamp::now()) {
            Ok(token) => self.keep(Token { embedded: self.site.is_embedded(service), ..token }, email),
            Err(NoToken::Refused(words)) => Err(Ended::Refused(format!(
                "Garmin did not take the ticket ({words}); a ticket works once, and for a minute"
            ))),
            Err(NoToken::Later(why)) if block_page::blocked(&response).is_some() => Err(Ended::TurnedAway(why)),
            Err(NoToken::Later(why)) => Err(Ended::Trouble(why)),
        }
    }
}

/// How long a person would type: `shortest` to two and a half times that, 2 s to 5 s as a rule.
fn typing_time(shortest: Duration) -> Duration {
    shortest.mul_f64(1.0 + 1.5 * fastrand::f64())
}

/// Before the password was sent, trouble on the way is no login.
fn not_sent(error: http::Error) -> Ended {
    match error {
        http::Error::TooLarge { .. } | http::Error::Redirect { .. } => Ended::from(Error::from(error)),
        _ => Ended::NotSent(error.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_types_for_two_to_five_seconds() {
        for _ in 0..1000 {
            let time = typing_time(Duration::from_secs(2));
            assert!((2.0..=5.0).contains(&time.as_secs_f64()), "{time:?}");
        }
        assert!(typing_time(Duration::ZERO).is_zero());
    }

    #[test]
    fn trouble_before_the_password_is_no_login() {
        let network = |unsent| http::Error::Network { host: "h".into(), why: "w".into(), unsent };
        for unsent in [true, false] {
            assert!(matches!(not_sent(network(unsent)), Ended::NotSent(_)), "the page holds no password");
        }
        assert!(matches!(not_sent(http::Error::TooLarge { host: "h".into(), limit: 1 }), Ended::Trouble(_)));
    }
}
