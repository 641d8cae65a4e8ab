//! The exchange of a key for a token, and the check of tokens.

use super::spec::TokenAnswer;
use super::state::{Exchanged, Token};
use super::{bad, error, pace};
use crate::garmin;
use crate::http::{Request, Response};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Responds to an exchange, and counts it.
pub fn exchange(state: &mut State, domain: &str, request: &Request) -> Response {
    if request.method != "POST" {
        return error(405, "NotAllowedException").note("an exchange is a POST");
    }
    let header = request.header("authorization").unwrap_or_default();
    let Some(text) = header.strip_prefix("ApiKey ") else {
        return error(401, "NotAuthorizedException").note("no Authorization with an ApiKey");
    };
    let found = state.personal.keys.iter().rposition(|key| key.text == text);
    let mut response = match found {
        _ if !request.body.is_empty() || !request.query.is_empty() => bad("an exchange has no body and no parameters"),
        Some(key) => known(state, domain, key),
        None if is_malformed(text) => Response::json(400, &json!({"message": "Malformed API key"})),
        None => Response::empty(401).note("no such key"),
    };
    if let Some(key) = found {
        let why = if response.note.is_empty() { String::new() } else { format!("{}; ", response.note) };
        response.note = format!("{why}exchange of key {}", key + 1);
    }
    let at = state.now();
    state.personal.exchanges.push(Exchanged { key: text.to_owned(), at, status: response.status });
    response
}

/// Whether a text cannot be a key. The service calls some keys malformed, and nobody knows which; all keys that were
/// seen begin with `GCDC_`.
fn is_malformed(text: &str) -> bool {
    let rest = text.strip_prefix("GCDC_").unwrap_or_default();
    rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn known(state: &mut State, domain: &str, index: usize) -> Response {
    let (key, now) = (&state.personal.keys[index], state.now());
    if key.domain != domain {
        return Response::empty(401).note("a key of the other domain");
    }
    let (account, works, deleted) = (key.account, key.works(now), key.deleted);
    if let Some(refusal) = pace::check(state, account) {
        return refusal;
    }
    if !works {
        let why = if deleted { "a deleted key" } else { "an ended key" };
        return Response::json(401, &json!({})).note(why);
    }
    let account = state.lies.account(&state.accounts, account);
    let token = issue(state, index, account);
    let text = match state.scenario.personal.token_answer {
        TokenAnswer::Plain | TokenAnswer::Opaque => token,
        TokenAnswer::Spaced => format!("  {token}\r\n"),
        TokenAnswer::Quoted => format!("\"{token}\""),
        TokenAnswer::Json => return Response::json(200, &json!({"access_token": token})),
    };
    Response::text(200, "text/plain", &text)
}

/// Makes a token of a key, which expires with the key at the latest.
pub fn issue(state: &mut State, key: usize, account: usize) -> String {
    let now = state.now();
    let expires = (now + state.scenario.personal.token_life).min(state.personal.keys[key].ends);
    let id = state.uuid();
    let text = match state.scenario.personal.token_answer {
        TokenAnswer::Opaque => state.word(64),
        _ => jwt(&json!({"iat": now, "exp": expires, "jti": id})),
    };
    state.personal.tokens.push(Token { text: text.clone(), key, account, expires });
    text
}

/// A token of three base64url parts, with an invalid signature.
fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(Sha256::digest(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The account of the token of a request.
pub fn caller(state: &State, domain: &str, request: &Request) -> Result<usize, Response> {
    let header = request.header("authorization").unwrap_or_default();
    let Some(text) = header.strip_prefix("Bearer ") else {
        return Err(garmin::unauthorized("", "").note("no bearer token"));
    };
    let (personal, now) = (&state.personal, state.now());
    let why = match personal.tokens.iter().find(|token| token.text == text) {
        None => "Invalid access token",
        Some(token) if personal.keys[token.key].domain != domain => "Invalid access token issuer",
        Some(token) if !personal.keys[token.key].works(now) => "Token is not active",
        Some(token) if token.expires <= now => "Access token expired",
        Some(token) => return Ok(state.lies.account(&state.accounts, token.account)),
    };
    Err(garmin::unauthorized("invalid_token", why).note(why))
}
