//! Downloads from Garmin: the original first, then a converted file. This module decides; the caller sends.

use super::domain::Domain;
use super::{block_page, list};
use crate::activity::Activity;
use crate::http::{Repeat, Request, Response, limit};
use crate::platform::{Download, Error, Result, lenient_json};

/// Sends the request that the given function makes for the domain.
pub type Call<'a> = &'a mut dyn FnMut(&dyn Fn(&Domain) -> Request) -> Result<Response>;

/// The response to a request for a file.
#[derive(Debug, PartialEq, Eq)]
pub enum FileReply {
    /// The file.
    Bytes(Vec<u8>),
    /// The file is unavailable.
    Unavailable {
        /// Why.
        why: String,
        /// Whether it may be available another day.
        is_retryable: bool,
    },
}

/// Downloads the file of one activity.
pub fn run(activity: &Activity, call: Call) -> Result<Download> {
    let id = activity.id.clone();
    let (why, is_retryable) =
        match read_file(&call(&|domain| file(domain, &format!("/download-service/files/activity/{id}")))?)? {
            FileReply::Bytes(bytes) => return Ok(Download::Original(bytes)),
            FileReply::Unavailable { why, is_retryable } => (why, is_retryable),
        };
    if let Some(converted) = converted(activity, &why, is_retryable, call)? {
        return Ok(converted);
    }
    let failure = format!("original unavailable ({why}), and no converted file");
    without_file(&call(&|domain| details_request(domain, &id))?, failure)
}

/// Downloads a converted file, TCX before GPX; `None` if Garmin offers neither. `why`: the reason why the original is
/// unavailable.
pub fn converted(activity: &Activity, why: &str, retry_original: bool, call: Call) -> Result<Option<Download>> {
    let mut failure = None;
    for format in ["tcx", "gpx"] {
        let path = format!("/download-service/export/{format}/activity/{}", activity.id);
        match read_file(&call(&|domain| file(domain, &path))?) {
            Ok(FileReply::Bytes(bytes)) => {
                return Ok(Some(Download::Converted { bytes, why: why.to_owned(), retry_original }));
            }
            Ok(FileReply::Unavailable { .. }) => {}
            // The conversion of a long activity may time out, while a shorter format still works.
            Err(error @ Error::Retry { platform_wide: false, .. }) => failure = Some(error),
            Err(error) => return Err(error),
        }
    }
    failure.map_or(Ok(None), Err)
}

/// The request for the details of one activity, without its token.
pub fn details_request(domain: &Domain, id: &str) -> Request {
    domain.get(&format!("/activity-service/activity/{id}")).header("Accept", "application/json")
}

/// Whether the activity `id` exists, by its details: a response that is neither the activity nor a 404 is an error.
pub fn exists(response: &Response, id: &str) -> Result<bool> {
    block_page::check(response, "the activity")?;
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    match response.status {
        404 | 204 => Ok(false),
        200 if list::id(&body["activityId"]).as_deref() == Some(id) => Ok(true),
        status => {
            let message = format!("cannot check whether activity {id} exists: HTTP {status}; try again later");
            Err(Error::Retry { message, platform_wide: status >= 500 })
        }
    }
}

/// Decides by the details whether the activity has a file, because a failing service may reject the download of a file
/// that exists. `failure`: what was tried, and the responses.
pub fn without_file(details: &Response, failure: String) -> Result<Download> {
    block_page::check(details, "the activity")?;
    if details.status == 404 {
        return Err(Error::NotFound(
            "activity not found on Garmin; the next full listing updates the catalogue".into(),
        ));
    }
    let body = lenient_json::parse(&details.body).filter(|_| details.status == 200).unwrap_or_default();
    let metadata = &body["metadataDTO"];
    let format = metadata["fileFormat"]["formatKey"].as_str();
    let is_manual = [metadata, &body].iter().any(|place| place["manualActivity"] == true);
    if metadata.is_object() && (is_manual || format.is_none()) {
        return Ok(Download::None { why: "entered by hand: no file".into() });
    }
    // Details that name a file show that the service works, so it does not provide this file.
    Err(if format.is_some() {
        Error::Rejected(failure)
    } else {
        Error::retry_item(format!("{failure}; try again later"))
    })
}

fn file(domain: &Domain, path: &str) -> Request {
    let mut request = domain.get(path).limit(limit::FILE).header("Accept", "*/*");
    request.repeat = Repeat::ReadOnce500;
    request
}

