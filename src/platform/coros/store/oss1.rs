//! Aliyun OSS, signature version 1: HMAC-SHA1 over a few lines (alibabacloud.com, "Include signatures in the
//! Authorization header").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::hash::{hmac_sha1, md5};
use super::{CONTENT_TYPE, StoreCredentials};

/// The headers of a PUT, except `Content-Type` and `Host`. `Content-MD5` is signed, so OSS rejects bytes that were
/// damaged in transit, which COROS' importer would not notice.
pub fn headers(credentials: &StoreCredentials, key: &str, bytes: &[u8], now: Timestamp) -> Vec<(String, String)> {
    let digest = STANDARD.encode(md5(bytes));
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let authorization = authorization(credentials, "PUT", &digest, &date, key);
    [
        ("Content-MD5", digest.as_str()),
        ("Date", &date),
        ("x-oss-security-token", credentials.token.expose()),
        ("Authorization", &authorization),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The header `Authorization`. `key` is not encoded and does not begin with a slash; sub-resources follow it.
fn authorization(credentials: &StoreCredentials, method: &str, md5: &str, date: &str, key: &str) -> String {
    let (token, bucket) = (credentials.token.expose(), &credentials.bucket);
    let text = format!("{method}\n{md5}\n{CONTENT_TYPE}\n{date}\nx-oss-security-token:{token}\n/{bucket}/{key}");
    let signature = STANDARD.encode(hmac_sha1(credentials.secret.expose().as_bytes(), &text));
    format!("OSS {}:{signature}", credentials.id.expose())
}

#[cfg(test)]
mod tests {
    use super::super::{Provider, example};
    use super::*;

    #[test]
    fn signatures_equal_those_of_oss2() {
        let credentials = example::keys(Provider::Aliyun);
        let headers = headers(&credentials, example::KEY, example::BODY, example::now());
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(value("Content-MD5"), "XUFAKrxLKna5cZ2REBfFkg==");
        assert_eq!(value("Date"), "Tue, 14 Nov 2023 22:13:20 GMT");
        assert_eq!(value("x-oss-security-token"), "TOKENEXAMPLE");
        assert_eq!(value("Authorization"), "OSS AKIDEXAMPLE:6AyOT4lOQGy3me/XDZhblr//krs=");
        let initiate = authorization(&credentials, "POST", "", value("Date"), &format!("{}?uploads", example::KEY));
        assert_eq!(initiate, "OSS AKIDEXAMPLE:EA+ihrT7cIhXG/yaUGA/gIvKd3I=");
    }
}
