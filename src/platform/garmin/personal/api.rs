//! Requests to the Personal API, and the response to the exchange of a key. Pure.
//!
//! Sources: Garmin's pages of the developer program (FAQ, Personal API), Garmin's own client
//! garmin-connect-personal-api-python 1.0.0, and the models and corrections of gcpapi-sync 0.1.20261022 (reviewed
//! 2026-11-29).

use jiff::Timestamp;

use super::token::AccessToken;
use crate::http::{Repeat, Request, Response, Secret, limit};
use crate::platform::garmin::block_page;
use crate::platform::garmin::domain::{self, Domain};
use crate::platform::garmin::list::{PageForm, SEARCH_PATH};
use crate::platform::{Error, Result, lenient_json};

const HOST: &str = "personal.connectapi";
const EXCHANGE: &str = "/personalapitoken-service/personal-api/personal-api-key/token";
/// The type of an original. With `application/octet-stream` alone the service responds with 406.
const ZIP: &str = "application/x-zip-compressed";
/// The longest access token: real ones have about a thousand characters.
const LONGEST_TOKEN: usize = 16 << 10;

/// The status of each exchange that was tried at garmin.cn (Likenttt's report of 2026-10-22; reviewed 2026-11-29).
const SEEN_AT_CN: u16 = 526;

/// Pages above about 45 entries fail with HTTP 500, also those of the service's own default, 99. Legs of multisport
/// activities are left out, as in the list of the web access: each would have the file of the whole activity.
pub const PAGES: PageForm = PageForm { limit: 40, smaller: Some(20), parameters: &[("excludeChildren", "true")] };

/// The web page on which a person makes a key.
pub fn key_page(domain: &Domain) -> String {
    domain.url("connect", "/app/settings/personalApiToken")
}

/// A read, without its token. No other host gets the token: `Request::hosts` stays empty.
fn get(domain: &Domain, path: &str) -> Request {
    let mut request = Request::get(domain.url(HOST, path));
    request.repeat = Repeat::ReadLimited;
    request
}

fn json(domain: &Domain, path: &str) -> Request {
    get(domain, path).header("Accept", "application/json")
}

/// The request for a page of the list.
pub fn list_request(domain: &Domain, path: &str) -> Request {
    json(domain, path).limit(limit::LIST)
}

/// The request for the newest activity, which names the owner.
pub fn newest_request(domain: &Domain) -> Request {
    json(domain, &format!("{SEARCH_PATH}?start=0&limit=1")).limit(limit::SMALL)
}

/// The request for the summary of a day, which names the owner even if the account has no activities.
pub fn summary_request(domain: &Domain, now: Timestamp) -> Request {
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    json(domain, &format!("/usersummary-service/usersummary/daily?calendarDate={day}")).limit(limit::SMALL)
}

/// The request for the details of an activity.
pub fn details_request(domain: &Domain, id: &str) -> Request {
    json(domain, &format!("/activity-service/activity/{id}"))
}

/// The request for the original of an activity.
pub fn file_request(domain: &Domain, id: &str) -> Request {
    get(domain, &format!("/download-service/files/activity/{id}")).limit(limit::FILE).header("Accept", ZIP)
}

/// The request that exchanges a key for an access token. A repetition only returns another token.
pub fn exchange_request(domain: &Domain, key: &Secret) -> Request {
    let mut request =
        get(domain, EXCHANGE).limit(limit::SMALL).header("Authorization", format!("ApiKey {}", key.expose()));
    request.method = "POST";
    request.body = Some(Vec::new());
    request
}

/// Adds the access token.
pub fn with_token(request: &Request, token: &str) -> Request {
    request.clone().header("Authorization", format!("Bearer {token}"))
}

/// The result of an exchange.
pub enum Exchanged {
    /// The key is valid.
    Token(AccessToken),
    /// The service rejects the key, for this reason.
    Rejected(String),
}

/// Reads the response to an exchange: the token as text. Some clients also expect quotation marks or a JSON object.
///
/// # Errors
/// [`Error::Retry`]: the response says nothing about the key.
pub fn read_exchange(domain: &Domain, response: &Response, now: Timestamp) -> Result<Exchanged> {
    const WHAT: &str = "the access token";
    block_page::check(response, WHAT)?;
    let rejected =
        |why: &str| Ok(Exchanged::Rejected(format!("Garmin rejects the API key (HTTP {}): {why}", response.status)));
    match response.status {
        200 => token_text(response).map(|text| Exchanged::Token(AccessToken::new(text, now))).ok_or_else(|| {
            Error::retry_platform("Garmin: unexpected response to the exchange of the API key; try again later")
        }),
        400 if block_page::is_html(response) => Err(Error::retry_platform(format!(
            "{}; the key is kept; try again later",
            block_page::web_page(response, WHAT)
        ))),
        400 => rejected("it is mistyped"),
        401 | 403 => rejected(match *domain == domain::CN {
            true => "it has ended, was deleted or is mistyped, or it is a key of garmin.com",
            false => "it has ended, was deleted or is mistyped, or it is a key of garmin.cn",
        }),
        status if *domain == domain::CN => Err(Error::retry_platform(format!(
            "the Personal API of garmin.cn does not work (HTTP {status}{}); log in to garmin.cn instead: gs-auth login \
             --platform {}",
            if status == SEEN_AT_CN { ", as in October 2026" } else { "" },
            domain.platform
        ))),
        status => {
            Err(Error::retry_platform(format!("Garmin: cannot exchange the API key (HTTP {status}); try again later")))
        }
    }
}

