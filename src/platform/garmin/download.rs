//! Garmin's files: the original first, then what Garmin computed from it. Decides; the caller sends.

use super::site::Site;
use crate::activity::Activity;
use crate::http::{Repeat, Request, Response};
use crate::platform::{Download, Error, Result};

/// Larger than any original: a zip of the longest recordings has some ten megabytes.
const FILE_LIMIT: u64 = 128 << 20;

/// Sends a request made for the site.
pub type Call<'a> = &'a mut dyn FnMut(&dyn Fn(&Site) -> Request) -> Result<Response>;

/// How far one way to a file leads.
#[derive(Debug, PartialEq, Eq)]
enum Way {
    Bytes(Vec<u8>),
    /// Not here, and asking again will not change it.
    Nothing(String),
}

/// Fetches the file of one activity.
pub fn run(activity: &Activity, call: Call) -> Result<Download> {
    let id = activity.id.clone();
    let why = match read(&call(&|site| file(site, &format!("/download-service/files/activity/{id}"), "*/*"))?)? {
        Way::Bytes(bytes) => return Ok(Download::Original(bytes)),
        Way::Nothing(why) => why,
    };
    for format in ["tcx", "gpx"] {
        let path = format!("/download-service/export/{format}/activity/{id}");
        if let Way::Bytes(bytes) = read(&call(&|site| file(site, &path, "*/*"))?)? {
            return Ok(Download::Export { bytes, why: format!("the original is not to be had ({why})") });
        }
    }
    let detail =
        call(&|site| site.get(&format!("/activity-service/activity/{id}")).header("Accept", "application/json"))?;
    match detail.status {
        200 => Ok(Download::None { why: format!("neither original ({why}) nor export is to be had") }),
        404 => Err(Error::Gone("the activity is no longer there; the next full listing will tell".into())),
        // Without a word on the activity itself, all those refusals may be one bad day.
        status => {
            Err(Error::Later { message: format!("Garmin is in trouble (HTTP {status}); try again later"), down: false })
        }
    }
}

fn file(site: &Site, path: &str, accept: &str) -> Request {
    let mut request = site.get(path).header("Accept", accept);
    request.repeat = Repeat::ReadOnce500;
    request.limit = FILE_LIMIT;
    request
}

/// Reads an answer. 404, and 500 when it comes twice, are how Garmin says that there is no file; 403 that it cannot give
/// it (garmin-connect-export, garminexport issue 57). 502 to 504 say nothing about the file.
fn read(response: &Response) -> Result<Way> {
    match response.status {
        200 if !response.body.is_empty() => Ok(Way::Bytes(response.body.clone())),
        200 | 204 => Ok(Way::Nothing("an empty answer".into())),
        400 | 403 | 404 | 410 | 500 => Ok(Way::Nothing(format!("HTTP {}", response.status))),
        429 => Err(Error::Later { message: "Garmin asks for a pause (HTTP 429); try again later".into(), down: true }),
        status @ (408 | 502..=599) => {
            Err(Error::Later { message: format!("Garmin is in trouble (HTTP {status}); try again later"), down: false })
        }
        status => Err(Error::Strange(format!("Garmin answers HTTP {status} where a file should be"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::site::COM;
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
            matches!(result.unwrap(), Download::Export { bytes, why } if bytes == b"<gpx/>" && why.contains("403"))
        );
        assert_eq!(asked.len(), 3);
    }

    #[test]
    fn no_file_and_no_activity_are_told_apart() {
        let (result, _) = fetch(&[("/activity-service/", 200, "{}")]);
        assert!(matches!(result.unwrap(), Download::None { .. }));
        let (result, _) = fetch(&[]);
        assert!(matches!(result, Err(Error::Gone(_))));
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
