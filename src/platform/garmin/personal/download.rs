//! Downloads with a key: the original, or why there is none. This module decides; the caller sends.

use super::api;
use crate::activity::Activity;
use crate::http::{Request, Response};
use crate::platform::garmin::domain::Domain;
use crate::platform::garmin::download::{FileReply, read_file, without_file};
use crate::platform::{Download, Error, Result, lenient_json};

/// Downloads the original of one activity. This API converts nothing, so there is no other file.
pub fn run(
    domain: &Domain,
    activity: &Activity,
    send: &mut dyn FnMut(&Request) -> Result<Response>,
) -> Result<Download> {
    if activity.manual {
        return Ok(Download::None { why: "entered by hand: no file".into() });
    }
    let failure = match read_file(&send(&api::file_request(domain, &activity.id))?)? {
        // An empty body means that there is no data, as a 204 does.
        FileReply::Bytes(bytes) if bytes.is_empty() => "original unavailable (HTTP 200 without a file)".to_owned(),
        FileReply::Bytes(bytes) => return Ok(Download::Original(bytes)),
        FileReply::Unavailable { why, .. } => format!("original unavailable ({why})"),
    };
    let details = send(&api::details_request(domain, &activity.id))?;
    match without_file(&details, failure.clone())? {
        // Any field of the details may be missing, so a missing format does not show that there is no file.
        Download::None { .. } if !is_manual(&details) => Err(Error::retry_item(format!("{failure}; try again later"))),
        none => Ok(none),
    }
}

fn is_manual(details: &Response) -> bool {
    lenient_json::parse(&details.body)
        .is_some_and(|body| [&body["metadataDTO"], &body].iter().any(|place| place["manualActivity"] == true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::garmin::domain::COM;

    /// The result if the file and the details have these responses, and the number of requests.
    fn fetch(file: (u16, &str), details: (u16, &str)) -> (Result<Download>, u32) {
        let mut sent = 0;
        let activity = Activity { platform: "garmin-com".into(), id: "7".into(), ..Activity::default() };
        let result = run(&COM, &activity, &mut |request| {
            sent += 1;
            let (status, body) = if request.url.contains("/files/") { file } else { details };
            Ok(Response { status, headers: Vec::new(), body: body.into() })
        });
        (result, sent)
    }

    #[test]
    fn an_original_takes_one_request() {
        let (result, sent) = fetch((200, "zip"), (500, ""));
        assert_eq!((result.unwrap(), sent), (Download::Original(b"zip".to_vec()), 1));
    }

    #[test]
    fn the_details_decide_whether_there_is_a_file() {
        const MANUAL: &str = r#"{"metadataDTO":{"manualActivity":true}}"#;
        const FIT: &str = r#"{"metadataDTO":{"fileFormat":{"formatKey":"fit"}}}"#;
        for status in [200, 204, 404, 500] {
            let (result, sent) = fetch((status, ""), (200, MANUAL));
            assert!(matches!(result, Ok(Download::None { .. })) && sent == 2, "{status}");
            assert!(matches!(fetch((status, ""), (200, FIT)).0, Err(Error::Rejected(_))), "{status}");
            assert!(matches!(fetch((status, ""), (404, "{}")).0, Err(Error::NotFound(_))), "{status}");
        }
        for (status, words) in [(200, "(HTTP 200 without a file)"), (404, "(HTTP 404)")] {
            let Err(Error::Rejected(failure)) = fetch((status, ""), (200, FIT)).0 else { panic!("{status}") };
            assert_eq!(failure, format!("original unavailable {words}"), "nothing is converted here");
        }
        const UNKNOWN: &str = r#"{"metadataDTO":{"lapCount":3}}"#;
        for status in [204, 404, 410, 500] {
            let (result, _) = fetch((status, ""), (200, UNKNOWN));
            assert!(matches!(result, Err(Error::Retry { platform_wide: false, .. })), "{status}");
        }
        assert!(matches!(fetch((503, ""), (200, MANUAL)), (Err(Error::Retry { platform_wide: false, .. }), 1)));
        assert!(matches!(fetch((406, "{}"), (200, FIT)), (Err(Error::Unexpected(_)), 1)));
    }
}
