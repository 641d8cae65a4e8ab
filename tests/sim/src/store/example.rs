//! The credential and the request of known signatures.

use super::refusal::Refusal;
use super::signed::Signed;
use super::state::Credential;
use crate::http::{Request, decode};

/// When the signatures were made.
pub const NOW: i64 = 1_700_000_000;

/// The request.
pub fn put(host: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (host, path) = (host.to_owned(), path.to_owned());
    Request { method: "PUT".into(), host, path, headers, body: b"hello".into(), ..Request::default() }
}

/// Runs a check on a request, with a valid credential.
pub fn with(
    request: &Request,
    bucket: &str,
    place: &str,
    now: i64,
    check: impl Fn(&Signed) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let credentials = [Credential {
        id: "AKIDEXAMPLE".into(),
        secret: "SECRETEXAMPLE".into(),
        token: "TOKENEXAMPLE".into(),
        bucket: bucket.into(),
        expires: NOW + 3600,
    }];
    let key = decode(request.path.trim_start_matches('/'), false);
    check(&Signed { request, bucket, key: &key, place, credentials: &credentials, now })
}
