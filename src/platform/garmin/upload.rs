//! Uploads to Garmin: the form, and what each answer to it means. Pure.
//!
//! The usual answer is 202 with an address to ask at (see `status`); 409 is a file that is there already; the same bytes
//! sent twice are never two activities (garminexport, Strava sync tools, python-garminconnect issue 112).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::domain::Site;
use super::import_result::{self, Verdict};
use super::status::PATH;
use crate::http::{Request, Response};
use crate::platform::{Error, Outgoing, Result, Uploaded, lenient_json};

/// Stands for a ticket when Garmin gave no address to ask at: only the list can tell.
const NO_ADDRESS: &str = "none";

/// How the app that imports introduces itself (python-garminconnect, `import_activity`; reviewed 2026-11-29).
const IMPORTER: &str = "GCM-iOS-5.7.2.1";

/// The form with the file. `boundary` is a text that is not in it. `as_import`: Garmin takes it for an import, which it does
/// not pass on to connected services such as Strava (python-garminconnect issue 322).
pub fn request(site: &Site, file: &Outgoing, boundary: &str, as_import: bool) -> Request {
    // The caller promises a harmless name; one that is not must not end the header that it stands in.
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name: String = file.name.chars().map(|c| if harmless(c) { c } else { '_' }).collect();
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let path =
        if as_import { format!("/upload-service/upload/{}", file.format) } else { "/upload-service/upload".into() };
    let mut request = site.write("POST", &path);
    request.body = Some(body);
    let request =
        request.header("Content-Type", format!("multipart/form-data; boundary={boundary}")).not_after(file.not_after);
    if as_import { imported(site, request) } else { request }
}

/// With the headers of an import.
fn imported(site: &Site, mut request: Request) -> Request {
    request.headers.retain(|(name, _)| name != "User-Agent");
    request.header("User-Agent", IMPORTER).header("NK", "NT").header("Origin", site.url("sso", ""))
}

/// What an answer means.
pub fn parse(site: &Site, response: &Response) -> Result<Uploaded> {
    import_result::refusal(response, "uploads")?;
    let unclear = |what: &str| {
        let message = format!("{what} (HTTP {}); what became of the file is looked up", response.status);
        Err(Error::Unclear(message))
    };
    match (response.status, import_result::verdict(response)) {
        (408 | 500..=599, _) => unclear("Garmin is in trouble"),
        // What concerns the account is no fault of the file: that is not to be remembered as refused.
        (412, _) => Err(Error::Config(
            "Garmin takes no files for this account until its owner agrees to it (HTTP 412): log in to Garmin Connect on the web, and in Settings, under Privacy and Data, allow Device Uploads; then run it again".into(),
        )),
        (409, Verdict::AlreadyThere(id)) | (_, Verdict::AlreadyThere(id)) => Ok(Uploaded::AlreadyThere(id)),
        (409, _) => Ok(Uploaded::AlreadyThere(import_result::named_id(response))),
        (_, Verdict::Refused(words)) => Err(Error::Refused(format!("Garmin refuses the file: {words}"))),
        (200..=202, Verdict::Created(id)) => Ok(Uploaded::Created(id)),
        (202, _) => Ok(Uploaded::Pending(ticket(site, response).unwrap_or_else(|| NO_ADDRESS.into()))),
        (200 | 201, Verdict::Open) => match (import_result::located_id(site, response), ticket(site, response)) {
            (Some(id), _) => Ok(Uploaded::Created(Some(id))),
            (None, Some(ticket)) => Ok(Uploaded::Pending(ticket)),
            (None, None) => unclear("Garmin says that all went well, and not what"),
        },
        (200..=299, _) => unclear("Garmin reports success with something else than an answer"),
        (413, _) => Err(Error::Refused("Garmin refuses the file: it is too large for it".into())),
        _ => Err(Error::Strange(format!("Garmin takes no upload ({})", import_result::words(response)))),
    }
}

/// Where to ask what became of a file: the address that Garmin gave, if it is its own; else the one that it would be.
fn ticket(site: &Site, response: &Response) -> Option<String> {
    let given = response.header("location").filter(|url| super::status::request(site, url).is_some());
    given.map(str::to_owned).or_else(|| {
        let body = lenient_json::parse(&response.body)?;
        let url = built(site, &body["detailedImportResult"])?;
        super::status::request(site, &url).map(|_| url)
    })
}

/// `…/status/<epoch ms>/<uuid without dashes>`, made of the time and the uuid in the body: so it was in what is recorded.
fn built(site: &Site, result: &Value) -> Option<String> {
    let uuid = result["uploadUuid"]["uuid"].as_str()?.replace('-', "");
    let created = result["creationDate"].as_str()?.strip_suffix(" GMT")?;
    let created: DateTime = created.replacen(' ', "T", 1).parse().ok()?;
    let ms = created.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    (uuid.len() == 32).then(|| site.url("connectapi", &format!("{PATH}{ms}/{uuid}")))
}

#[cfg(test)]
mod tests {
    use super::super::domain::{CN, COM};
    use super::*;

