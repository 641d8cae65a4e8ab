//! The result of the import of a file, which has the same form in the response to an upload and in its status:
//! `detailedImportResult` with `successes` and `failures` (recordings of garth, garminexport and Strava sync tools).
//! Pure.

use serde_json::Value;

use super::block_page;
use super::domain::Domain;
use super::list::id;
use crate::activity::printable;
use crate::http::Response;
use crate::platform::{Error, Result, lenient_json};

/// The code of the failure "the activity exists".
const DUPLICATE: u64 = 202;
/// The longest message of the service that is shown, in characters.
const LONGEST_MESSAGE: usize = 300;

/// The result of an import, as far as the body contains it.
#[derive(Debug, PartialEq, Eq)]
pub enum ImportResult {
    /// The file became an activity.
    Created(Option<String>),
    /// The activity existed already.
    Exists(Option<String>),
    /// The file was rejected, with the service's message.
    Rejected(String),
    /// Both lists are empty: the result is not known yet.
    Pending,
    /// The body has no import result.
    None,
}

/// Reads the body of a response.
pub fn read(response: &Response) -> ImportResult {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let result = &body["detailedImportResult"];
    if !result.is_object() {
        return ImportResult::None;
    }
    let list = |name: &str| result[name].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(success) = list("successes").first() {
        return ImportResult::Created(internal_id(success));
    }
    let failures = list("failures");
    let is_duplicate = |failure: &&Value| messages(failure).iter().any(|message| message["code"] == DUPLICATE);
    if let Some(failure) = failures.iter().find(is_duplicate) {
        return ImportResult::Exists(internal_id(failure));
    }
    if failures.is_empty() {
        return ImportResult::Pending;
    }
    let texts: Vec<String> = failures.iter().flat_map(messages).filter_map(text_of).collect();
    ImportResult::Rejected(if texts.is_empty() { "no reason given".into() } else { shorten(&texts.join("; ")) })
}

/// The id of the activity that a failure names, whatever its code. For a 409, whose status already says that the
/// activity exists.
pub fn named_id(response: &Response) -> Option<String> {
    let body = lenient_json::parse(&response.body)?;
    body["detailedImportResult"]["failures"].as_array()?.iter().find_map(internal_id)
}

/// The status and the service's message of an error without an import result: `{"message": …, "error": …}`.
pub fn error_text(response: &Response) -> String {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    let texts: Vec<&str> = ["message", "error"].iter().filter_map(|name| body[*name].as_str()).collect();
    let text = shorten(&texts.join(", "));
    if text.is_empty() { format!("HTTP {}", response.status) } else { format!("HTTP {}: {text}", response.status) }
}

/// The id in a `location` header with the URL of an activity.
pub fn located_id(domain: &Domain, response: &Response) -> Option<String> {
    let digits = response.header("location")?.strip_prefix(&domain.url("connectapi", "/activity-service/activity/"))?;
    super::is_id(digits).then(|| digits.to_owned())
}

/// Returns an error for a response that rejects the login, or that a proxy sent. `what` names the request.
pub fn check_login(response: &Response, what: &str) -> Result<()> {
    block_page::check(response, what)?;
    match response.status {
        401 | 403 => Err(Error::Login(format!(
            "Garmin does not allow {what} with this login ({}); log in again: gs-auth login",
            error_text(response)
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

fn text_of(message: &Value) -> Option<String> {
    let content = message["content"].as_str().map(str::trim).filter(|text| !text.is_empty());
    content.map(str::to_owned).or_else(|| Some(format!("code {}", message["code"].as_i64()?)))
}

fn shorten(text: &str) -> String {
    let text = printable(text);
    let mut shortened: String = text.chars().take(LONGEST_MESSAGE).collect();
    if shortened.len() < text.len() {
        shortened.push('…');
    }
    shortened
}

#[cfg(test)]
mod tests {
    use super::super::domain::COM;
    use super::*;

    fn result(body: &str) -> ImportResult {
        read(&Response { status: 400, headers: Vec::new(), body: body.into() })
    }

    #[test]
    fn ids_may_be_quoted_and_a_duplicate_is_not_a_failure() {
        for id in ["42", "\"42\""] {
            let created =
                format!(r#"{{"detailedImportResult":{{"successes":[{{"internalId":{id}}}],"failures":[]}}}}"#);
            assert_eq!(result(&created), ImportResult::Created(Some("42".into())));
            let existing = format!(
                r#"{{"detailedImportResult":{{"uploadId":"","successes":[],"failures":[{{"internalId":{id},"messages":[{{"code":202,"content":"Duplicate Activity."}}]}}]}}}}"#
            );
            assert_eq!(result(&existing), ImportResult::Exists(Some("42".into())));
        }
        assert_eq!(
            result(r#"{"detailedImportResult":{"successes":[{"internalId":null}]}}"#),
            ImportResult::Created(None)
        );
        assert_eq!(result(r#"{"detailedImportResult":{"successes":[],"failures":[]}}"#), ImportResult::Pending);
        assert_eq!(result("<html>"), ImportResult::None);
    }

    #[test]
    fn the_services_message_is_printable_and_bounded() {
        let failure = |messages: &str| {
            result(&format!(r#"{{"detailedImportResult":{{"failures":[{{"messages":{messages}}}]}}}}"#))
        };
        assert_eq!(
            failure(r#"[{"code":206,"content":"Bad \u001b[2Jfile."}]"#),
            ImportResult::Rejected("Bad [2Jfile.".into())
        );
        assert_eq!(failure(r#"[{"code":419}]"#), ImportResult::Rejected("code 419".into()));
        assert_eq!(failure("null"), ImportResult::Rejected("no reason given".into()));
        let long = failure(&format!(r#"[{{"code":1,"content":"{}"}}]"#, "x".repeat(9000)));
        assert!(matches!(long, ImportResult::Rejected(text) if text.chars().count() == LONGEST_MESSAGE + 1));
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
