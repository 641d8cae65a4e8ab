//! The stored token of the OAuth access: the tokens, and the host and the client that they belong to.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::issuer::Issuer;
use super::oauth::Grant;
use crate::http::LONGEST_RETRY_AFTER;
use crate::platform::{Account, Error, Identity, Result};

/// A token is renewed in the last tenth of its lifetime, but at most two days before its end.
const MOST_MARGIN: SignedDuration = SignedDuration::from_hours(48);

/// A stored token. It has no `Debug`: nothing prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The address of the regional host. Tokens and client are valid only there.
    pub issuer: String,
    /// The id of the client that was registered there.
    pub client_id: String,
    /// The access token.
    pub access_token: String,
    /// The refresh token. It works once: the next one is in the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// When the access token was issued.
    pub issued: Timestamp,
    /// When the access token ends.
    pub expires: Timestamp,
    /// The service's user id, if it names the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// A renewal was sent, and its response has not been stored: the refresh token may be used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_begun: Option<Timestamp>,
    /// The service wants no renewal before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_until: Option<Timestamp>,
    /// Why the token no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

impl Token {
    /// The token of a login.
    pub fn new(issuer: &Issuer, client_id: &str, grant: Grant, now: Timestamp) -> Token {
        Token {
            issuer: issuer.address().to_owned(),
            client_id: client_id.to_owned(),
            access_token: grant.access_token,
            refresh_token: grant.refresh_token,
            issued: now,
            expires: grant.expires,
            user_id: grant.user_id,
            renewal_begun: None,
            limited_until: None,
            dead: None,
        }
    }

    /// The token after a renewal. If the service names its owner again, that name counts: it is compared on every use.
    /// A response without a refresh token leaves the old one valid (RFC 6749, 6).
    pub fn renewed(&self, grant: Grant, now: Timestamp) -> Token {
        Token {
            access_token: grant.access_token,
            refresh_token: grant.refresh_token.or_else(|| self.refresh_token.clone()),
            issued: now,
            expires: grant.expires,
            user_id: grant.user_id.or_else(|| self.user_id.clone()),
            renewal_begun: None,
            limited_until: None,
            dead: None,
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
        }
    }

    /// The host of the token.
    ///
    /// # Errors
    /// [`Error::Login`]: the file names another address, which must not receive the token.
    pub fn host(&self) -> Result<Issuer> {
        Issuer::parse(&self.issuer).ok_or_else(|| {
            Error::Login("the stored token names an unknown host; run gs-auth login --platform coros --oauth".into())
        })
    }

    /// The time before which the service wants no renewal. One later than any of ours comes from a wrong clock.
    pub fn limit(&self, now: Timestamp) -> Option<Timestamp> {
        self.limited_until.filter(|until| *until > now && until.duration_since(now) <= LONGEST_RETRY_AFTER)
    }

    /// Whether the access token is still valid.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.dead.is_none() && now < self.expires
    }

    /// Whether the access token is used as it is. If a renewal was interrupted, it is used until its end: the refresh
    /// token may be used up, and its second use could end this token, too.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let lifetime = self.expires.duration_since(self.issued);
        let margin = (lifetime / 10).min(MOST_MARGIN);
        let is_early = self.expires.checked_sub(margin).is_ok_and(|renewal| now < renewal);
        self.is_valid(now) && (is_early || self.renewal_begun.is_some() || self.refresh_token.is_none())
    }

    /// The owner, if the service named it.
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity { user_id: self.user_id.clone()?, name: None, email: None })
    }

    /// The part of the token that may be shown.
    pub fn account(&self) -> Account {
        Account {
            name: None,
            domain: Issuer::parse(&self.issuer).map_or_else(|| "coros.com".into(), |issuer| issuer.host().to_owned()),
            expires: Some(self.expires),
            renewable_until: None,
            renewable: self.dead.is_none() && self.refresh_token.is_some(),
            dead: self.dead.clone(),
            source: "oauth".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn token(lifetime: i64) -> Token {
        let grant = Grant {
            access_token: "a".into(),
            refresh_token: Some("r".into()),
            expires: at(lifetime),
            user_id: Some("42".into()),
        };
        Token::new(&Issuer::parse("https://mcpus.coros.com").unwrap(), "c", grant, at(0))
    }

    #[test]
    fn a_token_is_renewed_before_its_end() {
        let month = token(30 * 86_400);
        assert!(month.is_fresh(at(28 * 86_400 - 1)) && !month.is_fresh(at(28 * 86_400)));
        let hour = token(3600);
        assert!(hour.is_fresh(at(3239)) && !hour.is_fresh(at(3240)) && hour.is_valid(at(3599)));
    }

    #[test]
    fn after_an_interrupted_renewal_the_access_token_is_used_to_its_end() {
        let interrupted = Token { renewal_begun: Some(at(3300)), ..token(3600) };
        assert!(interrupted.is_fresh(at(3599)) && !interrupted.is_fresh(at(3600)));
        let dead = Token { dead: Some("why".into()), ..token(3600) };
        assert!(!dead.is_fresh(at(1)) && !dead.account().renewable);
    }

    #[test]
    fn a_rate_limit_of_renewals_ends_with_its_time_and_with_a_new_token() {
        let limited = |until| Token { limited_until: Some(at(until)), ..token(3600) };
        assert_eq!((limited(500).limit(at(499)), limited(500).limit(at(500))), (Some(at(500)), None));
        assert_eq!(limited(90_000).limit(at(0)), None, "longer than a day");
        let grant = Grant { access_token: "b".into(), refresh_token: None, expires: at(9000), user_id: None };
        assert_eq!(limited(500).renewed(grant, at(501)).limited_until, None);
    }

    #[test]
    fn a_renewal_keeps_the_client_and_the_owner_unless_the_service_names_another() {
        let renewed = |user_id: Option<&str>| {
            let grant = Grant {
                access_token: "b".into(),
                refresh_token: Some("s".into()),
                expires: at(9000),
                user_id: user_id.map(str::to_owned),
            };
            Token { renewal_begun: Some(at(5)), ..token(3600) }.renewed(grant, at(3500))
        };
        let kept = renewed(None);
        assert_eq!((kept.user_id.as_deref(), kept.client_id.as_str()), (Some("42"), "c"));
        assert_eq!((kept.access_token.as_str(), kept.renewal_begun), ("b", None));
        assert_eq!(renewed(Some("43")).user_id.as_deref(), Some("43"));
        assert_eq!(kept.refresh_token.as_deref(), Some("s"));
        let bare = Grant { access_token: "b".into(), refresh_token: None, expires: at(9000), user_id: None };
        let same = token(3600).renewed(bare, at(3500));
        assert_eq!((same.refresh_token.as_deref(), same.account().renewable), (Some("r"), true));
    }

    #[test]
    fn a_token_for_another_host_is_not_used() {
        let other = Token { issuer: "https://evil.example".into(), ..token(3600) };
        assert!(matches!(other.host(), Err(Error::Login(words)) if words.contains("gs-auth login")));
        assert_eq!(other.account().domain, "coros.com");
    }
}
