//! AWS signature version 4, in headers (docs.aws.amazon.com, "Create a signed AWS API request").

use jiff::Timestamp;

use super::hash::{chained, sha256_hex};
use super::{CONTENT_TYPE, StoreCredentials};

/// The signed parts of a request. Headers in lower case, sorted by name.
struct Canonical<'a> {
    method: &'a str,
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
    payload: &'a str,
}

/// The headers of a PUT, except `Content-Type` and `Host`.
///
/// The hash of the bytes is signed, so S3 rejects bytes that were damaged in transit. A `Content-MD5` would be
/// redundant, and the clients known to work with COROS' bucket do not send it.
pub fn headers(credentials: &StoreCredentials, key: &str, bytes: &[u8], now: Timestamp) -> Vec<(String, String)> {
    let payload = sha256_hex(bytes);
    let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let host = credentials.host();
    let signed = [
        ("content-type", CONTENT_TYPE),
        ("host", &host),
        ("x-amz-content-sha256", &payload),
        ("x-amz-date", &date),
        ("x-amz-security-token", credentials.token.expose()),
    ];
    let request = Canonical { method: "PUT", path: &super::path(key), headers: &signed, payload: &payload };
    let authorization =
        authorization(&request, "s3", credentials.id.expose(), credentials.secret.expose(), &credentials.region, &date);
    signed[2..]
        .iter()
        .chain([&("Authorization", authorization.as_str())])
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// The header `Authorization`. `date` is `yyyymmddThhmmssZ`.
fn authorization(request: &Canonical, service: &str, id: &str, secret: &str, region: &str, date: &str) -> String {
    let names = request.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let headers: String = request.headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("{}\n{}\n\n{headers}\n{names}\n{}", request.method, request.path, request.payload);
    let day = &date[..8];
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256_hex(canonical.as_bytes()));
    let signature = chained(&format!("AWS4{secret}"), [day, region, service, "aws4_request"], &text);
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
}

#[cfg(test)]
mod tests {
    use super::super::{Provider, example};
    use super::*;

    /// The test vectors sign no content type.
    fn of_vector(host: &str, path: &str) -> String {
        let credentials = example::keys(Provider::Aws);
        let payload = sha256_hex(example::BODY);
        let headers = [
            ("host", host),
            ("x-amz-content-sha256", &payload),
            ("x-amz-date", "20231114T221320Z"),
            ("x-amz-security-token", "TOKENEXAMPLE"),
        ];
        let request = Canonical { method: "PUT", path, headers: &headers, payload: &payload };
        authorization(
            &request,
            "s3",
            credentials.id.expose(),
            credentials.secret.expose(),
            &credentials.region,
            "20231114T221320Z",
        )
    }

    #[test]
    fn signatures_equal_those_of_botocore() {
        let signed = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-central-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=";
        assert_eq!(
            of_vector("s3.eu-central-1.amazonaws.com", "/eu-coros/fit_zip/U1/a%20b.zip"),
            format!("{signed}a9917612ab813d7e68d6e9bbde68ca46884b8e3e9a4c5c3ba5bd7ad510369951")
        );
        assert_eq!(
            of_vector("eu-coros.s3.eu-central-1.amazonaws.com", "/fit_zip/U1/a%20b.zip"),
            format!("{signed}74830e983774843da819dea97b73ee088a80700cefd40ace5c76002dc52be132")
        );
    }

    /// AWS's test suite for signature version 4, get-vanilla.
    #[test]
    fn the_signature_equals_that_of_the_aws_test_suite() {
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        let payload = sha256_hex(b"");
        let request = Canonical { method: "GET", path: "/", headers: &headers, payload: &payload };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let made = authorization(&request, "service", "AKIDEXAMPLE", secret, "us-east-1", "20150830T123600Z");
        assert!(made.ends_with("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), "{made}");
    }

    #[test]
    fn a_put_signs_its_type_its_hash_and_its_token() {
        let headers = headers(&example::keys(Provider::Aws), example::KEY, example::BODY, example::now());
        let value = |name: &str| headers.iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(value("x-amz-date"), "20231114T221320Z");
        assert_eq!(value("x-amz-security-token"), "TOKENEXAMPLE");
        assert_eq!(value("x-amz-content-sha256"), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert!(
            value("Authorization")
                .contains("SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, ")
        );
    }
}
