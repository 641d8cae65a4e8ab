//! Deletes an activity at Garmin: what is asked, and what the answer means. Pure.

use super::domain::Site;
use super::{block_page, import_result};
use crate::http::{Request, Response};
use crate::platform::{Error, Result, lenient_json};

/// The request. `id` is made of digits.
pub fn request(site: &Site, id: &str) -> Request {
    site.write("DELETE", &format!("/activity-service/activity/{id}"))
}

/// What the answer means: 204 in what is recorded (garth).
pub fn parse(response: &Response) -> Result<()> {
    block_page::check(response, "deleting")?;
    let is_page = !response.body.is_empty() && lenient_json::parse(&response.body).is_none();
    let words = || import_result::words(response);
    match response.status {
        200..=299 if !is_page => Ok(()),
        // Somebody else was quicker, or an earlier try whose answer got lost went well: it is gone, as was wanted.
        404 | 410 => Ok(()),
        // Whoever may list and upload may delete as well: it is about this one, not about the login.
        403 => Err(Error::Refused(format!("Garmin does not let it be deleted ({})", words()))),
        408 | 200..=299 | 500..=599 => Err(Error::Unclear(format!(
            "Garmin is in trouble (HTTP {}); whether it is gone is looked up",
            response.status
        ))),
        _ => {
            import_result::refusal(response, "deleting")?;
            Err(Error::Strange(format!("Garmin does not delete it ({})", words())))
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
    fn it_is_asked_for_once() {
        let request = request(&COM, "12135235656");
        assert_eq!((request.method, request.repeat), ("DELETE", crate::http::Repeat::Never));
        assert_eq!(request.url, "https://connectapi.garmin.com/activity-service/activity/12135235656");
    }

    #[test]
    fn gone_is_gone_whoever_did_it() {
        let missing = r#"{"message":"HTTP 404 Not Found","error":"NotFoundException"}"#;
        assert!(answer(204, "").is_ok() && answer(200, "{}").is_ok() && answer(404, missing).is_ok());
    }

    #[test]
    fn the_other_answers() {
        let forbidden = answer(403, r#"{"message":"HTTP 403 Forbidden","error":"ForbiddenException"}"#);
        assert!(matches!(forbidden, Err(Error::Refused(words)) if words.contains("ForbiddenException")));
        for (status, body) in [(500, "{}"), (503, "<html>"), (504, ""), (408, ""), (200, "<html>")] {
            assert!(matches!(answer(status, body), Err(Error::Unclear(_))), "{status}");
        }
        assert!(matches!(answer(403, "<html>"), Err(Error::Later { down: true, .. })));
        assert!(matches!(answer(429, ""), Err(Error::Later { down: true, .. })));
        assert!(matches!(answer(401, "{}"), Err(Error::Login(_))));
        assert!(matches!(answer(400, "{}"), Err(Error::Strange(_))));
    }
}
