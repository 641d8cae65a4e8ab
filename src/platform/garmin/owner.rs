//! The owner of a token: the profile that the service shows for it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::account::{bearer, rejection};
use super::token::Token;
use super::{Garmin, block_page, list, mobile_page};
use crate::http::{Request, Response, limit};
use crate::platform::login_attempt::{LoginFailure, LoginResult};
use crate::platform::{Error, Identity, Result, lenient_json};
use crate::reason::Reason;

/// The profile of the owner.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// `profileId`; older clients call it `userProfileId`. Every entry of the list has it as `ownerId`.
    pub user_id: Option<String>,
    /// The name that the service shows.
    pub name: Option<String>,
    /// The e-mail address, which is the user name of some accounts.
    pub email: Option<String>,
}

/// The response to a query of the owner.
enum OwnerReply {
    /// The profile of the owner.
    Profile(Profile),
    /// The service rejects the token.
    Rejected(String),
    /// A proxy responded, or no response came, which says nothing about the token.
    Unknown(String),
}

impl Profile {
    /// Reads the response to the profile request. Every field may be missing.
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

    fn fill(self, token: Token, now: Timestamp) -> Token {
        let owner_unknown_at = self.user_id.is_none().then(|| now.as_second());
        Token { user: self.name, user_id: self.user_id, email: self.email, owner_unknown_at, ..token }
    }
}

impl Garmin {
    /// The request for the profile, without its token.
    pub(super) fn profile_request(&self) -> Request {
        self.domain.get("/userprofile-service/socialProfile").limit(limit::SMALL).header("Accept", "application/json")
    }

    /// The owner of the account. See [`PlatformReader::identify`](crate::platform::PlatformReader::identify).
    pub(super) fn ask_owner(&self, fresh: bool) -> Result<Option<Identity>> {
        let token = self.token(None)?;
        if !fresh && (token.user_id.is_some() || token.is_owner_unknown(self.context.http.now())) {
            return Ok(token.identity());
        }
        let response = self.send_read(&self.profile_request())?;
        block_page::check(&response, "the profile")?;
        if response.status != 200 {
            let message =
                format!("cannot query the owner of the Garmin account: HTTP {}; try again later", response.status);
            return Err(Error::retry_platform(message));
        }
        let profile = Profile::read(&response);
        if token.user_id.is_some() {
            // This is a check before a write, so the caller compares the owner.
            return Ok(profile.fill(token, self.context.http.now()).identity());
        }
        let _lock = self.store.lock()?;
        // Another command may have renewed the token meanwhile.
        let now = self.store.load::<Token>()?.unwrap_or(token);
        let now = profile.fill(now, self.context.http.now());
        self.store.save(&now)?;
        Ok(now.identity())
    }

    fn query_owner(&self, token: &Token) -> OwnerReply {
        match self.send(&bearer(&self.profile_request(), token)) {
            Ok(response) if matches!(response.status, 401 | 403) && !block_page::is_web_page(&response) => {
                OwnerReply::Rejected(token_rejected(token, &response, &mobile_page(&self.domain)))
            }
            Ok(response) => match block_page::check(&response, "the profile") {
                Err(blocked) => OwnerReply::Unknown(blocked.to_string()),
                Ok(()) if response.status == 200 && lenient_json::parse(&response.body).is_some() => {
                    OwnerReply::Profile(Profile::read(&response))
                }
                Ok(()) => OwnerReply::Unknown(format!("HTTP {}", response.status)),
            },
            Err(error) => OwnerReply::Unknown(error.to_string()),
        }
    }

    /// Saves a new token, renewed if needed, after the service has named its owner. `email` is the address of the
    /// login.
    ///
    /// If the service rejects the new token, or if it belongs to another account, the old token stays or is restored. A
    /// token with an unknown owner is saved if it is the only one; it does not replace a valid token in a data folder
    /// with an owner.
    pub(super) fn save_checked(&self, token: Token, email: Option<&str>) -> LoginResult<Token> {
        let before = self.store.load::<Token>().unwrap_or(None);
        let is_valid =
            |token: &Token| token.dead.is_none() && (token.is_renewable() || !token.is_over(self.context.http.now()));
        let replaces =
            before.as_ref().is_some_and(is_valid) && self.context.owner.is_owned().map_err(LoginFailure::Other)?;
        let saved = self.save_with_owner(token, email, replaces);
        if let Err(failure) = &saved
            && !matches!(failure, LoginFailure::Unverified(_))
        {
            match &before {
                Some(token) => self.store.save(token),
                None => self.store.remove().map(drop),
            }
            .map_err(LoginFailure::from)?;
        }
        saved
    }

