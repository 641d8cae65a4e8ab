//! Garmin's token: its stored form, and how long it is valid.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::domain::Domain;
use crate::platform::{Account, Identity};

/// How many seconds before its expiry a token is renewed; or in the last tenth of its lifetime if that is shorter.
const MARGIN_S: i64 = 300;

/// After how many seconds the owner of a token is queried again if the service did not name the owner.
const OWNER_RETRY_S: i64 = 24 * 3600;

/// A stored token. It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Token {
    /// The domain of the token; the other domain rejects it.
    pub domain: String,
    /// The bearer token, a JWT.
    pub access_token: String,
    /// The refresh token. Every renewal invalidates it and returns a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The client id for which the token was issued; a renewal must name the same one.
    pub client_id: String,
    /// When it was issued, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    /// When it expires, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// Until when it can be renewed, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<i64>,
    /// Renews a garth token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth1: Option<OAuth1>,
    /// The name that the service shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The service's user id: `profileId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The e-mail address, if the service names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The time of the last query that did not return the owner, in seconds since 1970.
    #[serde(default, alias = "owner_untold_at", skip_serializing_if = "Option::is_none")]
    pub owner_unknown_at: Option<i64>,
    /// The origin of the token: `password`, `browser`, or the name of a tool.
    pub source: String,
    /// Whether the token comes from the embedded sign-in page. Not stored: once a token has been used successfully, its
    /// account accepts this kind.
    #[serde(skip)]
    pub embedded: bool,
    /// Why the token cannot be renewed any more, if the service rejected a renewal. The renewal is not retried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

/// The long-lived OAuth1 part of a garth token. The field names are garth's.
#[derive(Clone, Serialize, Deserialize)]
pub struct OAuth1 {
    /// The token of the grant.
    pub oauth_token: String,
    /// The secret that signs with it.
    pub oauth_token_secret: String,
    /// The proof of an earlier second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_token: Option<String>,
    /// The other fields, for the export.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

impl Token {
    /// Reads a response of the token service, or a saved one of the same form. Times that are missing are read from the
    /// token itself.
    pub fn from_response(
        response: &Value,
        domain: &Domain,
        client_id: &str,
        source: &str,
        now: Timestamp,
    ) -> Option<Token> {
        let text = |name: &str| response[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let access_token = text("access_token")?;
        let claims = claims(&access_token);
        let at = |life: &str, point: &str| {
            response[point].as_f64().map(|s| s as i64).or_else(|| response[life].as_i64().map(|s| now.as_second() + s))
        };
        Some(Token {
            domain: domain.name.to_owned(),
            refresh_token: text("refresh_token"),
            client_id: claims["client_id"].as_str().unwrap_or(client_id).to_owned(),
            issued_at: claims["iat"].as_i64().or(Some(now.as_second())),
            expires_at: claims["exp"].as_i64().or_else(|| at("expires_in", "expires_at")),
            refresh_expires_at: at("refresh_token_expires_in", "refresh_token_expires_at"),
            access_token,
            oauth1: None,
            user: None,
            user_id: None,
            email: None,
            owner_unknown_at: None,
            source: source.to_owned(),
            embedded: false,
            dead: None,
        })
    }

    /// Whether the token is valid and not about to expire. A token with an unknown lifetime counts as valid.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let Some(end) = self.expires_at else { return true };
        let lifetime = self.issued_at.map_or(i64::MAX, |issued| (end - issued).max(0));
        now.as_second() < end - MARGIN_S.min(lifetime / 10)
    }

    /// Whether the token has expired.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now.as_second() >= end)
    }

    /// Whether the token can be renewed.
    pub fn is_renewable(&self) -> bool {
        self.dead.is_none() && (self.refresh_token.is_some() || self.oauth1.is_some())
    }

    /// The owner, if the service names it.
    pub fn identity(&self) -> Option<Identity> {
        let user_id = self.user_id.clone()?;
        Some(Identity { user_id, name: self.user.clone(), email: self.email.clone() })
    }

    /// Whether a recent query did not return the owner.
    pub fn is_owner_unknown(&self, now: Timestamp) -> bool {
        self.owner_unknown_at.is_some_and(|at| (0..OWNER_RETRY_S).contains(&(now.as_second() - at)))
    }

    /// The part of the token that may be shown.
    pub fn account(&self) -> Account {
        let time = |seconds: Option<i64>| seconds.and_then(|s| Timestamp::from_second(s).ok());
        Account {
            name: self.user.clone(),
            domain: self.domain.clone(),
            expires: time(self.expires_at),
            renewable_until: time(self.refresh_expires_at),
            renewable: self.is_renewable(),
            dead: self.dead.clone(),
            source: self.source.clone(),
        }
    }
}

/// The claims of a JWT, unverified; `Null` if the text is not a JWT.
pub fn claims(jwt: &str) -> Value {
    let middle = jwt.split('.').nth(1).unwrap_or("");
    let bytes = URL_SAFE_NO_PAD.decode(middle.trim_end_matches('='));
    bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null)
}

/// Decodes base64 with or without padding.
pub fn base64_text(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    STANDARD
        .decode(&text)
        .or_else(|_| STANDARD_NO_PAD.decode(&text))
        .or_else(|_| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::super::domain::COM;
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_lifetime_is_read_from_the_token_first() {
        let now = Timestamp::from_second(1000).unwrap();
        let own =
            serde_json::json!({"access_token": jwt(r#"{"exp":9000,"iat":1000,"client_id":"C"}"#), "expires_in": 5});
        let token = Token::from_response(&own, &COM, "other", "test", now).unwrap();
        assert_eq!((token.expires_at, token.client_id.as_str()), (Some(9000), "C"));
        let opaque = serde_json::json!({"access_token": "x", "expires_in": 5, "refresh_token": ""});
        let token = Token::from_response(&opaque, &COM, "other", "test", now).unwrap();
        assert_eq!((token.expires_at, token.refresh_token, token.client_id.as_str()), (Some(1005), None, "other"));
        assert!(Token::from_response(&serde_json::json!({}), &COM, "c", "test", now).is_none());
    }

    #[test]
    fn the_owner_is_queried_again_after_a_day_and_after_a_wrong_clock() {
        let answer = serde_json::json!({"access_token": "x"});
        let mut token = Token::from_response(&answer, &COM, "c", "t", Timestamp::UNIX_EPOCH).unwrap();
        let now = Timestamp::from_second(200_000).unwrap();
        assert!(!token.is_owner_unknown(now));
        for (at, unknown) in [(200_000, true), (113_601, true), (113_600, false), (200_001, false)] {
            token.owner_unknown_at = Some(at);
            assert_eq!(token.is_owner_unknown(now), unknown, "{at}");
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_expires_however_short_its_lifetime() {
        let answer = |exp: i64| serde_json::json!({"access_token": jwt(&format!(r#"{{"exp":{exp},"iat":0}}"#))});
        let token = |exp| Token::from_response(&answer(exp), &COM, "c", "t", Timestamp::UNIX_EPOCH).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(token(36000).is_fresh(at(35699)) && !token(36000).is_fresh(at(35700)));
        assert!(token(100).is_fresh(at(89)) && !token(100).is_fresh(at(90)));
        assert!(!token(100).is_over(at(99)) && token(100).is_over(at(100)));
    }
}
