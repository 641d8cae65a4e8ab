//! OAuth at a regional host: the registration of a client, the authorization code, and tokens. Pure.
//!
//! Source: the login helper of coroslab/COROS-MCP of June 2026 (reviewed 2026-11-29).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::response::digits;
use super::issuer::Issuer;
use crate::activity::printable;
use crate::http::{Request, Response, Secret, form, limit};
use crate::platform::{Error, Result, lenient_json};

/// Where the helper's browser would return to. Nothing listens there: the code is read from the redirect.
const REDIRECT: &str = "http://127.0.0.1:43123/callback";
const SCOPE: &str = "openid offline_access mcp.tools";
/// The lifetime of an access token whose response does not state it, in seconds (the helper's assumption).
const LIFETIME_S: i64 = 3600;
/// OAuth's codes for a grant that will never work again (RFC 6749, 5.2).
const ENDED: &[&str] = &["invalid_grant", "invalid_client", "unauthorized_client", "access_denied"];

/// The secrets of one authorization: PKCE, and the state that the redirect must repeat.
pub struct Pkce {
    verifier: Secret,
    challenge: String,
    state: String,
}

impl Pkce {
    /// Derives the secrets from random bytes.
    pub fn new(verifier: [u8; 32], state: [u8; 16]) -> Pkce {
        let verifier = URL_SAFE_NO_PAD.encode(verifier);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        Pkce { verifier: Secret::new(verifier), challenge, state: URL_SAFE_NO_PAD.encode(state) }
    }
}

/// New tokens.
pub struct Grant {
    /// The access token.
    pub access_token: String,
    /// The refresh token, which works once.
    pub refresh_token: Option<String>,
    /// When the access token ends.
    pub expires: Timestamp,
    /// The service's name of the user: the user id of the Training Hub, or another one.
    pub user_id: Option<String>,
}

/// Why there are no new tokens.
#[derive(Debug, PartialEq, Eq)]
pub enum GrantError {
    /// The code or the refresh token will never work again: the service's words.
    Ended(String),
    /// Anything else; what was sent may work later.
    Failed(String),
}

/// The request to register a client. Its id is valid at this issuer only.
pub fn register_request(issuer: &Issuer) -> Request {
    let body = json!({
        "client_name": "garminsync", "redirect_uris": [REDIRECT], "scope": SCOPE, "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
    });
    json_request(&issuer.url("/connect/register"), &body)
}

/// A write with a JSON body.
pub fn json_request(url: &str, body: &Value) -> Request {
    let request = Request::post(url, "application/json", body.to_string().into_bytes());
    request.header("Accept", "application/json").limit(limit::SMALL)
}

/// Reads the id of the new client.
pub fn read_registration(response: &Response) -> Result<String> {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let id = body["client_id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    match (response.status, id) {
        (200 | 201, Some(id)) => Ok(id),
        _ => Err(unexpected("the registration", response)),
    }
}

/// The request that turns a login ticket into a code. Its redirect is not followed.
pub fn authorize_request(issuer: &Issuer, client: &str, proof: &Pkce, ticket: &Secret) -> Request {
    let resource = issuer.url("/mcp");
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPE),
        ("code_challenge", &proof.challenge),
        ("code_challenge_method", "S256"),
        ("resource", &resource),
        ("state", &proof.state),
        ("login_ticket", ticket.expose()),
    ]);
    let mut request = Request::get(issuer.url(&format!("/oauth2/authorize?{query}"))).limit(limit::SMALL);
    request.repeat = crate::http::Repeat::Once;
    request.follow = false;
    request
}

