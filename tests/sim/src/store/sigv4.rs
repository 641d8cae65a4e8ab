//! Version 4 of the signatures of S3, in a header or in the query.

use super::crypto::{chained, hex};
use super::refusal::{Refusal, denied, malformed, unequal};
use super::signed::{Signed, compact, path};
use super::state::Credential;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const WEEK: i64 = 7 * 86_400;

/// The parts of a signature.
struct Parts {
    credential: String,
    date: String,
    headers: String,
    signature: String,
    token: Option<String>,
    payload: String,
    /// The query parameter that is not signed.
    without: &'static str,
}

/// Verifies a signature. Returns its credential.
pub fn verify<'a>(signed: &'a Signed) -> Result<&'a Credential, Refusal> {
    let header = signed.header("authorization");
    let query = signed.request.parameter("X-Amz-Signature");
    let parts = match (header, query) {
        (Some(_), Some(_)) => return Err(malformed("InvalidArgument", "signed twice")),
        (Some(header), None) => in_header(signed, header)?,
        (None, Some(signature)) => in_query(signed, signature)?,
        (None, None) => return Err(denied("AccessDenied", "not signed")),
    };
    let fields: Vec<&str> = parts.credential.split('/').collect();
    let [id, date, region, "s3", "aws4_request"] = fields.as_slice() else {
        return Err(malformed("AuthorizationHeaderMalformed", "the scope is not date/region/s3/aws4_request"));
    };
    if *region != signed.place || !parts.date.starts_with(date) {
        return Err(malformed("AuthorizationHeaderMalformed", "region or date of the scope is wrong"));
    }
    let credential = signed.credential(id, parts.token.as_deref())?;
    let scope = format!("{date}/{region}/s3/aws4_request");
    let canonical = canonical(signed, &parts)?;
    let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", parts.date, hex(&Sha256::digest(canonical.as_bytes())));
    let expected = chained(&format!("AWS4{}", credential.secret), &[date, region, "s3", "aws4_request"], &text);
    if expected == parts.signature { Ok(credential) } else { Err(unequal(text)) }
}

fn in_header(signed: &Signed, header: &str) -> Result<Parts, Refusal> {
    let bad = |note| malformed("AuthorizationHeaderMalformed", note);
    let rest = header.strip_prefix(ALGORITHM).ok_or_else(|| bad("another algorithm"))?;
    let field = |name: &str| {
        let found = rest.split(',').filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_owned()).ok_or_else(|| bad("a field is missing"))
    };
    let date = signed.header("x-amz-date").ok_or_else(|| denied("AccessDenied", "no x-amz-date"))?.to_owned();
    signed.punctual(compact(&date).ok_or_else(|| denied("AccessDenied", "x-amz-date is no date"))?)?;
    let payload = signed.header("x-amz-content-sha256");
    let payload = payload.ok_or_else(|| malformed("InvalidRequest", "no x-amz-content-sha256"))?.to_owned();
    if payload != UNSIGNED && payload != hex(&Sha256::digest(&signed.request.body)) {
        return Err(malformed("XAmzContentSHA256Mismatch", "the body has another hash"));
    }
    Ok(Parts {
        credential: field("Credential")?,
        headers: field("SignedHeaders")?,
        signature: field("Signature")?,
        token: signed.header("x-amz-security-token").map(str::to_owned),
        date,
        payload,
        without: "",
    })
}

fn in_query(signed: &Signed, signature: String) -> Result<Parts, Refusal> {
    let bad = |note| malformed("AuthorizationQueryParametersError", note);
    let field = |name: &str| signed.request.parameter(name).ok_or_else(|| bad("a parameter is missing"));
    if field("X-Amz-Algorithm")? != ALGORITHM {
        return Err(bad("another algorithm"));
    }
    let date = field("X-Amz-Date")?;
    let at = compact(&date).ok_or_else(|| bad("X-Amz-Date is no date"))?;
    let life = field("X-Amz-Expires")?.parse().ok().filter(|life| (1..=WEEK).contains(life));
    let life = life.ok_or_else(|| bad("X-Amz-Expires is not 1 to 604800"))?;
    if signed.now > at + life {
        return Err(denied("AccessDenied", "Request has expired"));
    }
    if at > signed.now {
        signed.punctual(at)?;
    }
    Ok(Parts {
        credential: field("X-Amz-Credential")?,
        headers: field("X-Amz-SignedHeaders")?,
        token: signed.request.parameter("X-Amz-Security-Token"),
        date,
        signature,
        payload: UNSIGNED.to_owned(),
        without: "X-Amz-Signature",
    })
}

