//! Garmin's token, as it is kept; and the one in the middle of its life: how long it works.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::domain::Site;
use crate::platform::{Account, Identity};

/// A token is renewed this long before it ends, or in the last tenth of its life if that is shorter.
const MARGIN_S: i64 = 300;

/// A service that did not say whose a token is, is asked again after a day.
const OWNER_ASKED_AGAIN_S: i64 = 24 * 3600;

/// A stored token. It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Token {
    /// The domain it belongs to: a token of one is refused by the other.
    pub domain: String,
    /// The bearer token, a JWT.
    pub access_token: String,
    /// Spent by every renewal, which gives a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The client it was made for; a renewal must name the same.
    pub client_id: String,
    /// Seconds since 1970 when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    /// Seconds since 1970 when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// Seconds since 1970 until when it can be renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<i64>,
    /// Renews tokens of the older kind (garth).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth1: Option<OAuth1>,
    /// The name the service shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The service's own id of the person: `profileId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The e-mail address, if the service tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Seconds since 1970 when the service was asked whose it is, and did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_untold_at: Option<i64>,
    /// How it was come by.
    pub source: String,
    /// It has just come from the embedded sign-in page. Not kept: what was used once is of a kind that works.
    #[serde(skip)]
    pub embedded: bool,
    /// Why it can no longer be renewed, once the service said so: it is not asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

/// The long-lived half of a garth token. The field names are garth's.
#[derive(Clone, Serialize, Deserialize)]
pub struct OAuth1 {
    /// Names the grant.
    pub oauth_token: String,
    /// Signs with it.
    pub oauth_token_secret: String,
    /// Stands for a second factor that was given once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_token: Option<String>,
    /// The rest, for export.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

impl Token {
    /// Reads the answer of the token service, or a saved one of the same shape. What it does not say of the token's life
    /// is taken from the token itself.
    pub fn from_answer(answer: &Value, site: &Site, client_id: &str, source: &str, now: Timestamp) -> Option<Token> {
        let text = |name: &str| answer[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let access_token = text("access_token")?;
        let claims = claims(&access_token);
        let at = |life: &str, point: &str| {
            answer[point].as_f64().map(|s| s as i64).or_else(|| answer[life].as_i64().map(|s| now.as_second() + s))
        };
        Some(Token {
            domain: site.domain.to_owned(),
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
            owner_untold_at: None,
            source: source.to_owned(),
            embedded: false,
            dead: None,
        })
    }

    /// Whether it works and is not about to end. One of unknown life is tried.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let Some(end) = self.expires_at else { return true };
        let life = self.issued_at.map_or(i64::MAX, |issued| (end - issued).max(0));
        now.as_second() < end - MARGIN_S.min(life / 10)
    }

    /// Whether it has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now.as_second() >= end)
    }

    /// Whether there is a way to renew it.
    pub fn is_renewable(&self) -> bool {
        self.dead.is_none() && (self.refresh_token.is_some() || self.oauth1.is_some())
    }

    /// Whose it is, if the service told it.
    pub fn identity(&self) -> Option<Identity> {
        let user_id = self.user_id.clone()?;
        Some(Identity { user_id, name: self.user.clone(), email: self.email.clone() })
    }

    /// Whether the service was asked whose it is not long ago, and did not say.
    pub fn is_owner_untold(&self, now: Timestamp) -> bool {
        self.owner_untold_at.is_some_and(|at| (0..OWNER_ASKED_AGAIN_S).contains(&(now.as_second() - at)))
    }

    /// What may be told of it.
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

/// The claims of a JWT, unverified; `Null` if it is none.
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
    fn the_life_of_a_token_is_its_own_word_first() {
        let now = Timestamp::from_second(1000).unwrap();
        let own =
            serde_json::json!({"access_token": jwt(r#"{"exp":9000,"iat":1000,"client_id":"C"}"#), "expires_in": 5});
        let token = Token::from_answer(&own, &COM, "other", "test", now).unwrap();
        assert_eq!((token.expires_at, token.client_id.as_str()), (Some(9000), "C"));
        let opaque = serde_json::json!({"access_token": "x", "expires_in": 5, "refresh_token": ""});
        let token = Token::from_answer(&opaque, &COM, "other", "test", now).unwrap();
        assert_eq!((token.expires_at, token.refresh_token, token.client_id.as_str()), (Some(1005), None, "other"));
        assert!(Token::from_answer(&serde_json::json!({}), &COM, "c", "test", now).is_none());
    }

    #[test]
    fn who_owns_a_token_is_asked_again_after_a_day_and_after_a_wrong_clock() {
        let answer = serde_json::json!({"access_token": "x"});
        let mut token = Token::from_answer(&answer, &COM, "c", "t", Timestamp::UNIX_EPOCH).unwrap();
        let now = Timestamp::from_second(200_000).unwrap();
        assert!(!token.is_owner_untold(now));
        for (at, untold) in [(200_000, true), (113_601, true), (113_600, false), (200_001, false)] {
            token.owner_untold_at = Some(at);
            assert_eq!(token.is_owner_untold(now), untold, "{at}");
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_ends_however_short_its_life() {
        let answer = |exp: i64| serde_json::json!({"access_token": jwt(&format!(r#"{{"exp":{exp},"iat":0}}"#))});
        let token = |exp| Token::from_answer(&answer(exp), &COM, "c", "t", Timestamp::UNIX_EPOCH).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(token(36000).is_fresh(at(35699)) && !token(36000).is_fresh(at(35700)));
        assert!(token(100).is_fresh(at(89)) && !token(100).is_fresh(at(90)));
        assert!(!token(100).is_over(at(99)) && token(100).is_over(at(100)));
    }
}
