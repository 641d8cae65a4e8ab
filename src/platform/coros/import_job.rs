//! The import request, which makes COROS create an activity from an object in its store. It is sent once and becomes a
//! job in a queue that can be read at any time.

use serde_json::{Value, json};

use super::region::Region;
use super::response::{digits, text_or_number};
use super::store::StoreCredentials;
use super::upload_zip::UploadZip;
use crate::http::{FormPart, Repeat, Request, multipart};
use crate::platform::{Error, Result, UploadFile, UploadStatus};

/// Jobs that are requested at once: the maximum of known clients.
pub const QUEUE: usize = 100;

/// The status of a job whose object is not in the bucket that the importer reads (Pinta365/coros).
const WRONG_BUCKET: i64 = -2;

/// The request to import a zip that is in the store under `object`, without the session's token.
pub fn import_request(
    region: &Region,
    credentials: &StoreCredentials,
    upload_zip: &UploadZip,
    object: &str,
    file: &UploadFile,
) -> Request {
    let order = json!({
        "source": 1,
        "timezone": quarter_hours(file.utc_offset_s),
        "bucket": credentials.bucket,
        "md5": upload_zip.md5,
        "size": upload_zip.zip.len(),
        "object": object,
        "serviceName": credentials.provider.name(),
        "oriFileName": file.name,
    });
    // Names and hashes have plain characters only, so the boundary cannot occur in the request.
    let boundary = format!("garminsync-{}", upload_zip.md5);
    let order = order.to_string();
    let part = FormPart { name: "jsonParameter", file_name: None, content: order.as_bytes() };
    let (content_type, body) = multipart(&boundary, &[part]);
    let mut request = region.read_by_post("/activity/fit/import").changing();
    request.repeat = Repeat::Never;
    request.body = Some(body);
    request.header("Content-Type", content_type).not_after(file.not_after)
}

/// The request for the queue, without the session's token. It reads the newest jobs, including finished ones.
pub fn queue_request(region: &Region) -> Request {
    let mut request = region.post("/activity/fit/getImportSportList", &json!({ "size": QUEUE }));
    request.repeat = Repeat::Read;
    request
}

/// Local time minus UTC in COROS' unit, quarter hours; 0 if unknown. Times in the file are UTC: clients that always
/// send China's offset make every start elsewhere wrong by hours.
fn quarter_hours(offset_s: Option<i32>) -> i32 {
    let quarters = (offset_s.unwrap_or(0) + 450).div_euclid(900);
    if (-48..=56).contains(&quarters) { quarters } else { 0 }
}

/// A job of the importer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The MD5 of the import request.
    pub md5: String,
    /// The file name of the import request.
    pub name: String,
    /// 0, 1 and 3 while it is pending, 2 when it is finished, negative when it failed.
    pub status_code: i64,
    /// The number of files that it could not import.
    pub errors: i64,
    /// When it was created. The unit does not matter, because the value is only compared.
    pub created: i64,
}

/// Reads a job; `None` without an id.
pub fn job(value: &Value) -> Option<Job> {
    let number = |name: &str| text_or_number(&value[name])?.parse().ok();
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let id = digits(&value["idString"]).or_else(|| digits(&value["id"]))?;
    Some(Job {
        id,
        md5: text("md5").to_ascii_lowercase(),
        name: text("originalFilename"),
        // A job without a status is pending.
        status_code: number("status").unwrap_or(0),
        errors: number("errorSize").unwrap_or(0),
        created: number("createTime").unwrap_or(0),
    })
}

impl Job {
    /// The status of the upload.
    ///
    /// A finished job does not prove that an activity exists: the job of a file that was damaged in transit finishes,
    /// too. So the caller checks the list.
    pub fn status(&self) -> Result<UploadStatus> {
        match self.status_code {
            2 if self.errors > 0 => Err(Error::Rejected(
                "COROS could not read the file (import error)".into(),
            )),
            2 => Ok(UploadStatus::Created(None)),
            WRONG_BUCKET => Err(Error::NotFound(
                "COROS did not find the file in its store (status -2); not imported, uploaded again by the next run; if it fails again, update garminsync"
                    .into(),
            )),
            status if status < 0 => Err(Error::Rejected(format!(
                "COROS rejected the file (status {status}): unsupported sport, or unreadable file"
            ))),
            _ => Ok(UploadStatus::Pending(self.status_ref())),
        }
    }

