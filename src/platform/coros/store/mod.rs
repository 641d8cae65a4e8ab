//! The object stores that COROS' importer reads: one signed PUT, and its response. Pure.
//!
//! Two regions use AWS S3, two Aliyun OSS; credentials for them are valid for an hour (`sts`). A PUT of the same bytes
//! under the same key changes nothing, so it can be repeated.

mod hash;
mod oss1;
mod oss4;
mod sigv4;

use jiff::Timestamp;

use super::region::BROWSER;
use crate::http::{Repeat, Request, Response, Secret, encode};
use crate::platform::Error;

pub use hash::md5_hex;

/// The content type of every object.
const CONTENT_TYPE: &str = "application/zip";

/// The provider of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// AWS S3.
    Aws,
    /// Aliyun OSS.
    Aliyun,
}

impl Provider {
    /// Its name in COROS' queries and imports.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Aws => "aws",
            Provider::Aliyun => "aliyun",
        }
    }

    /// The signature versions, in the order in which they are tried.
    ///
    /// OSS: version 1 first, as an upload to COROS worked with it (coros-additional-mcp, September
    /// 2026); Aliyun is closing it for new accounts, so version 4 is next.
    pub fn signatures(self) -> &'static [Signature] {
        match self {
            Provider::Aws => &[Signature::S3V4],
            Provider::Aliyun => &[Signature::OssV1, Signature::OssV4],
        }
    }
}

/// A signature version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// AWS signature version 4.
    S3V4,
    /// OSS version 1.
    OssV1,
    /// OSS version 4.
    OssV4,
}

/// Temporary credentials for one bucket.
#[derive(Debug, Clone)]
pub struct StoreCredentials {
    /// The provider.
    pub provider: Provider,
    /// The bucket.
    pub bucket: String,
    /// Its region, without the prefix `oss-` of Aliyun's host names.
    pub region: String,
    /// The access key's id.
    pub id: Secret,
    /// The access key's secret.
    pub secret: Secret,
    /// The session token, which is sent with each request.
    pub token: Secret,
    /// When they expire, if known.
    pub expires: Option<Timestamp>,
}

impl StoreCredentials {
    /// The host of the bucket.
    pub fn host(&self) -> String {
        match self.provider {
            Provider::Aws => format!("{}.s3.{}.amazonaws.com", self.bucket, self.region),
            Provider::Aliyun => format!("{}.oss-{}.aliyuncs.com", self.bucket, self.region),
        }
    }
}