/// Reads the code in the redirect.
///
/// # Errors
/// [`Error::Login`] without a code; [`Error::Unexpected`]: it answers another authorization.
pub fn read_code(proof: &Pkce, response: &Response) -> Result<Secret> {
    let location = response.header("location").filter(|_| matches!(response.status, 302 | 303));
    let Some(query) = location.and_then(|to| to.strip_prefix(REDIRECT)).and_then(|rest| rest.strip_prefix('?')) else {
        return Err(match response.status {
            302 | 303 => Error::Login("COROS did not accept the login: it has expired".into()),
            _ => unexpected("the authorization", response),
        });
    };
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| decode(value)).next()
    };
    if value("state").as_deref() != Some(proof.state.as_str()) {
        return Err(Error::Unexpected("COROS answered another authorization; nothing was stored".into()));
    }
    match (value("code"), value("error")) {
        (Some(code), _) if !code.is_empty() => Ok(Secret::new(code)),
        (_, error) => Err(Error::Login(format!(
            "COROS rejected the authorization ({})",
            error.map_or_else(|| "no code".to_owned(), |error| shortened(&error))
        ))),
    }
}

/// Decodes `%2F` in a value; what is no valid text becomes empty.
fn decode(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
                _ => return String::new(),
            },
            b'+' => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// The request that exchanges a code for tokens.
pub fn code_request(issuer: &Issuer, client: &str, proof: &Pkce, code: &Secret) -> Request {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code.expose()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", proof.verifier.expose()),
    ];
    token_request(issuer, &pairs)
}

