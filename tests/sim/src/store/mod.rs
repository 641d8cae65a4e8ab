//! The object stores for uploads; they accept only correctly signed requests.

pub(crate) mod crypto;
#[cfg(test)]
mod example;
mod oss;
mod oss4;
mod refusal;
mod signed;
mod sigv4;
pub mod state;

use crate::coros::{md5_hex, regions::REGIONS};
use crate::http::{Request, Response, decode};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use refusal::{Refusal, denied, malformed};
use signed::Signed;
use state::Credential;

const AMAZON: &str = ".amazonaws.com";
const ALIYUN: &str = ".aliyuncs.com";

/// Hosts of the buckets.
pub fn hosts() -> Vec<String> {
    REGIONS.iter().map(crate::coros::regions::Region::store).collect()
}

/// Responds to a request to a store; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    let amazon = request.host.ends_with(AMAZON);
    if !amazon && !request.host.ends_with(ALIYUN) {
        return None;
    }
    let region = match REGIONS.iter().find(|region| region.store() == request.host) {
        Some(region) => region,
        None => return Some(elsewhere(&request.host, amazon).answer()),
    };
    let key = decode(request.path.trim_start_matches('/'), false);
    let signed = Signed {
        request,
        bucket: region.bucket,
        key: &key,
        place: region.place,
        credentials: &state.stores.credentials,
        now: state.now(),
    };
    if let Err(refusal) = allowed(&signed, amazon) {
        return Some(refusal.answer());
    }
    if request.header("x-oss-forbid-overwrite") == Some("true") && state.stores.find(region.bucket, &key).is_some() {
        return Some(Refusal { status: 409, ..denied("FileAlreadyExists", "there already") }.answer());
    }
    let md5 = state.stores.put(region.bucket, &key, &request.body);
    Some(Response::empty(200).with("etag", &format!("\"{md5}\"")))
}

/// The rejection of a bucket that does not exist, is in another region, or is not named by the host.
fn elsewhere(host: &str, amazon: bool) -> Refusal {
    let bucket = host.split('.').next().unwrap_or_default();
    match (REGIONS.iter().any(|region| region.bucket == bucket), amazon) {
        (true, true) => Refusal { status: 301, ..denied("PermanentRedirect", "another region's host") },
        (true, false) => denied("AccessDenied", "another region's host"),
        (false, _) if bucket.starts_with("oss-") => {
            denied("SecondLevelDomainForbidden", "the bucket is not in the host")
        }
        (false, _) => Refusal { status: 404, ..denied("NoSuchBucket", "no such bucket") },
    }
}

/// Whether the request is signed with a credential that may write this key in this bucket.
fn allowed(signed: &Signed, amazon: bool) -> Result<(), Refusal> {
    let credential = if amazon { sigv4::verify(signed)? } else { aliyun(signed)? };
    if credential.bucket != signed.bucket {
        return Err(denied("AccessDenied", "a credential for another bucket"));
    }
    if signed.request.method != "PUT" || !signed.request.query.split('&').all(authentic) {
        return Err(denied("AccessDenied", "only putting whole objects is allowed"));
    }
    if !signed.key.starts_with("fit_zip/") {
        return Err(denied("AccessDenied", "not below fit_zip/"));
    }
    match signed.header("content-md5") {
        Some(text) if text != STANDARD.encode(digest(&signed.request.body)) => {
            Err(malformed("InvalidDigest", "the body has another MD5"))
        }
        _ => Ok(()),
    }
}

/// Whether a query parameter belongs to a signature.
fn authentic(pair: &str) -> bool {
    let name = pair.to_ascii_lowercase();
    name.is_empty() || name.starts_with("x-amz-") || name.starts_with("x-oss-") || name == "x-id=putobject"
}

fn aliyun<'a>(signed: &'a Signed) -> Result<&'a Credential, Refusal> {
    let query = signed.request.parameter("x-oss-signature").is_some();
    match signed.header("authorization") {
        Some(_) if query => Err(malformed("InvalidArgument", "signed twice")),
        Some(header) if header.starts_with(oss4::ALGORITHM) => oss4::in_header(signed, header),
        Some(header) => oss::verify(signed, header),
        None if query => oss4::in_query(signed),
        None => Err(denied("AccessDenied", "not signed")),
    }
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    let text = md5_hex(bytes);
    (0..text.len()).step_by(2).filter_map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
