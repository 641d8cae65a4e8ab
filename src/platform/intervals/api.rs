//! Requests to intervals.icu's API, and the refusals that every request may get. Pure.
//!
//! Sources: the OpenAPI document of intervals.icu, and its author's guides "API access" and "API Integration Cookbook"
//! in the forum (reviewed 2026-11-29).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::activity::printable;
use crate::http::{Repeat, Request, Response, Secret};
use crate::platform::{Error, Identity, Result, SettingSource, lenient_json};

const BASE: &str = "https://intervals.icu/api/v1";
/// The user name of the HTTP login with a key.
const USER: &str = "API_KEY";
/// The most characters of a service's message that are shown.
const SHOWN: usize = 150;
/// The fields with the service's message.
const MESSAGES: [&str; 2] = ["error", "message"];
/// The largest error, in bytes. A larger body is a list or a file, which has no message.
const LONGEST_ERROR: usize = 64 << 10;

/// The athlete in the paths: the owner of the key, or one of the athletes whom a coach's key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Athlete(String);

impl Athlete {
    /// The athlete of the setting `INTERVALS_ATHLETE_ID`.
    ///
    /// # Errors
    /// [`Error::Config`]: the setting is not an id.
    pub fn of_settings(settings: &dyn SettingSource) -> Result<Athlete> {
        let text = settings.text("INTERVALS_ATHLETE_ID");
        let id = text.as_deref().map(str::trim).filter(|id| !id.is_empty()).unwrap_or("0");
        match is_id(id) {
            true => Ok(Athlete(id.to_owned())),
            false => Err(Error::Config(format!(
                "INTERVALS_ATHLETE_ID={id:?}: not an athlete id; use i and digits, as on intervals.icu's settings page, \
                 or 0 for the owner of the key"
            ))),
        }
    }

    /// The id in the setting.
    pub fn id(&self) -> &str {
        &self.0
    }

    /// The path of something of this athlete.
    pub fn path(&self, below: &str) -> String {
        format!("/athlete/{}/{below}", self.0)
    }

    /// The request for the profile.
    pub fn profile_request(&self) -> Request {
        get(&format!("/athlete/{}", self.0))
    }

    /// Whether `id` is this athlete. Older ids are digits without the `i`.
    fn is(&self, id: &str) -> bool {
        self.0 == "0" || self.0.trim_start_matches('i') == id.trim_start_matches('i')
    }
}

/// Whether a text has the form of an id: digits, with an `i` before them for all but the oldest athletes and for
/// activities that did not come from Strava.
pub fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix('i').unwrap_or(text);
    !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a key: one word.
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The path of an activity.
pub fn activity_path(id: &str) -> Result<String> {
    match is_id(id) {
        true => Ok(format!("/activity/{id}")),
        false => Err(Error::Rejected("invalid activity id: ids of intervals.icu are i and digits".into())),
    }
}

/// A read, without its key.
pub fn get(path: &str) -> Request {
    Request::get(format!("{BASE}{path}"))
}

/// A write, without its key. It is sent once.
pub fn write(method: &'static str, path: &str) -> Request {
    let mut request = get(path).changing();
    request.method = method;
    request.repeat = Repeat::Never;
    request
}

/// The user name and the key, as the header has them.
fn login(key: &Secret) -> String {
    STANDARD.encode(format!("{USER}:{}", key.expose()))
}

/// Adds the key.
pub fn with_key(request: &Request, key: &Secret) -> Request {
    let login = login(key);
    let mut request = request.clone().header("Authorization", format!("Basic {login}"));
    if !request.headers.iter().any(|(name, _)| name == "Accept") {
        request = request.header("Accept", "application/json");
    }
    request
}

/// Masks the key in the service's message, which could repeat it: messages are printed and stored.
pub fn without_key(mut response: Response, key: &Secret) -> Response {
    if response.body.len() > LONGEST_ERROR {
        return response;
    }
    let Some(mut body) = lenient_json::parse(&response.body) else { return response };
    for name in MESSAGES {
        if let Some(text) = body[name].as_str() {
            body[name] = text.replace(key.expose(), "***").replace(&login(key), "***").into();
            response.body = body.to_string().into_bytes();
        }
    }
    response
}

/// Reads the refusals that do not depend on the request, and failures of the service. A write that may have arrived is
/// [`Error::OutcomeUnknown`].
pub fn check(request: &Request, response: &Response) -> Result<()> {
    let is_page = !response.body.is_empty() && response.body.trim_ascii_start().first() == Some(&b'<');
    match response.status {
        // A proxy in front of the service responded, which proves nothing about the key.
        401 | 403 if is_page => Err(Error::retry_platform(format!(
            "intervals.icu: a web page instead of a response (HTTP {}); try again later",
            response.status
        ))),
        403 => Err(Error::Config(format!(
            "intervals.icu does not open this athlete with this key ({}); check INTERVALS_ATHLETE_ID, or unset it to use \
             the owner of the key",
            error_text(response)
        ))),
        429 => Err(Error::retry_platform("intervals.icu: rate limited (HTTP 429); try again later")),
        408 | 500..=599 => {
            let message = format!("intervals.icu: server error ({})", error_text(response));
            Err(match request.repeat {
                Repeat::Never => Error::OutcomeUnknown(format!("{message}; outcome unknown")),
                _ => Error::retry_item(format!("{message}; try again later")),
            })
        }
        _ => Ok(()),
    }
}

