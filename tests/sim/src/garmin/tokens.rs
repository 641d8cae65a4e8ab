//! Tickets and tokens: issues, finds and ends them.

use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Client ids that the token service knows.
pub const CLIENT_IDS: [&str; 4] = [
    "GARMIN_CONNECT_MOBILE_ANDROID_DI_2025Q2",
    "GARMIN_CONNECT_MOBILE_ANDROID_DI_2024Q4",
    "GARMIN_CONNECT_MOBILE_ANDROID_DI",
    "GARMIN_CONNECT_MOBILE_IOS_DI",
];

/// A single-use login ticket.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its text.
    pub text: String,
    /// Domain that issued it.
    pub domain: String,
    /// Service URL it was issued for.
    pub service: String,
    /// Its account.
    pub account: usize,
    /// When it was issued, on the simulator's clock.
    pub issued: i64,
}

/// An access token.
#[derive(Clone, Debug)]
pub struct Access {
    /// Its text.
    pub text: String,
    /// Domain that accepts it.
    pub domain: String,
    /// Its account.
    pub account: usize,
    /// When it expires.
    pub expires: i64,
    /// Rejected from the beginning because of its audience.
    pub inactive: bool,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// Its text.
    pub text: String,
    /// Domain that accepts it.
    pub domain: String,
    /// Its account.
    pub account: usize,
    /// Client id it was issued to.
    pub client: String,
    /// When it expires.
    pub expires: i64,
    /// Already used or revoked.
    pub dead: bool,
    /// Its access tokens are rejected because of their audience.
    pub inactive: bool,
    /// It was issued by the token host of the other domain, which does not know its user.
    pub orphan: bool,
}

/// A token of the legacy login.
#[derive(Clone, Debug)]
pub struct OAuth1 {
    /// Token.
    pub token: String,
    /// Its secret.
    pub secret: String,
    /// Domain that accepts it.
    pub domain: String,
    /// Its account.
    pub account: usize,
    /// For accounts with a second factor.
    pub mfa_token: Option<String>,
    /// Revoked.
    pub dead: bool,
}

/// The tickets and tokens that were issued so far.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Unused tickets.
    pub tickets: Vec<Ticket>,
    /// Access tokens.
    pub access: Vec<Access>,
    /// Refresh tokens, including used and revoked ones.
    pub refresh: Vec<Refresh>,
    /// Legacy tokens.
    pub oauth1: Vec<OAuth1>,
    /// Nonces seen by the legacy exchange.
    pub nonces: Vec<String>,
}

/// The account and client for which a pair of tokens is issued.
pub struct Grant {
    /// Domain.
    pub domain: String,
    /// Account.
    pub account: usize,
    /// Client id.
    pub client: String,
    /// Whether the API rejects its access tokens.
    pub inactive: bool,
    /// Domain of the token host that issues it.
    pub issuer: String,
}

impl Grant {
    /// An ordinary grant on the account's own domain.
    pub fn of(domain: &str, account: usize, client: &str) -> Self {
        Grant {
            domain: domain.to_owned(),
            account,
            client: client.to_owned(),
            inactive: false,
            issuer: domain.to_owned(),
        }
    }
}

impl State {
    /// Issues a ticket for an account, as a login for this service URL does.
    pub(crate) fn mint_ticket(&mut self, domain: &str, account: usize, service: &str) -> String {
        let text = format!("ST-{:06}-{}-sso", self.rng.u32(0..1_000_000), self.word(22));
        let issued = self.now();
        self.tokens.tickets.push(Ticket {
            text: text.clone(),
            domain: domain.to_owned(),
            service: service.to_owned(),
            account,
            issued,
        });
        text
    }

    /// Removes a ticket, which is used up whatever follows.
    pub(crate) fn take_ticket(&mut self, text: &str) -> Option<Ticket> {
        let at = self.tokens.tickets.iter().position(|ticket| ticket.text == text)?;
        Some(self.tokens.tickets.remove(at))
    }