/// The request that exchanges a refresh token for new tokens. The service accepts it once.
pub fn refresh_request(issuer: &Issuer, client: &str, refresh: &str) -> Request {
    token_request(issuer, &[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", refresh)])
}

fn token_request(issuer: &Issuer, pairs: &[(&str, &str)]) -> Request {
    let body = form(pairs).into_bytes();
    let request = Request::post(issuer.url("/oauth2/token"), "application/x-www-form-urlencoded", body);
    request.header("Accept", "application/json").limit(limit::SMALL)
}

/// When the service wants the next request of a login or a renewal, if it limits their rate.
pub fn limited_until(response: &Response, now: Timestamp) -> Option<Timestamp> {
    response.retry_after(now).filter(|_| matches!(response.status, 429 | 503))
}

/// Reads new tokens.
pub fn read_grant(response: &Response, now: Timestamp) -> std::result::Result<Grant, GrantError> {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    match (response.status, text("access_token"), text("error")) {
        (200, Some(access_token), _) => {
            let lifetime = body["expires_in"].as_i64().filter(|seconds| *seconds > 0).unwrap_or(LIFETIME_S);
            let expires = now.as_second().saturating_add(lifetime);
            Ok(Grant {
                access_token,
                refresh_token: text("refresh_token"),
                expires: Timestamp::from_second(expires).unwrap_or(Timestamp::MAX),
                user_id: text("id_token").and_then(|token| subject(&token)),
            })
        }
        (400 | 401, _, Some(error)) if ENDED.contains(&error.as_str()) => Err(GrantError::Ended(shortened(&error))),
        (status, ..) => Err(GrantError::Failed(format!("no tokens from COROS (HTTP {status})"))),
    }
}

/// The user of an id token: its `sub`. Its form is not known; it may be the Training Hub's user id, or another name.
///
/// The signature is not checked: the token came over TLS from the host that signs it.
fn subject(jwt: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let id = claims["sub"].as_str().map(str::to_owned).or_else(|| digits(&claims["sub"]))?;
    (1..=200).contains(&id.len()).then_some(id)
}

fn unexpected(what: &str, response: &Response) -> Error {
    match response.status {
        429 => Error::retry_platform(format!("COROS: rate limited at {what} (HTTP 429); try again later")),
        408 | 500..=599 => {
            Error::retry_platform(format!("COROS failed at {what} (HTTP {}); try again later", response.status))
        }
        status => Error::Unexpected(format!("COROS: unexpected response to {what} (HTTP {status})")),
    }
}

/// A code of the service, as it may be shown.
pub fn shortened(text: &str) -> String {
    printable(text).trim().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer() -> Issuer {
        Issuer::parse("https://mcpeu.coros.com").unwrap()
    }

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: body.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let proof = Pkce::new([7; 32], [1; 16]);
        assert_eq!((proof.verifier.expose().len(), proof.challenge.len()), (43, 43));
        let request = authorize_request(&issuer(), "c/1", &proof, &Secret::new("t"));
        assert!(request.url.contains("&client_id=c%2F1&"), "{}", request.url);
        assert!(request.url.contains(&format!("code_challenge={}&code_challenge_method=S256", proof.challenge)));
        assert!(request.url.contains("resource=https%3A%2F%2Fmcpeu.coros.com%2Fmcp&"));
        assert!(!request.url.contains(proof.verifier.expose()) && !request.follow);
        let body = code_request(&issuer(), "c", &proof, &Secret::new("k")).body.unwrap();
        assert!(String::from_utf8(body).unwrap().contains(proof.verifier.expose()));
    }

    #[test]
    fn the_code_is_read_only_from_the_redirect_to_this_authorization() {
        let proof = Pkce::new([7; 32], [1; 16]);
        let read = |to: &str| read_code(&proof, &response(302, &[("location", to)], ""));
        let state = &proof.state;
        assert_eq!(read(&format!("{REDIRECT}?code=a%2Fb&state={state}")).unwrap().expose(), "a/b");
        assert!(matches!(read(&format!("{REDIRECT}?code=a&state=x")), Err(Error::Unexpected(_))));
        assert!(matches!(read(&format!("{REDIRECT}?code=a")), Err(Error::Unexpected(_))));
        let denied = read(&format!("{REDIRECT}?error=access_denied&state={state}"));
        assert!(matches!(denied, Err(Error::Login(words)) if words.contains("access_denied")));
        assert!(matches!(read("https://mcpeu.coros.com/login?session=1"), Err(Error::Login(_))));
        assert!(matches!(read_code(&proof, &response(200, &[], "<html>")), Err(Error::Unexpected(_))));
        assert!(matches!(read_code(&proof, &response(503, &[], "")), Err(Error::Retry { .. })));
    }

    #[test]
    fn tokens_name_their_owner_and_their_end() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"4200000000000000001"}"#);
        let body = format!(r#"{{"access_token":"a","refresh_token":"r","expires_in":50,"id_token":"e30.{claims}.s"}}"#);
        let grant = read_grant(&response(200, &[], &body), at(100)).ok().unwrap();
        assert_eq!((grant.expires, grant.refresh_token.as_deref()), (at(150), Some("r")));
        assert_eq!(grant.user_id.as_deref(), Some("4200000000000000001"));
        let bare = read_grant(&response(200, &[], r#"{"access_token":"a"}"#), at(100)).ok().unwrap();
        assert_eq!((bare.expires, bare.refresh_token, bare.user_id), (at(3700), None, None));
        let other = URL_SAFE_NO_PAD.encode(r#"{"sub":"ann@example.com"}"#);
        assert_eq!(subject(&format!("e30.{other}.s")).as_deref(), Some("ann@example.com"));
    }

    #[test]
    fn a_rate_limit_names_its_end() {
        let until = |status, value| limited_until(&response(status, &[("retry-after", value)], ""), at(100));
        assert_eq!((until(429, "60"), until(503, "60"), until(400, "60")), (Some(at(160)), Some(at(160)), None));
        assert_eq!((until(429, "soon"), until(429, "999999999")), (None, Some(at(86_500))));
    }

    #[test]
    fn only_a_named_end_is_final() {
        let read = |status, body: &str| read_grant(&response(status, &[], body), at(0)).err().unwrap();
        assert_eq!(read(400, r#"{"error":"invalid_grant"}"#), GrantError::Ended("invalid_grant".into()));
        for (status, body) in [
            (400, r#"{"error":"temporarily_unavailable"}"#),
            (400, "<html>"),
            (200, "<html>"),
            (200, "{}"),
            (503, r#"{"error":"invalid_grant"}"#),
            (404, "{}"),
        ] {
            assert!(matches!(read(status, body), GrantError::Failed(_)), "{status} {body}");
        }
    }
}