/// Reads the profile of the athlete.
pub fn profile(athlete: &Athlete, response: &Response) -> Result<Identity> {
    let body = lenient_json::parse(&response.body).filter(|_| response.status == 200).unwrap_or_default();
    let text = |name: &str| body[name].as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let id = text("id").or_else(|| body["id"].as_u64().map(|id| id.to_string()));
    match (response.status, id) {
        (200, Some(user_id)) if athlete.is(&user_id) => {
            Ok(Identity { user_id, name: text("name"), email: text("email") })
        }
        (200, Some(user_id)) => Err(Error::Config(format!(
            "intervals.icu returns athlete {} for INTERVALS_ATHLETE_ID={}; correct it, or unset it to use the owner of \
             the key",
            printable(&user_id),
            athlete.id()
        ))),
        (404, _) => Err(Error::Config(format!(
            "intervals.icu knows no athlete {}; correct INTERVALS_ATHLETE_ID, or unset it to use the owner of the key",
            athlete.id()
        ))),
        _ => Err(Error::Unexpected(format!(
            "intervals.icu: unexpected response to the request for the athlete ({})",
            error_text(response)
        ))),
    }
}

/// The status and the service's message, shortened and without control characters.
pub fn error_text(response: &Response) -> String {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let text = MESSAGES.iter().find_map(|name| body[*name].as_str()).unwrap_or("");
    let text: String = printable(text).trim().chars().take(SHOWN).collect();
    if text.is_empty() { format!("HTTP {}", response.status) } else { format!("HTTP {}: {text}", response.status) }
}

/// A text that is not empty.
pub fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn response(status: u16, body: &Value) -> Response {
        Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    #[test]
    fn the_key_is_in_the_header_alone() {
        let request = with_key(&get("/athlete/0"), &Secret::new("k3y"));
        assert_eq!(request.url, "https://intervals.icu/api/v1/athlete/0");
        assert!(request.hosts.is_empty(), "no redirect may have the key");
        let login = request.headers.iter().find(|(name, _)| name == "Authorization").unwrap();
        assert_eq!(login.1, "Basic QVBJX0tFWTprM3k=");
    }

    #[test]
    fn the_profile_must_be_of_the_athlete_of_the_setting() {
        let of = |id: &str, answer: Value| profile(&Athlete(id.into()), &response(200, &answer));
        let ann = json!({"id": "i42", "name": "Ann", "email": "ann@example.com"});
        assert_eq!(of("0", ann.clone()).unwrap().user_id, "i42");
        assert_eq!(of("42", ann.clone()).unwrap().name.as_deref(), Some("Ann"));
        assert!(matches!(of("i43", ann), Err(Error::Config(words)) if words.contains("INTERVALS_ATHLETE_ID=i43")));
        assert!(matches!(of("0", json!({"name": "Ann"})), Err(Error::Unexpected(_))));
        let missing = profile(&Athlete("i9".into()), &response(404, &json!({"status": 404, "error": "Not Found"})));
        assert!(matches!(missing, Err(Error::Config(_))));
    }

    #[test]
    fn the_key_is_masked_in_the_services_message() {
        let said = |body: &str| {
            let response = Response { status: 500, headers: Vec::new(), body: body.into() };
            error_text(&without_key(response, &Secret::new("k3y/x")))
        };
        assert_eq!(said(r#"{"status":500,"error":"bad key k3y\/x"}"#), "HTTP 500: bad key ***");
        assert_eq!(said(r#"{"message":"k3y/x k3y/x: Basic QVBJX0tFWTprM3kveA=="}"#), "HTTP 500: *** ***: Basic ***");
        for unchanged in ["[1]", "k3y/x", r#""text""#, r#"{"error":7}"#] {
            let response = Response { status: 200, headers: Vec::new(), body: unchanged.into() };
            assert_eq!(without_key(response, &Secret::new("k3y/x")).body, unchanged.as_bytes());
        }
    }

    #[test]
    fn refusals_are_classified() {
        let read = get("/x");
        let write = write("DELETE", "/x");
        let of = |request: &Request, status| check(request, &response(status, &json!({"error": "why"})));
        assert!(matches!(of(&read, 403), Err(Error::Config(words)) if words.contains("HTTP 403: why")));
        assert!(matches!(of(&read, 429), Err(Error::Retry { platform_wide: true, .. })));
        assert!(matches!(of(&read, 503), Err(Error::Retry { platform_wide: false, .. })));
        assert!(matches!(of(&write, 503), Err(Error::OutcomeUnknown(_))));
        assert!(of(&read, 404).is_ok() && of(&read, 422).is_ok());
        for status in [401, 403] {
            let page = Response { status, headers: Vec::new(), body: b"\n<html>".to_vec() };
            assert!(matches!(check(&read, &page), Err(Error::Retry { platform_wide: true, .. })), "{status}");
        }
    }

    #[test]
    fn ids_have_digits_and_at_most_one_letter() {
        assert!(is_id("i55751783") && is_id("16000000001"));
        for bad in ["", "i", "ii1", "1/2", "i1?x", "0x1", "i123456789012345678901"] {
            assert!(!is_id(bad), "{bad}");
        }
        assert!(activity_path("../x").is_err());
    }
}
