//! The data against which signatures of every version are checked.

use super::refusal::{Refusal, denied};
use super::state::Credential;
use crate::clock;
use crate::http::{Request, encode};

/// The maximum deviation of a client's clock, in seconds.
const SKEW: i64 = 15 * 60;

/// A request with the bucket and the key of its URL.
pub struct Signed<'a> {
    /// The request.
    pub request: &'a Request,
    /// The bucket.
    pub bucket: &'a str,
    /// The key, decoded.
    pub key: &'a str,
    /// The region of the bucket, as the store names it.
    pub place: &'a str,
    /// Credentials that were issued.
    pub credentials: &'a [Credential],
    /// The store's clock.
    pub now: i64,
}

impl Signed<'_> {
    /// The credential with this id, if the token matches and it has not expired.
    pub fn credential(&self, id: &str, token: Option<&str>) -> Result<&Credential, Refusal> {
        let found = self.credentials.iter().find(|credential| credential.id == id);
        let credential = found.ok_or_else(|| denied("InvalidAccessKeyId", "no such access key"))?;
        match token {
            None => Err(denied("InvalidAccessKeyId", "no session token")),
            Some(token) if token != credential.token => Err(denied("InvalidToken", "another session token")),
            Some(_) if credential.expires <= self.now => Err(denied("ExpiredToken", "the credential has ended")),
            Some(_) => Ok(credential),
        }
    }

    /// Rejects a client with a wrong clock.
    pub fn punctual(&self, at: i64) -> Result<(), Refusal> {
        match (self.now - at).abs() <= SKEW {
            true => Ok(()),
            false => Err(denied("RequestTimeTooSkewed", "the clocks differ too much")),
        }
    }

    /// A header, trimmed; the host is the real one.
    pub fn header(&self, name: &str) -> Option<&str> {
        match name {
            "host" => Some(&self.request.host),
            _ => self.request.header(name).map(str::trim),
        }
    }

    /// The query sorted and encoded once, without one parameter; `bare` omits the `=` of empty values.
    pub fn query(&self, without: &str, bare: bool) -> String {
        let pairs = self.request.pairs();
        let mut list: Vec<(String, String)> =
            pairs.iter().filter(|(key, _)| key != without).map(|(key, value)| (encode(key), encode(value))).collect();
        list.sort();
        let join = |(key, value): &(String, String)| match bare && value.is_empty() {
            true => key.clone(),
            false => format!("{key}={value}"),
        };
        list.iter().map(join).collect::<Vec<_>>().join("&")
    }
}

/// A path encoded once, with its slashes kept.
pub fn path(text: &str) -> String {
    text.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// Reads `20231114T221320Z`.
pub fn compact(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    if !text.is_ascii() || date.len() != 8 || time.len() != 6 {
        return None;
    }
    let day = clock::parse_date(&format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]))?;
    seconds(day, &time[..2], &time[2..4], &time[4..])
}

/// Reads `Tue, 14 Nov 2023 22:13:20 GMT`.
pub fn http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let parts: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = parts.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? + 1;
    let day = clock::parse_date(&format!("{year}-{month:02}-{day}"))?;
    let time: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = time.as_slice() else { return None };
    seconds(day, hour, minute, second)
}

fn seconds(day: i64, hour: &str, minute: &str, second: &str) -> Option<i64> {
    let (hour, minute, second): (i64, i64, i64) = (hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?);
    Some(day + hour * 3600 + minute * 60 + second)
}
