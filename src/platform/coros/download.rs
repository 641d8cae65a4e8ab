//! Downloads from COROS: the URL of a file is requested with the token, and the file is downloaded without the token.
//! The URL is a secret, because it alone gives access to the file. Pure, except for the caller's `call`.

use serde_json::Value;

use super::id_of;
use super::region::{BROWSER, REGIONS};
use super::response::ApiResult;
use crate::activity::Activity;
use crate::http::{Request, Response, Secret, form, limit};
use crate::platform::{Download, Error, Result};

/// The number of the FIT format, among csv, gpx, kml, tcx and fit (coros-api, `file-type.ts`).
const FIT: &str = "4";
/// The number of running, which works for many other sports too (workouts_page issue 41).
const RUN: &str = "100";
/// The domains of files: COROS' own and its object stores (garmin2coros' list).
const FILE_HOSTS: &[&str] = &["coros.com", "coros.com.cn", "aliyuncs.com", "amazonaws.com", "amazonaws.com.cn"];

/// Requests the path with the token.
pub type Call<'a> = &'a mut dyn FnMut(&str) -> Result<ApiResult>;

/// The URL of an activity's file. The service finds it by id and sport together; if the listed sport gives no URL or is
/// rejected, running is tried.
pub fn file_url(activity: &Activity, call: Call) -> Result<Secret> {
    let id = id_of(activity)?;
    let listed = activity.platform_sport.as_deref().filter(|sport| is_known(sport)).unwrap_or(RUN);
    let mut rejection = None;
    for sport in [listed, RUN].into_iter().take(if listed == RUN { 1 } else { 2 }) {
        let query = form(&[("labelId", id), ("sportType", sport), ("fileType", FIT)]);
        match url(call(&format!("/activity/detail/download?{query}"))?) {
            Ok(Some(url)) => return Ok(url),
            Ok(None) => {}
            // COROS may reject the sport and not the file. The first message is kept: it is about the listed sport.
            Err(error @ Error::Rejected(_)) => drop(rejection.get_or_insert(error)),
            Err(error) => return Err(error),
        }
    }
    // No known source describes an activity without a file, so this is not final.
    let unnamed = || Error::Rejected("COROS gives no file URL and no reason".into());
    Err(rejection.unwrap_or_else(unnamed))
}

/// Whether COROS gives a URL for this sport number of the list. Custom and combined sports have other numbers, which
/// COROS rejects ("Parameter input error"; njzyshare's fork of garmin-sync-coros, reviewed 2026-11-29).
fn is_known(sport: &str) -> bool {
    sport.bytes().all(|byte| byte.is_ascii_digit()) && sport.parse::<u32>().is_ok_and(|sport| sport <= 50_000)
}

fn url(result: ApiResult) -> Result<Option<Secret>> {
    match result {
        ApiResult::Data(data) => Ok(text(&data["fileUrl"])),
        ApiResult::Rejected { status: 404 | 410, error } => Err(Error::NotFound(format!(
            "activity not found on COROS ({error}); the next full listing updates the catalogue"
        ))),
        ApiResult::Rejected { error, .. } => Err(Error::Rejected(format!("COROS rejected the download: {error}"))),
    }
}

fn text(value: &Value) -> Option<Secret> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(Secret::new)
}

/// The request for the file: without token or cookies, and only to the domains of COROS' files.
pub fn file_request(url: &Secret) -> Result<Request> {
    let rest = url.expose().strip_prefix("https://");
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("").to_ascii_lowercase();
    let is_below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|name| name.len() > 1 && name.ends_with('.'));
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if !is_plain || !FILE_HOSTS.iter().any(is_below) {
        return Err(Error::Unexpected("COROS gives a file URL on an unknown domain; not downloaded".into()));
    }
    let mut request =
        Request::get(url.expose()).header("Accept", "*/*").header("User-Agent", BROWSER).limit(limit::FILE);
    request.redact_url = true;
    // The interval between two requests to the API holds for a file that the API itself gives, too.
    request.to_file_store = REGIONS.iter().all(|region| host != region.api);
    Ok(request)
}

