//! What became of an upload: the address that came with the 202, asked until it says. Pure.
//!
//! 202 is "still at work", 201 with the activity's address is done (garminexport); what else is known of it is the same
//! as in the answer to the upload itself.

use super::domain::Site;
use super::import_result::{self, Verdict};
use super::is_id;
use super::list::id;
use crate::http::{Request, Response};
use crate::platform::{Error, Result, Uploaded, lenient_json};

/// Where the addresses of statuses lie.
pub const PATH: &str = "/activity-service/activity/status/";

/// The question that `ticket` stands for; `None` if that is no address of a status on the platform's own host: it would
/// be handed the token.
pub fn request(site: &Site, ticket: &str) -> Option<Request> {
    let rest = ticket.strip_prefix(&site.url("connectapi", PATH))?;
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (time, uuid) = rest.split_once('/')?;
    let request = site.get(&format!("{PATH}{rest}")).header("Accept", "application/json");
    (is_id(time) && plain(uuid)).then_some(request)
}

/// What an answer to it means.
pub fn parse(site: &Site, ticket: &str, response: &Response) -> Result<Uploaded> {
    import_result::refusal(response, "a look at an upload")?;
    match (response.status, import_result::verdict(response)) {
        (408 | 500..=599, _) => Err(Error::Later {
            message: format!("Garmin is in trouble (HTTP {}); try again later", response.status),
            down: false,
        }),
        // It forgets them after some time.
        (404 | 410, _) => Ok(Uploaded::Unknown),
        (_, Verdict::AlreadyThere(id)) => Ok(Uploaded::AlreadyThere(id)),
        (409, _) => Ok(Uploaded::AlreadyThere(import_result::named_id(response))),
        (_, Verdict::Refused(words)) => Err(Error::Refused(format!("Garmin refuses the file: {words}"))),
        (200..=202, Verdict::Created(id)) => {
            Ok(Uploaded::Created(id.or_else(|| import_result::located_id(site, response))))
        }
        (202, _) => Ok(Uploaded::Pending(ticket.to_owned())),
        (200 | 201, verdict) => done(site, &verdict, response),
        _ => Err(Error::Strange(format!("Garmin does not tell of the upload ({})", import_result::words(response)))),
    }
}

/// Success without a list of successes: where it leads says what it is.
fn done(site: &Site, verdict: &Verdict, response: &Response) -> Result<Uploaded> {
    // A redirect to the activity has been followed by now, and its own entry came.
    let shown = lenient_json::parse(&response.body).and_then(|body| id(&body["activityId"]));
    match import_result::located_id(site, response).or(shown) {
        Some(id) => Ok(Uploaded::Created(Some(id))),
        None if response.status == 201 => Ok(Uploaded::Created(None)),
        None if *verdict == Verdict::Open => Ok(Uploaded::Unknown),
        None => Err(Error::Strange("Garmin shows something else where the state of an upload should be".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::{CN, COM};
    use super::*;

    const TICKET: &str =
        "https://connectapi.garmin.com/activity-service/activity/status/1695952699113/6e56051d1dd44f2c";
    const OPEN: &str = r#"{"detailedImportResult":{"successes":[],"failures":[]}}"#;

    fn answer(status: u16, location: &str, body: &str) -> Result<Uploaded> {
        let headers = vec![("location".to_owned(), location.to_owned())];
        parse(&COM, TICKET, &Response { status, headers, body: body.into() })
    }

    #[test]
    fn only_the_platforms_own_addresses_are_asked() {
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
    fn a_status_ends_as_an_activity_a_duplicate_or_a_refusal() {
        let activity = "https://connectapi.garmin.com/activity-service/activity/42";
        let created = |id: Option<&str>| Uploaded::Created(id.map(str::to_owned));
        assert_eq!(answer(202, TICKET, OPEN).unwrap(), Uploaded::Pending(TICKET.into()));
        assert_eq!(answer(202, "", "").unwrap(), Uploaded::Pending(TICKET.into()));
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
        assert_eq!(answer(409, "", &failed(202)).unwrap(), Uploaded::AlreadyThere(Some("42".into())));
        assert_eq!(answer(200, "", &failed(202)).unwrap(), Uploaded::AlreadyThere(Some("42".into())));
        assert!(matches!(answer(400, "", &failed(500)), Err(Error::Refused(words)) if words.ends_with("No.")));
    }

    #[test]
    fn what_is_not_told_is_unknown_and_trouble_is_no_answer() {
        assert_eq!(answer(404, "", "{}").unwrap(), Uploaded::Unknown);
        assert_eq!(answer(200, "", OPEN).unwrap(), Uploaded::Unknown);
        assert!(matches!(answer(503, "", ""), Err(Error::Later { down: false, .. })));
        assert!(matches!(answer(429, "", ""), Err(Error::Later { down: true, .. })));
        assert!(matches!(answer(200, "", "<html>"), Err(Error::Strange(_))));
        assert!(matches!(answer(418, "", "{}"), Err(Error::Strange(_))));
    }
}