    /// The reference by which the job is found again: its id and its MD5.
    pub fn status_ref(&self) -> String {
        format!("{}:{}", self.id, self.md5)
    }
}

#[cfg(test)]
mod tests {
    use super::super::region::region;
    use super::super::store::Provider;
    use super::*;
    use crate::activity::Format;
    use crate::http::Secret;

    fn file(utc_offset_s: Option<i32>) -> UploadFile<'static> {
        UploadFile {
            bytes: b"",
            format: Format::Fit,
            name: "activity_7.fit",
            activity: None,
            start_time: None,
            utc_offset_s,
            reupload: false,
            not_after: None,
        }
    }

    #[test]
    fn the_import_is_one_text_field_and_is_sent_once() {
        let credentials = StoreCredentials {
            provider: Provider::Aws,
            bucket: "eu-coros".into(),
            region: "eu-central-1".into(),
            id: Secret::new("i"),
            secret: Secret::new("s"),
            token: Secret::new("t"),
            expires: None,
        };
        let upload_zip = UploadZip { zip: vec![0; 321], md5: "00ff".into() };
        let request =
            import_request(region(3).unwrap(), &credentials, &upload_zip, "fit_zip/460001/00ff.zip", &file(Some(7200)));
        assert_eq!(request.url, "https://teameuapi.coros.com/activity/fit/import");
        assert_eq!(request.repeat, Repeat::Never);
        let kind = "multipart/form-data; boundary=garminsync-00ff";
        assert!(request.headers.contains(&("Content-Type".into(), kind.into())));
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        let parts: Vec<&str> = body.split("\r\n").collect();
        assert_eq!(parts[0], "--garminsync-00ff");
        assert_eq!(parts[1], "Content-Disposition: form-data; name=\"jsonParameter\"");
        assert_eq!(parts[4..], ["--garminsync-00ff--", ""]);
        assert_eq!(
            serde_json::from_str::<Value>(parts[3]).unwrap(),
            json!({"source": 1, "timezone": 8, "bucket": "eu-coros", "md5": "00ff", "size": 321,
                "object": "fit_zip/460001/00ff.zip", "serviceName": "aws", "oriFileName": "activity_7.fit"})
        );
    }

    #[test]
    fn offsets_are_in_quarter_hours_and_0_if_unknown() {
        let zones = [(Some(28_800), 32), (Some(-21_600), -24), (Some(20_700), 23), (Some(-2670), -3), (None, 0)];
        for (offset, quarters) in zones {
            assert_eq!(quarter_hours(offset), quarters);
        }
        assert_eq!(quarter_hours(Some(999_999)), 0);
    }

    #[test]
    fn a_job_id_is_read_in_each_form() {
        for value in [
            json!({"idString": "9007199254740993", "id": 9_007_199_254_740_992_u64}),
            json!({"id": 9_007_199_254_740_993_u64}),
            json!({"id": "9007199254740993"}),
        ] {
            assert_eq!(job(&value).unwrap().id, "9007199254740993");
        }
        assert_eq!(job(&json!({"status": 2})), None);
    }

    #[test]
    fn the_status_of_a_job_is_that_of_the_upload() {
        let upload_status = |status: i64, errors: i64| {
            Job { id: "7".into(), md5: "ab".into(), status_code: status, errors, ..Job::default() }.status()
        };
        for status in [0, 1, 3, 9] {
            assert_eq!(upload_status(status, 0).unwrap(), UploadStatus::Pending("7:ab".into()));
        }
        assert_eq!(upload_status(2, 0).unwrap(), UploadStatus::Created(None));
        for (status, errors, words) in [(2, 1, "could not read"), (-1, 0, "unsupported sport")] {
            assert!(
                matches!(upload_status(status, errors), Err(Error::Rejected(why)) if why.contains(words)),
                "{status}"
            );
        }
        assert!(matches!(upload_status(-2, 0), Err(Error::NotFound(why)) if why.contains("did not find")));
    }
}