/// Reads the response of the file's host.
pub fn read(response: &Response) -> Result<Download> {
    let retry = |message: String, platform_wide| Err(Error::Retry { message, platform_wide });
    match response.status {
        // The archive checks the content.
        200 => Ok(Download::Original(response.body.clone())),
        429 => retry("COROS file store: rate limited (HTTP 429); try again later".into(), true),
        status @ (408 | 500..=599) => {
            retry(format!("COROS file store: server error (HTTP {status}); try again later"), false)
        }
        status => {
            retry(format!("the file URL from COROS does not work (HTTP {status}); tried again in later runs"), false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::response::ServiceError;
    use super::*;
    use serde_json::json;

    fn activity(sport: Option<&str>) -> Activity {
        let platform_sport = sport.map(str::to_owned);
        Activity { platform: "coros".into(), id: "479396244626636805".into(), platform_sport, ..Activity::default() }
    }

    /// Gives the results in their order, and returns the paths that were requested.
    fn requested(sport: Option<&str>, answers: Vec<ApiResult>) -> (Result<Secret>, Vec<String>) {
        let (mut paths, mut answers) = (Vec::new(), answers.into_iter());
        let result = file_url(&activity(sport), &mut |path| {
            paths.push(path.to_owned());
            Ok(answers.next().unwrap())
        });
        (result, paths)
    }

    fn file(url: &str) -> ApiResult {
        ApiResult::Data(json!({"fileUrl": url}))
    }

    fn rejected(status: u16, code: &str, message: &str) -> ApiResult {
        ApiResult::Rejected { status, error: ServiceError { code: code.into(), message: message.into() } }
    }

    const URL: &str = "https://s3.coros.com/fit/1/479396244626636805.fit";

    #[test]
    fn the_listed_sport_is_sent_with_the_id() {
        let (url, paths) = requested(Some("402"), vec![file(URL)]);
        assert_eq!(url.unwrap().expose(), URL);
        assert_eq!(paths, ["/activity/detail/download?labelId=479396244626636805&sportType=402&fileType=4"]);
        let (_, paths) = requested(None, vec![file(URL)]);
        assert!(paths[0].contains("sportType=100"));
        let (_, paths) = requested(Some("1&x=2"), vec![file(URL)]);
        assert!(paths[0].contains("sportType=100"), "a sport of COROS is a number");
    }

    #[test]
    fn without_a_url_running_is_tried_once_and_the_result_is_not_final() {
        let (url, paths) = requested(Some("402"), vec![ApiResult::Data(json!({})), file(URL)]);
        assert!(url.is_ok() && paths[1].contains("sportType=100"));
        let (url, paths) =
            requested(Some("402"), vec![ApiResult::Data(json!({"fileUrl": null})), ApiResult::Data(Value::Null)]);
        assert!(matches!(url, Err(Error::Rejected(_))) && paths.len() == 2);
        let (url, paths) = requested(Some("100"), vec![ApiResult::Data(json!({"fileUrl": ""}))]);
        assert!(matches!(url, Err(Error::Rejected(_))) && paths.len() == 1);
    }

    #[test]
    fn a_rejected_sport_is_tried_as_running() {
        let refusal = || rejected(200, "1001", "Parameter input error");
        let (url, paths) = requested(Some("402"), vec![refusal(), file(URL)]);
        assert!(url.is_ok() && paths[1].contains("sportType=100"));
        let (url, paths) = requested(Some("402"), vec![refusal(), ApiResult::Data(json!({}))]);
        assert!(
            matches!(url, Err(Error::Rejected(words)) if words.contains("Parameter input error")) && paths.len() == 2
        );
        for custom in ["65535", "50001", "99999999999"] {
            let (url, paths) = requested(Some(custom), vec![file(URL)]);
            assert!(url.is_ok() && paths[0].contains("sportType=100"), "{custom}");
        }
        let (url, paths) = requested(Some("402"), vec![rejected(404, "HTTP 404", "")]);
        assert!(matches!(url, Err(Error::NotFound(_))) && paths.len() == 1, "a deleted activity is not tried again");
    }

    #[test]
    fn a_rejection_has_the_services_message() {
        let refused = |status, code: &str, message| requested(None, vec![rejected(status, code, message)]).0;
        let named = refused(200, "1001", "Service exceptions");
        assert!(matches!(named, Err(Error::Rejected(words)) if words.contains("1001 Service exceptions")));
        assert!(matches!(refused(422, "HTTP 422", ""), Err(Error::Rejected(_))));
        assert!(matches!(refused(404, "HTTP 404", ""), Err(Error::NotFound(_))));
    }

    #[test]
    fn a_file_is_downloaded_without_a_token_and_only_from_known_domains() {
        for good in [URL, "https://oss.coros.com/fit/1/2.fit", "https://coros-oss.oss-cn-beijing.aliyuncs.com/a?b"] {
            let request = file_request(&Secret::new(good)).unwrap();
            assert!(request.redact_url && request.hosts.is_empty() && request.to_file_store, "{good}");
            assert!(
                request.headers.iter().all(|(name, _)| ["Accept", "User-Agent"].contains(&name.as_str())),
                "{good}"
            );
        }
        let of_the_api = file_request(&Secret::new("https://teamapi.coros.com/fit/1.fit")).unwrap();
        assert!(!of_the_api.to_file_store, "the API has its own interval");
        for bad in [
            "http://s3.coros.com/fit/1.fit",
            "https://coros.com.evil.example/x",
            "https://evilcoros.com/x",
            "https://s3.coros.com@evil.example/x",
            "https://evil.example\\.coros.com/x",
            "https://s3.coros.com:8443/x",
            "ftp://s3.coros.com/x",
            "",
        ] {
            let error = file_request(&Secret::new(bad)).err().unwrap();
            assert!(matches!(&error, Error::Unexpected(words) if !words.contains("https://")), "{bad}: {error}");
        }
    }

    #[test]
    fn a_broken_file_url_is_retried() {
        let answer = |status| read(&Response { status, headers: Vec::new(), body: b"x".to_vec() });
        assert_eq!(answer(200).unwrap(), Download::Original(b"x".to_vec()));
        for (status, wide) in [(404, false), (403, false), (503, false), (429, true)] {
            assert!(
                matches!(answer(status), Err(Error::Retry { platform_wide, .. }) if platform_wide == wide),
                "{status}"
            );
        }
    }
}
