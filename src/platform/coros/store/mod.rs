//! The object stores that COROS's importer reads from: one signed PUT, and what the store says to it. All pure.
//!
//! Two regions live on AWS S3, two on Aliyun OSS; keys for them are handed out for an hour (`sts`). A PUT of the same
//! bytes under the same key changes nothing, so it is safe to send again.

mod hash;
mod oss1;
mod oss4;
mod sigv4;

use jiff::Timestamp;

use super::region::BROWSER;
use crate::http::{Repeat, Request, Response, Secret, encode};
use crate::platform::Error;

pub use hash::md5_hex;

/// The type every object is sent as.
const CONTENT_TYPE: &str = "application/zip";

/// Whose store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// AWS S3.
    Aws,
    /// Aliyun OSS.
    Aliyun,
}

impl Service {
    /// As COROS writes it, in queries and in the import.
    pub fn name(self) -> &'static str {
        match self {
            Service::Aws => "aws",
            Service::Aliyun => "aliyun",
        }
    }

    /// The ways to sign, in the order in which they are tried.
    ///
    /// OSS: version 1 first, as that is the one an upload to COROS was seen to work with (coros-additional-mcp, September
    /// 2026); Aliyun is closing it for new accounts, so version 4 is next.
    pub fn signatures(self) -> &'static [Signature] {
        match self {
            Service::Aws => &[Signature::S3V4],
            Service::Aliyun => &[Signature::OssV1, Signature::OssV4],
        }
    }
}

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// AWS signature version 4.
    S3V4,
    /// OSS version 1.
    OssV1,
    /// OSS version 4.
    OssV4,
}

/// Temporary keys for one bucket.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Whose store it is.
    pub service: Service,
    /// The bucket.
    pub bucket: String,
    /// Its region, without the `oss-` that Aliyun's host names have in front.
    pub region: String,
    /// The access key's id.
    pub id: Secret,
    /// The access key's secret.
    pub secret: Secret,
    /// The session token that has to come along.
    pub token: Secret,
    /// When they end, if it was said.
    pub expires: Option<Timestamp>,
}

impl Keys {
    /// The bucket's own host.
    pub fn host(&self) -> String {
        match self.service {
            Service::Aws => format!("{}.s3.{}.amazonaws.com", self.bucket, self.region),
            Service::Aliyun => format!("{}.oss-{}.aliyuncs.com", self.bucket, self.region),
        }
    }
}

/// Puts `bytes` under `key`, signed for `now`.
pub fn put_request(signature: Signature, keys: &Keys, key: &str, bytes: &[u8], now: Timestamp) -> Request {
    let headers = match signature {
        Signature::S3V4 => sigv4::headers(keys, key, bytes, now),
        Signature::OssV1 => oss1::headers(keys, key, bytes, now),
        Signature::OssV4 => oss4::headers(keys, key, bytes, now),
    };
    let mut request = Request::get(format!("https://{}{}", keys.host(), path(key))).changing();
    request.method = "PUT";
    request.repeat = Repeat::Read;
    request.body = Some(bytes.to_vec());
    // A path of these stores is a key to the file, like those that COROS lists.
    request.secret_path = true;
    request.headers.extend(headers);
    // The web page uploads from the browser.
    request.header("Content-Type", CONTENT_TYPE).header("User-Agent", BROWSER)
}

/// The path of a key: encoded once, its slashes kept.
fn path(key: &str) -> String {
    key.split('/').map(|part| format!("/{}", encode(part))).collect()
}

/// What a store said to a PUT.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Stored,
    /// Not with this signature or these keys; holds the store's code for it. Another may do.
    Unsigned(String),
    /// Nothing but time or a person can change it.
    Failed(Failure),
}

/// Why a store did not take an object.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    /// This machine's clock is wrong.
    Clock,
    /// It is in trouble, or the object was damaged on its way.
    Trouble(String),
    /// The bucket is not there, or its region is another.
    Elsewhere(String),
}

