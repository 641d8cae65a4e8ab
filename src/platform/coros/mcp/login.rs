//! The login: a person opens a link on any device, and the program waits for it.

use std::fs::File;
use std::io::{self, Read};

use super::issuer::{self, Issuer};
use super::login_session::{self, Claim, LoginSession};
use super::oauth::{self, GrantError, Pkce};
use super::token::Token;
use super::{CorosMcp, NEEDED_TOOLS};
use crate::clock::Moment;
use crate::http::{self, Pause, Request, Response, Secret};
use crate::platform::{Account, Error, Result};
use crate::reason::Reason;

/// Shows a text to the person who logs in.
pub type Show<'a> = &'a mut dyn FnMut(&str);

impl CorosMcp {
    /// Logs in: shows a link, waits until a person has logged in there, and stores the tokens. If it fails, the stored
    /// token stays.
    pub(super) fn log_in(&self, show: Show) -> Result<Account> {
        let issuer = issuer::read_discovery(&self.sent(&issuer::discovery_request())?)?;
        let (client, session) = self.open_login(&issuer)?;
        show(&format!(
            "Open this link on any device, log in to COROS there, and allow the access:\n\n  {}\n\n\
             Waiting for up to {} minutes; Ctrl-C ends it.",
            session.link,
            login_session::TIME_LIMIT.as_secs() / 60
        ));
        let ticket = self.wait_for_ticket(&issuer, &session)?;
        let proof = Pkce::new(random()?, random()?);
        let response = self.sent(&oauth::authorize_request(&issuer, &client, &proof, &ticket))?;
        let code = oauth::read_code(&proof, &response).map_err(|error| self.with_advice(error))?;
        self.exchange(&issuer, &client, &proof, &code)
    }

    /// Opens a login session, with the client of the stored token or a new one.
    fn open_login(&self, issuer: &Issuer) -> Result<(String, LoginSession)> {
        // A damaged file is replaced by the login.
        let stored = self.store.load::<Token>().ok().flatten();
        // A token may have ended because the service removed its client.
        let known = stored.filter(|token| token.issuer == issuer.address() && token.dead.is_none());
        if let Some(client) = known.map(|token| token.client_id) {
            let response = self.sent(&login_session::open_request(issuer, &client))?;
            if !login_session::is_rejected(&response) {
                return Ok((client, login_session::read(issuer, &response)?));
            }
        }
        let client = oauth::read_registration(&self.sent(&oauth::register_request(issuer))?)?;
        let session = login_session::read(issuer, &self.sent(&login_session::open_request(issuer, &client))?)?;
        Ok((client, session))
    }

