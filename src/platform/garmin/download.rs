//! Garmin's files: the original first, then what Garmin computed from it. Decides; the caller sends.

use super::domain::Site;
use super::{block_page, list};
use crate::activity::Activity;
use crate::http::{Repeat, Request, Response, limit};
use crate::platform::{Download, Error, Result, lenient_json};

/// Sends a request made for the site.
pub type Call<'a> = &'a mut dyn FnMut(&dyn Fn(&Site) -> Request) -> Result<Response>;

/// How far one way to a file leads.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    Bytes(Vec<u8>),
    /// Not here. `may_pass`: it is not certain that asking again will not change it.
    Nothing {
        why: String,
        may_pass: bool,
    },
}

/// Fetches the file of one activity.
pub fn run(activity: &Activity, call: Call) -> Result<Download> {
    let id = activity.id.clone();
    let (why, may_pass) = match read(&call(&|site| file(site, &format!("/download-service/files/activity/{id}")))?)? {
        Way::Bytes(bytes) => return Ok(Download::Original(bytes)),
        Way::Nothing { why, may_pass } => (format!("the original is not to be had ({why})"), may_pass),
    };
    if let Some(export) = export(activity, &why, may_pass, call)? {
        return Ok(export);
    }
    verdict(&call(&|site| detail_request(site, &id))?, &why)
}

/// Fetches what Garmin computed, TCX before GPX; nothing if it gives neither. `why`: not the original.
pub fn export(activity: &Activity, why: &str, may_pass: bool, call: Call) -> Result<Option<Download>> {
    let mut trouble = None;
    for format in ["tcx", "gpx"] {
        let path = format!("/download-service/export/{format}/activity/{}", activity.id);
        match read(&call(&|site| file(site, &path))?) {
            Ok(Way::Bytes(bytes)) => return Ok(Some(Download::Export { bytes, why: why.to_owned(), may_pass })),
            Ok(Way::Nothing { .. }) => {}
            // Exports of long activities time out while shorter forms of the same still come.
            Err(error @ Error::Later { down: false, .. }) => trouble = Some(error),
            Err(error) => return Err(error),
        }
    }
    trouble.map_or(Ok(None), Err)
}

/// The request for what Garmin knows of one activity, without its token.
pub fn detail_request(site: &Site, id: &str) -> Request {
    site.get(&format!("/activity-service/activity/{id}")).header("Accept", "application/json")
}

/// Whether the activity `id` is there, by its own detail: an answer that is neither the activity nor its absence is an error.
pub fn exists(response: &Response, id: &str) -> Result<bool> {
    block_page::check(response, "the activity")?;
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    match response.status {
        404 | 204 => Ok(false),
        200 if list::id(&body["activityId"]).as_deref() == Some(id) => Ok(true),
        status => {
            let message =
                format!("Garmin does not say whether activity {id} is there (HTTP {status}); try again later");
            Err(Error::Later { message, down: status >= 500 })
        }
    }
}

/// Without a file in hand, only the activity's own detail says whether there is one: a service in trouble refuses files
/// that it has.
fn verdict(detail: &Response, why: &str) -> Result<Download> {
    block_page::check(detail, "the activity")?;
    if detail.status == 404 {
        return Err(Error::Gone("the activity is no longer there; the next full listing will tell".into()));
    }
    let body = lenient_json::parse(&detail.body).filter(|_| detail.status == 200).unwrap_or_default();
    let metadata = &body["metadataDTO"];
    let format = metadata["fileFormat"]["formatKey"].as_str();
    let is_manual = [metadata, &body].iter().any(|place| place["manualActivity"] == true);
    if metadata.is_object() && (is_manual || format.is_none()) {
        return Ok(Download::None { why: "typed in by hand: it has no file".into() });
    }
    let message = format!("{why}, nor an export, although there should be one; later runs try again");
    // A detail that names a file is a proper answer: it is this file that the service does not give.
    Err(if format.is_some() { Error::Refused(message) } else { Error::Later { message, down: false } })
}

fn file(site: &Site, path: &str) -> Request {
    let mut request = site.get(path).limit(limit::FILE).header("Accept", "*/*");
    request.repeat = Repeat::ReadOnce500;
    request
}

