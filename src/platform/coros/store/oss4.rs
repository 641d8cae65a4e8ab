//! Aliyun OSS, signature version 4: like AWS's with other names, and the bucket is a part of the signed path for every
//! host (alibabacloud.com, "Include a V4 signature in the Authorization header").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::hash::{chained, md5, sha256_hex};
use super::{CONTENT_TYPE, StoreCredentials};

/// The only value that OSS accepts for the hash of the bytes. The signed header `Content-MD5` protects them.
const PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The headers of a PUT, except `Content-Type` and `Host`.
pub fn headers(credentials: &StoreCredentials, key: &str, bytes: &[u8], now: Timestamp) -> Vec<(String, String)> {
    let digest = STANDARD.encode(md5(bytes));
    let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let signed = [
        ("content-md5", digest.as_str()),
        ("content-type", CONTENT_TYPE),
        ("x-oss-content-sha256", PAYLOAD),
        ("x-oss-date", &date),
        ("x-oss-security-token", credentials.token.expose()),
    ];
    let authorization = authorization(credentials, "PUT", key, "", &signed, &date);
    let sent = signed.iter().filter(|(name, _)| *name != "content-type");
    sent.chain([&("Authorization", authorization.as_str())])
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The header `Authorization`. `headers` in lower case, sorted by name; `date` is `yyyymmddThhmmssZ`.
fn authorization(
    credentials: &StoreCredentials,
    method: &str,
    key: &str,
    query: &str,
    headers: &[(&str, &str)],
    date: &str,
) -> String {
    let path = format!("/{}{}", credentials.bucket, super::path(key));
    let headers: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    // The empty line is the list of additional signed headers: none.
    let canonical = format!("{method}\n{path}\n{query}\n{headers}\n\n{PAYLOAD}");
    let day = &date[..8];
    let scope = format!("{day}/{}/oss/aliyun_v4_request", credentials.region);
    let text = format!("OSS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
    let first = format!("aliyun_v4{}", credentials.secret.expose());
    let signature = chained(&first, [day, &credentials.region, "oss", "aliyun_v4_request"], &text);
    format!("OSS4-HMAC-SHA256 Credential={}/{scope}, Signature={signature}", credentials.id.expose())
}

#[cfg(test)]
mod tests {
    use super::super::{Provider, example};
    use super::*;

    const SIGNED: &str =
        "OSS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/cn-beijing/oss/aliyun_v4_request, Signature=";

    #[test]
    fn the_signature_of_a_put_equals_that_of_oss2() {
        let headers = headers(&example::keys(Provider::Aliyun), example::KEY, example::BODY, example::now());
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(value("x-oss-date"), "20231114T221320Z");
        assert_eq!(value("content-md5"), "XUFAKrxLKna5cZ2REBfFkg==");
        let signature = "cfb3000c8ed5be4af5d51c4cc2648ab4a59bb2f8c147d49a578412b9f2b0603e";
        assert_eq!(value("Authorization"), format!("{SIGNED}{signature}"));
    }

    #[test]
    fn the_signature_of_a_sub_resource_equals_that_of_oss2() {
        let headers = [
            ("content-type", "application/zip"),
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-oss-date", "20231114T221320Z"),
            ("x-oss-security-token", "TOKENEXAMPLE"),
        ];
        let credentials = example::keys(Provider::Aliyun);
        let made = authorization(&credentials, "POST", example::KEY, "uploads", &headers, "20231114T221320Z");
        let signature = "67641c20c21bb72aa9581dabb834ce1836d4191a0d10b5426848821cf9230e5e";
        assert_eq!(made, format!("{SIGNED}{signature}"));
    }
}