    /// Waits until the person has logged in. A connection or a service that fails for a moment does not end the login.
    fn wait_for_ticket(&self, issuer: &Issuer, session: &LoginSession) -> Result<Secret> {
        let end = Moment::now() + login_session::TIME_LIMIT;
        let (mut wait, mut failure) = (session.interval, None);
        loop {
            self.context.http.pause(Pause::Person, wait)?;
            if end.is_over() {
                return Err(self.login_required(&login_session::not_in_time(failure.as_deref())));
            }
            wait = session.interval;
            let response =
                match self.context.http.send(&self.context.platform, &login_session::claim_request(issuer, session)) {
                    Ok(response) => response,
                    Err(error @ http::Error::Network { .. }) => {
                        failure = Some(error.to_string());
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                };
            failure = None;
            match login_session::read_claim(&response)? {
                Claim::Pending => {}
                Claim::Busy => {
                    failure = Some(format!("HTTP {}", response.status));
                    // A wait that outlasts the link would end the login.
                    let asked = login_session::wait(&response, self.context.http.now());
                    wait = asked.filter(|asked| Moment::now() + *asked < end).unwrap_or(wait).max(wait);
                }
                Claim::Authorized(ticket) => return Ok(ticket),
                Claim::Failed(code) => {
                    return Err(self.login_required(&format!("the login was rejected on COROS' page ({code})")));
                }
                Claim::Expired => return Err(self.login_required(&login_session::not_in_time(None))),
                Claim::Claimed => return Err(self.login_required("the link was used by another program")),
            }
        }
    }

    /// Exchanges the code, checks the new token, and stores it. Until then the stored token stays as it is: other
    /// programs use and renew it, and it still works if this program ends during the check.
    fn exchange(&self, issuer: &Issuer, client: &str, proof: &Pkce, code: &Secret) -> Result<Account> {
        let space = self.store.reserve()?;
        let response = self.sent(&oauth::code_request(issuer, client, proof, code))?;
        let now = self.context.http.now();
        let grant = oauth::read_grant(&response, now).map_err(|failure| match failure {
            GrantError::Ended(words) => self.login_required(&format!("COROS rejected the login ({words})")),
            GrantError::Failed(why) => Error::retry_platform(format!("{why}; log in again later")),
        })?;
        let token = Token::new(issuer, client, grant, now);
        self.unsaved.replace(Some(token.clone()));
        let checked = self.check_owner(&token).and_then(|()| self.check_tools());
        self.unsaved.take();
        checked?;
        let _lock = self.store.lock()?;
        space.save(&token)?;
        Ok(token.account())
    }

    /// Checks that a new token belongs to the account of the data folder.
    ///
    /// That the id is the one of the Training Hub is not proven. So if it differs, or is missing, the activities decide.
    fn check_owner(&self, token: &Token) -> Result<()> {
        let (guard, identity) = (&self.context.owner, token.identity());
        let admit = || identity.as_ref().map_or(Ok(()), |identity| guard.admit(identity, None));
        let is_owned = guard.is_owned()?;
        // Without an owner, listed activities came from an account that the service did not name.
        let decides = if is_owned { identity.is_some() } else { !guard.has_listed()? };
        let owner = match decides.then(admit) {
            Some(Err(Error::OtherAccount(Reason::OtherAccount { owner, .. }))) => owner,
            Some(admitted) => return admitted,
            None => None,
        };
        if self.shows_known_activities()? {
            return if is_owned { Ok(()) } else { admit() };
        }
        Err(Error::OtherAccount(Reason::OtherAccount {
            platform: self.context.platform.to_string(),
            login: "an account without any known activity (if nothing was listed yet, run gs-fetch first)".into(),
            owner,
        }))
    }

    /// Checks that the service has the tools that are needed.
    fn check_tools(&self) -> Result<()> {
        let tools = match self.tools() {
            Ok(tools) => tools,
            // The token is valid as far as is known, and a new login would not help.
            Err(error @ Error::Retry { .. }) => {
                (self.context.notice)(&format!("the tools of COROS could not be checked: {error}"));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        match NEEDED_TOOLS.iter().find(|name| !tools.iter().any(|tool| tool == *name)) {
            Some(name) => Err(Error::Unexpected(format!(
                "COROS no longer offers {name}, which this version needs; update garminsync; the new login was not stored"
            ))),
            None => Ok(()),
        }
    }

    /// Sends a request of the login. If the service limits their rate and names a time, that ends the login.
    fn sent(&self, request: &Request) -> Result<Response> {
        let response = self.context.http.send(&self.context.platform, request)?;
        match oauth::limited_until(&response, self.context.http.now()) {
            Some(until) => Err(Error::retry_platform(format!(
                "COROS allows no login before {until} (HTTP {}); log in again then",
                response.status
            ))),
            None => Ok(response),
        }
    }

    fn with_advice(&self, error: Error) -> Error {
        match error {
            Error::Login(why) => self.login_required(&why),
            other => other,
        }
    }
}

/// Random bytes of the system, which nobody can guess.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let read = |bytes: &mut [u8]| -> io::Result<()> { File::open("/dev/urandom")?.read_exact(bytes) };
    read(&mut bytes).map_err(|error| {
        Error::Storage(Reason::Storage { detail: format!("/dev/urandom: {error}; a login needs random numbers") })
    })?;
    Ok(bytes)
}
