//! What Garmin's import says of a file, the same in the answer to an upload and in its status: `detailedImportResult` with
//! `successes` and `failures` (protocols of garth, garminexport and Strava sync tools). Pure.

use serde_json::Value;

use super::block_page;
use super::domain::Site;
use super::list::id;
use crate::activity::printable;
use crate::http::Response;
use crate::platform::{Error, Result, lenient_json};

/// Garmin's code of a failure that is none: the exercise is there already.
const DUPLICATE: u64 = 202;
/// No service needs more words to say what is wrong with a file.
const LONGEST_WORDS: usize = 300;

/// What the import of a file came to, as far as the body says.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is an activity.
    Created(Option<String>),
    /// It was there already.
    AlreadyThere(Option<String>),
    /// It is refused, in the service's words.
    Refused(String),
    /// Neither yet: both lists are empty.
    Open,
    /// The body is no import result.
    None,
}

/// Reads the body of an answer.
pub fn verdict(response: &Response) -> Verdict {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let result = &body["detailedImportResult"];
    if !result.is_object() {
        return Verdict::None;
    }
    let list = |name: &str| result[name].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(success) = list("successes").first() {
        return Verdict::Created(internal_id(success));
    }
    let failures = list("failures");
    let is_duplicate = |failure: &&Value| messages(failure).iter().any(|message| message["code"] == DUPLICATE);
    if let Some(failure) = failures.iter().find(is_duplicate) {
        return Verdict::AlreadyThere(internal_id(failure));
    }
    if failures.is_empty() {
        return Verdict::Open;
    }
    let words: Vec<String> = failures.iter().flat_map(messages).filter_map(words_of).collect();
    Verdict::Refused(if words.is_empty() { "without a reason".into() } else { short(&words.join("; ")) })
}

/// The id of the activity that a failure names, whatever its code: a 409 says by its status what it is.
pub fn named_id(response: &Response) -> Option<String> {
    let body = lenient_json::parse(&response.body)?;
    body["detailedImportResult"]["failures"].as_array()?.iter().find_map(internal_id)
}

/// The service's own words in a refusal without an import result: `{"message": …, "error": …}`.
pub fn words(response: &Response) -> String {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let words: Vec<&str> = ["message", "error"].iter().filter_map(|name| body[*name].as_str()).collect();
    let words = short(&words.join(", "));
    if words.is_empty() { format!("HTTP {}", response.status) } else { format!("HTTP {}: {words}", response.status) }
}

/// The activity's id in a `location` header that points to one.
pub fn located_id(site: &Site, response: &Response) -> Option<String> {
    let digits = response.header("location")?.strip_prefix(&site.url("connectapi", "/activity-service/activity/"))?;
    super::is_id(digits).then(|| digits.to_owned())
}

/// Answers that mean the same whatever was asked with a good token: `what` is a few words for it.
pub fn refusal(response: &Response, what: &str) -> Result<()> {
    block_page::check(response, what)?;
    match response.status {
        401 | 403 => Err(Error::Login(format!(
            "Garmin does not allow {what} with this login ({}); log in anew with gs-auth login",
            words(response)
        ))),
        _ => Ok(()),
    }
}

fn internal_id(item: &Value) -> Option<String> {
    id(&item["internalId"]).filter(|id| id != "0")
}

fn messages(failure: &Value) -> &[Value] {
    failure["messages"].as_array().map_or(&[], Vec::as_slice)
}

fn words_of(message: &Value) -> Option<String> {
    let content = message["content"].as_str().map(str::trim).filter(|text| !text.is_empty());
    content.map(str::to_owned).or_else(|| Some(format!("code {}", message["code"].as_i64()?)))
}

fn short(text: &str) -> String {
    let text = printable(text);
    let mut short: String = text.chars().take(LONGEST_WORDS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::super::domain::COM;
    use super::*;

    fn read(body: &str) -> Verdict {
        verdict(&Response { status: 400, headers: Vec::new(), body: body.into() })
    }

    #[test]
    fn ids_may_be_quoted_and_a_duplicate_is_no_failure() {
        for id in ["42", "\"42\""] {
            let created =
                format!(r#"{{"detailedImportResult":{{"successes":[{{"internalId":{id}}}],"failures":[]}}}}"#);
            assert_eq!(read(&created), Verdict::Created(Some("42".into())));
            let there = format!(
                r#"{{"detailedImportResult":{{"uploadId":"","successes":[],"failures":[{{"internalId":{id},"messages":[{{"code":202,"content":"Duplicate Activity."}}]}}]}}}}"#
            );
            assert_eq!(read(&there), Verdict::AlreadyThere(Some("42".into())));
        }
        assert_eq!(read(r#"{"detailedImportResult":{"successes":[{"internalId":null}]}}"#), Verdict::Created(None));
        assert_eq!(read(r#"{"detailedImportResult":{"successes":[],"failures":[]}}"#), Verdict::Open);
        assert_eq!(read("<html>"), Verdict::None);
    }

    #[test]
    fn the_services_words_are_printable_and_bounded() {
        let failure =
            |messages: &str| read(&format!(r#"{{"detailedImportResult":{{"failures":[{{"messages":{messages}}}]}}}}"#));
        assert_eq!(
            failure(r#"[{"code":206,"content":"Bad \u001b[2Jfile."}]"#),
            Verdict::Refused("Bad [2Jfile.".into())
        );
        assert_eq!(failure(r#"[{"code":419}]"#), Verdict::Refused("code 419".into()));
        assert_eq!(failure("null"), Verdict::Refused("without a reason".into()));
        let long = failure(&format!(r#"[{{"code":1,"content":"{}"}}]"#, "x".repeat(9000)));
        assert!(matches!(long, Verdict::Refused(words) if words.chars().count() == LONGEST_WORDS + 1));
    }

    #[test]
    fn an_activity_is_located_on_the_platforms_own_host() {
        let at = |location: &str| {
            let headers = vec![("location".to_owned(), location.to_owned())];
            located_id(&COM, &Response { status: 201, headers, body: Vec::new() })
        };
        assert_eq!(at("https://connectapi.garmin.com/activity-service/activity/42").as_deref(), Some("42"));
        assert_eq!(at("https://connectapi.garmin.com/activity-service/activity/status/1/a"), None);
        assert_eq!(at("https://connectapi.garmin.cn/activity-service/activity/42"), None);
    }
}
