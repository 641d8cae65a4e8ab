//! Version 1 of the signatures of OSS.

use super::crypto::sha1_mac;
use super::refusal::{Refusal, denied, malformed, unequal};
use super::signed::{Signed, http_date};
use super::state::Credential;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Query parameters that belong to the signed resource.
const RESOURCES: [&str; 6] = ["acl", "append", "partNumber", "symlink", "uploadId", "uploads"];

/// Verifies a signature. Returns its credential.
pub fn verify<'a>(signed: &'a Signed, header: &str) -> Result<&'a Credential, Refusal> {
    let pair = header.strip_prefix("OSS ").and_then(|rest| rest.split_once(':'));
    let (id, signature) = pair.ok_or_else(|| malformed("InvalidArgument", "not OSS id:signature"))?;
    let date = signed.header("date").and_then(http_date);
    signed.punctual(date.ok_or_else(|| denied("AccessDenied", "no Date"))?)?;
    let credential = signed.credential(id, signed.header("x-oss-security-token"))?;
    let text = string_to_sign(signed);
    let expected = STANDARD.encode(sha1_mac(credential.secret.as_bytes(), text.as_bytes()));
    if expected == signature { Ok(credential) } else { Err(unequal(text)) }
}

fn string_to_sign(signed: &Signed) -> String {
    let header = |name: &str| signed.header(name).unwrap_or_default();
    let mut own: Vec<String> = oss_headers(signed).map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    own.sort();
    let mut resources: Vec<String> = signed.request.pairs().iter().filter_map(resource).collect();
    resources.sort();
    let query = if resources.is_empty() { String::new() } else { format!("?{}", resources.join("&")) };
    format!(
        "{}\n{}\n{}\n{}\n{}/{}/{}{query}",
        signed.request.method,
        header("content-md5"),
        header("content-type"),
        header("date"),
        own.concat(),
        signed.bucket,
        signed.key,
    )
}

fn resource((key, value): &(String, String)) -> Option<String> {
    let named = RESOURCES.contains(&key.as_str());
    named.then(|| if value.is_empty() { key.clone() } else { format!("{key}={value}") })
}

/// The headers that are always signed.
pub fn oss_headers<'a>(signed: &'a Signed) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = signed.request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    all.filter(|(name, _)| name.starts_with("x-oss-"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::super::example;
    use super::*;
    use crate::http::Request;

    const DATE: &str = "Tue, 14 Nov 2023 22:13:20 GMT";

    fn request(md5: Option<&str>) -> Request {
        let mut headers =
            vec![("content-type", "application/zip"), ("date", DATE), ("x-oss-security-token", "TOKENEXAMPLE")];
        headers.extend(md5.map(|md5| ("content-md5", md5)));
        example::put("coros-oss.oss-cn-beijing.aliyuncs.com", "/fit_zip%2FU1%2Fa%20b.zip", &headers)
    }

    fn check(request: &Request, signature: &str, now: i64) -> Result<(), Refusal> {
        let header = format!("OSS AKIDEXAMPLE:{signature}");
        example::with(request, "coros-oss", "oss-cn-beijing", now, |signed| verify(signed, &header).map(|_| ()))
    }

    #[test]
    fn signatures_of_the_vendors_library_are_accepted() {
        let put = request(Some("XUFAKrxLKna5cZ2REBfFkg=="));
        assert_eq!(check(&put, "6AyOT4lOQGy3me/XDZhblr//krs=", example::NOW), Ok(()));
        let initiate = Request { method: "POST".into(), query: "uploads".into(), ..request(None) };
        assert_eq!(check(&initiate, "EA+ihrT7cIhXG/yaUGA/gIvKd3I=", example::NOW), Ok(()));
    }

    #[test]
    fn a_wrong_signature_is_rejected_with_the_string_to_sign() {
        let put = request(Some("XUFAKrxLKna5cZ2REBfFkg=="));
        let refusal = check(&put, "AAAA", example::NOW).unwrap_err();
        let expected = format!(
            "PUT\nXUFAKrxLKna5cZ2REBfFkg==\napplication/zip\n{DATE}\nx-oss-security-token:TOKENEXAMPLE\n\
             /coros-oss/fit_zip/U1/a b.zip"
        );
        assert_eq!(refusal.string_to_sign, Some(expected));
        assert_eq!(check(&put, "AAAA", example::NOW - 901).unwrap_err().code, "RequestTimeTooSkewed");
    }
}
