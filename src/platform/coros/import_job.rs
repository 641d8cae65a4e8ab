//! The import: tells COROS to make an activity of an object in its store. Sent once; what came of it is a job, and jobs
//! stand in a queue that can be asked at any time.

use serde_json::{Value, json};

use super::region::Region;
use super::response::{digits, text_or_number};
use super::store::Keys;
use super::upload_zip::Parcel;
use crate::http::{Repeat, Request};
use crate::platform::{Error, Outgoing, Result, Uploaded};

/// Jobs asked for at once: the most that any client was seen to ask.
pub const QUEUE: usize = 100;

/// The importer's word for an object that is not in the bucket it reads (Pinta365/coros).
const WRONG_BUCKET: i64 = -2;

/// Orders the import of a parcel that is in the store under `object`; without its token.
pub fn import_request(region: &Region, keys: &Keys, parcel: &Parcel, object: &str, file: &Outgoing) -> Request {
    let order = json!({
        "source": 1,
        "timezone": quarter_hours(file.utc_offset_s),
        "bucket": keys.bucket,
        "md5": parcel.md5,
        "size": parcel.zip.len(),
        "object": object,
        "serviceName": keys.service.name(),
        "oriFileName": file.name,
    });
    // Names and sums are of plain characters: nothing in the order can look like the boundary.
    let boundary = format!("garminsync-{}", parcel.md5);
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"jsonParameter\"\r\n\r\n{order}\r\n--{boundary}--\r\n"
    );
    let mut request = region.read_by_post("/activity/fit/import").changing();
    request.repeat = Repeat::Never;
    request.body = Some(body.into_bytes());
    request.header("Content-Type", format!("multipart/form-data; boundary={boundary}")).not_after(file.not_after)
}

/// Asks for the queue: the newest jobs, finished ones too; without its token. It only reads.
pub fn queue_request(region: &Region) -> Request {
    let mut request = region.post("/activity/fit/getImportSportList", &json!({ "size": QUEUE }));
    request.repeat = Repeat::Read;
    request
}

/// Local time minus UTC as COROS wants it. Without it 0: times in the file are UTC, and a zone that nobody knows (clients
/// that always say China's show every start elsewhere by hours off) is not invented.
fn quarter_hours(offset_s: Option<i32>) -> i32 {
    let quarters = (offset_s.unwrap_or(0) + 450).div_euclid(900);
    if (-48..=56).contains(&quarters) { quarters } else { 0 }
}

/// A job of the importer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: String,
    /// The MD5 the import named.
    pub md5: String,
    /// The name the import named.
    pub name: String,
    /// 0, 1 and 3 while it is pending, 2 when it is finished, negative when it failed.
    pub status: i64,
    /// Files it could not make activities of.
    pub errors: i64,
    /// When it was begun; only compared.
    pub created: i64,
}

/// Reads a job; nothing without a number.
pub fn job(value: &Value) -> Option<Job> {
    let number = |name: &str| text_or_number(&value[name])?.parse().ok();
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let id = digits(&value["idString"]).or_else(|| digits(&value["id"]))?;
    Some(Job {
        id,
        md5: text("md5").to_ascii_lowercase(),
        name: text("originalFilename"),
        // A job that does not say how it is getting on is getting on.
        status: number("status").unwrap_or(0),
        errors: number("errorSize").unwrap_or(0),
        created: number("createTime").unwrap_or(0),
    })
}

impl Job {
    /// What came of it, as far as it has come.
    ///
    /// A finished job proves no activity: a file that was damaged on its way ends so too, so the caller looks at the list.
    pub fn outcome(&self) -> Result<Uploaded> {
        match self.status {
            2 if self.errors > 0 => Err(Error::Refused(
                "COROS could not read the file (its import ended with an error); nothing was made of it".into(),
            )),
            2 => Ok(Uploaded::Created(None)),
            WRONG_BUCKET => Err(Error::Gone(
                "COROS did not find the file where it had told us to put it (status -2); nothing was imported, and the file is not at fault; the next run sends it again, and if it stays so, look for a newer garminsync"
                    .into(),
            )),
            status if status < 0 => Err(Error::Refused(format!(
                "COROS did not take the file (status {status}): it does not import this sport, or cannot read the file"
            ))),
            _ => Ok(Uploaded::Pending(self.ticket())),
        }
    }

    /// What it can be found by again: its number and its MD5.
    pub fn ticket(&self) -> String {
        format!("{}:{}", self.id, self.md5)
    }
}

#[cfg(test)]
mod tests {
    use super::super::region::region;
    use super::super::store::Service;
    use super::*;
    use crate::http::Secret;

    fn file(utc_offset_s: Option<i32>) -> Outgoing<'static> {
        Outgoing {
            bytes: b"",
            format: "fit",
            name: "activity_7.fit",
            start_time: None,
            utc_offset_s,
            again: false,
            not_after: None,
        }
    }

    #[test]
    fn the_import_is_one_text_field_and_is_sent_once() {
        let keys = Keys {
            service: Service::Aws,
            bucket: "eu-coros".into(),
            region: "eu-central-1".into(),
            id: Secret::new("i"),
            secret: Secret::new("s"),
            token: Secret::new("t"),
            expires: None,
        };
        let parcel = Parcel { zip: vec![0; 321], md5: "00ff".into() };
        let request = import_request(region(3).unwrap(), &keys, &parcel, "fit_zip/460001/00ff.zip", &file(Some(7200)));
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
    fn zones_are_quarter_hours_and_unknown_ones_are_none() {
        let zones = [(Some(28_800), 32), (Some(-21_600), -24), (Some(20_700), 23), (Some(-2670), -3), (None, 0)];
        for (offset, quarters) in zones {
            assert_eq!(quarter_hours(offset), quarters);
        }
        assert_eq!(quarter_hours(Some(999_999)), 0);
    }

    #[test]
    fn a_job_is_read_whatever_form_its_number_has() {
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
    fn a_status_says_what_came_of_it() {
        let outcome = |status: i64, errors: i64| {
            Job { id: "7".into(), md5: "ab".into(), status, errors, ..Job::default() }.outcome()
        };
        for status in [0, 1, 3, 9] {
            assert_eq!(outcome(status, 0).unwrap(), Uploaded::Pending("7:ab".into()));
        }
        assert_eq!(outcome(2, 0).unwrap(), Uploaded::Created(None));
        for (status, errors, words) in [(2, 1, "could not read"), (-1, 0, "this sport")] {
            assert!(matches!(outcome(status, errors), Err(Error::Refused(why)) if why.contains(words)), "{status}");
        }
        assert!(matches!(outcome(-2, 0), Err(Error::Gone(why)) if why.contains("not at fault")));
    }
}
