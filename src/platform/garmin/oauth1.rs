//! Renews a garth token: one request signed with OAuth 1.0a, HMAC-SHA1 (RFC 5849).
//!
//! New logins do not use this; imported garth tokens still work for many (garth issue 217, May 2026).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha1::Sha1;

use super::domain::{Domain, app};
use super::token::OAuth1;
use crate::http::{Request, encode, form, limit};

/// The URL of the public consumer key of the app that made the grant. The authors of garth host it.
pub const CONSUMER_URL: &str = "https://thegarth.s3.amazonaws.com/oauth_consumer.json";

/// The app's consumer key.
#[derive(Clone, Deserialize)]
pub struct Consumer {
    consumer_key: String,
    consumer_secret: String,
}

/// The request for a new token. `nonce` is a text that no other request of this second has used.
pub fn exchange_request(domain: &Domain, consumer: &Consumer, grant: &OAuth1, timestamp: i64, nonce: &str) -> Request {
    let url = domain.url("connectapi", "/oauth-service/oauth/exchange/user/2.0");
    let body: Vec<(&str, &str)> = grant.mfa_token.iter().map(|token| ("mfa_token", token.as_str())).collect();
    let header = authorization("POST", &url, &body, consumer, grant, timestamp, nonce);
    app(Request::post(url, "application/x-www-form-urlencoded", form(&body).into_bytes()))
        .limit(limit::SMALL)
        .header("Authorization", header)
}

fn authorization(
    method: &str,
    url: &str,
    body: &[(&str, &str)],
    consumer: &Consumer,
    grant: &OAuth1,
    timestamp: i64,
    nonce: &str,
) -> String {
    let timestamp = timestamp.to_string();
    let own = [
        ("oauth_consumer_key", consumer.consumer_key.as_str()),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &timestamp),
        ("oauth_token", &grant.oauth_token),
        ("oauth_version", "1.0"),
    ];
    let mut signed: Vec<(String, String)> = own.iter().chain(body).map(|(n, v)| (encode(n), encode(v))).collect();
    signed.sort();
    let parameters = signed.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&");
    let text = format!("{method}&{}&{}", encode(url), encode(&parameters));
    let signature =
        hmac_sha1(&format!("{}&{}", encode(&consumer.consumer_secret), encode(&grant.oauth_token_secret)), &text);
    let shown = own.iter().map(|(n, v)| (*n, encode(v))).chain([("oauth_signature", encode(&signature))]);
    format!("OAuth {}", shown.map(|(n, v)| format!("{n}=\"{v}\"")).collect::<Vec<_>>().join(", "))
}

fn hmac_sha1(key: &str, text: &str) -> String {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5849, section 1.2: the temporary-credentials-to-token step of its example, recomputed with a body.
    #[test]
    fn the_signature_equals_a_published_example() {
        // The example of the Twitter documentation "Creating a signature", in wide use as a vector.
        let consumer = Consumer {
            consumer_key: "xvz1evFS4wEEPTGEFPHBog".into(),
            consumer_secret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw".into(),
        };
        let grant = OAuth1 {
            oauth_token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb".into(),
            oauth_token_secret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE".into(),
            mfa_token: None,
            rest: serde_json::Map::new(),
        };
        let body = [("status", "Hello Ladies + Gentlemen, a signed OAuth request!"), ("include_entities", "true")];
        let url = "https://api.twitter.com/1.1/statuses/update.json";
        let header = authorization(
            "POST",
            url,
            &body,
            &consumer,
            &grant,
            1_318_622_958,
            "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        );
        assert!(header.contains("oauth_signature=\"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D\""), "{header}");
    }
}
