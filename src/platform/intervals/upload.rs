//! Uploads to intervals.icu: the form and its responses. Pure.
//!
//! 201 means that the file became an activity; 200 that the service has the same bytes already, and it then names the
//! existing activity (intervals.icu's API document; reviewed 2026-11-29). A multisport file becomes one activity per
//! leg, and the first one stands for all of them.

use serde_json::Value;

use super::api::{self, Athlete};
use crate::http::{FormPart, Request, Response, form, multipart};
use crate::platform::{Error, Result, UploadFile, UploadStatus, lenient_json};

/// The request with the file in a form, without its key. `boundary` is a text that does not occur in the file. The
/// file's name is stored as the activity's id at its source.
pub fn request(athlete: &Athlete, file: &UploadFile, boundary: &str) -> Request {
    let part = FormPart { name: "file", file_name: Some(file.name), content: file.bytes };
    let (content_type, body) = multipart(boundary, &[part]);
    let source = file.name.rsplit_once('.').map_or(file.name, |(stem, _)| stem);
    let query = form(&[("external_id", &format!("garminsync:{source}"))]);
    let mut request = api::write("POST", &athlete.path(&format!("activities?{query}")));
    request.body = Some(body);
    request.header("Content-Type", content_type).not_after(file.not_after)
}

/// Reads the response.
pub fn read(response: &Response) -> Result<UploadStatus> {
    let body = lenient_json::parse(&response.body);
    match (response.status, &body) {
        (201, Some(body)) => Ok(UploadStatus::Created(first_id(body))),
        (200, Some(body)) => Ok(UploadStatus::Exists(first_id(body))),
        (200..=299, _) => Err(Error::OutcomeUnknown(format!(
            "intervals.icu reports success with an unexpected response (HTTP {}); outcome of the upload unknown, looked up",
            response.status
        ))),
        (400 | 413 | 415 | 422, _) => {
            Err(Error::Rejected(format!("intervals.icu rejected the file: {}", api::error_text(response))))
        }
        _ => Err(Error::Unexpected(format!(
            "intervals.icu: unexpected response to the upload ({})",
            api::error_text(response)
        ))),
    }
}

/// The id of the first activity. Older responses are a bare array of activities.
fn first_id(body: &Value) -> Option<String> {
    let listed = body.as_array().or_else(|| body["activities"].as_array());
    let first = listed.and_then(|all| all.first()).and_then(|one| api::text(&one["id"]));
    first.or_else(|| api::text(&body["id"])).filter(|id| api::is_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Format;
    use crate::http::Repeat;
    use serde_json::json;

    fn answer(status: u16, body: &Value) -> Result<UploadStatus> {
        read(&Response { status, headers: Vec::new(), body: body.to_string().into_bytes() })
    }

    #[test]
    fn the_file_is_sent_once_with_the_id_of_its_source() {
        let file = UploadFile {
            bytes: b"FIT",
            format: Format::Fit,
            name: "garmin-com-12.fit",
            start_time: None,
            utc_offset_s: None,
            reupload: false,
            not_after: None,
        };
        let request = request(&Athlete::of_settings(&NoSettings).unwrap(), &file, "b");
        assert_eq!(
            request.url,
            "https://intervals.icu/api/v1/athlete/0/activities?external_id=garminsync%3Agarmin-com-12"
        );
        assert_eq!((request.method, request.repeat, request.changes), ("POST", Repeat::Never, true));
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        assert!(body.contains(r#"name="file"; filename="garmin-com-12.fit""#), "{body}");
    }

    struct NoSettings;

    impl crate::platform::SettingSource for NoSettings {
        fn text(&self, _name: &str) -> Option<String> {
            None
        }

        fn flag(&self, _name: &str) -> Result<bool> {
            Ok(false)
        }

        fn duration(&self, _name: &str) -> Result<std::time::Duration> {
            Ok(std::time::Duration::ZERO)
        }
    }

    #[test]
    fn the_status_tells_new_from_known() {
        let new = json!({"icu_athlete_id": "i1", "id": "i7", "activities": [{"id": "i7"}, {"id": "i8"}]});
        assert_eq!(answer(201, &new).unwrap(), UploadStatus::Created(Some("i7".into())));
        assert_eq!(answer(200, &new).unwrap(), UploadStatus::Exists(Some("i7".into())));
        assert_eq!(answer(201, &json!([{"id": "i9"}])).unwrap(), UploadStatus::Created(Some("i9".into())));
        assert_eq!(answer(200, &json!({"activities": []})).unwrap(), UploadStatus::Exists(None));
        assert_eq!(answer(201, &json!({"id": "../x"})).unwrap(), UploadStatus::Created(None));
    }

    #[test]
    fn a_rejection_has_the_services_message() {
        let rejected = answer(422, &json!({"status": 422, "error": "No sport in file"}));
        assert!(matches!(rejected, Err(Error::Rejected(words)) if words.contains("HTTP 422: No sport in file")));
        let page = read(&Response { status: 200, headers: Vec::new(), body: b"<html>".to_vec() });
        assert!(matches!(page, Err(Error::OutcomeUnknown(_))));
        assert!(matches!(answer(404, &json!({})), Err(Error::Unexpected(_))));
    }
}
