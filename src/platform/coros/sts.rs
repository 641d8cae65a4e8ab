//! Asks COROS for keys of its object store, and reads what it hands out. All pure; `keys` sends.
//!
//! The first way that was known, `faq.coros.com/openapi/oss/sts` with an app's id and signature, was shut on 3 October
//! 2026 and answers with a web page; whatever answers so is taken for gone, and the next way is asked.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde_json::Value;

use super::region::BROWSER;
use super::store::{Keys, Service};
use super::token::Session;
use crate::http::{Request, Response, Secret, form, limit};

/// Put somewhere into the encoded keys; the rest is plain base64.
const MARKER: &str = "9y78gpoERW4lBNYL";
/// The front of all regions' hubs.
const COMMON_HUB: &str = "t.coros.com";
/// The help pages.
const HELP: &str = "faq.coros.com";
/// Padding is taken as it comes.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where the importer of a region reads its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelf {
    /// Whose store it is.
    pub service: Service,
    /// The bucket.
    pub bucket: &'static str,
}

/// The shelf of a region; an object on another is never found (job status -2).
pub fn shelf(region: u32) -> Option<Shelf> {
    let (service, bucket) = match region {
        1 => (Service::Aws, "coros-s3"),
        2 => (Service::Aliyun, "coros-oss"),
        3 => (Service::Aws, "eu-coros"),
        4 => (Service::Aliyun, "coros-sg-prod"),
        _ => return None,
    };
    Some(Shelf { service, bucket })
}

/// A way to the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The hub of the account's region, as its web pages do.
    Hub,
    /// The hub that stands before all regions.
    CommonHub,
    /// The help pages.
    Help,
}

/// The ways, in the order in which they are tried.
pub const WAYS: [Way; 3] = [Way::Hub, Way::CommonHub, Way::Help];

impl Way {
    /// The host asked.
    pub fn host(self, session: &Session) -> &'static str {
        match self {
            Way::Hub => session.region.hub,
            Way::CommonHub => COMMON_HUB,
            Way::Help => HELP,
        }
    }
}

/// Asks for the keys of a shelf.
pub fn request(way: Way, session: &Session, shelf: &Shelf) -> Request {
    let host = way.host(session);
    let query = form(&[("bucket", shelf.bucket), ("service", shelf.service.name()), ("v", "2")]);
    let token = session.token.expose();
    let request = match way {
        Way::Hub | Way::CommonHub => Request::get(format!("https://{host}/api/proxy/oss/sts?{query}"))
            .header("Cookie", format!("CPL-coros-token={token}; CPL-coros-region={}", session.region.id))
            .header("Referer", format!("https://{host}/")),
        Way::Help => Request::get(format!("https://{host}/openapi/v2/oss/sts?{query}")).header("accesstoken", token),
    };
    let request = request.header("Accept", "application/json, text/plain, */*").header("User-Agent", BROWSER);
    request.limit(limit::SMALL)
}

/// What a way led to.
#[derive(Debug)]
pub enum Answer {
    /// The keys.
    Keys(Keys),
    /// It does not take the token.
    NotTaken,
    /// There is nothing (any more), or nothing that we can read: told in words.
    Nothing(String),
    /// It may have some later.
    Trouble(String),
    /// It wants to be left alone.
    TooMany,
}

/// Reads an answer. The envelope is not that of the API: `{"code":200,"data":{"credentials":…}}`, and 401 in it comes with
/// HTTP 200 as well.
pub fn parse(response: &Response, shelf: &Shelf, now: Timestamp) -> Answer {
    match response.status {
        429 => return Answer::TooMany,
        401 => return Answer::NotTaken,
        status @ (408 | 500..=599) => return Answer::Trouble(format!("HTTP {status}")),
        _ => {}
    }
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return Answer::Nothing(format!("HTTP {} and no JSON", response.status));
    };
    match code(&body["code"]).or_else(|| code(&body["result"])).as_deref() {
        Some("200") if response.status == 200 => {}
        // The second is the API's own word for it.
        Some("401" | "1019") => return Answer::NotTaken,
        other => {
            return Answer::Nothing(format!("HTTP {}, code {}", response.status, other.unwrap_or("missing")));
        }
    }
    let keys = body["data"]["credentials"].as_str().ok_or("no keys in the answer".to_owned());
    match keys.and_then(|text| decode(text, shelf, now)) {
        Ok(keys) => Answer::Keys(keys),
        Err(why) => Answer::Nothing(why),
    }
}

/// A code, as a number or as text; nothing but letters and digits of it may be shown.
fn code(value: &Value) -> Option<String> {
    let text = value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))?;
    (text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(text)
}

