//! The requests for credentials of COROS' object store, and their responses. Pure; `store_credentials` sends.
//!
//! The first known source, `faq.coros.com/openapi/oss/sts` with an app's id and signature, was closed on 3 October 2026
//! and responds with a web page. A source that responds with a web page counts as closed, and the next source is asked.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde_json::Value;

use super::region::BROWSER;
use super::store::{Provider, StoreCredentials};
use super::token::ApiSession;
use crate::http::{Request, Response, Secret, form, limit};

/// A text that is inserted into the encoded credentials; the rest is plain base64.
const MARKER: &str = "9y78gpoERW4lBNYL";
/// The common host of all regions' hubs.
const COMMON_HUB: &str = "t.coros.com";
/// The host of the help pages.
const HELP: &str = "faq.coros.com";
/// Padding is optional.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bucket that the importer of a region reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The provider of the store.
    pub provider: Provider,
    /// The name of the bucket.
    pub name: &'static str,
}

/// The bucket of a region; an object in another bucket is never found (job status -2).
pub fn bucket(region: u32) -> Option<Bucket> {
    let (provider, name) = match region {
        1 => (Provider::Aws, "coros-s3"),
        2 => (Provider::Aliyun, "coros-oss"),
        3 => (Provider::Aws, "eu-coros"),
        4 => (Provider::Aliyun, "coros-sg-prod"),
        _ => return None,
    };
    Some(Bucket { provider, name })
}

/// A source of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsEndpoint {
    /// The hub of the account's region, which the web pages use.
    Hub,
    /// The common hub of all regions.
    CommonHub,
    /// The help pages.
    Help,
}

/// The sources, in the order in which they are tried.
pub const STS_ENDPOINTS: [StsEndpoint; 3] = [StsEndpoint::Hub, StsEndpoint::CommonHub, StsEndpoint::Help];

impl StsEndpoint {
    /// Its host.
    pub fn host(self, session: &ApiSession) -> &'static str {
        match self {
            StsEndpoint::Hub => session.region.hub,
            StsEndpoint::CommonHub => COMMON_HUB,
            StsEndpoint::Help => HELP,
        }
    }
}

/// The request for credentials of a bucket.
pub fn request(source: StsEndpoint, session: &ApiSession, bucket: &Bucket) -> Request {
    let host = source.host(session);
    let query = form(&[("bucket", bucket.name), ("service", bucket.provider.name()), ("v", "2")]);
    let token = session.token.expose();
    let request = match source {
        StsEndpoint::Hub | StsEndpoint::CommonHub => Request::get(format!("https://{host}/api/proxy/oss/sts?{query}"))
            .header("Cookie", format!("CPL-coros-token={token}; CPL-coros-region={}", session.region.id))
            .header("Referer", format!("https://{host}/")),
        StsEndpoint::Help => {
            Request::get(format!("https://{host}/openapi/v2/oss/sts?{query}")).header("accesstoken", token)
        }
    };
    let request = request.header("Accept", "application/json, text/plain, */*").header("User-Agent", BROWSER);
    request.limit(limit::SMALL)
}

/// The response of a source.
#[derive(Debug)]
pub enum CredentialsReply {
    /// Credentials.
    Credentials(StoreCredentials),
    /// The source rejects the token.
    TokenRejected,
    /// The response has no readable credentials, for this reason.
    None(String),
    /// The source failed for this reason, and may work later.
    ServiceFailed(String),
    /// HTTP 429.
    RateLimited,
}

