//! Deletes an activity at Garmin: the request and its response. Pure.

use super::domain::Domain;
use super::{block_page, import_result};
use crate::http::{Request, Response};
use crate::platform::{Error, Result, lenient_json};

/// The request. `id` has digits only.
pub fn request(domain: &Domain, id: &str) -> Request {
    domain.write("DELETE", &format!("/activity-service/activity/{id}"))
}

/// Reads the response, which is 204 in recordings (garth).
pub fn parse(response: &Response) -> Result<()> {
    block_page::check(response, "the deletion")?;
    let is_page = !response.body.is_empty() && lenient_json::parse(&response.body).is_none();
    let error_text = || import_result::error_text(response);
    match response.status {
        200..=299 if !is_page => Ok(()),
        // The activity is deleted already, by another client or by an earlier try whose response was lost.
        404 | 410 => Ok(()),
        // A login that can list and upload can delete as well, so the rejection concerns the activity, not the login.
        403 => Err(Error::Rejected(format!("Garmin rejected the deletion ({})", error_text()))),
        408 | 200..=299 | 500..=599 => Err(Error::OutcomeUnknown(format!(
            "Garmin: server error (HTTP {}); outcome of the deletion unknown, checked by the next listing",
            response.status
        ))),
        _ => {
            import_result::check_login(response, "deletions")?;
            Err(Error::Unexpected(format!("unexpected response to the deletion ({})", error_text())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::COM;
    use super::*;

    fn answer(status: u16, body: &str) -> Result<()> {
        parse(&Response { status, headers: Vec::new(), body: body.into() })
    }

    #[test]
    fn the_request_is_sent_once() {
        let request = request(&COM, "12135235656");
        assert_eq!((request.method, request.repeat), ("DELETE", crate::http::Repeat::Never));
        assert_eq!(request.url, "https://connectapi.garmin.com/activity-service/activity/12135235656");
    }

    #[test]
    fn a_missing_activity_counts_as_deleted() {
        let missing = r#"{"message":"HTTP 404 Not Found","error":"NotFoundException"}"#;
        assert!(answer(204, "").is_ok() && answer(200, "{}").is_ok() && answer(404, missing).is_ok());
    }

    #[test]
    fn other_responses_are_classified() {
        let forbidden = answer(403, r#"{"message":"HTTP 403 Forbidden","error":"ForbiddenException"}"#);
        assert!(matches!(forbidden, Err(Error::Rejected(words)) if words.contains("ForbiddenException")));
        for (status, body) in [(500, "{}"), (503, "<html>"), (504, ""), (408, ""), (200, "<html>")] {
            assert!(matches!(answer(status, body), Err(Error::OutcomeUnknown(_))), "{status}");
        }
        assert!(matches!(answer(403, "<html>"), Err(Error::Retry { platform_wide: true, .. })));
        assert!(matches!(answer(429, ""), Err(Error::Retry { platform_wide: true, .. })));
        assert!(matches!(answer(401, "{}"), Err(Error::Login(_))));
        assert!(matches!(answer(400, "{}"), Err(Error::Unexpected(_))));
    }
}
