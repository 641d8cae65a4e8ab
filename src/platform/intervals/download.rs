//! Downloads from intervals.icu. Pure.
//!
//! The service returns the file as it received it. An upload is the recorded file. What another service pushed is that
//! service's own copy: Garmin's differs from the recorded file (garmin-intervals-bridge 0.12.2, reviewed 2026-11-29),
//! so it is stored as a converted file and never stands for the original.

use super::api;
use crate::activity::printable;
use crate::http::{Response, limit};
use crate::platform::{Download, Error, Result, lenient_json};
use crate::walk;

/// Why an activity that was entered by hand has no file.
pub const BY_HAND: &str = "entered by hand: no file";
/// Sources whose file is the recorded one: a person uploaded it, with the web page, an app or a shared folder.
const UPLOADS: [&str; 3] = ["UPLOAD", "OAUTH_CLIENT", "DROPBOX"];

/// What the details of an activity say about its file.
#[derive(Debug, PartialEq, Eq)]
pub struct Details {
    /// The activity was entered by hand.
    pub is_manual: bool,
    /// Who pushed the file; `None` for an upload.
    pushed_by: Option<String>,
    /// The details name a format.
    has_format: bool,
}

/// Whether the activity `id` exists.
pub fn exists(response: &Response, id: &str) -> Result<bool> {
    let body = lenient_json::parse(&response.body).unwrap_or_default();
    match response.status {
        404 => Ok(false),
        200 if body["id"].as_str() == Some(id) => Ok(true),
        // An activity from Strava exists, and is closed to the API.
        422 => Ok(true),
        _ => Err(Error::retry_item(format!(
            "cannot check whether activity {id} exists: {}; try again later",
            api::error_text(response)
        ))),
    }
}

/// Reads the details.
pub fn details(response: &Response) -> Result<Details> {
    let body = lenient_json::parse(&response.body).filter(|_| response.status == 200);
    let Some(body) = body.filter(serde_json::Value::is_object) else {
        return Err(match response.status {
            404 => Error::NotFound(
                "activity not found on intervals.icu; the next full listing updates the catalogue".into(),
            ),
            422 => {
                Error::Rejected(format!("intervals.icu does not give this activity ({})", api::error_text(response)))
            }
            _ => Error::Unexpected(format!("intervals.icu: unexpected details ({})", api::error_text(response))),
        });
    };
    let source = api::text(&body["source"]).unwrap_or_default();
    let is_manual = source == "MANUAL";
    let pushed_by = (!is_manual && !UPLOADS.contains(&source.as_str())).then(|| printable(&source));
    Ok(Details { is_manual, pushed_by, has_format: api::text(&body["file_type"]).is_some() })
}

/// Reads the response with the file, which is compressed by gzip.
pub fn read(details: &Details, response: &Response) -> Result<Download> {
    match response.status {
        200 => {}
        404 | 422 if !details.has_format => return Ok(Download::None { why: "intervals.icu has no file".into() }),
        _ => {
            return Err(Error::Rejected(format!(
                "intervals.icu does not give the file ({})",
                api::error_text(response)
            )));
        }
    }
    let bytes = match walk::is_gzip(&response.body) {
        true => walk::gunzip(&response.body, limit::FILE)
            .map_err(|why| Error::retry_item(format!("intervals.icu: the file {why}; try again later")))?,
        false => response.body.clone(),
    };
    Ok(match &details.pushed_by {
        None => Download::Original(bytes),
        Some(service) => {
            let service = if service.is_empty() { "an unknown source" } else { service };
            let why = format!("intervals.icu has the copy from {service}, not the recorded file");
            Download::Converted { bytes, why, retry_original: false }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::io::Write;

    fn answer(status: u16, body: &Value) -> Response {
        Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    fn of(source: &str) -> Details {
        details(&answer(200, &json!({"id": "i1", "source": source, "file_type": "fit"}))).unwrap()
    }

    fn file(body: &[u8]) -> Response {
        Response { status: 200, headers: Vec::new(), body: body.to_vec() }
    }

    #[test]
    fn an_upload_is_the_original_and_a_push_is_a_copy() {
        for source in UPLOADS {
            assert_eq!(read(&of(source), &file(b"FIT")).unwrap(), Download::Original(b"FIT".to_vec()), "{source}");
        }
        for source in ["GARMIN_CONNECT", "COROS", "NEW_SERVICE", ""] {
            let download = read(&of(source), &file(b"FIT")).unwrap();
            assert!(
                matches!(&download, Download::Converted { why, retry_original: false, .. } if why.contains("copy from")),
                "{source}: {download:?}"
            );
        }
    }

    #[test]
    fn the_file_is_decompressed_once_if_it_is_compressed() {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(b"FIT").unwrap();
        let whole = gz.finish().unwrap();
        assert_eq!(read(&of("UPLOAD"), &file(&whole)).unwrap(), Download::Original(b"FIT".to_vec()));
        let cut = read(&of("UPLOAD"), &file(&whole[..whole.len() - 4]));
        assert!(matches!(cut, Err(Error::Retry { platform_wide: false, .. })));
    }

    #[test]
    fn an_activity_without_a_file_is_told_from_a_refused_one() {
        let typed = details(&answer(200, &json!({"id": "i1", "source": "MANUAL"}))).unwrap();
        assert!(typed.is_manual);
        let bare = details(&answer(200, &json!({"id": "i1", "source": "UPLOAD"}))).unwrap();
        assert!(matches!(read(&bare, &answer(404, &json!({}))).unwrap(), Download::None { .. }));
        assert!(matches!(read(&of("UPLOAD"), &answer(422, &json!({}))), Err(Error::Rejected(_))));
    }

    #[test]
    fn details_tell_a_missing_activity_and_one_from_strava() {
        assert!(matches!(details(&answer(404, &json!({}))), Err(Error::NotFound(_))));
        let strava = json!({"status": 422, "error": "Strava activities are not available via the API"});
        assert!(matches!(details(&answer(422, &strava)), Err(Error::Rejected(words)) if words.contains("Strava")));
        assert!(!exists(&answer(404, &json!({})), "i1").unwrap());
        assert!(exists(&answer(200, &json!({"id": "i1"})), "i1").unwrap());
        assert!(exists(&answer(200, &json!({"id": "i2"})), "i1").is_err());
    }
}
