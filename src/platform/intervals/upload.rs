//! Uploads to intervals.icu: the form and its responses. Pure.
//!
//! 201 means that the file became an activity; 200 that the service has the same bytes already, and it then names the
//! existing activity (intervals.icu's API document; reviewed 2026-11-29). A multisport file becomes one activity per
//! leg, and the first one stands for all of them.
//!
//! The service stores an id of ours with the activity. It is made of the file's bytes, so an upload whose response was
//! lost is found in the list.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::api::{self, Athlete};
use crate::fit;
use crate::hex;
use crate::http::{FormPart, Request, Response, form, multipart};
use crate::platform::{Error, Result, UploadFile, UploadRef, UploadStatus, lenient_json};

/// How far the list is read around the starts of uploads: its times are local, ours are UTC.
const PADDING: SignedDuration = SignedDuration::from_hours(48);
/// Starts of one activity differ by at most this much between services, in seconds.
const SAME_START_S: i64 = 120;
/// The length of the hash in an id of ours, in digits.
const HASH: usize = 32;

/// The request with the file in a form, without its key. `boundary` is a text that does not occur in the file.
pub fn request(athlete: &Athlete, file: &UploadFile, boundary: &str) -> Request {
    let part = FormPart { name: "file", file_name: Some(file.name), content: file.bytes };
    let (content_type, body) = multipart(boundary, &[part]);
    let query = form(&[("external_id", &external_id(file))]);
    let mut request = api::write("POST", &athlete.path(&format!("activities?{query}")));
    request.body = Some(body);
    request.header("Content-Type", content_type).not_after(file.not_after)
}

/// Whether the activity of a file came there from Strava: the API shows only its local start, and the service would make
/// a second activity of the file.
pub fn is_from_strava(file: &UploadFile, strava_starts: &[DateTime]) -> bool {
    let Some(start) = file.start_time else { return false };
    let utc = start.to_zoned(TimeZone::UTC).datetime();
    // Lists of COROS by OAuth have no local time; the file has.
    let of_file = || fit::scan(file.bytes).ok().and_then(|fit| fit.activity().utc_offset_s);
    let offset = if strava_starts.is_empty() { None } else { file.utc_offset_s.or_else(of_file) };
    let is_it = |from_strava: &DateTime| {
        let apart = from_strava.duration_since(utc).as_secs();
        match offset {
            Some(offset) => (apart - i64::from(offset)).abs() <= SAME_START_S,
            // In some time zone it starts then: zones differ by quarter hours.
            None => apart.abs() <= 14 * 3600 && (apart + SAME_START_S).rem_euclid(900) <= 2 * SAME_START_S,
        }
    };
    strava_starts.iter().any(is_it)
}