/// The request that stores `bytes` under `key`, signed for `now`.
pub fn put_request(
    signature: Signature,
    credentials: &StoreCredentials,
    key: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Request {
    let headers = match signature {
        Signature::S3V4 => sigv4::headers(credentials, key, bytes, now),
        Signature::OssV1 => oss1::headers(credentials, key, bytes, now),
        Signature::OssV4 => oss4::headers(credentials, key, bytes, now),
    };
    let mut request = Request::get(format!("https://{}{}", credentials.host(), path(key))).changing().to_file_store();
    request.method = "PUT";
    request.repeat = Repeat::Read;
    request.body = Some(bytes.to_vec());
    // The path is a secret, because it alone gives access to the file.
    request.redact_url = true;
    request.headers.extend(headers);
    // The web page uploads from the browser.
    request.header("Content-Type", CONTENT_TYPE).header("User-Agent", BROWSER)
}

/// The path of a key: encoded, except for its slashes.
fn path(key: &str) -> String {
    key.split('/').map(|part| format!("/{}", encode(part))).collect()
}

/// The response of a store to a PUT.
#[derive(Debug, PartialEq, Eq)]
pub enum PutResult {
    /// Stored.
    Stored,
    /// The signature or the credentials are rejected, with the store's code; another signature version may work.
    SignatureRejected(String),
    /// It failed for another reason.
    Failed(PutFailure),
}

/// Why a store did not store an object.
#[derive(Debug, PartialEq, Eq)]
pub enum PutFailure {
    /// This machine's clock is wrong.
    Clock,
    /// A server error, or the object was damaged in transit.
    Temporary(String),
    /// The bucket does not exist, or is in another region.
    WrongBucket(String),
}

/// Reads the response to a PUT. Only the code of an error is used, because its text repeats the signed headers with the
/// token.
pub fn put_result(response: &Response) -> PutResult {
    let code = code(&response.body).unwrap_or_default();
    let what =
        if code.is_empty() { format!("HTTP {}", response.status) } else { format!("HTTP {}, {code}", response.status) };
    match (response.status, code.as_str()) {
        (200 | 201 | 204, _) => PutResult::Stored,
        (_, "RequestTimeTooSkewed") => PutResult::Failed(PutFailure::Clock),
        (_, "NoSuchBucket" | "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed")
        | (300..=399 | 404, _) => PutResult::Failed(PutFailure::WrongBucket(what)),
        (_, "BadDigest" | "InvalidDigest" | "XAmzContentSHA256Mismatch" | "RequestTimeout" | "IncompleteBody")
        | (408 | 429 | 500..=599, _) => PutResult::Failed(PutFailure::Temporary(what)),
        _ => PutResult::SignatureRejected(what),
    }
}

/// The `<Code>` of an error, if it has only letters and digits.
fn code(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let code = text.split_once("<Code>")?.1.split_once("</Code>")?.0.trim();
    (code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| code.to_owned())
}

impl PutFailure {
    /// The error for the caller. None of these failures concerns the file, and nothing was uploaded.
    pub fn into_error(self, host: &str) -> Error {
        let (message, platform_wide) = match self {
            PutFailure::Clock => (
                format!(
                    "{host} rejected the upload: the clock of this machine is wrong by more than 15 minutes; set it (timedatectl set-ntp true) and run again"
                ),
                true,
            ),
            PutFailure::Temporary(what) => (format!("{host}: the upload failed ({what}); try again later"), false),
            PutFailure::WrongBucket(what) => (
                format!(
                    "{host} is not the bucket of COROS ({what}); nothing was uploaded; try again later; if it fails again, update garminsync"
                ),
                true,
            ),
        };
        Error::Retry { message, platform_wide }
    }
}

#[cfg(test)]
pub(super) mod example {
    //! The values of the signing vectors, made with botocore 1.44.5 and oss2 2.19.1 at this fixed time.

    use super::*;

    pub const NOW: i64 = 1_700_000_000;
    pub const KEY: &str = "fit_zip/U1/a b.zip";
    pub const BODY: &[u8] = b"hello";

    pub fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    pub fn keys(provider: Provider) -> StoreCredentials {
        let (bucket, region) = match provider {
            Provider::Aws => ("eu-coros", "eu-central-1"),
            Provider::Aliyun => ("coros-oss", "cn-beijing"),
        };
        StoreCredentials {
            provider,
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

    fn refusal(status: u16, code: &str) -> PutResult {
        let secret = "<StringToSign>x-oss-security-token:TOKENEXAMPLE</StringToSign>";
        put_result(&answer(status, &format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code>{secret}</Error>")))
    }

    #[test]
    fn the_url_is_the_buckets_host_and_the_key() {
        let url =
            |provider| put_request(Signature::S3V4, &example::keys(provider), example::KEY, b"", example::now()).url;
        assert_eq!(url(Provider::Aws), "https://eu-coros.s3.eu-central-1.amazonaws.com/fit_zip/U1/a%20b.zip");
        assert_eq!(url(Provider::Aliyun), "https://coros-oss.oss-cn-beijing.aliyuncs.com/fit_zip/U1/a%20b.zip");
    }

    #[test]
    fn an_error_is_classified_by_its_code() {
        assert_eq!(put_result(&answer(200, "")), PutResult::Stored);
        for code in ["SignatureDoesNotMatch", "InvalidAccessKeyId", "AccessDenied", "ExpiredToken", "InvalidToken"] {
            assert_eq!(refusal(403, code), PutResult::SignatureRejected(format!("HTTP 403, {code}")));
        }
        assert_eq!(refusal(403, "RequestTimeTooSkewed"), PutResult::Failed(PutFailure::Clock));
        for (status, code) in [(404, "NoSuchBucket"), (301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed")]
        {
            assert!(matches!(refusal(status, code), PutResult::Failed(PutFailure::WrongBucket(_))), "{code}");
        }
        for (status, code) in [(503, "SlowDown"), (400, "BadDigest"), (500, "InternalError")] {
            assert!(matches!(refusal(status, code), PutResult::Failed(PutFailure::Temporary(_))), "{code}");
        }
    }

    #[test]
    fn signed_headers_are_never_shown() {
        for status in [400, 403, 404, 500] {
            assert!(!format!("{:?}", refusal(status, "X<y>TOKENEXAMPLE")).contains("TOKENEXAMPLE"));
            let told = refusal(status, "SignatureDoesNotMatch");
            assert!(!format!("{told:?}").contains("TOKENEXAMPLE"));
        }
        assert!(!format!("{:?}", example::keys(Provider::Aws)).contains("EXAMPLE"));
    }

    #[test]
    fn a_wrong_clock_is_named() {
        let Error::Retry { message, platform_wide: true } = PutFailure::Clock.into_error("h") else { panic!() };
        assert!(message.contains("clock of this machine"), "{message}");
    }
}
