//! The FIT file of an activity: the arguments of the tool, and its result. Pure.
//!
//! A result without a file means that the quota is used up, or that the activity has no file, or that the tool failed:
//! these cannot be told apart (public clients, August and September 2026; reviewed 2026-11-29). So it is never final.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Value, json};

use super::text::{self, Sentence};
use crate::activity::Activity;
use crate::platform::{Error, Result};

/// The result of a download.
#[derive(Debug, PartialEq, Eq)]
pub enum Given {
    /// The file.
    File(Vec<u8>),
    /// No file, and no error that is known.
    Nothing,
    /// An error that is known.
    Failure(Sentence),
}

/// The arguments of the tool. The service needs the sport of the list: without it the call fails.
pub fn arguments(id: &str, activity: &Activity) -> Result<Value> {
    let sport = activity.platform_sport.as_deref().and_then(|sport| sport.parse::<u32>().ok());
    let sport = sport.ok_or_else(|| {
        Error::Rejected("the sport number of this activity is unknown; list it first: gs-fetch --platform coros".into())
    })?;
    Ok(json!({"labelId": id, "sportType": sport}))
}

/// Whether a result has a file.
pub fn has_file(result: &Value) -> bool {
    result["content"].as_array().is_some_and(|items| items.iter().any(|item| item["type"] == "resource"))
}

/// Whether a result has a file. `None`: it is an error, which says nothing about the quota.
pub fn gave_file(result: &Value) -> Option<bool> {
    let is_error = |words: &String| text::sentence(words).is_some_and(|sentence| sentence != Sentence::NoFile);
    match has_file(result) {
        _ if text::is_error(result) => None,
        true => Some(true),
        false => (!text::texts(result).iter().any(is_error)).then_some(false),
    }
}

/// Reads the result of the download of this activity.
///
/// # Errors
/// [`Error::Unexpected`]: it has another file, or none that can be read.
pub fn read(result: &Value, id: &str) -> Result<Given> {
    let items = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !has_file(result) {
        let failure = text::texts(result).iter().find_map(|words| text::sentence(words));
        return Ok(match failure {
            Some(Sentence::NoFile) | None => Given::Nothing,
            Some(failure) => Given::Failure(failure),
        });
    }
    let files = items.iter().filter(|item| item["type"] == "resource").map(|item| &item["resource"]);
    let own: Vec<&Value> = files.filter(|file| file["uri"].as_str().and_then(label) == Some(id)).collect();
    let file = match own.as_slice() {
        [file] => *file,
        [] => return Err(Error::Unexpected("COROS gives the file of another activity; not stored".into())),
        _ => return Err(Error::Unexpected("COROS gives several files for this activity; not stored".into())),
    };
    // The archive checks the content.
    let bytes = file["blob"].as_str().and_then(decoded);
    bytes.map(Given::File).ok_or_else(|| Error::Unexpected("COROS gives a file that cannot be decoded (base64)".into()))
}

/// The id that an address names: `https://…/48.fit?sig=x`.
fn label(uri: &str) -> Option<&str> {
    uri.split(['?', '#']).next()?.rsplit('/').next()?.strip_suffix(".fit")
}