/// Reads a response. 404, and 500 twice, mean that the activity has no file; 403 means that the file is unavailable
/// (garmin-connect-export, garminexport issue 57). A web page comes from a proxy in front of the service, which may
/// block this URL alone. 502 to 504 say nothing about the file, either.
pub fn read_file(response: &Response) -> Result<FileReply> {
    if block_page::is_web_page(response) {
        let message = format!("{}; the token is kept; try again later", block_page::web_page(response, "the file"));
        return Err(Error::retry_item(message));
    }
    block_page::check(response, "the file")?;
    let unavailable =
        |is_retryable| Ok(FileReply::Unavailable { why: format!("HTTP {}", response.status), is_retryable });
    match response.status {
        // The archive rejects an empty body.
        200 => Ok(FileReply::Bytes(response.body.clone())),
        204 | 400 | 403 | 404 | 410 => unavailable(false),
        401 | 500 => unavailable(true),
        status @ (408 | 502..=599) => Err(Error::Retry {
            message: format!("Garmin: server error (HTTP {status}); try again later"),
            platform_wide: false,
        }),
        status => Err(Error::Unexpected(format!("Garmin: unexpected HTTP {status} for a file"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::COM;
    use super::*;

    /// Chooses each response by the end of the URL, and returns the requested URLs.
    fn fetch(answers: &[(&str, u16, &str)]) -> (Result<Download>, Vec<String>) {
        let mut asked = Vec::new();
        let activity = Activity { platform: "garmin-com".into(), id: "7".into(), ..Activity::default() };
        let result = run(&activity, &mut |request| {
            let url = request(&COM).url;
            let found = answers.iter().find(|(part, ..)| url.contains(part));
            asked.push(url);
            let (_, status, body) = found.copied().unwrap_or(("", 404, ""));
            Ok(Response { status, headers: Vec::new(), body: body.into() })
        });
        (result, asked)
    }

    #[test]
    fn the_original_is_requested_first() {
        let (result, asked) = fetch(&[("/files/", 200, "zip")]);
        assert_eq!(result.unwrap(), Download::Original(b"zip".to_vec()));
        assert_eq!(asked, ["https://connectapi.garmin.com/download-service/files/activity/7"]);
    }

    #[test]
    fn tcx_then_gpx_are_requested_if_the_original_is_unavailable() {
        let (result, asked) = fetch(&[("/files/", 403, "{}"), ("/gpx/", 200, "<gpx/>")]);
        assert!(
            matches!(result.unwrap(), Download::Converted { bytes, why, retry_original: false } if bytes == b"<gpx/>" && why.contains("403"))
        );
        assert_eq!(asked.len(), 3);
    }

    #[test]
    fn only_the_details_show_that_there_is_no_file() {
        for detail in [
            r#"{"metadataDTO":{"manualActivity":true,"fileFormat":{"formatKey":"fit"}}}"#,
            r#"{"metadataDTO":{"fileFormat":null}}"#,
        ] {
            let (result, _) = fetch(&[("/activity-service/", 200, detail)]);
            assert!(matches!(result.unwrap(), Download::None { .. }));
        }
        let (result, _) = fetch(&[]);
        assert!(matches!(result, Err(Error::NotFound(_))));
        let (result, _) =
            fetch(&[("/activity-service/", 200, r#"{"metadataDTO":{"fileFormat":{"formatKey":"fit"}}}"#)]);
        assert!(matches!(result, Err(Error::Rejected(why)) if why.contains("no converted file")));
        for (status, detail) in [(200, "{}"), (500, "{}"), (200, "<html>")] {
            let (result, _) = fetch(&[("/activity-service/", status, detail)]);
            assert!(matches!(result, Err(Error::Retry { platform_wide: false, .. })), "{detail}");
        }
    }

    #[test]
    fn gpx_is_requested_if_tcx_times_out() {
        let (result, _) = fetch(&[("/files/", 404, ""), ("/tcx/", 504, ""), ("/gpx/", 200, "<gpx/>")]);
        assert!(matches!(result.unwrap(), Download::Converted { .. }));
        let (result, asked) = fetch(&[("/files/", 404, ""), ("/tcx/", 504, "")]);
        assert!(matches!(result, Err(Error::Retry { platform_wide: false, .. })) && asked.len() == 3);
    }

    #[test]
    fn a_web_page_says_nothing_about_a_file() {
        let (result, asked) = fetch(&[("/files/", 403, "<html>blocked")]);
        assert!(matches!(result, Err(Error::Retry { platform_wide: false, .. })) && asked.len() == 1);
        let (result, _) = fetch(&[("/files/", 200, "")]);
        assert_eq!(result.unwrap(), Download::Original(Vec::new()));
    }

    #[test]
    fn server_errors_and_rate_limits_are_retried() {
        for (status, wide) in [(429, true), (503, false)] {
            let (result, asked) = fetch(&[("/files/", status, "")]);
            assert!(matches!(result, Err(Error::Retry { platform_wide, .. }) if platform_wide == wide));
            assert_eq!(asked.len(), 1);
        }
    }
}
