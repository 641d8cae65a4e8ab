//! COROS' files: an address is asked for with the token, and the file is fetched without it. The address is a secret:
//! whoever knows it has the file. Pure but for the caller's `call`.

use serde_json::Value;

use super::id_of;
use super::region::BROWSER;
use super::response::Answer;
use crate::activity::Activity;
use crate::http::{Request, Response, Secret, form, limit};
use crate::platform::{Download, Error, Result};

/// FIT, of csv, gpx, kml, tcx and fit (coros-api, `file-type.ts`).
const FIT: &str = "4";
/// A run: the sport that works for many others too (workouts_page issue 41).
const RUN: &str = "100";
/// Where files are kept: COROS' own hosts and its stores (garmin2coros' list).
const FILE_HOSTS: &[&str] = &["coros.com", "coros.com.cn", "aliyuncs.com", "amazonaws.com", "amazonaws.com.cn"];

/// Asks for the path with the token.
pub type Call<'a> = &'a mut dyn FnMut(&str) -> Result<Answer>;

/// The address of an activity's file. The service finds it by id and sport together; where the sport it lists itself
/// leads nowhere or is refused, a run's is tried.
pub fn address(activity: &Activity, call: Call) -> Result<Secret> {
    let id = id_of(activity)?;
    let listed = activity.platform_sport.as_deref().filter(|sport| is_known(sport)).unwrap_or(RUN);
    let mut refusal = None;
    for sport in [listed, RUN].into_iter().take(if listed == RUN { 1 } else { 2 }) {
        let query = form(&[("labelId", id), ("sportType", sport), ("fileType", FIT)]);
        match url(call(&format!("/activity/detail/download?{query}"))?) {
            Ok(Some(url)) => return Ok(url),
            Ok(None) => {}
            // It may be the sport that is refused, and not the file. The first words are about the sport it lists itself.
            Err(error @ Error::Refused(_)) => drop(refusal.get_or_insert(error)),
            Err(error) => return Err(error),
        }
    }
    // No source knows an activity that has none for good, so this is not taken for one.
    let unnamed = || Error::Refused("COROS names no file for it, and does not say why; later runs ask again".into());
    Err(refusal.unwrap_or_else(unnamed))
}

/// Whether a number of the list is one that the address is given for. Entries of custom and combined sports have others,
/// with which it is refused ("Parameter input error"; njzyshare's fork of garmin-sync-coros, reviewed 2026-11-29).
fn is_known(sport: &str) -> bool {
    sport.bytes().all(|byte| byte.is_ascii_digit()) && sport.parse::<u32>().is_ok_and(|sport| sport <= 50_000)
}

fn url(answer: Answer) -> Result<Option<Secret>> {
    match answer {
        Answer::Data(data) => Ok(text(&data["fileUrl"])),
        Answer::Refused { status: 404 | 410, words } => {
            Err(Error::Gone(format!("COROS no longer has it ({words}); the next full listing will tell")))
        }
        Answer::Refused { words, .. } => Err(Error::Refused(format!("COROS refuses the file: {words}"))),
    }
}

fn text(value: &Value) -> Option<Secret> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(Secret::new)
}

/// The request for the file: without token or cookies, and only to where COROS keeps files.
pub fn file_request(url: &Secret) -> Result<Request> {
    let rest = url.expose().strip_prefix("https://");
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("").to_ascii_lowercase();
    let is_below = |domain: &&str| host.strip_suffix(*domain).is_some_and(|name| name.len() > 1 && name.ends_with('.'));
    let is_plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if !is_plain || !FILE_HOSTS.iter().any(is_below) {
        return Err(Error::Strange("COROS names a place for the file that is none of its own; refused".into()));
    }
    let mut request =
        Request::get(url.expose()).header("Accept", "*/*").header("User-Agent", BROWSER).limit(limit::FILE);
    request.secret_path = true;
    Ok(request)
}

