//! The status of an upload, at the URL from the 202 response. Pure.
//!
//! 202 means pending, 201 with the URL of the activity means done (garminexport); the rest is the same as in the
//! response to the upload itself.

use super::domain::Domain;
use super::import_result::{self, ImportResult};
use super::is_id;
use super::list::id;
use crate::http::{Request, Response};
use crate::platform::{Error, Result, UploadStatus, lenient_json};

/// The path of status URLs.
pub const PATH: &str = "/activity-service/activity/status/";

/// The request for the status at `url`. `None` if that is not a status URL on the platform's own host, because the
/// request contains the token.
pub fn request(domain: &Domain, url: &str) -> Option<Request> {
    let rest = url.strip_prefix(&domain.url("connectapi", PATH))?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (time, uuid) = rest.split_once('/')?;
    let request = domain.get(&format!("{PATH}{rest}")).header("Accept", "application/json");
    (is_id(time) && plain(uuid)).then_some(request)
}

/// Reads the response.
pub fn parse(domain: &Domain, url: &str, response: &Response) -> Result<UploadStatus> {
    import_result::check_login(response, "the status of uploads")?;
    match (response.status, import_result::read(response)) {
        (408 | 500..=599, _) => {
            Err(Error::retry_item(format!("Garmin: server error (HTTP {}); try again later", response.status)))
        }
        // Garmin deletes old statuses.
        (404 | 410, _) => Ok(UploadStatus::Unknown),
        (_, ImportResult::Exists(id)) => Ok(UploadStatus::Exists(id)),
        (409, _) => Ok(UploadStatus::Exists(import_result::named_id(response))),
        (_, ImportResult::Rejected(why)) => Err(Error::Rejected(format!("Garmin rejected the file: {why}"))),
        (200..=202, ImportResult::Created(id)) => {
            Ok(UploadStatus::Created(id.or_else(|| import_result::located_id(domain, response))))
        }
        (202, _) => Ok(UploadStatus::Pending(url.to_owned())),
        (200 | 201, result) => done(domain, &result, response),
        _ => Err(Error::Unexpected(format!(
            "unexpected response to the status of an upload ({})",
            import_result::error_text(response)
        ))),
    }
}

/// Reads a success without a list of successes: the URL or the content of the response names the activity.
fn done(domain: &Domain, result: &ImportResult, response: &Response) -> Result<UploadStatus> {
    // If a redirect to the activity was followed, the response is the activity itself.
    let shown = lenient_json::parse(&response.body).and_then(|body| id(&body["activityId"]));
    match import_result::located_id(domain, response).or(shown) {
        Some(id) => Ok(UploadStatus::Created(Some(id))),
        None if response.status == 201 => Ok(UploadStatus::Created(None)),
        None if *result == ImportResult::Pending => Ok(UploadStatus::Unknown),
        None => Err(Error::Unexpected("Garmin: unexpected response instead of the status of an upload".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::{CN, COM};
    use super::*;

    const TICKET: &str =
        "https://connectapi.garmin.com/activity-service/activity/status/1695952699113/6e56051d1dd44f2c";
    const OPEN: &str = r#"{"detailedImportResult":{"successes":[],"failures":[]}}"#;

    fn answer(status: u16, location: &str, body: &str) -> Result<UploadStatus> {
        let headers = vec![("location".to_owned(), location.to_owned())];
        parse(&COM, TICKET, &Response { status, headers, body: body.into() })
    }

    #[test]
    fn only_status_urls_on_the_own_host_are_requested() {
        assert_eq!(request(&COM, TICKET).unwrap().url, TICKET);
        assert!(request(&CN, TICKET).is_none());
        for bad in [
            "none",
            "",
            "https://connectapi.garmin.com.evil.example/activity-service/activity/status/1/a",
            "http://connectapi.garmin.com/activity-service/activity/status/1/a",
            "https://connectapi.garmin.com/activity-service/activity/status/1/a?b",
            "https://connectapi.garmin.com/activity-service/activity/status/../1",
            "https://connectapi.garmin.com/activity-service/activity/status/1/../../2",
            "https://connectapi.garmin.com/activity-service/activity/status/1",
        ] {
            assert!(request(&COM, bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_status_ends_as_an_activity_a_duplicate_or_a_rejection() {
        let activity = "https://connectapi.garmin.com/activity-service/activity/42";
        let created = |id: Option<&str>| UploadStatus::Created(id.map(str::to_owned));
        assert_eq!(answer(202, TICKET, OPEN).unwrap(), UploadStatus::Pending(TICKET.into()));
        assert_eq!(answer(202, "", "").unwrap(), UploadStatus::Pending(TICKET.into()));
        assert_eq!(answer(201, activity, "").unwrap(), created(Some("42")));
        assert_eq!(answer(201, "", "").unwrap(), created(None));
        assert_eq!(answer(200, "", r#"{"activityId":42}"#).unwrap(), created(Some("42")));
        let success = r#"{"detailedImportResult":{"successes":[{"internalId":"42"}],"failures":[]}}"#;
        assert_eq!(answer(200, "", success).unwrap(), created(Some("42")));
        let failed = |code: u32| {
            format!(
                r#"{{"detailedImportResult":{{"failures":[{{"internalId":42,"messages":[{{"code":{code},"content":"No."}}]}}]}}}}"#
            )
        };
        assert_eq!(answer(409, "", &failed(202)).unwrap(), UploadStatus::Exists(Some("42".into())));
        assert_eq!(answer(200, "", &failed(202)).unwrap(), UploadStatus::Exists(Some("42".into())));
        assert!(matches!(answer(400, "", &failed(500)), Err(Error::Rejected(words)) if words.ends_with("No.")));
    }

    #[test]
    fn a_missing_status_is_unknown_and_server_errors_are_retried() {
        assert_eq!(answer(404, "", "{}").unwrap(), UploadStatus::Unknown);
        assert_eq!(answer(200, "", OPEN).unwrap(), UploadStatus::Unknown);
        assert!(matches!(answer(503, "", ""), Err(Error::Retry { platform_wide: false, .. })));
        assert!(matches!(answer(429, "", ""), Err(Error::Retry { platform_wide: true, .. })));
        assert!(matches!(answer(200, "", "<html>"), Err(Error::Unexpected(_))));
        assert!(matches!(answer(418, "", "{}"), Err(Error::Unexpected(_))));
    }
}