/// Reads an answer. 404, and 500 when it comes twice, are how Garmin says that there is no file; 403 that it cannot give
/// it (garmin-connect-export, garminexport issue 57). A refusal that is a web page comes from something in front of the
/// service, which may dislike this one address alone; 502 to 504 say nothing about the file either.
fn read(response: &Response) -> Result<Way> {
    if block_page::is_web_page(response) {
        let message = format!("{}, and the token is kept; try again later", block_page::web_page("the file"));
        return Err(Error::Later { message, down: false });
    }
    block_page::check(response, "the file")?;
    let nothing = |may_pass| Ok(Way::Nothing { why: format!("HTTP {}", response.status), may_pass });
    match response.status {
        // An empty body is no verdict: the archive will say that nothing came.
        200 => Ok(Way::Bytes(response.body.clone())),
        204 | 400 | 403 | 404 | 410 => nothing(false),
        401 | 500 => nothing(true),
        status @ (408 | 502..=599) => {
            Err(Error::Later { message: format!("Garmin is in trouble (HTTP {status}); try again later"), down: false })
        }
        status => Err(Error::Strange(format!("Garmin answers HTTP {status} where a file should be"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::COM;
    use super::*;

    /// Answers by the end of the URL, and counts what was asked.
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
    fn ancestors_1_the_original_is_asked_for_first() {
        let (result, asked) = fetch(&[("/files/", 200, "zip")]);
        assert_eq!(result.unwrap(), Download::Original(b"zip".to_vec()));
        assert_eq!(asked, ["https://connectapi.garmin.com/download-service/files/activity/7"]);
    }

    #[test]
    fn when_the_original_fails_for_good_tcx_then_gpx() {
        let (result, asked) = fetch(&[("/files/", 403, "{}"), ("/gpx/", 200, "<gpx/>")]);
        assert!(
            matches!(result.unwrap(), Download::Export { bytes, why, may_pass: false } if bytes == b"<gpx/>" && why.contains("403"))
        );
        assert_eq!(asked.len(), 3);
    }

    #[test]
    fn no_file_is_believed_of_the_detail_alone() {
        for detail in [
            r#"{"metadataDTO":{"manualActivity":true,"fileFormat":{"formatKey":"fit"}}}"#,
            r#"{"metadataDTO":{"fileFormat":null}}"#,
        ] {
            let (result, _) = fetch(&[("/activity-service/", 200, detail)]);
            assert!(matches!(result.unwrap(), Download::None { .. }));
        }
        let (result, _) = fetch(&[]);
        assert!(matches!(result, Err(Error::Gone(_))));
        let (result, _) =
            fetch(&[("/activity-service/", 200, r#"{"metadataDTO":{"fileFormat":{"formatKey":"fit"}}}"#)]);
        assert!(matches!(result, Err(Error::Refused(why)) if why.contains("nor an export")));
        for (status, detail) in [(200, "{}"), (500, "{}"), (200, "<html>")] {
            let (result, _) = fetch(&[("/activity-service/", status, detail)]);
            assert!(matches!(result, Err(Error::Later { down: false, .. })), "{detail}");
        }
    }

    #[test]
    fn an_export_that_times_out_leaves_the_other() {
        let (result, _) = fetch(&[("/files/", 404, ""), ("/tcx/", 504, ""), ("/gpx/", 200, "<gpx/>")]);
        assert!(matches!(result.unwrap(), Download::Export { .. }));
        let (result, asked) = fetch(&[("/files/", 404, ""), ("/tcx/", 504, "")]);
        assert!(matches!(result, Err(Error::Later { down: false, .. })) && asked.len() == 3);
    }

    #[test]
    fn what_stands_in_front_of_the_service_says_nothing_about_a_file() {
        let (result, asked) = fetch(&[("/files/", 403, "<html>blocked")]);
        assert!(matches!(result, Err(Error::Later { down: false, .. })) && asked.len() == 1);
        let (result, _) = fetch(&[("/files/", 200, "")]);
        assert_eq!(result.unwrap(), Download::Original(Vec::new()));
    }

    #[test]
    fn trouble_is_no_answer_about_the_file() {
        for (status, down) in [(429, true), (503, false)] {
            let (result, asked) = fetch(&[("/files/", status, "")]);
            assert!(matches!(result, Err(Error::Later { down: d, .. }) if d == down));
            assert_eq!(asked.len(), 1);
        }
    }
}
