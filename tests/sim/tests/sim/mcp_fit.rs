//! COROS MCP: FIT files, their addresses, and the quota.

use crate::common::*;
use crate::mcp::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gs_sim::{Blob, CorosActivitySpec, McpSpec, NoFile, QuotaWindow, Sim, sha256};
use serde_json::{Value, json};

const DOWNLOAD: &str = "downloadActivityFitFiles";
const ADDRESS: &str = "queryActivityFitFileDownloadUrls";

fn download(sim: &Sim, token: &str, index: u64) -> Value {
    call(sim, token, DOWNLOAD, one(index))["content"].clone()
}

fn resource(content: &Value) -> Option<&Value> {
    content.as_array().unwrap().iter().find(|item| item["type"] == "resource").map(|item| &item["resource"])
}

fn bytes(content: &Value) -> Vec<u8> {
    STANDARD.decode(resource(content).unwrap()["blob"].as_str().unwrap()).unwrap()
}

#[test]
fn a_download_is_the_file_of_the_training_hub() {
    let sim = start(McpSpec::default(), runs(2));
    let token = access(&sim);
    let content = download(&sim, &token, 0);
    assert!(resource(&content).unwrap()["uri"].as_str().unwrap().ends_with("/480000000000000001.fit"));
    assert!(content.as_array().unwrap().iter().any(|item| item["type"] == "text"));
    assert_eq!(Some(sha256(&bytes(&content))), sim.with(|state| state.coros_served(1, 480_000_000_000_000_001)));
    let text = words(&call(&sim, &token, ADDRESS, one(1)));
    let url =
        text.strip_prefix("Activity FIT file download URL(s):\n\n1. 480000000000000002.fit\n   https://").unwrap();
    assert!(url.starts_with("s3.coros.com/fit/"));
    let file = send(&sim, "GET", &format!("/{url}"), &[], "").unwrap();
    assert_eq!(Some(sha256(&file.body)), sim.with(|state| state.coros_served(1, 480_000_000_000_000_002)));
    send(&sim, "GET", &format!("/{url}"), &[("Authorization", "Bearer x")], "").unwrap();
    assert_eq!(sim.log().last().unwrap().note, "a token was sent to the file host");
}

#[test]
fn a_download_can_be_damaged() {
    let sim = start(McpSpec::default(), runs(1));
    let token = access(&sim);
    let whole = bytes(&download(&sim, &token, 0));
    let ask = |blob| {
        sim.with(|state| state.scenario.coros_mcp.blob = blob);
        download(&sim, &token, 0)
    };
    let flipped = bytes(&ask(Blob::FlippedBit));
    assert!(flipped.len() == whole.len() && flipped != whole);
    assert_eq!(bytes(&ask(Blob::Half)).len(), whole.len() / 2);
    assert!(bytes(&ask(Blob::Page)).starts_with(b"<!DOCTYPE"));
    let other = ask(Blob::OtherLabel);
    assert!(!resource(&other).unwrap()["uri"].as_str().unwrap().contains("480000000000000001"));
    let broken = ask(Blob::NotBase64);
    assert!(STANDARD.decode(resource(&broken).unwrap()["blob"].as_str().unwrap()).is_err());
}

#[test]
fn an_activity_without_a_file_looks_like_a_spent_quota() {
    let mut activities = runs(2);
    activities[1].refused = Some("404".into());
    let sim = start(McpSpec { quota: 3, ..McpSpec::default() }, activities);
    let token = access(&sim);
    let without = download(&sim, &token, 1);
    assert!(resource(&without).is_none());
    let sentence = words(&call(&sim, &token, ADDRESS, one(1)));
    assert_eq!(sentence, "COROS did not return a FIT file URL for labelId: 480000000000000002");
    assert!(resource(&download(&sim, &token, 0)).is_some());
    assert_eq!(download(&sim, &token, 0), without, "failed attempts count, too");
    let spent = words(&call(&sim, &token, ADDRESS, one(0)));
    assert_eq!(spent, "COROS did not return a FIT file URL for labelId: 480000000000000001");
    sim.with(|state| state.scenario.coros_mcp.no_file = NoFile::Nothing);
    assert_eq!(
        (download(&sim, &token, 0), call(&sim, &token, ADDRESS, one(0))["content"].clone()),
        (json!([]), json!([]))
    );
    sim.with(|state| state.scenario.coros_mcp.no_file = NoFile::Sentence);
    assert_eq!(words(&call(&sim, &token, DOWNLOAD, one(0))), spent);
}

#[test]
fn the_quota_is_fifty_files_in_a_day() {
    let sim = start(McpSpec::default(), runs(1));
    let token = access(&sim);
    sim.with(|state| state.use_mcp_quota(1, 48));
    assert!(resource(&download(&sim, &token, 0)).is_some());
    assert!(words(&call(&sim, &token, ADDRESS, one(0))).contains("https://"));
    assert_eq!(sim.with(|state| state.mcp_quota_used(1)), 50);
    assert!(resource(&download(&sim, &token, 0)).is_none());
    assert!(list(&sim, &token).contains("LabelId: "), "only files are limited");
    sim.with(|state| state.advance(86_390));
    assert!(resource(&download(&sim, &token, 0)).is_none());
    sim.with(|state| state.advance(11));
    assert!(resource(&download(&sim, &token, 0)).is_some());
    assert_eq!(sim.with(|state| state.mcp_quota_used(1)), 1);
    sim.with(|state| state.scenario.coros_mcp.quota_window = QuotaWindow::Rolling);
    sim.with(|state| state.use_mcp_quota(1, 49));
    assert!(resource(&download(&sim, &token, 0)).is_none());
}

#[test]
fn one_activity_with_its_own_sport_per_call() {
    let activities = vec![CorosActivitySpec { sport: Some(102), ..activity(0, 100, 2650, 8020.0) }];
    let sim = start(McpSpec::default(), activities);
    let token = access(&sim);
    assert!(resource(&download(&sim, &token, 0)).is_none(), "the sport is not the activity's");
    let own = json!({"labelId": "480000000000000001", "sportType": 102});
    assert!(resource(&call(&sim, &token, DOWNLOAD, own)["content"]).is_some());
    let range =
        json!({"labelId": "480000000000000001", "sportType": 102, "startDate": "20260901", "endDate": "20260930"});
    assert!(words(&call(&sim, &token, DOWNLOAD, range)).starts_with("Tool call anomalies detected."));
    assert!(words(&call(&sim, &token, DOWNLOAD, one(9))).starts_with("Tool call anomalies detected."));
    let unknown = words(&call(&sim, &token, ADDRESS, one(9)));
    assert_eq!(unknown, "COROS did not return a FIT file URL for labelId: 480000000000000010");
}