/// Base64, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 in lines or in one, in either alphabet (RFC 2045, 6.8; RFC 4648, 4 and 5): to request the file again
/// would cost quota.
fn decoded(blob: &str) -> Option<Vec<u8>> {
    let digits = blob.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    });
    BASE64.decode(digits.collect::<Vec<u8>>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(uri: &str, blob: &str) -> Value {
        json!({"type": "resource", "resource": {"uri": uri, "mimeType": "application/octet-stream", "blob": blob}})
    }

    fn of(content: Value) -> Result<Given> {
        read(&json!({"content": content, "isError": false}), "48")
    }

    #[test]
    fn the_file_is_beside_advice() {
        let advice = json!({"type": "text", "text": "Save the file."});
        let file = resource("coros://fit/48.fit", "RklU");
        assert_eq!(of(json!([file, advice])).unwrap(), Given::File(b"FIT".to_vec()));
        assert_eq!(of(json!([advice])).unwrap(), Given::Nothing);
        assert_eq!(of(json!([])).unwrap(), Given::Nothing);
    }

    #[test]
    fn the_file_must_be_of_this_activity() {
        for uri in ["coros://fit/49.fit", "coros://fit/148.fit", "coros://fit/49.fit?of=/48.fit", "48", ""] {
            assert!(matches!(of(json!([resource(uri, "RklU")])), Err(Error::Unexpected(_))), "{uri}");
        }
        let two = |other: &str| of(json!([resource(other, "QUJD"), resource("x/48.fit", "RklU")]));
        assert!(matches!(two("y/48.fit"), Err(Error::Unexpected(words)) if words.contains("several files")));
        assert_eq!(two("x/49.fit").unwrap(), Given::File(b"FIT".to_vec()));
        let signed = json!([resource("https://s3.coros.com/fit/1/48.fit?sig=a/b&x=1#y", "RklU")]);
        assert_eq!(of(signed).unwrap(), Given::File(b"FIT".to_vec()));
        assert!(matches!(of(json!([resource("x/48.fit", "*")])), Err(Error::Unexpected(_))));
    }

    #[test]
    fn every_form_of_base64_is_decoded() {
        let bytes: Vec<u8> = (0..=255).rev().cycle().take(1000).collect();
        let plain = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let lines: Vec<&str> = plain.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let url_safe = plain.replace('+', "-").replace('/', "_");
        assert!(plain.ends_with('=') && plain != url_safe);
        for blob in [&plain, &lines.join("\r\n"), &format!("\n{}\n", lines.join("\n")), &url_safe] {
            assert_eq!(decoded(blob).as_ref(), Some(&bytes), "{blob}");
            assert_eq!(decoded(blob.trim_end().trim_end_matches('=')).as_ref(), Some(&bytes), "{blob}");
        }
        assert!(["*", "QUJD*", "Q", "<html>"].iter().all(|bad| decoded(bad).is_none()));
    }

    #[test]
    fn sentences_are_told_apart() {
        let said = |words: &str| of(json!([{"type": "text", "text": words}])).unwrap();
        assert_eq!(said("COROS did not return a FIT file URL for labelId: 48"), Given::Nothing);
        assert_eq!(said("Tool call anomalies detected."), Given::Failure(Sentence::Anomalies));
        assert_eq!(said("COROS API is temporarily unavailable."), Given::Failure(Sentence::Unavailable));
    }

    #[test]
    fn a_known_error_is_no_result_without_a_file() {
        let of = |content: Value| gave_file(&json!({"content": content, "isError": false}));
        let said = |words: &str| of(json!([{"type": "text", "text": words}]));
        for error in ["COROS API is temporarily unavailable.", "Tool call anomalies detected.", "Session not found: 5f"]
        {
            assert_eq!(said(error), None, "{error}");
        }
        assert_eq!(said("COROS did not return a FIT file URL for labelId: 48"), Some(false));
        assert_eq!((said("Save the file."), of(json!([]))), (Some(false), Some(false)));
        assert_eq!(of(json!([resource("coros://fit/48.fit", "RklU")])), Some(true));
        assert_eq!(gave_file(&json!({"content": [], "isError": true})), None);
    }

    #[test]
    fn the_sport_of_the_list_is_sent_as_a_number() {
        let activity =
            |sport: Option<&str>| Activity { platform_sport: sport.map(str::to_owned), ..Activity::default() };
        assert_eq!(arguments("48", &activity(Some("102"))).unwrap(), json!({"labelId": "48", "sportType": 102}));
        assert!(matches!(arguments("48", &activity(None)), Err(Error::Rejected(_))));
        assert!(matches!(arguments("48", &activity(Some("x"))), Err(Error::Rejected(_))));
    }
}
