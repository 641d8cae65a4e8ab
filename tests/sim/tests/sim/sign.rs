//! Signs requests to the stores, implemented from the documentation of the signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A credential from the service.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: String,
    pub secret: String,
    pub token: String,
}

pub type Headers = Vec<(String, String)>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// `20260102T030405Z` and `Fri, 02 Jan 2026 03:04:05 GMT`.
pub fn dates(at: i64) -> (String, String) {
    let stamp = gs_sim::clock::stamp(at, "T");
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months[stamp[5..7].parse::<usize>().unwrap() - 1];
    let long = format!("Fri, {} {month} {} {} GMT", &stamp[8..10], &stamp[..4], &stamp[11..]);
    (stamp.replace(['-', ':'], "") + "Z", long)
}

fn owned(headers: &[(&str, &str)]) -> Headers {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// SigV4 in a header.
pub fn aws(key: &Key, host: &str, region: &str, path: &str, body: &[u8], at: i64) -> Headers {
    let (date, _) = dates(at);
    let payload = hex(&Sha256::digest(body));
    let names = "host;x-amz-content-sha256;x-amz-date;x-amz-security-token";
    let canonical = format!(
        "PUT\n{path}\n\nhost:{host}\nx-amz-content-sha256:{payload}\nx-amz-date:{date}\n\
         x-amz-security-token:{}\n\n{names}\n{payload}",
        key.token
    );
    let (scope, signature) = four("AWS4-HMAC-SHA256", &format!("AWS4{}", key.secret), &date, region, "s3", &canonical);
    let id = &key.id;
    let value = format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}");
    owned(&[
        ("Authorization", &value),
        ("x-amz-content-sha256", &payload),
        ("x-amz-date", &date),
        ("x-amz-security-token", &key.token),
    ])
}

fn four(name: &str, secret: &str, date: &str, region: &str, service: &str, canonical: &str) -> (String, String) {
    let end = if service == "s3" { "aws4_request" } else { "aliyun_v4_request" };
    let day = &date[..8];
    let scope = format!("{day}/{region}/{service}/{end}");
    let text = format!("{name}\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [day, region, service, end].iter().fold(secret.as_bytes().to_vec(), |key, step| mac(&key, step));
    (scope, hex(&mac(&key, &text)))
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('/', "%2F").replace('+', "%2B").replace('=', "%3D")
}

/// SigV4 in the query. Returns the target with its query.
pub fn aws_query(key: &Key, host: &str, region: &str, path: &str, life: u32, at: i64) -> String {
    let (date, _) = dates(at);
    let scope = escape(&format!("{}/{}/{region}/s3/aws4_request", key.id, &date[..8]));
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date={date}&X-Amz-Expires={life}\
         &X-Amz-Security-Token={}&X-Amz-SignedHeaders=host",
        escape(&key.token)
    );
    let canonical = format!("PUT\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
    let (_, signature) = four("AWS4-HMAC-SHA256", &format!("AWS4{}", key.secret), &date, region, "s3", &canonical);
    format!("/{host}{path}?{query}&X-Amz-Signature={signature}")
}

/// OSS version 1.
pub fn oss(key: &Key, bucket: &str, path: &str, at: i64, extra: &[(&str, &str)]) -> Headers {
    let (_, date) = dates(at);
    let lines: String = extra.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let text = format!("PUT\n\napplication/zip\n{date}\n{lines}x-oss-security-token:{}\n/{bucket}{path}", key.token);
    let mut mac = Hmac::<Sha1>::new_from_slice(key.secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let value = format!("OSS {}:{}", key.id, STANDARD.encode(mac.finalize().into_bytes()));
    let mut headers = owned(extra);
    headers.extend(owned(&[
        ("Authorization", &value),
        ("Date", &date),
        ("Content-Type", "application/zip"),
        ("x-oss-security-token", &key.token),
    ]));
    headers
}

/// OSS version 4.
pub fn oss4(key: &Key, bucket: &str, region: &str, path: &str, at: i64) -> Headers {
    let (date, _) = dates(at);
    let canonical = format!(
        "PUT\n/{bucket}{path}\n\ncontent-type:application/zip\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:{date}\n\
         x-oss-security-token:{}\n\n\nUNSIGNED-PAYLOAD",
        key.token
    );
    let secret = format!("aliyun_v4{}", key.secret);
    let (scope, signature) = four("OSS4-HMAC-SHA256", &secret, &date, region, "oss", &canonical);
    let value = format!("OSS4-HMAC-SHA256 Credential={}/{scope},Signature={signature}", key.id);
    owned(&[
        ("Authorization", &value),
        ("Content-Type", "application/zip"),
        ("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        ("x-oss-date", &date),
        ("x-oss-security-token", &key.token),
    ])
}

/// OSS version 4 in the query. Returns the target with its query.
pub fn oss4_query(key: &Key, bucket: &str, region: &str, path: &str, life: u32, at: i64) -> String {
    let (date, _) = dates(at);
    let scope = escape(&format!("{}/{}/{region}/oss/aliyun_v4_request", key.id, &date[..8]));
    let query = format!(
        "x-oss-credential={scope}&x-oss-date={date}&x-oss-expires={life}&x-oss-security-token={}\
         &x-oss-signature-version=OSS4-HMAC-SHA256",
        escape(&key.token)
    );
    let canonical = format!("PUT\n/{bucket}{path}\n{query}\n\n\nUNSIGNED-PAYLOAD");
    let secret = format!("aliyun_v4{}", key.secret);
    let (_, signature) = four("OSS4-HMAC-SHA256", &secret, &date, region, "oss", &canonical);
    format!("/{bucket}.oss-{region}.aliyuncs.com{path}?{query}&x-oss-signature={signature}")
}
