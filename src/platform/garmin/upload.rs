//! Uploads to Garmin: the form and its responses. Pure.
//!
//! The usual response is 202 with a URL for the status (see `status`). 409 means that the file exists already: the same
//! bytes uploaded twice never make two activities (garminexport, Strava sync tools, python-garminconnect issue 112).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::domain::Domain;
use super::import_result::{self, ImportResult};
use super::status::PATH;
use crate::http::{FormPart, Request, Response, multipart};
use crate::platform::{Error, Result, UploadFile, UploadStatus, lenient_json};

/// The status reference if Garmin returned no URL for the status: only the list shows the activity.
const NO_STATUS_URL: &str = "none";

/// The `User-Agent` of the app for imports (python-garminconnect, `import_activity`; reviewed 2026-11-29).
const IMPORTER: &str = "GCM-iOS-5.7.2.1";

/// The request with the file in a form. `boundary` is a text that does not occur in the file. `as_import`: the file is
/// imported, and Garmin does not pass it on to connected services such as Strava (python-garminconnect issue 322).
pub fn request(domain: &Domain, file: &UploadFile, boundary: &str, as_import: bool) -> Request {
    let part = FormPart { name: "file", file_name: Some(file.name), content: file.bytes };
    let (content_type, body) = multipart(boundary, &[part]);
    let path =
        if as_import { format!("/upload-service/upload/{}", file.format) } else { "/upload-service/upload".into() };
    let mut request = domain.write("POST", &path);
    request.body = Some(body);
    let request = request.header("Content-Type", content_type).not_after(file.not_after);
    if as_import { imported(domain, request) } else { request }
}

/// Adds the headers of an import.
fn imported(domain: &Domain, mut request: Request) -> Request {
    request.headers.retain(|(name, _)| name != "User-Agent");
    request.header("User-Agent", IMPORTER).header("NK", "NT").header("Origin", domain.url("sso", ""))
}

/// Reads the response.
pub fn parse(domain: &Domain, response: &Response) -> Result<UploadStatus> {
    import_result::check_login(response, "uploads")?;
    let outcome_unknown = |what: &str| {
        let message = format!("{what} (HTTP {}); outcome of the upload unknown, looked up", response.status);
        Err(Error::OutcomeUnknown(message))
    };
    match (response.status, import_result::read(response)) {
        (408 | 500..=599, _) => outcome_unknown("Garmin: server error"),
        // The rejection concerns the account, so the file is not recorded as rejected.
        (412, _) => Err(Error::Config(
            "Garmin rejects uploads to this account until device uploads are allowed (HTTP 412): log in to Garmin \
             Connect on the web, allow Device Uploads in Settings, Privacy and Data, then run again"
                .into(),
        )),
        (409, ImportResult::Exists(id)) | (_, ImportResult::Exists(id)) => Ok(UploadStatus::Exists(id)),
        (409, _) => Ok(UploadStatus::Exists(import_result::named_id(response))),
        (_, ImportResult::Rejected(why)) => Err(Error::Rejected(format!("Garmin rejected the file: {why}"))),
        (200..=202, ImportResult::Created(id)) => Ok(UploadStatus::Created(id)),
        (202, _) => Ok(UploadStatus::Pending(status_url(domain, response).unwrap_or_else(|| NO_STATUS_URL.into()))),
        (200 | 201, ImportResult::Pending) => {
            match (import_result::located_id(domain, response), status_url(domain, response)) {
                (Some(id), _) => Ok(UploadStatus::Created(Some(id))),
                (None, Some(url)) => Ok(UploadStatus::Pending(url)),
                (None, None) => outcome_unknown("Garmin reports success without a result"),
            }
        }
        (200..=299, _) => outcome_unknown("Garmin reports success with an unexpected response"),
        (413, _) => Err(Error::Rejected("Garmin rejected the file: too large (HTTP 413)".into())),
        _ => Err(Error::Unexpected(format!(
            "unexpected response to the upload ({})",
            import_result::error_text(response)
        ))),
    }
}

/// The URL for the status of an upload: the one that Garmin returned, if it is on Garmin's host, else one built from
/// the body.
fn status_url(domain: &Domain, response: &Response) -> Option<String> {
    let given = response.header("location").filter(|url| super::status::request(domain, url).is_some());
    given.map(str::to_owned).or_else(|| {
        let body = lenient_json::parse(&response.body)?;
        let url = built_url(domain, &body["detailedImportResult"])?;
        super::status::request(domain, &url).map(|_| url)
    })
}