/// Reads the answer of the file's host.
pub fn read(response: &Response) -> Result<Download> {
    let later = |message: String, down| Err(Error::Later { message, down });
    match response.status {
        // What it holds is for the archive to say.
        200 => Ok(Download::Original(response.body.clone())),
        429 => later("COROS' store asks for a pause (HTTP 429); try again later".into(), true),
        status @ (408 | 500..=599) => {
            later(format!("COROS' store is in trouble (HTTP {status}); try again later"), false)
        }
        status => later(
            format!("the address that COROS gave for the file leads nowhere (HTTP {status}); later runs ask again"),
            false,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn activity(sport: Option<&str>) -> Activity {
        let platform_sport = sport.map(str::to_owned);
        Activity { platform: "coros".into(), id: "479396244626636805".into(), platform_sport, ..Activity::default() }
    }

    /// Gives the answers in their order, and returns what was asked.
    fn asked(sport: Option<&str>, answers: Vec<Answer>) -> (Result<Secret>, Vec<String>) {
        let (mut paths, mut answers) = (Vec::new(), answers.into_iter());
        let result = address(&activity(sport), &mut |path| {
            paths.push(path.to_owned());
            Ok(answers.next().unwrap())
        });
        (result, paths)
    }

    fn file(url: &str) -> Answer {
        Answer::Data(json!({"fileUrl": url}))
    }

    const URL: &str = "https://s3.coros.com/fit/1/479396244626636805.fit";

    #[test]
    fn the_sport_of_the_list_goes_with_the_id() {
        let (url, paths) = asked(Some("402"), vec![file(URL)]);
        assert_eq!(url.unwrap().expose(), URL);
        assert_eq!(paths, ["/activity/detail/download?labelId=479396244626636805&sportType=402&fileType=4"]);
        let (_, paths) = asked(None, vec![file(URL)]);
        assert!(paths[0].contains("sportType=100"));
        let (_, paths) = asked(Some("1&x=2"), vec![file(URL)]);
        assert!(paths[0].contains("sportType=100"), "what is no number is no sport of COROS");
    }

    #[test]
    fn without_an_address_a_run_is_tried_once_and_nothing_is_concluded() {
        let (url, paths) = asked(Some("402"), vec![Answer::Data(json!({})), file(URL)]);
        assert!(url.is_ok() && paths[1].contains("sportType=100"));
        let (url, paths) = asked(Some("402"), vec![Answer::Data(json!({"fileUrl": null})), Answer::Data(Value::Null)]);
        assert!(matches!(url, Err(Error::Refused(_))) && paths.len() == 2);
        let (url, paths) = asked(Some("100"), vec![Answer::Data(json!({"fileUrl": ""}))]);
        assert!(matches!(url, Err(Error::Refused(_))) && paths.len() == 1);
    }

    #[test]
    fn a_sport_that_is_refused_is_asked_for_as_a_run() {
        let refusal = || Answer::Refused { status: 200, words: "1001 Parameter input error".into() };
        let (url, paths) = asked(Some("402"), vec![refusal(), file(URL)]);
        assert!(url.is_ok() && paths[1].contains("sportType=100"));
        let (url, paths) = asked(Some("402"), vec![refusal(), Answer::Data(json!({}))]);
        assert!(
            matches!(url, Err(Error::Refused(words)) if words.contains("Parameter input error")) && paths.len() == 2
        );
        for custom in ["65535", "50001", "99999999999"] {
            let (url, paths) = asked(Some(custom), vec![file(URL)]);
            assert!(url.is_ok() && paths[0].contains("sportType=100"), "{custom}");
        }
        let (url, paths) = asked(Some("402"), vec![Answer::Refused { status: 404, words: "HTTP 404".into() }]);
        assert!(matches!(url, Err(Error::Gone(_))) && paths.len() == 1, "what is gone is gone with any sport");
    }

    #[test]
    fn a_refusal_is_told_in_the_services_words() {
        let refused = |status, words: &str| asked(None, vec![Answer::Refused { status, words: words.into() }]).0;
        assert!(
            matches!(refused(200, "1001 Service exceptions"), Err(Error::Refused(words)) if words.contains("1001"))
        );
        assert!(matches!(refused(422, "HTTP 422"), Err(Error::Refused(_))));
        assert!(matches!(refused(404, "HTTP 404"), Err(Error::Gone(_))));
    }

    #[test]
    fn a_file_is_fetched_without_a_token_and_only_from_their_hosts() {
        for good in [URL, "https://oss.coros.com/fit/1/2.fit", "https://coros-oss.oss-cn-beijing.aliyuncs.com/a?b"] {
            let request = file_request(&Secret::new(good)).unwrap();
            assert!(request.secret_path && request.hosts.is_empty(), "{good}");
            assert!(
                request.headers.iter().all(|(name, _)| ["Accept", "User-Agent"].contains(&name.as_str())),
                "{good}"
            );
        }
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
            assert!(matches!(&error, Error::Strange(words) if !words.contains("https://")), "{bad}: {error}");
        }
    }

    #[test]
    fn an_address_that_leads_nowhere_says_nothing_for_good() {
        let answer = |status| read(&Response { status, headers: Vec::new(), body: b"x".to_vec() });
        assert_eq!(answer(200).unwrap(), Download::Original(b"x".to_vec()));
        for (status, down) in [(404, false), (403, false), (503, false), (429, true)] {
            assert!(matches!(answer(status), Err(Error::Later { down: d, .. }) if d == down), "{status}");
        }
    }
}
