//! Whose account a token belongs to: the profile that the service shows for it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::account::{bearer, refusal};
use super::token::Token;
use super::{Garmin, block_page, list, mobile_page};
use crate::http::{Request, Response, limit};
use crate::platform::login_attempt::{Attempt, Ended};
use crate::platform::{Error, Identity, Result, lenient_json};

/// What the profile says of the person.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// `profileId`; older clients call it `userProfileId`. It is also the `ownerId` of every entry of the list.
    pub user_id: Option<String>,
    /// The name that the service shows.
    pub name: Option<String>,
    /// The e-mail address; some accounts have it as their user name.
    pub email: Option<String>,
}

/// What came of asking whose token it is.
enum Whose {
    /// The service knows the token.
    Said(Profile),
    /// The service does not accept the token.
    Refused(String),
    /// Something in front of the service answered, or nothing did: it says nothing about the token.
    Unknown(String),
}

impl Profile {
    /// Reads the answer to the profile request. Every field may be missing.
    pub fn read(response: &Response) -> Profile {
        let body = lenient_json::parse(&response.body).unwrap_or_default();
        let text = |field: &str| body[field].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        let id = |field: &str| list::id(&body[field]).filter(|id| id != "0");
        Profile {
            user_id: id("profileId").or_else(|| id("userProfileId")),
            name: ["fullName", "displayName", "userName"].into_iter().find_map(text),
            email: text("userName").filter(|name| name.contains('@')),
        }
    }

    fn fill(self, token: Token) -> Token {
        let owner_untold_at = self.user_id.is_none().then(|| Timestamp::now().as_second());
        Token { user: self.name, user_id: self.user_id, email: self.email, owner_untold_at, ..token }
    }
}

impl Garmin {
    /// The request for the profile, without its token.
    pub(super) fn profile_request(&self) -> Request {
        self.site.get("/userprofile-service/socialProfile").limit(limit::SMALL).header("Accept", "application/json")
    }

    /// Whose account it is. See [`Platform::identify`](crate::platform::Platform::identify).
    pub(super) fn ask_owner(&self, fresh: bool) -> Result<Option<Identity>> {
        let token = self.token(None)?;
        if !fresh && (token.user_id.is_some() || token.is_owner_untold(Timestamp::now())) {
            return Ok(token.identity());
        }
        let response = self.call(&self.profile_request())?;
        block_page::check(&response, "the profile")?;
        if response.status != 200 {
            let message =
                format!("Garmin does not say whose account this is (HTTP {}); try again later", response.status);
            return Err(Error::Later { message, down: true });
        }
        let profile = Profile::read(&response);
        if token.user_id.is_some() {
            // Only asked to be sure: the caller compares.
            return Ok(profile.fill(token).identity());
        }
        let _lock = self.store.lock()?;
        // Another command may have renewed it while this one asked.
        let now = self.store.load::<Token>()?.unwrap_or(token);
        let now = profile.fill(now);
        self.store.save(&now)?;
        Ok(now.identity())
    }

    fn whose(&self, token: &Token) -> Whose {
        match self.send(&bearer(&self.profile_request(), token)) {
            Ok(response) if matches!(response.status, 401 | 403) && !block_page::is_web_page(&response) => {
                Whose::Refused(not_accepted(token, &response, &mobile_page(&self.site)))
            }
            Ok(response) => match block_page::check(&response, "the profile") {
                Err(blocked) => Whose::Unknown(blocked.to_string()),
                Ok(()) if response.status == 200 && lenient_json::parse(&response.body).is_some() => {
                    Whose::Said(Profile::read(&response))
                }
                Ok(()) => Whose::Unknown(format!("HTTP {}", response.status)),
            },
            Err(error) => Whose::Unknown(error.to_string()),
        }
    }

    /// Keeps a new token, renewed if it has to be, once the service has said whose it is. `email` is what the person logged
    /// in with.
    ///
    /// What was kept before stays or comes back if the service refuses the new one, or if it belongs to somebody else. A
    /// token that nobody could speak for is kept if it is the only one there is; it replaces none that works, in a folder of
    /// somebody.
    pub(super) fn keep(&self, token: Token, email: Option<&str>) -> Attempt<Token> {
        let before = self.store.load::<Token>().unwrap_or(None);
        let works = |token: &Token| token.dead.is_none() && (token.is_renewable() || !token.is_over(Timestamp::now()));
        let replaces = before.as_ref().is_some_and(works) && self.context.owner.is_owned().map_err(Ended::Otherwise)?;
        let kept = self.keep_owned(token, email, replaces);
        if let Err(ended) = &kept
            && !matches!(ended, Ended::Untried(_))
        {
            match &before {
                Some(token) => self.store.save(token),
                None => self.store.remove().map(drop),
            }
            .map_err(Ended::from)?;
        }
        kept
    }

