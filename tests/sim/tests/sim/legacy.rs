//! The legacy exchange, which verifies OAuth1 signatures.

use crate::common::*;
use base64::Engine;
use gs_sim::{Scenario, Sim};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

const PATH: &str = "/oauth-service/oauth/exchange/user/2.0";

/// Percent-encodes the characters that need it in these tests.
fn enc(text: &str) -> String {
    text.replace('%', "%25")
        .replace('/', "%2F")
        .replace(':', "%3A")
        .replace('=', "%3D")
        .replace('&', "%26")
        .replace('+', "%2B")
}

fn header(token: &Value, consumer: &Value, nonce: &str, body: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let oauth = [
        ("oauth_consumer_key", consumer["consumer_key"].as_str().unwrap().to_owned()),
        ("oauth_nonce", nonce.to_owned()),
        ("oauth_signature_method", "HMAC-SHA1".to_owned()),
        ("oauth_timestamp", now.to_string()),
        ("oauth_token", token["oauth_token"].as_str().unwrap().to_owned()),
        ("oauth_version", "1.0".to_owned()),
    ];
    let mut pairs: Vec<String> = oauth.iter().map(|(k, v)| format!("{k}={}", enc(v))).collect();
    pairs.extend(body.split('&').filter(|p| !p.is_empty()).map(str::to_owned));
    pairs.sort();
    let address = enc(&format!("https://connectapi.garmin.com{PATH}"));
    let base = format!("POST&{address}&{}", enc(&pairs.join("&")));
    let secret = token["oauth_token_secret"].as_str().unwrap();
    let key = format!("{}&{secret}", consumer["consumer_secret"].as_str().unwrap());
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(base.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let list = oauth.iter().map(|(k, v)| format!("{k}=\"{}\"", enc(v))).collect::<Vec<_>>().join(", ");
    format!("OAuth {list}, oauth_signature=\"{}\"", enc(&signature))
}

fn exchange_with(sim: &Sim, header: &str, media: &str, body: &str) -> Answer {
    let headers =
        [("User-Agent", "com.garmin.android.apps.connectmobile"), ("Authorization", header), ("Content-Type", media)];
    send(sim, "POST", &format!("/connectapi.garmin.com{PATH}"), &headers, body).unwrap()
}

#[test]
fn only_a_correctly_signed_request_gets_a_token() {
    let sim = Scenario::default_garmin(1, 1).with_mfa(COM, "1").start();
    let (token, _) = sim.with(|state| state.issue_garth(COM));
    let consumer = send(&sim, "GET", "/thegarth.s3.amazonaws.com/oauth_consumer.json", &[], "").unwrap().json();
    let body = format!("mfa_token={}", token["mfa_token"].as_str().unwrap());
    let form = "application/x-www-form-urlencoded";

    let good = header(&token, &consumer, "n1", &body);
    assert_eq!(exchange_with(&sim, &good, "text/plain", &body).status, 500);
    let answer = exchange_with(&sim, &good, form, &body);
    assert_eq!(answer.status, 200);
    let access = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(get(&sim, "/userprofile-service/socialProfile", &access).status, 200);

    assert_eq!(exchange_with(&sim, &good, form, &body).status, 401, "a nonce works once");
    assert_eq!(
        exchange_with(&sim, &header(&token, &consumer, "n2", ""), form, "").status,
        401,
        "mfa_token is required"
    );
    let other_body = header(&token, &consumer, "n3", "audience=x");
    assert_eq!(exchange_with(&sim, &other_body, form, &body).status, 401, "the signature includes the body");
    sim.with(|state| state.revoke_refresh(COM));
    assert_eq!(exchange_with(&sim, &header(&token, &consumer, "n4", &body), form, &body).status, 401);
}