/// Reads the answer to a PUT. Of a refusal only the code is kept: its text repeats what was signed, the token with it.
pub fn verdict(response: &Response) -> Verdict {
    let code = code(&response.body).unwrap_or_default();
    let what =
        if code.is_empty() { format!("HTTP {}", response.status) } else { format!("HTTP {}, {code}", response.status) };
    match (response.status, code.as_str()) {
        (200 | 201 | 204, _) => Verdict::Stored,
        (_, "RequestTimeTooSkewed") => Verdict::Failed(Failure::Clock),
        (_, "NoSuchBucket" | "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed")
        | (300..=399 | 404, _) => Verdict::Failed(Failure::Elsewhere(what)),
        (_, "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "RequestTimeout" | "IncompleteBody")
        | (408 | 429 | 500..=599, _) => Verdict::Failed(Failure::Trouble(what)),
        _ => Verdict::Unsigned(what),
    }
}

/// The `<Code>` of an error, if it is a plain word.
fn code(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0.trim();
    (code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| code.to_owned())
}

impl Failure {
    /// For the caller: none of these is about the file, and nothing was uploaded.
    pub fn into_error(self, host: &str) -> Error {
        let (message, down) = match self {
            Failure::Clock => (
                format!(
                    "{host} refuses the upload because the clock of this machine is wrong by more than a quarter of an hour; set it (timedatectl set-ntp true), then run it again"
                ),
                true,
            ),
            Failure::Trouble(what) => (format!("{host} did not take the file ({what}); try again later"), false),
            Failure::Elsewhere(what) => (
                format!(
                    "{host} is not where COROS said that files go ({what}); nothing was uploaded; try again later, and if it stays so, look for a newer garminsync"
                ),
                true,
            ),
        };
        Error::Later { message, down }
    }
}

#[cfg(test)]
pub(super) mod example {
    //! The values of the signing vectors: made with botocore 1.44.5 and oss2 2.19.1, their clock held at this time.

    use super::*;

    pub const NOW: i64 = 1_700_000_000;
    pub const KEY: &str = "fit_zip/U1/a b.zip";
    pub const BODY: &[u8] = b"hello";

    pub fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    pub fn keys(service: Service) -> Keys {
        let (bucket, region) = match service {
            Service::Aws => ("eu-coros", "eu-central-1"),
            Service::Aliyun => ("coros-oss", "cn-beijing"),
        };
        Keys {
            service,
            bucket: bucket.into(),
            region: region.into(),
            id: Secret::new("AKIDEXAMPLE"),
            secret: Secret::new("SECRETEXAMPLE"),
            token: Secret::new("TOKENEXAMPLE"),
            expires: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    fn refusal(status: u16, code: &str) -> Verdict {
        let secret = "<StringToSign>x-oss-security-token:TOKENEXAMPLE</StringToSign>";
        verdict(&answer(status, &format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code>{secret}</Error>")))
    }

    #[test]
    fn the_buckets_own_host_and_the_key_as_its_path() {
        let url =
            |service| put_request(Signature::S3V4, &example::keys(service), example::KEY, b"", example::now()).url;
        assert_eq!(url(Service::Aws), "https://eu-coros.s3.eu-central-1.amazonaws.com/fit_zip/U1/a%20b.zip");
        assert_eq!(url(Service::Aliyun), "https://coros-oss.oss-cn-beijing.aliyuncs.com/fit_zip/U1/a%20b.zip");
    }

    #[test]
    fn a_refusal_says_what_can_be_done_about_it() {
        assert_eq!(verdict(&answer(200, "")), Verdict::Stored);
        for code in ["SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied", "ExpiredToken", "InvalidToken"] {
            assert_eq!(refusal(403, code), Verdict::Unsigned(format!("HTTP 403, {code}")));
        }
        assert_eq!(refusal(403, "RequestTimeTooSkewed"), Verdict::Failed(Failure::Clock));
        for (status, code) in [(404, "NoSuchBucket"), (301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed")]
        {
            assert!(matches!(refusal(status, code), Verdict::Failed(Failure::Elsewhere(_))), "{code}");
        }
        for (status, code) in [(503, "SlowDown"), (400, "BadDigest"), (500, "InternalError")] {
            assert!(matches!(refusal(status, code), Verdict::Failed(Failure::Trouble(_))), "{code}");
        }
    }

    #[test]
    fn what_was_signed_is_never_repeated() {
        for status in [400, 403, 404, 500] {
            assert!(!format!("{:?}", refusal(status, "X<y>TOKENEXAMPLE")).contains("TOKENEXAMPLE"));
            let told = refusal(status, "SignatureDoesNotMatch");
            assert!(!format!("{told:?}").contains("TOKENEXAMPLE"));
        }
        assert!(!format!("{:?}", example::keys(Service::Aws)).contains("EXAMPLE"));
    }

    #[test]
    fn a_wrong_clock_is_told_in_words() {
        let Error::Later { message, down: true } = Failure::Clock.into_error("h") else { panic!() };
        assert!(message.contains("clock of this machine"), "{message}");
    }
}