/// Reads the response.
pub fn read(response: &Response) -> Result<UploadStatus> {
    let body = lenient_json::parse(&response.body);
    // A 200 with anything else proves nothing.
    let is_result = |body: &&Value| body.is_array() || body["activities"].is_array() || body["id"].is_string();
    match (response.status, body.as_ref().filter(is_result)) {
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

/// The id of ours under which the service stores the activity of a file.
fn external_id(file: &UploadFile) -> String {
    format!("garminsync-{}", &hex::encode(&Sha256::digest(file.bytes))[..HASH])
}

/// The query of the list that shows these uploads; `None` if none of them can be looked up.
pub fn status_query(sent: &[UploadRef]) -> Option<String> {
    let starts = || sent.iter().filter_map(|one| one.file?.start_time);
    let time = |time: Option<Timestamp>| {
        Some(time?.to_zoned(TimeZone::UTC).datetime().strftime("%Y-%m-%dT%H:%M:%S").to_string())
    };
    let oldest = time(starts().min()?.checked_sub(PADDING).ok())?;
    let newest = time(starts().max()?.checked_add(PADDING).ok())?;
    Some(form(&[("oldest", &oldest), ("newest", &newest), ("fields", "id,external_id")]))
}

/// The status of uploads, by the list; `None`: it was not requested.
pub fn statuses(sent: &[UploadRef], list: Option<&Response>) -> Vec<Result<UploadStatus>> {
    let listed = list.filter(|list| list.status == 200).and_then(|list| lenient_json::parse(&list.body));
    let listed = listed.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let status = |one: &UploadRef| {
        let ours = external_id(&one.file?);
        // Newest first: of a multisport file the last one is the first leg.
        let found = listed.iter().rev().find(|item| item["external_id"].as_str() == Some(&ours))?;
        api::text(&found["id"]).filter(|id| api::is_id(id))
    };
    let known = |one: &UploadRef| status(one).map_or(UploadStatus::Unknown, |id| UploadStatus::Created(Some(id)));
    sent.iter().map(|one| Ok(known(one))).collect()
}

/// The id of the first activity: of the legs of a multisport file, the oldest one, whatever their order. Older responses
/// are a bare array of activities.
fn first_id(body: &Value) -> Option<String> {
    let listed = body.as_array().or_else(|| body["activities"].as_array());
    let ids = listed.into_iter().flatten().filter_map(|one| api::text(&one["id"])).filter(|id| api::is_id(id));
    let first = ids.min_by(|one, other| (one.len(), one).cmp(&(other.len(), other)));
    first.or_else(|| api::text(&body["id"]).filter(|id| api::is_id(id)))
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
    fn the_file_is_sent_once_with_an_id_of_its_bytes() {
        let file = file(b"FIT");
        let request = request(&Athlete::of_settings(&NoSettings).unwrap(), &file, "b");
        let (address, id) = request.url.split_once("?external_id=").unwrap();
        assert_eq!(address, "https://intervals.icu/api/v1/athlete/0/activities");
        assert_eq!((id, id.len()), (external_id(&file).as_str(), 11 + HASH));
        assert_eq!((request.method, request.repeat, request.changes), ("POST", Repeat::Never, true));
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        assert!(body.contains(r#"name="file"; filename="garmin-com-12.fit""#), "{body}");
    }

    fn file(bytes: &[u8]) -> UploadFile<'_> {
        UploadFile {
            bytes,
            format: Format::Fit,
            name: "garmin-com-12.fit",
            activity: None,
            start_time: "2026-11-20T06:00:00Z".parse().ok(),
            utc_offset_s: None,
            reupload: false,
            not_after: None,
        }
    }

    #[test]
    fn an_upload_is_found_in_the_list_by_its_bytes() {
        let sent = |bytes| UploadRef { status_ref: None, file: Some(file(bytes)) };
        let sent = [sent(b"one"), UploadRef { status_ref: None, file: None }, sent(b"two")];
        let query = status_query(&sent).unwrap();
        assert!(query.starts_with("oldest=2026-11-18T06%3A00%3A00&newest=2026-11-22T06%3A00%3A00"), "{query}");
        assert_eq!(status_query(&sent[1..2]), None);
        let body = json!([{"id": "i8"}, {"id": "i7", "external_id": external_id(&file(b"two"))}]);
        let list = Response { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() };
        let found: Vec<UploadStatus> = statuses(&sent, Some(&list)).into_iter().map(Result::unwrap).collect();
        assert_eq!(found[..2], [UploadStatus::Unknown, UploadStatus::Unknown]);
        assert_eq!(found[2], UploadStatus::Created(Some("i7".into())));
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
        let legs = json!({"id": "i10", "activities": [{"id": "i10"}, {"id": "i9"}]});
        assert_eq!(answer(201, &legs).unwrap(), UploadStatus::Created(Some("i9".into())), "the first leg");
        assert_eq!(answer(201, &json!([{"id": "i9"}])).unwrap(), UploadStatus::Created(Some("i9".into())));
        assert_eq!(answer(200, &json!({"activities": []})).unwrap(), UploadStatus::Exists(None));
        assert_eq!(answer(201, &json!({"id": "../x"})).unwrap(), UploadStatus::Created(None));
        for nothing in [json!({}), json!({"error": "busy"}), json!("ok")] {
            assert!(matches!(answer(200, &nothing), Err(Error::OutcomeUnknown(_))), "{nothing}");
        }
    }

    #[test]
    fn nothing_is_uploaded_where_an_activity_from_strava_begins() {
        let refused = |offset, local: &str| {
            let file = UploadFile { utc_offset_s: offset, ..file(b"FIT") };
            is_from_strava(&file, &[local.parse().unwrap()])
        };
        assert!(refused(Some(3600), "2026-11-20T07:00:30") && !refused(Some(3600), "2026-11-20T08:00:00"));
        assert!(refused(None, "2026-11-20T07:00:30") && refused(None, "2026-11-20T11:44:00"));
        assert!(!refused(None, "2026-11-20T07:05:00") && !refused(None, "2026-11-21T07:00:00"));
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