/// The canonical request.
fn canonical(signed: &Signed, parts: &Parts) -> Result<String, Refusal> {
    let names: Vec<&str> = parts.headers.split(';').collect();
    let amz = signed.request.headers.iter().filter(|(name, _)| name.starts_with("x-amz-"));
    if !names.contains(&"host")
        || !names.is_sorted()
        || amz.into_iter().any(|(name, _)| !names.contains(&name.as_str()))
    {
        return Err(denied("AccessDenied", "host and all x-amz- headers have to be signed, in order"));
    }
    let lines = names.iter().map(|name| format!("{name}:{}\n", signed.header(name).unwrap_or_default()));
    Ok(format!(
        "{}\n{}\n{}\n{}\n{}\n{}",
        signed.request.method,
        path(&crate::http::decode(&signed.request.path, false)),
        signed.query(parts.without, false),
        lines.collect::<String>(),
        parts.headers,
        parts.payload,
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::super::example;
    use super::*;
    use crate::http::Request;

    const PAYLOAD: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn put(host: &str, path: &str, signature: &str) -> Request {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-central-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature={signature}"
        );
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-amz-content-sha256", PAYLOAD),
            ("x-amz-date", "20231114T221320Z"),
            ("x-amz-security-token", "TOKENEXAMPLE"),
        ];
        example::put(host, path, &headers)
    }

    fn check(request: &Request, now: i64) -> Result<(), Refusal> {
        example::with(request, "eu-coros", "eu-central-1", now, |signed| verify(signed).map(|_| ()))
    }

    const HOST: &str = "eu-coros.s3.eu-central-1.amazonaws.com";
    const PATH: &str = "/fit_zip/U1/a%20b.zip";
    const SIGNATURE: &str = "74830e983774843da819dea97b73ee088a80700cefd40ace5c76002dc52be132";

    #[test]
    fn signatures_of_the_vendors_library_are_accepted() {
        assert_eq!(check(&put(HOST, PATH, SIGNATURE), example::NOW), Ok(()));
        let signature = "a9917612ab813d7e68d6e9bbde68ca46884b8e3e9a4c5c3ba5bd7ad510369951";
        let by_path = put("s3.eu-central-1.amazonaws.com", "/eu-coros/fit_zip/U1/a%20b.zip", signature);
        assert_eq!(check(&by_path, example::NOW), Ok(()));
    }

    #[test]
    fn a_request_that_was_changed_after_signing_is_rejected() {
        let code = |request: &Request, now: i64| check(request, now).unwrap_err().code;
        let right = put(HOST, PATH, SIGNATURE);
        assert_eq!(code(&put(HOST, "/fit_zip/U1/a.zip", SIGNATURE), example::NOW), "SignatureDoesNotMatch");
        assert_eq!(code(&Request { method: "GET".into(), ..right.clone() }, example::NOW), "SignatureDoesNotMatch");
        assert_eq!(
            code(&Request { body: b"hullo".into(), ..right.clone() }, example::NOW),
            "XAmzContentSHA256Mismatch"
        );
        assert_eq!(code(&right, example::NOW + 901), "RequestTimeTooSkewed");
        let mut other = right.clone();
        other.headers[3].1 = "ANOTHER".into();
        assert_eq!(code(&other, example::NOW), "InvalidToken");
        other = right;
        other.headers.push(("x-amz-acl".into(), "private".into()));
        assert_eq!(code(&other, example::NOW), "AccessDenied");
    }
}
