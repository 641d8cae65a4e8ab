//! The FIT files: as base64 in an answer, or by an address that needs no login. Both share one quota, and a spent
//! quota looks like an activity without a file (public clients, 2026-08 and -09).

use super::spec::{Blob, NoFile};
use super::tools::{Refusal, item, result, text};
use crate::coros::account::Item;
use crate::fit::damage;
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The text that is beside every file; its words are not known.
const ADVICE: &str =
    "FIT files are returned as embedded resources. Save the file before analysing it, and do not print its content.";

/// `downloadActivityFitFiles`.
pub fn download(state: &mut State, account: usize, given: &Value) -> Result<Value, Refusal> {
    let left = attempt(state, account, given)?;
    let activity = item(state, account, given)?;
    let spec = &state.scenario.coros_mcp;
    let words = |words: &str| text(&spec.prose.wrap.apply(words));
    let label = activity.label;
    let Some(bytes) = file(activity, given).filter(|_| left) else {
        return Ok(match spec.no_file {
            NoFile::Advice => result(&[words(ADVICE)]),
            NoFile::Sentence => result(&[words(&sentence(&label.to_string()))]),
            NoFile::Nothing => result(&[]),
        });
    };
    let named = if spec.blob == Blob::OtherLabel { label ^ 1 } else { label };
    let resource = json!({
        "uri": format!("coros://activity/fit/{named}.fit"), "mimeType": "application/octet-stream",
        "blob": blob(spec.blob, &bytes),
    });
    Ok(result(&[json!({"type": "resource", "resource": resource}), text(ADVICE)]))
}

/// `queryActivityFitFileDownloadUrls`.
pub fn address(state: &mut State, account: usize, given: &Value) -> Result<Value, Refusal> {
    let left = attempt(state, account, given)?;
    let spec = &state.scenario.coros_mcp;
    let words = |words: &str| result(&[text(&spec.prose.wrap.apply(words))]);
    let holder = &state.coros.accounts[account];
    // An unknown number is no anomaly here (public clients, 2026-09).
    let asked = given["labelId"].as_str().unwrap_or_default();
    let activity = item(state, account, given).ok();
    Ok(match activity.filter(|activity| left && file(activity, given).is_some()) {
        Some(activity) => {
            let (host, user, label) = (holder.region().files, &holder.user, activity.label);
            let url = format!("https://{host}/fit/{user}/{label}.fit");
            words(&format!("Activity FIT file download URL(s):\n\n1. {label}.fit\n   {url}"))
        }
        None if !left && spec.no_file == NoFile::Nothing => result(&[]),
        None => words(&sentence(asked)),
    })
}

/// Counts an attempt. Returns whether the quota had a file left. A range of days is refused (a public client,
/// 2026-09), although the schema has its arguments.
fn attempt(state: &mut State, account: usize, given: &Value) -> Result<bool, Refusal> {
    if !given["startDate"].is_null() || !given["endDate"].is_null() {
        return Err(Refusal::Anomalies);
    }
    let (now, spec) = (state.now(), &state.scenario.coros_mcp);
    let left = state.coros_mcp.quota.used(account, now, spec.quota_window) < spec.quota;
    if left {
        state.coros_mcp.quota.count(account, now);
    }
    Ok(left)
}

/// The file of an activity, if it has one and the sport is its own.
fn file(activity: &Item, given: &Value) -> Option<Vec<u8>> {
    let own = given["sportType"].as_u64() == Some(u64::from(activity.sport));
    activity.original().filter(|_| own && activity.refused.is_none())
}

fn blob(kind: Blob, bytes: &[u8]) -> String {
    match kind {
        Blob::Whole | Blob::OtherLabel => STANDARD.encode(bytes),
        Blob::Lines => {
            let digits = URL_SAFE_NO_PAD.encode(bytes).into_bytes();
            digits.chunks(76).map(|line| String::from_utf8_lossy(line) + "\r\n").collect()
        }
        Blob::FlippedBit => STANDARD.encode(damage::flip_bit(bytes, bytes.len() * 2 / 3, 3)),
        Blob::Half => STANDARD.encode(&bytes[..bytes.len() / 2]),
        Blob::Page => STANDARD.encode("<!DOCTYPE html><html><title>Maintenance</title></html>"),
        Blob::NotBase64 => "this is *no* base64".to_owned(),
    }
}

fn sentence(label: &str) -> String {
    format!("COROS did not return a FIT file URL for labelId: {label}")
}