    fn keep_owned(&self, token: Token, email: Option<&str>, replaces: bool) -> Attempt<Token> {
        self.store.save(&token).map_err(Ended::from)?;
        let token = match token.is_fresh(Timestamp::now()) {
            true => token,
            false => self.renew(&token).map_err(Ended::from)?,
        };
        let mut untried = None;
        let token = match self.whose(&token) {
            Whose::Said(profile) => {
                if profile.user_id.is_none() && replaces {
                    return Err(not_replaced("Garmin does not say whose it is"));
                }
                if profile.user_id.is_none() {
                    (self.context.notice)("the token is kept, but Garmin does not say whose it is");
                }
                profile.fill(token)
            }
            Whose::Refused(why) => return Err(Ended::Refused(why)),
            Whose::Unknown(why) if replaces => return Err(not_replaced(&why)),
            // Nothing speaks against it. Whose it is, the next command asks before it does anything.
            Whose::Unknown(why) => {
                untried = Some(format!("the token is kept, but could not be tried: {why}"));
                token
            }
        };
        if let Some(identity) = token.identity() {
            self.context.owner.admit(&identity, email).map_err(Ended::Otherwise)?;
        }
        let noted = self.store.save(&token).and_then(|()| self.context.guard.went_well());
        if let Err(error) = noted {
            (self.context.notice)(&format!("the token is kept, but not all about it could be noted: {error}"));
        }
        untried.map_or(Ok(token), |why| Err(Ended::Untried(why)))
    }

    /// Compares the owner that an entry of the list names with the owner of the token. Where they differ, the service is
    /// asked once more: a token that suddenly opens another account must not fill this one.
    pub(super) fn check_list_owner(&self, owners: &BTreeSet<String>) -> Result<()> {
        let Some(known) = self.store.load::<Token>()?.and_then(|token| token.user_id) else { return Ok(()) };
        if owners.iter().all(|owner| *owner == known) || self.owner_confirmed.get() {
            return Ok(());
        }
        let response = self.call(&self.profile_request())?;
        block_page::check(&response, "the profile")?;
        if response.status != 200 {
            let message = format!(
                "the list that Garmin shows names another account than the token, and the profile is not to be had (HTTP {}); nothing of it is taken; try again later",
                response.status
            );
            return Err(Error::Later { message, down: true });
        }
        let said = Profile::read(&response).user_id;
        if said.as_deref() == Some(known.as_str()) {
            // The list counts owners otherwise than the profile does. The profile decides.
            self.owner_confirmed.set(true);
            return Ok(());
        }
        Err(Error::OtherAccount(format!(
            "the list that Garmin shows belongs to another account (user {}) than the token (user {known}); nothing of it is taken; try again later, and if it stays so, log in again: gs-auth login --platform {}",
            said.unwrap_or_else(|| owners.iter().find(|owner| **owner != known).cloned().unwrap_or_default()),
            self.context.platform
        )))
    }
}

/// A token of which nobody knows whose it is stays out: another one is there, and its owner is known.
fn not_replaced(why: &str) -> Ended {
    let message = format!(
        "the token could not be tried ({why}); the one that was there stays, as this data folder belongs to somebody; try again later"
    );
    Ended::Otherwise(Error::Later { message, down: true })
}

/// Why a token that has just come is refused. Since June 2026 some accounts refuse those that began on the embedded sign-in
/// page (python-garminconnect issue 369; reviewed 2026-11-29); of any other token the same words say only that it has ended.
fn not_accepted(token: &Token, response: &Response, mobile_page: &str) -> String {
    let why = refusal(response);
    if token.embedded && why.contains("Token is not active") {
        return format!(
            "Garmin does not take tokens of this kind of login ({why}); use the sign-in page of the mobile app: {mobile_page}"
        );
    }
    format!("Garmin does not take the token ({why})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    #[test]
    fn the_id_of_a_person_is_the_profile_id() {
        let profile = |body: &str| Profile::read(&answer(200, body));
        let full = profile(r#"{"id":7,"profileId":1000001,"fullName":"Ann B","userName":"ann@example.com"}"#);
        assert_eq!(full.user_id.as_deref(), Some("1000001"), "not `id`, which counts profiles and not people");
        assert_eq!((full.name.as_deref(), full.email.as_deref()), (Some("Ann B"), Some("ann@example.com")));
        assert_eq!(profile(r#"{"userProfileId":"42","userName":"ann"}"#).user_id.as_deref(), Some("42"));
        assert_eq!(profile(r#"{"profileId":0,"displayName":"x"}"#).user_id, None);
        assert_eq!(profile("[]"), Profile::default());
    }

    #[test]
    fn only_a_new_token_of_the_embedded_page_is_of_a_wrong_kind() {
        let challenge = r#"Bearer error="invalid_token", error_description="Token is not active""#;
        let headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
        let response = Response { status: 401, headers, body: Vec::new() };
        let told = |embedded| {
            let answer = serde_json::json!({"access_token": "x"});
            let token = Token::from_answer(&answer, &super::super::domain::COM, "c", "browser", jiff::Timestamp::now());
            not_accepted(&Token { embedded, ..token.unwrap() }, &response, "PAGE")
        };
        assert!(told(true).contains("this kind of login") && told(true).ends_with("PAGE"));
        assert_eq!(told(false), "Garmin does not take the token (HTTP 401: Token is not active)");
    }
}