fn token_text(response: &Response) -> Option<String> {
    let text = std::str::from_utf8(&response.body).ok()?.trim();
    let in_json = lenient_json::parse(&response.body).and_then(|body| {
        let names = ["access_token", "accessToken", "token"];
        names.iter().find_map(|name| body[*name].as_str().map(str::to_owned))
    });
    let text = in_json.unwrap_or_else(|| text.trim_matches('"').to_owned());
    let is_token = |text: &String| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte);
        (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(is_part)
    };
    Some(text).filter(is_token)
}

/// The key in a text: one line, without the white space around it. Its form is not documented, so it is not checked
/// further.
///
/// # Errors
/// [`Error::Input`]: the text cannot be a key.
pub fn key_of(text: &str) -> Result<Secret> {
    let key = text.trim_start_matches('\u{feff}').trim();
    match key {
        "" => Err(Error::Input("the API key is empty".into())),
        _ if key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => Ok(Secret::new(key)),
        _ => Err(Error::Input(
            "the text is not an API key of Garmin: a key is one line of letters, digits and signs".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::garmin::domain::{CN, COM};

    fn exchanged(domain: &Domain, status: u16, body: &str) -> Result<Exchanged> {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        read_exchange(domain, &Response { status, headers: Vec::new(), body: body.into() }, now)
    }

    #[test]
    fn an_exchange_sends_the_key_in_a_header_to_its_own_region_alone() {
        for (domain, host) in [(COM, "personal.connectapi.garmin.com"), (CN, "personal.connectapi.garmin.cn")] {
            let request = exchange_request(&domain, &Secret::new("GCDC_a"));
            assert_eq!(request.url, format!("https://{host}{EXCHANGE}"));
            assert_eq!((request.method, request.body.as_deref()), ("POST", Some(&b""[..])));
            assert_eq!(request.headers, [("Authorization".to_owned(), "ApiKey GCDC_a".to_owned())]);
            assert!(request.hosts.is_empty() && !request.changes);
            let file = with_token(&file_request(&domain, "7"), "t");
            assert!(file.hosts.is_empty() && file.url.contains(host));
            assert_eq!(
                file.headers,
                [("Accept", "application/x-zip-compressed"), ("Authorization", "Bearer t")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
            );
        }
    }

    #[test]
    fn a_token_is_text_in_any_known_form() {
        for body in ["a.b.c", "  a.b.c\r\n", "\"a.b.c\"", r#"{"access_token":"a.b.c"}"#, r#"{"token":"a.b.c"}"#] {
            let Ok(Exchanged::Token(token)) = exchanged(&COM, 200, body) else { panic!("{body}") };
            assert_eq!(token.text, "a.b.c");
        }
        for body in ["", "<html>", "{}", "[]", "two words", &"x".repeat(20_000)] {
            assert!(matches!(exchanged(&COM, 200, body), Err(Error::Retry { platform_wide: true, .. })), "{body}");
        }
    }

    #[test]
    fn only_a_refusal_of_the_service_itself_ends_a_key() {
        for (status, body) in [(401, ""), (401, "{}"), (403, "{}"), (400, r#"{"message":"Malformed"}"#)] {
            assert!(matches!(exchanged(&COM, status, body), Ok(Exchanged::Rejected(_))), "{status}");
        }
        const PAGE: &str = "<html>blocked";
        for (status, body) in
            [(400, PAGE), (401, PAGE), (403, PAGE), (429, ""), (500, ""), (503, ""), (404, ""), (302, "")]
        {
            assert!(matches!(exchanged(&COM, status, body), Err(Error::Retry { platform_wide: true, .. })), "{status}");
        }
        for (status, words) in [(526, "(HTTP 526, as in October 2026);"), (500, "(HTTP 500);")] {
            let Err(error) = exchanged(&CN, status, "<html>") else { panic!("{status}") };
            assert!(error.to_string().contains(&format!("garmin.cn does not work {words}")), "{error}");
        }
    }

    #[test]
    fn a_key_is_one_line_that_is_not_empty() {
        assert_eq!(key_of("\u{feff} GCDC_a-b\n").unwrap().expose(), "GCDC_a-b");
        assert_eq!(key_of("another form").unwrap().expose(), "another form");
        for bad in ["", " \n", "a\nb", "schlüssel", "a\tb"] {
            assert!(matches!(key_of(bad), Err(Error::Input(_))), "{bad:?}");
        }
    }
}
