//! The stored key, and the access token that it was exchanged for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::SLACK;
use crate::platform::garmin::domain::Domain;
use crate::platform::garmin::token::claims;
use crate::platform::settings_key::SetAside;
use crate::platform::{Account, Identity};

/// The source of a key from the settings.
pub const SETTINGS: &str = "settings";
/// The source of a key that a person gave to a command.
pub const BY_HAND: &str = "key";

/// How many seconds before its expiry an access token is renewed; or in the last tenth of its lifetime if that is
/// shorter.
const MARGIN_S: i64 = 600;
/// The longest lifetime of an access token (Garmin's FAQ; reviewed 2026-11-29), and the assumed one of a token that does
/// not tell it.
const LONGEST_LIFE_S: i64 = 86_400;
/// After how many seconds the owner is queried again if the service did not name the owner.
const OWNER_RETRY_S: i64 = 86_400;

/// An access token. It has no `Debug`: nothing prints it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// The bearer token, a JWT.
    pub text: String,
    /// When it was received, in seconds since 1970.
    pub issued_at: i64,
    /// When it expires, in seconds since 1970.
    pub expires_at: i64,
}

impl AccessToken {
    /// A token that was received now. Its lifetime counts from now, by this machine's clock, whatever the service's
    /// clock says.
    pub fn new(text: String, now: Timestamp) -> AccessToken {
        let claims = claims(&text);
        let issued_at = now.as_second();
        let life = claims["exp"].as_i64().map(|end| end - claims["iat"].as_i64().unwrap_or(issued_at));
        let life = life.filter(|life| *life > 0).unwrap_or(LONGEST_LIFE_S).min(LONGEST_LIFE_S);
        AccessToken { text, issued_at, expires_at: issued_at + life }
    }

    /// Whether it is valid and not about to expire. One that was received in the future was stored by a wrong clock.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let margin = MARGIN_S.min((self.expires_at - self.issued_at) / 10);
        self.is_valid(now) && now.as_second() < self.expires_at - margin
    }

    /// Whether it has not expired.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        let now = now.as_second();
        self.issued_at <= now + SLACK.as_secs() && now < self.expires_at
    }
}

/// A stored key. It has no `Debug`: nothing prints it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Token {
    /// The key.
    pub key: String,
    /// The access token that it was exchanged for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessToken>,
    /// The service's user id, which the web access calls `profileId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The name that the service shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The time of the last query that did not return the owner, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_unknown_at: Option<i64>,
    /// When the key ends, in seconds since 1970, if a person gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<i64>,
    /// Where the key came from.
    pub source: String,
    /// A key in the settings that is not used in place of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
    /// Why the key no longer works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead: Option<String>,
}

impl Token {
    /// A key of which nothing else is known.
    pub fn of_key(key: &str, source: &str) -> Token {
        Token {
            key: key.to_owned(),
            access: None,
            user_id: None,
            user: None,
            owner_unknown_at: None,
            ends_at: None,
            source: source.to_owned(),
            set_aside: None,
            dead: None,
        }
    }

    /// The access token, if the key and it are valid.
    pub fn fresh(&self, now: Timestamp) -> Option<&AccessToken> {
        self.access.as_ref().filter(|access| self.dead.is_none() && access.is_fresh(now))
    }

    /// The account, without the key. `of_settings`: when the key in the settings ends; it says nothing about a key of
    /// another source.
    ///
    /// The service does not tell when a key ends. An end that the key has outlived was wrong, so the end is unknown.
    pub fn account(&self, domain: &Domain, of_settings: Option<Timestamp>) -> Account {
        let of_settings = of_settings.filter(|_| self.source == SETTINGS);
        let ends = self.ends_at.and_then(|at| Timestamp::from_second(at).ok()).or(of_settings);
        let works_until = self.access.as_ref().map_or(i64::MIN, |access| access.expires_at);
        Account {
            name: self.user.clone(),
            domain: domain.name.to_owned(),
            expires: ends.filter(|ends| ends.as_second() >= works_until),
            renewable_until: None,
            renewable: false,
            dead: self.dead.clone(),
            source: self.source.clone(),
        }
    }

    /// The owner, if the service names it.
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity { user_id: self.user_id.clone()?, name: self.user.clone(), email: None })
    }

    /// Whether a recent query did not return the owner.
    pub fn is_owner_unknown(&self, now: Timestamp) -> bool {
        self.owner_unknown_at.is_some_and(|at| (0..OWNER_RETRY_S).contains(&(now.as_second() - at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::garmin::domain::COM;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn token(claims: &str, now: i64) -> AccessToken {
        AccessToken::new(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)), at(now))
    }

    #[test]
    fn a_token_is_renewed_ten_minutes_before_its_end() {
        let day = token(r#"{"iat":1000,"exp":87400}"#, 1000);
        assert!(day.is_fresh(at(1000)) && day.is_fresh(at(86_799)) && !day.is_fresh(at(86_800)));
        let short = token(r#"{"iat":1000,"exp":1600}"#, 1000);
        assert!(short.is_fresh(at(1539)) && !short.is_fresh(at(1540)), "a tenth of a short life");
    }

    #[test]
    fn the_lifetime_counts_by_the_clock_of_this_machine() {
        let behind = token(r#"{"iat":500000,"exp":586400}"#, 1000);
        assert_eq!(behind.expires_at, 87_400);
        assert_eq!(token("{}", 1000).expires_at, 87_400, "a day if the token does not tell it");
        assert_eq!(token(r#"{"iat":1000,"exp":999}"#, 1000).expires_at, 87_400);
        assert!(!token(r#"{"iat":1000,"exp":87400}"#, 500_000).is_fresh(at(1000)), "stored by a wrong clock");
    }

    #[test]
    fn the_end_of_a_key_is_told_until_the_key_outlives_it() {
        let mut key = Token { access: Some(token("{}", 1000)), ..Token::of_key("k", SETTINGS) };
        let ends = |key: &Token, of_settings: Option<i64>| {
            key.account(&COM, of_settings.map(at)).expires.map(|end| end.as_second())
        };
        assert_eq!(ends(&key, None), None);
        assert_eq!(ends(&key, Some(200_000)), Some(200_000));
        let by_hand = Token { source: BY_HAND.into(), ..key.clone() };
        assert_eq!(ends(&by_hand, Some(200_000)), None, "another key than that of the settings");
        key.ends_at = Some(300_000);
        assert_eq!(ends(&key, Some(200_000)), Some(300_000), "the end that came with the key counts");
        key.access = Some(token("{}", 400_000));
        assert_eq!(ends(&key, None), None, "it works after that end");
        assert!(!key.account(&COM, None).renewable);
    }
}