    fn save_with_owner(&self, token: Token, email: Option<&str>, replaces: bool) -> LoginResult<Token> {
        self.store.save(&token).map_err(LoginFailure::from)?;
        let token = match token.is_fresh(self.context.http.now()) {
            true => token,
            false => self.renew(&token).map_err(LoginFailure::from)?,
        };
        let mut unverified = None;
        let token = match self.query_owner(&token) {
            OwnerReply::Profile(profile) => {
                if profile.user_id.is_none() && replaces {
                    return Err(not_replaced("Garmin did not name the owner of the token"));
                }
                if profile.user_id.is_none() {
                    (self.context.notice)(
                        "the token is saved, but Garmin did not name its owner; the owner is requested again after a day",
                    );
                }
                profile.fill(token, self.context.http.now())
            }
            OwnerReply::Rejected(why) => return Err(LoginFailure::Rejected(why)),
            OwnerReply::Unknown(why) if replaces => return Err(not_replaced(&why)),
            // Nothing indicates that the token is invalid. The next command queries the owner before anything else.
            OwnerReply::Unknown(why) => {
                unverified = Some(format!("the token is saved, but could not be checked: {why}"));
                token
            }
        };
        if let Some(identity) = token.identity() {
            self.context.owner.admit(&identity, email).map_err(LoginFailure::Other)?;
        }
        let recorded = self.store.save(&token).and_then(|()| self.context.guard.succeeded());
        if let Err(error) = recorded {
            (self.context.notice)(&format!("the token is saved, but the login could not be recorded: {error}"));
        }
        unverified.map_or(Ok(token), |why| Err(LoginFailure::Unverified(why)))
    }

    /// Compares the owners in the list with the owner of the token. If they differ, the profile is queried once more: a
    /// token that suddenly opens another account must not add activities to this account.
    pub(super) fn check_list_owner(&self, owners: &BTreeSet<String>) -> Result<()> {
        let Some(known) = self.store.load::<Token>()?.and_then(|token| token.user_id) else { return Ok(()) };
        if owners.iter().all(|owner| *owner == known) || self.owner_confirmed.get() {
            return Ok(());
        }
        let response = self.send_read(&self.profile_request())?;
        block_page::check(&response, "the profile")?;
        if response.status != 200 {
            let message = format!(
                "listing ignored: it names another account than the token, and the profile is unavailable (HTTP {}); try again later",
                response.status
            );
            return Err(Error::retry_platform(message));
        }
        let current = Profile::read(&response).user_id;
        if current.as_deref() == Some(known.as_str()) {
            // The list uses different ids for owners, so the profile decides.
            self.owner_confirmed.set(true);
            return Ok(());
        }
        let other = || owners.iter().find(|owner| **owner != known).cloned().unwrap_or_default();
        Err(Error::OtherAccount(Reason::ListOfAnotherAccount {
            platform: self.context.platform.to_string(),
            listed: current.unwrap_or_else(other),
            user: known,
        }))
    }
}

/// The failure of a token with an unknown owner, where the owner of the old token is known.
fn not_replaced(why: &str) -> LoginFailure {
    let message = format!("the new token could not be checked ({why}); the old one is kept; try again later");
    LoginFailure::Other(Error::retry_platform(message))
}

/// Why a new token is rejected. Since June 2026 Garmin rejects tokens of the embedded sign-in page for some accounts
/// (python-garminconnect issue 369; reviewed 2026-11-29). For any other token the same message only means that it has
/// expired.
fn token_rejected(token: &Token, response: &Response, mobile_page: &str) -> String {
    let why = rejection(response);
    if token.embedded && why.contains("Token is not active") {
        return format!(
            "Garmin rejected the token of this kind of login ({why}); use the sign-in page of the mobile app: {mobile_page}"
        );
    }
    format!("Garmin rejected the token ({why})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    #[test]
    fn the_user_id_is_the_profile_id() {
        let profile = |body: &str| Profile::read(&answer(200, body));
        let full = profile(r#"{"id":7,"profileId":1000001,"fullName":"Ann B","userName":"ann@example.com"}"#);
        assert_eq!(full.user_id.as_deref(), Some("1000001"), "not `id`, which counts profiles and not people");
        assert_eq!((full.name.as_deref(), full.email.as_deref()), (Some("Ann B"), Some("ann@example.com")));
        assert_eq!(profile(r#"{"userProfileId":"42","userName":"ann"}"#).user_id.as_deref(), Some("42"));
        assert_eq!(profile(r#"{"profileId":0,"displayName":"x"}"#).user_id, None);
        assert_eq!(profile("[]"), Profile::default());
    }

    #[test]
    fn only_a_new_token_of_the_embedded_page_names_the_other_page() {
        let challenge = r#"Bearer error="invalid_token", error_description="Token is not active""#;
        let headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
        let response = Response { status: 401, headers, body: Vec::new() };
        let message = |embedded| {
            let answer = serde_json::json!({"access_token": "x"});
            let token =
                Token::from_response(&answer, &super::super::domain::COM, "c", "browser", jiff::Timestamp::now());
            token_rejected(&Token { embedded, ..token.unwrap() }, &response, "PAGE")
        };
        assert!(message(true).contains("this kind of login") && message(true).ends_with("PAGE"));
        assert_eq!(message(false), "Garmin rejected the token (HTTP 401: Token is not active)");
    }
}