/// Reads a response. Its form differs from the API's: `{"code":200,"data":{"credentials":…}}`. The code 401 may come
/// with HTTP 200.
pub fn parse(response: &Response, bucket: &Bucket, now: Timestamp) -> CredentialsReply {
    match response.status {
        429 => return CredentialsReply::RateLimited,
        401 => return CredentialsReply::TokenRejected,
        status @ (408 | 500..=599) => return CredentialsReply::ServiceFailed(format!("HTTP {status}")),
        _ => {}
    }
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return CredentialsReply::None(format!("HTTP {} and no JSON", response.status));
    };
    match code(&body["code"]).or_else(|| code(&body["result"])).as_deref() {
        Some("200") if response.status == 200 => {}
        // 1019 is the API's code for a rejected token.
        Some("401" | "1019") => return CredentialsReply::TokenRejected,
        other => {
            return CredentialsReply::None(format!("HTTP {}, code {}", response.status, other.unwrap_or("missing")));
        }
    }
    let credentials = body["data"]["credentials"].as_str().ok_or("no credentials in the response".to_owned());
    match credentials.and_then(|text| decode(text, bucket, now)) {
        Ok(credentials) => CredentialsReply::Credentials(credentials),
        Err(why) => CredentialsReply::None(why),
    }
}

/// A code, as a number or a text. It may be shown, so it must have only letters and digits.
fn code(value: &Value) -> Option<String> {
    let text = value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))?;
    (text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(text)
}

/// Decodes the credentials. Errors do not quote them.
fn decode(text: &str, expected: &Bucket, now: Timestamp) -> Result<StoreCredentials, String> {
    let bytes = BASE64.decode(text.trim().replacen(MARKER, "", 1)).map_err(|_| "unknown form of credentials")?;
    let fields: Value = serde_json::from_slice(&bytes).map_err(|_| "unknown form of credentials")?;
    let field = |names: &[&str]| {
        let value = names.iter().find_map(|name| fields[*name].as_str().filter(|text| !text.is_empty()));
        value.ok_or(format!("credentials without {}", names[0]))
    };
    let bucket = field(&["Bucket"])?;
    if bucket != expected.name {
        return Err(format!("credentials for another bucket than {}", expected.name));
    }
    let region = field(&["Region"])?;
    let region = region.strip_prefix("oss-").unwrap_or(region);
    // The region becomes a part of the host name.
    if region.len() > 32
        || !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return Err("credentials with an invalid region".into());
    }
    let expires = fields["Expiration"].as_str().and_then(|text| text.parse().ok());
    let lifetime = fields["TokenExpireTime"].as_i64().map(jiff::SignedDuration::from_secs);
    Ok(StoreCredentials {
        provider: expected.provider,
        bucket: bucket.to_owned(),
        region: region.to_owned(),
        id: Secret::new(field(&["AccessKeyId"])?),
        secret: Secret::new(field(&["SecretAccessKey", "AccessKeySecret"])?),
        token: Secret::new(field(&["SessionToken", "SecurityToken"])?),
        expires: expires.or_else(|| lifetime.and_then(|lifetime| now.checked_add(lifetime).ok())),
    })
}

#[cfg(test)]
mod tests {
    use super::super::region::region as region_of;
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_700_000_000;

    fn session(region: u32) -> ApiSession {
        ApiSession { token: Secret::new("T0KEN"), region: region_of(region).unwrap(), user_id: "460001".into() }
    }

    fn aws() -> Value {
        json!({"AccessKeyId": "ASIAX", "SecretAccessKey": "s3cret", "AccessKeySecret": "s3cret", "SessionToken": "t0k/+=",
            "Expiration": "2023-11-14T23:13:20Z", "TokenExpireTime": 3600, "Region": "eu-central-1", "Bucket": "eu-coros",
            "SessionName": "web"})
    }

    fn aliyun() -> Value {
        json!({"AccessKeyId": "STS.X", "AccessKeySecret": "s3cret", "SecurityToken": "t0k/+=", "TokenExpireTime": 3600,
            "Region": "oss-cn-beijing", "Bucket": "coros-oss"})
    }

    fn read(status: u16, body: &str, region: u32) -> CredentialsReply {
        let response = Response { status, headers: Vec::new(), body: body.into() };
        parse(&response, &bucket(region).unwrap(), Timestamp::from_second(NOW).unwrap())
    }

    fn reply_with(text: &str) -> String {
        json!({"code": 200, "msg": "", "data": {"credentials": text, "v": "2"}}).to_string()
    }