/// Builds `…/status/<epoch ms>/<uuid without dashes>` from the time and the uuid in the body, as in recordings.
fn built_url(domain: &Domain, result: &Value) -> Option<String> {
    let uuid = result["uploadUuid"]["uuid"].as_str()?.replace('-', "");
    let created = result["creationDate"].as_str()?.strip_suffix(" GMT")?;
    let created: DateTime = created.replacen(' ', "T", 1).parse().ok()?;
    let ms = created.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
    (uuid.len() == 32).then(|| domain.url("connectapi", &format!("{PATH}{ms}/{uuid}")))
}

#[cfg(test)]
mod tests {
    use super::super::domain::{CN, COM};
    use super::*;
    use crate::activity::Format;

    const ADDRESS: &str =
        "https://connectapi.garmin.com/activity-service/activity/status/1695952699113/6e56051d1dd44f2cb8ba00a1a7d82eb3";
    /// As recorded by garth in 2023.
    const TAKEN: &str = r#"{"detailedImportResult":{"uploadId":212157427938,"uploadUuid":{"uuid":"6e56051d-1dd4-4f2c-b8ba-00a1a7d82eb3"},"owner":1000001,"fileSize":5289,"processingTime":36,"creationDate":"2023-09-29 01:58:19.113 GMT","ipAddress":null,"fileName":"12129115726_ACTIVITY.fit","report":null,"successes":[],"failures":[]}}"#;

    fn answer(status: u16, location: Option<&str>, body: &str) -> Result<UploadStatus> {
        let headers = location.map(|url| ("location".to_owned(), url.to_owned())).into_iter().collect();
        parse(&COM, &Response { status, headers, body: body.into() })
    }

    fn failures(id: &str, code: u32) -> String {
        format!(
            r#"{{"detailedImportResult":{{"uploadId":"","successes":[],"failures":[{{"internalId":{id},"messages":[{{"code":{code},"content":"Said so."}}]}}]}}}}"#
        )
    }

    #[test]
    fn the_form_has_one_part_named_file() {
        let file = UploadFile {
            bytes: b"\x0e\x10bytes\r\n",
            format: Format::Fit,
            name: "a\"\r\nX: y.fit",
            activity: None,
            start_time: None,
            utc_offset_s: None,
            reupload: false,
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
    fn the_status_url_is_garmins_or_built_from_the_body() {
        let ticket = |location, body| match answer(202, location, body) {
            Ok(UploadStatus::Pending(ticket)) => ticket,
            other => panic!("{other:?}"),
        };
        assert_eq!(ticket(Some(ADDRESS), TAKEN), ADDRESS);
        assert_eq!(ticket(Some(ADDRESS), ""), ADDRESS);
        assert_eq!(ticket(None, TAKEN), ADDRESS);
        assert_eq!(ticket(Some("https://evil.example/activity-service/activity/status/1/a"), TAKEN), ADDRESS);
        assert_eq!(ticket(None, "{}"), NO_STATUS_URL);
    }

    #[test]
    fn an_existing_activity_has_its_id() {
        let there = |id: Option<&str>| UploadStatus::Exists(id.map(str::to_owned));
        assert_eq!(answer(409, None, &failures("21", 202)).unwrap(), there(Some("21")));
        assert_eq!(answer(202, Some(ADDRESS), &failures("\"21\"", 202)).unwrap(), there(Some("21")));
        assert_eq!(answer(409, None, &failures("21", 999)).unwrap(), there(Some("21")));
        assert_eq!(answer(409, None, "").unwrap(), there(None));
    }

    #[test]
    fn a_rejection_has_the_services_message_unlike_missing_consent() {
        for status in [200, 202, 400, 415] {
            let refused = answer(status, None, &failures("null", 206));
            assert!(matches!(refused, Err(Error::Rejected(words)) if words.contains("Said so.")), "{status}");
        }
        let consent = answer(412, None, "{}");
        assert!(matches!(consent, Err(Error::Config(message)) if message.contains("Device Uploads")));
        assert!(matches!(answer(400, None, "{}"), Err(Error::Unexpected(_))));
        assert!(matches!(answer(403, None, "{}"), Err(Error::Login(_))));
        assert!(matches!(answer(403, None, "<html>"), Err(Error::Retry { platform_wide: true, .. })));
        assert!(matches!(answer(429, None, ""), Err(Error::Retry { platform_wide: true, .. })));
    }

    #[test]
    fn an_upload_that_may_have_arrived_has_an_unknown_outcome() {
        for (status, body) in
            [(500, ""), (502, "<html>"), (504, TAKEN), (408, ""), (200, "<html>"), (201, ""), (204, "")]
        {
            assert!(matches!(answer(status, None, body), Err(Error::OutcomeUnknown(_))), "{status} {body}");
        }
        assert_eq!(answer(200, Some(ADDRESS), TAKEN).unwrap(), UploadStatus::Pending(ADDRESS.into()));
    }
}