    const ADDRESS: &str =
        "https://connectapi.garmin.com/activity-service/activity/status/1695952699113/6e56051d1dd44f2cb8ba00a1a7d82eb3";
    /// As recorded by garth in 2023.
    const TAKEN: &str = r#"{"detailedImportResult":{"uploadId":212157427938,"uploadUuid":{"uuid":"6e56051d-1dd4-4f2c-b8ba-00a1a7d82eb3"},"owner":1000001,"fileSize":5289,"processingTime":36,"creationDate":"2023-09-29 01:58:19.113 GMT","ipAddress":null,"fileName":"12129115726_ACTIVITY.fit","report":null,"successes":[],"failures":[]}}"#;

    fn answer(status: u16, location: Option<&str>, body: &str) -> Result<Uploaded> {
        let headers = location.map(|url| ("location".to_owned(), url.to_owned())).into_iter().collect();
        parse(&COM, &Response { status, headers, body: body.into() })
    }

    fn failures(id: &str, code: u32) -> String {
        format!(
            r#"{{"detailedImportResult":{{"uploadId":"","successes":[],"failures":[{{"internalId":{id},"messages":[{{"code":{code},"content":"Said so."}}]}}]}}}}"#
        )
    }

    #[test]
    fn the_form_has_one_part_called_file() {
        let file = Outgoing {
            bytes: b"\x0e\x10bytes\r\n",
            format: "fit",
            name: "a\"\r\nX: y.fit",
            start_time: None,
            utc_offset_s: None,
            again: false,
            not_after: None,
        };
        let import = request(&CN, &file, "BOUNDARY", true);
        let request = request(&CN, &file, "BOUNDARY", false);
        assert_eq!((request.method, request.repeat), ("POST", crate::http::Repeat::Never));
        assert_eq!(request.url, "https://connectapi.garmin.cn/upload-service/upload");
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        assert_eq!(
            body,
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a___X__y.fit\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n\u{e}\u{10}bytes\r\n\r\n--BOUNDARY--\r\n"
        );
        assert_eq!(import.url, "https://connectapi.garmin.cn/upload-service/upload/fit");
        let agents: Vec<_> = import.headers.iter().filter(|(name, _)| name == "User-Agent").collect();
        assert_eq!(agents, [&("User-Agent".to_owned(), IMPORTER.to_owned())]);
        for (name, value) in [("NK", "NT"), ("Origin", "https://sso.garmin.cn")] {
            let header = (name.to_owned(), value.to_owned());
            assert!(import.headers.contains(&header) && !request.headers.contains(&header), "{name}");
        }
    }

    #[test]
    fn what_was_taken_is_asked_for_where_garmin_says_or_would_say() {
        let ticket = |location, body| match answer(202, location, body) {
            Ok(Uploaded::Pending(ticket)) => ticket,
            other => panic!("{other:?}"),
        };
        assert_eq!(ticket(Some(ADDRESS), TAKEN), ADDRESS);
        assert_eq!(ticket(Some(ADDRESS), ""), ADDRESS);
        assert_eq!(ticket(None, TAKEN), ADDRESS);
        assert_eq!(ticket(Some("https://evil.example/activity-service/activity/status/1/a"), TAKEN), ADDRESS);
        assert_eq!(ticket(None, "{}"), NO_ADDRESS);
    }

    #[test]
    fn what_is_there_already_is_told_with_its_id() {
        let there = |id: Option<&str>| Uploaded::AlreadyThere(id.map(str::to_owned));
        assert_eq!(answer(409, None, &failures("21", 202)).unwrap(), there(Some("21")));
        assert_eq!(answer(202, Some(ADDRESS), &failures("\"21\"", 202)).unwrap(), there(Some("21")));
        assert_eq!(answer(409, None, &failures("21", 999)).unwrap(), there(Some("21")));
        assert_eq!(answer(409, None, "").unwrap(), there(None));
    }

    #[test]
    fn a_refusal_keeps_the_services_words_and_consent_is_no_fault_of_the_file() {
        for status in [200, 202, 400, 415] {
            let refused = answer(status, None, &failures("null", 206));
            assert!(matches!(refused, Err(Error::Refused(words)) if words.contains("Said so.")), "{status}");
        }
        let consent = answer(412, None, "{}");
        assert!(matches!(consent, Err(Error::Config(message)) if message.contains("Device Uploads")));
        assert!(matches!(answer(400, None, "{}"), Err(Error::Strange(_))));
        assert!(matches!(answer(403, None, "{}"), Err(Error::Login(_))));
        assert!(matches!(answer(403, None, "<html>"), Err(Error::Later { down: true, .. })));
        assert!(matches!(answer(429, None, ""), Err(Error::Later { down: true, .. })));
    }

    #[test]
    fn what_may_have_been_taken_is_unclear() {
        for (status, body) in
            [(500, ""), (502, "<html>"), (504, TAKEN), (408, ""), (200, "<html>"), (201, ""), (204, "")]
        {
            assert!(matches!(answer(status, None, body), Err(Error::Unclear(_))), "{status} {body}");
        }
        assert_eq!(answer(200, Some(ADDRESS), TAKEN).unwrap(), Uploaded::Pending(ADDRESS.into()));
    }
}