    fn encoded(fields: &Value) -> String {
        base64::engine::general_purpose::STANDARD.encode(fields.to_string())
    }

    #[test]
    fn requests_to_the_hub_have_the_cookies_of_its_pages() {
        let request = request(StsEndpoint::Hub, &session(3), &bucket(3).unwrap());
        assert_eq!(request.url, "https://trainingeu.coros.com/api/proxy/oss/sts?bucket=eu-coros&service=aws&v=2");
        let value = |name: &str| request.headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(value("Cookie"), "CPL-coros-token=T0KEN; CPL-coros-region=3");
        assert_eq!(value("Referer"), "https://trainingeu.coros.com/");
    }

    #[test]
    fn requests_to_the_help_pages_have_the_token_in_a_header() {
        let request = request(StsEndpoint::Help, &session(4), &bucket(4).unwrap());
        assert_eq!(request.url, "https://faq.coros.com/openapi/v2/oss/sts?bucket=coros-sg-prod&service=aliyun&v=2");
        assert!(request.headers.contains(&("accesstoken".into(), "T0KEN".into())));
        assert!(request.headers.iter().all(|(name, _)| name != "Cookie"));
    }

    #[test]
    fn credentials_of_both_services_are_decoded_wherever_the_marker_is() {
        for (fields, region, place) in [(aws(), 3, "eu-central-1"), (aliyun(), 2, "cn-beijing")] {
            let text = encoded(&fields);
            let bare = text.trim_end_matches('=');
            for text in [
                format!("{text}{MARKER}"),
                format!("{MARKER}{text}"),
                format!("{}{MARKER}{}", &text[..21], &text[21..]),
                format!("{bare}{MARKER}"),
                text.clone(),
            ] {
                let CredentialsReply::Credentials(credentials) = read(200, &reply_with(&text), region) else {
                    panic!("{text}")
                };
                assert_eq!(
                    (credentials.region.as_str(), credentials.id.expose()),
                    (place, fields["AccessKeyId"].as_str().unwrap())
                );
                assert_eq!((credentials.secret.expose(), credentials.token.expose()), ("s3cret", "t0k/+="));
                assert_eq!(credentials.expires.unwrap().as_second(), NOW + 3600);
            }
        }
    }

    #[test]
    fn a_rejected_token_is_distinguished_from_a_closed_source() {
        for (status, body) in [
            (401, ""),
            (401, "<html>"),
            (200, r#"{"code":401,"msg":"signature error"}"#),
            (200, r#"{"code":"401"}"#),
            (200, r#"{"result":"1019"}"#),
        ] {
            assert!(matches!(read(status, body, 1), CredentialsReply::TokenRejected), "{status} {body}");
        }
        for (status, body) in
            [(404, "<!DOCTYPE html>"), (200, "<html>"), (200, ""), (200, r#"{"code":400}"#), (403, "{}"), (200, "[]")]
        {
            assert!(matches!(read(status, body, 1), CredentialsReply::None(_)), "{status} {body}");
        }
        assert!(matches!(read(503, "", 1), CredentialsReply::ServiceFailed(_)));
        assert!(matches!(read(429, "{}", 1), CredentialsReply::RateLimited));
    }

    #[test]
    fn credentials_for_another_host_are_not_used_and_not_shown() {
        let changed = |name: &str, value: &str| {
            let mut fields = aws();
            fields[name] = value.into();
            reply_with(&encoded(&fields))
        };
        for body in [
            changed("Bucket", "coros-s3"),
            changed("Region", "eu.evil.example/"),
            changed("Region", ""),
            changed("SessionToken", ""),
            reply_with("not base64!"),
            reply_with(&encoded(&json!("s3cret"))),
        ] {
            let CredentialsReply::None(why) = read(200, &body, 3) else { panic!("{body}") };
            assert!(!why.contains("s3cret") && !why.contains("evil"), "{why}");
        }
    }
}