/// Reads the encoded keys. An error holds nothing of them.
fn decode(text: &str, shelf: &Shelf, now: Timestamp) -> Result<Keys, String> {
    let bytes = BASE64.decode(text.trim().replacen(MARKER, "", 1)).map_err(|_| "keys in an unknown form")?;
    let fields: Value = serde_json::from_slice(&bytes).map_err(|_| "keys in an unknown form")?;
    let field = |names: &[&str]| {
        let value = names.iter().find_map(|name| fields[*name].as_str().filter(|text| !text.is_empty()));
        value.ok_or(format!("keys without {}", names[0]))
    };
    let bucket = field(&["Bucket"])?;
    if bucket != shelf.bucket {
        return Err(format!("keys for another store than {}", shelf.bucket));
    }
    let region = field(&["Region"])?;
    let region = region.strip_prefix("oss-").unwrap_or(region);
    // It becomes a part of the host's name.
    if region.len() > 32
        || !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return Err("keys for a region that is none".into());
    }
    let expires = fields["Expiration"].as_str().and_then(|text| text.parse().ok());
    let lives = fields["TokenExpireTime"].as_i64().map(jiff::SignedDuration::from_secs);
    Ok(Keys {
        service: shelf.service,
        bucket: bucket.to_owned(),
        region: region.to_owned(),
        id: Secret::new(field(&["AccessKeyId"])?),
        secret: Secret::new(field(&["SecretAccessKey", "AccessKeySecret"])?),
        token: Secret::new(field(&["SessionToken", "SecurityToken"])?),
        expires: expires.or_else(|| lives.and_then(|lives| now.checked_add(lives).ok())),
    })
}

#[cfg(test)]
mod tests {
    use super::super::region::region as region_of;
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_700_000_000;

    fn session(region: u32) -> Session {
        Session { token: Secret::new("T0KEN"), region: region_of(region).unwrap(), user_id: "460001".into() }
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

    fn read(status: u16, body: &str, region: u32) -> Answer {
        let response = Response { status, headers: Vec::new(), body: body.into() };
        parse(&response, &shelf(region).unwrap(), Timestamp::from_second(NOW).unwrap())
    }

    fn handed_out(text: &str) -> String {
        json!({"code": 200, "msg": "", "data": {"credentials": text, "v": "2"}}).to_string()
    }

    fn encoded(fields: &Value) -> String {
        base64::engine::general_purpose::STANDARD.encode(fields.to_string())
    }

    #[test]
    fn the_hub_is_asked_with_the_cookies_of_its_pages() {
        let request = request(Way::Hub, &session(3), &shelf(3).unwrap());
        assert_eq!(request.url, "https://trainingeu.coros.com/api/proxy/oss/sts?bucket=eu-coros&service=aws&v=2");
        let value = |name: &str| request.headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(value("Cookie"), "CPL-coros-token=T0KEN; CPL-coros-region=3");
        assert_eq!(value("Referer"), "https://trainingeu.coros.com/");
    }

    #[test]
    fn the_help_pages_are_asked_with_the_token_in_a_header() {
        let request = request(Way::Help, &session(4), &shelf(4).unwrap());
        assert_eq!(request.url, "https://faq.coros.com/openapi/v2/oss/sts?bucket=coros-sg-prod&service=aliyun&v=2");
        assert!(request.headers.contains(&("accesstoken".into(), "T0KEN".into())));
        assert!(request.headers.iter().all(|(name, _)| name != "Cookie"));
    }

    #[test]
    fn keys_of_both_services_wherever_the_marker_stands() {
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
                let Answer::Keys(keys) = read(200, &handed_out(&text), region) else { panic!("{text}") };
                assert_eq!((keys.region.as_str(), keys.id.expose()), (place, fields["AccessKeyId"].as_str().unwrap()));
                assert_eq!((keys.secret.expose(), keys.token.expose()), ("s3cret", "t0k/+="));
                assert_eq!(keys.expires.unwrap().as_second(), NOW + 3600);
            }
        }
    }

    #[test]
    fn a_token_that_is_not_taken_is_told_apart_from_a_way_that_is_gone() {
        for (status, body) in [
            (401, ""),
            (401, "<html>"),
            (200, r#"{"code":401,"msg":"signature error"}"#),
            (200, r#"{"code":"401"}"#),
            (200, r#"{"result":"1019"}"#),
        ] {
            assert!(matches!(read(status, body, 1), Answer::NotTaken), "{status} {body}");
        }
        for (status, body) in
            [(404, "<!DOCTYPE html>"), (200, "<html>"), (200, ""), (200, r#"{"code":400}"#), (403, "{}"), (200, "[]")]
        {
            assert!(matches!(read(status, body, 1), Answer::Nothing(_)), "{status} {body}");
        }
        assert!(matches!(read(503, "", 1), Answer::Trouble(_)));
        assert!(matches!(read(429, "{}", 1), Answer::TooMany));
    }

    #[test]
    fn keys_that_would_lead_elsewhere_are_not_used_and_not_shown() {
        let changed = |name: &str, value: &str| {
            let mut fields = aws();
            fields[name] = value.into();
            handed_out(&encoded(&fields))
        };
        for body in [
            changed("Bucket", "coros-s3"),
            changed("Region", "eu.evil.example/"),
            changed("Region", ""),
            changed("SessionToken", ""),
            handed_out("not base64!"),
            handed_out(&encoded(&json!("s3cret"))),
        ] {
            let Answer::Nothing(why) = read(200, &body, 3) else { panic!("{body}") };
            assert!(!why.contains("s3cret") && !why.contains("evil"), "{why}");
        }
    }
}