    /// Issues a pair of tokens, in the form of the token service's response.
    pub(crate) fn mint_pair(&mut self, grant: &Grant) -> Value {
        let now = self.now();
        let (access_life, refresh_life) = (self.scenario.access_token_life, self.scenario.refresh_token_life);
        let jti = self.uuid();
        let text = self.jwt(grant, &jti, now + access_life);
        let refresh = self.word(64);
        let guid = self.guid(grant.account);
        self.tokens.access.push(Access {
            text: text.clone(),
            domain: grant.domain.clone(),
            account: grant.account,
            expires: now + access_life,
            inactive: grant.inactive,
        });
        self.tokens.refresh.push(Refresh {
            text: refresh.clone(),
            domain: grant.domain.clone(),
            account: grant.account,
            client: grant.client.clone(),
            expires: now + refresh_life,
            dead: false,
            inactive: grant.inactive,
            orphan: grant.issuer != grant.domain,
        });
        json!({
            "scope": "CONNECT_READ CONNECT_WRITE", "jti": jti, "access_token": text,
            "token_type": "Bearer", "refresh_token": refresh, "expires_in": access_life,
            "refresh_token_expires_in": refresh_life, "customerId": guid,
        })
    }

    /// A token of three base64url parts, with an invalid signature.
    fn jwt(&mut self, grant: &Grant, jti: &str, expires: i64) -> String {
        let head = json!({"alg": "RS256", "typ": "JWT", "kid": "di-oauth-signer-sim"});
        let claims = json!({
            "iss": format!("https://diauth.{}", grant.issuer), "client_id": grant.client,
            "client_type": "UNDEFINED", "iat": self.now(), "exp": expires, "jti": jti,
            "scope": ["CONNECT_READ", "CONNECT_WRITE"], "garmin_guid": self.guid(grant.account),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(Sha256::digest(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn guid(&self, account: usize) -> String {
        format!("00000000-0000-4000-8000-{:012}", account + 1)
    }

    /// Ends all access tokens of a domain; refresh tokens stay valid.
    pub fn expire_access_tokens(&mut self, domain: &str) {
        self.tokens.access.iter_mut().filter(|t| t.domain == domain).for_each(|t| t.expires = 0);
    }

    /// Ends all refresh tokens of a domain, including the legacy ones; access tokens stay valid.
    pub fn revoke_refresh(&mut self, domain: &str) {
        self.tokens.refresh.iter_mut().filter(|t| t.domain == domain).for_each(|t| t.dead = true);
        self.tokens.oauth1.iter_mut().filter(|t| t.domain == domain).for_each(|t| t.dead = true);
    }

    /// A token file of garminconnect (0.3 or later) for the domain's first account.
    pub fn issue_token(&mut self, domain: &str) -> Value {
        let account = self.first_account(domain);
        let client = CLIENT_IDS[0];
        let pair = self.mint_pair(&Grant::of(domain, account, client));
        json!({
            "di_token": pair["access_token"], "di_refresh_token": pair["refresh_token"],
            "di_client_id": client,
        })
    }

    /// The two token files of garth for the domain's first account:
    /// `oauth1_token.json` and `oauth2_token.json`.
    pub fn issue_garth(&mut self, domain: &str) -> (Value, Value) {
        let account = self.first_account(domain);
        let with_mfa = self.accounts[account].spec.mfa_code.is_some();
        let mfa_token = with_mfa.then(|| self.word(24));
        let (token, secret) = (self.uuid(), self.word(35));
        let first = json!({
            "oauth_token": token, "oauth_token_secret": secret, "mfa_token": mfa_token,
            "mfa_expiration_timestamp": mfa_token.as_ref().map(|_| "2027-11-01 00:00:00.000"),
            "domain": domain,
        });
        self.tokens.oauth1.push(OAuth1 { token, secret, domain: domain.to_owned(), account, mfa_token, dead: false });
        let mut second = self.mint_pair(&Grant::of(domain, account, CLIENT_IDS[2]));
        let now = self.now();
        second["expires_at"] = (now + self.scenario.access_token_life).into();
        second["refresh_token_expires_at"] = (now + self.scenario.refresh_token_life).into();
        (first, second)
    }

    /// A ticket as a browser login gives it; `flavour` is `ios`, `android` or `embed`.
    pub fn issue_ticket(&mut self, domain: &str, flavour: &str) -> (String, String) {
        let service = match flavour {
            "embed" => format!("https://sso.{domain}/sso/embed"),
            other => format!("https://mobile.integration.{domain}/gcm/{other}"),
        };
        let account = self.first_account(domain);
        (self.mint_ticket(domain, account, &service), service)
    }
}
