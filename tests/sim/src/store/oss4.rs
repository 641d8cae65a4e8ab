//! Version 4 of the signatures of OSS, in a header or in the query.

use super::crypto::{chained, hex};
use super::oss::oss_headers;
use super::refusal::{Refusal, denied, malformed, unequal};
use super::signed::{Signed, compact, path};
use super::state::Credential;
use sha2::{Digest, Sha256};

/// The beginning of the header.
pub const ALGORITHM: &str = "OSS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const WEEK: i64 = 7 * 86_400;

struct Parts {
    credential: String,
    date: String,
    additional: String,
    signature: String,
    token: Option<String>,
}

/// Verifies the signature in a header. Returns its credential.
pub fn in_header<'a>(signed: &'a Signed, header: &str) -> Result<&'a Credential, Refusal> {
    let rest = header.strip_prefix(ALGORITHM).unwrap_or_default();
    let field = |name: &str| {
        let found = rest.split(',').filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name);
        found.map(|(_, value)| value.to_owned())
    };
    let missing = || malformed("InvalidArgument", "a field of the header is missing");
    let date = signed.header("x-oss-date").unwrap_or_default().to_owned();
    signed.punctual(compact(&date).ok_or_else(|| denied("AccessDenied", "no x-oss-date"))?)?;
    if signed.header("x-oss-content-sha256") != Some(UNSIGNED) {
        return Err(malformed("InvalidArgument", "x-oss-content-sha256 is not UNSIGNED-PAYLOAD"));
    }
    let parts = Parts {
        credential: field("Credential").ok_or_else(missing)?,
        additional: field("AdditionalHeaders").unwrap_or_default(),
        signature: field("Signature").ok_or_else(missing)?,
        token: signed.header("x-oss-security-token").map(str::to_owned),
        date,
    };
    check(signed, &parts)
}

/// Verifies the signature in the query. Returns its credential.
pub fn in_query<'a>(signed: &'a Signed) -> Result<&'a Credential, Refusal> {
    let missing = || malformed("AuthorizationQueryParametersError", "a parameter is missing or wrong");
    let field = |name: &str| signed.request.parameter(name).ok_or_else(missing);
    if field("x-oss-signature-version")? != ALGORITHM {
        return Err(missing());
    }
    let date = field("x-oss-date")?;
    let at = compact(&date).ok_or_else(missing)?;
    let life: i64 = field("x-oss-expires")?.parse().map_err(|_| missing())?;
    if !(1..=WEEK).contains(&life) || signed.now > at + life {
        return Err(denied("AccessDenied", "Request has expired"));
    }
    if at > signed.now {
        signed.punctual(at)?;
    }
    let parts = Parts {
        credential: field("x-oss-credential")?,
        additional: signed.request.parameter("x-oss-additional-headers").unwrap_or_default(),
        signature: field("x-oss-signature")?,
        token: signed.request.parameter("x-oss-security-token"),
        date,
    };
    check(signed, &parts)
}

fn check<'a>(signed: &'a Signed, parts: &Parts) -> Result<&'a Credential, Refusal> {
    let fields: Vec<&str> = parts.credential.split('/').collect();
    let place = signed.place.trim_start_matches("oss-");
    let [id, date, region, "oss", "aliyun_v4_request"] = fields.as_slice() else {
        return Err(malformed("InvalidArgument", "the scope is not date/region/oss/aliyun_v4_request"));
    };
    if *region != place || !parts.date.starts_with(date) {
        return Err(malformed("InvalidArgument", "region or date of the scope is wrong"));
    }
    let credential = signed.credential(id, parts.token.as_deref())?;
    let digest = hex(&Sha256::digest(canonical(signed, &parts.additional).as_bytes()));
    let text = format!("{ALGORITHM}\n{}\n{date}/{region}/oss/aliyun_v4_request\n{digest}", parts.date);
    let steps = [date, region, "oss", "aliyun_v4_request"];
    let expected = chained(&format!("aliyun_v4{}", credential.secret), &steps, &text);
    if expected == parts.signature { Ok(credential) } else { Err(unequal(text)) }
}

/// The canonical request; its path begins with the bucket.
fn canonical(signed: &Signed, additional: &str) -> String {
    let more = additional.split(';').filter(|name| !name.is_empty()).chain(["content-md5", "content-type"]);
    let more = more.filter_map(|name| Some((name, signed.header(name)?)));
    let mut headers: Vec<(&str, &str)> = oss_headers(signed).chain(more).collect();
    headers.sort_unstable();
    headers.dedup();
    let lines = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim()));
    format!(
        "{}\n{}\n{}\n{}\n{additional}\n{UNSIGNED}",
        signed.request.method,
        path(&format!("/{}/{}", signed.bucket, signed.key)),
        signed.query("x-oss-signature", true),
        lines.collect::<String>(),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::super::example;
    use super::*;
    use crate::http::Request;

    fn request(md5: Option<&str>) -> Request {
        let mut headers = vec![
            ("content-type", "application/zip"),
            ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
            ("x-oss-date", "20231114T221320Z"),
            ("x-oss-security-token", "TOKENEXAMPLE"),
        ];
        headers.extend(md5.map(|md5| ("content-md5", md5)));
        example::put("coros-oss.oss-cn-beijing.aliyuncs.com", "/fit_zip%2FU1%2Fa%20b.zip", &headers)
    }

    fn check(request: &Request, region: &str, signature: &str) -> Result<(), Refusal> {
        let header = format!(
            "OSS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/{region}/oss/aliyun_v4_request, Signature={signature}"
        );
        let place = "oss-cn-beijing";
        example::with(request, "coros-oss", place, example::NOW, |signed| in_header(signed, &header).map(|_| ()))
    }

    const PUT: &str = "cfb3000c8ed5be4af5d51c4cc2648ab4a59bb2f8c147d49a578412b9f2b0603e";

    #[test]
    fn signatures_of_the_vendors_library_are_accepted() {
        let put = request(Some("XUFAKrxLKna5cZ2REBfFkg=="));
        assert_eq!(check(&put, "cn-beijing", PUT), Ok(()));
        let initiate = Request { method: "POST".into(), query: "uploads".into(), ..request(None) };
        let signature = "67641c20c21bb72aa9581dabb834ce1836d4191a0d10b5426848821cf9230e5e";
        assert_eq!(check(&initiate, "cn-beijing", signature), Ok(()));
    }

    #[test]
    fn region_payload_and_signature_have_to_match() {
        let put = request(Some("XUFAKrxLKna5cZ2REBfFkg=="));
        assert_eq!(check(&put, "oss-cn-beijing", PUT).unwrap_err().code, "InvalidArgument");
        assert_eq!(check(&request(None), "cn-beijing", PUT).unwrap_err().code, "SignatureDoesNotMatch");
        let mut hashed = put;
        hashed.headers[1].1 = "2cf2".into();
        assert_eq!(check(&hashed, "cn-beijing", PUT).unwrap_err().code, "InvalidArgument");
    }
}
