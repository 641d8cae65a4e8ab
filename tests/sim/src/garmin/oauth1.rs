//! The legacy login: the consumer key, and the exchange of OAuth1 tokens for access tokens.

use super::tokens::{Grant, OAuth1};
use crate::http::{Request, Response, decode, encode};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;

/// Consumer key and secret of the simulated service.
pub const CONSUMER: (&str, &str) = ("simulated-consumer-key", "simulated-consumer-secret");

/// The maximum deviation of a signature's time, in seconds.
const SKEW: i64 = 300;

type Pairs = Vec<(String, String)>;

/// Responds to a request to the bucket with the consumer key.
pub fn consumer(_state: &mut State, request: &Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/oauth_consumer.json") => {
            Response::json(200, &json!({"consumer_key": CONSUMER.0, "consumer_secret": CONSUMER.1}))
        }
        _ => Response::text(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>"),
    }
}

/// Exchanges an OAuth1 token for an access token.
pub fn exchange(state: &mut State, domain: &str, request: &Request) -> Response {
    if request.method != "POST" {
        return super::error(405, "NotAllowedException");
    }
    if !request.is_type("application/x-www-form-urlencoded") {
        return super::error(500, "InternalServerErrorException").note("no form content type");
    }
    let Some(signed) = parameters(request) else {
        return dead("no OAuth1 Authorization header");
    };
    let token = get(&signed, "oauth_token");
    let found = state.tokens.oauth1.iter().find(|known| known.token == token && known.domain == domain);
    let Some(known) = found.filter(|known| !known.dead).cloned() else {
        return dead("token unknown, dead or of the other domain");
    };
    if let Some(note) = flaw(state, domain, request, &signed, &known) {
        return dead(note);
    }
    state.tokens.nonces.push(get(&signed, "oauth_nonce").to_owned());
    let grant = Grant::of(domain, known.account, "GARMIN_CONNECT_MOBILE_ANDROID_DI");
    Response::json(200, &state.mint_pair(&grant))
}

/// The fault of the signature or of its parameters; `None` if they are valid.
fn flaw(state: &State, domain: &str, request: &Request, signed: &Pairs, known: &OAuth1) -> Option<&'static str> {
    let at: i64 = get(signed, "oauth_timestamp").parse().unwrap_or(0);
    let nonce = get(signed, "oauth_nonce");
    if get(signed, "oauth_consumer_key") != CONSUMER.0 {
        return Some("another consumer key");
    }
    if get(signed, "oauth_signature_method") != "HMAC-SHA1" || get(signed, "oauth_version") != "1.0" {
        return Some("another signature method or version");
    }
    if (state.now() - at).abs() > SKEW {
        return Some("the timestamp is too far off");
    }
    if nonce.is_empty() || state.tokens.nonces.iter().any(|seen| seen == nonce) {
        return Some("the nonce is missing or was used before");
    }
    let form = request.form();
    if known.mfa_token.as_deref().is_some_and(|wanted| get(&form, "mfa_token") != wanted) {
        return Some("the mfa_token is missing");
    }
    let wanted = signature(domain, request, signed, &known.secret);
    (get(signed, "oauth_signature") != wanted).then_some("the signature is wrong")
}

/// The signature of RFC 5849 over method, URL and all parameters.
fn signature(domain: &str, request: &Request, signed: &Pairs, secret: &str) -> String {
    let oauth = signed.iter().filter(|(key, _)| key != "oauth_signature" && key != "realm").cloned();
    let all = oauth.chain(request.pairs()).chain(request.form());
    let mut encoded: Vec<(String, String)> = all.map(|(k, v)| (encode(&k), encode(&v))).collect();
    encoded.sort();
    let joined: Vec<String> = encoded.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
    let address = format!("https://connectapi.{domain}{}", request.path);
    let base = format!("{}&{}&{}", request.method, encode(&address), encode(&joined.join("&")));
    let key = format!("{}&{}", encode(CONSUMER.1), encode(secret));
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(base.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The parameters of an `Authorization: OAuth` header.
fn parameters(request: &Request) -> Option<Pairs> {
    let list = request.header("authorization")?.strip_prefix("OAuth ")?;
    let pair = |part: &str| {
        let (key, value) = part.trim().split_once('=')?;
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        Some((decode(key, false), decode(value, false)))
    };
    list.split(',').map(pair).collect()
}

fn get<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

fn dead(note: &str) -> Response {
    Response::html(401, "<html><body>OAuthToken is invalid</body></html>").note(note)
}
