//! COROS MCP: helpers for its tests.

use crate::common::*;
use gs_sim::{CorosActivitySpec, CorosSpec, McpSpec, Scenario, Sim};
use serde_json::{Value, json};

pub const US: &str = "mcpus.coros.com";
pub const EU: &str = "mcpeu.coros.com";
pub const CALLBACK: &str = "http://127.0.0.1:43123/callback";
/// A verifier of PKCE, and its challenge.
pub const PKCE: (&str, &str) =
    ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
/// 2026-09-21T06:00:00Z.
pub const START: i64 = 1_789_970_400;

/// An account in the United States with the given activities.
pub fn start(mcp: McpSpec, activities: Vec<CorosActivitySpec>) -> Sim {
    let account = CorosSpec { region: 1, activities, ..CorosSpec::default() };
    Scenario { coros: vec![account], coros_mcp: mcp, ..Scenario::default_garmin(0, 3) }.start()
}

/// The described activity, one a day, the first one the newest.
pub fn activity(index: i64, sport: u32, seconds: u32, metres: f64) -> CorosActivitySpec {
    CorosActivitySpec {
        id: Some(480_000_000_000_000_001 + index as u64),
        name: Some(format!("Activity {index}")),
        sport: Some(sport),
        start: Some(START - index * 86_400),
        offset: Some(0),
        seconds: Some(seconds),
        metres: Some(metres),
        ..CorosActivitySpec::default()
    }
}

pub fn runs(count: i64) -> Vec<CorosActivitySpec> {
    (0..count).map(|index| activity(index, 100, 2650, 8020.0)).collect()
}

/// A login without a person: the token response with issuer and client id.
pub fn issue(sim: &Sim) -> Value {
    sim.with(|state| state.issue_mcp_token(1))
}

pub fn access(sim: &Sim) -> String {
    text(&issue(sim)["access_token"])
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn post_json(sim: &Sim, target: &str, body: &Value) -> Answer {
    send(sim, "POST", target, &[("Content-Type", "application/json")], &body.to_string()).unwrap()
}

/// A value of a query or a form.
pub fn quote(text: &str) -> String {
    let signs = [('%', "%25"), ('+', "%2B"), ('/', "%2F"), (':', "%3A"), ('&', "%26"), (' ', "%20")];
    signs.iter().fold(text.to_owned(), |text, (sign, code)| text.replace(*sign, code))
}

pub fn post_form(sim: &Sim, target: &str, form: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
    send(sim, "POST", target, &[("Content-Type", "application/x-www-form-urlencoded")], &body.join("&")).unwrap()
}

/// A JSON-RPC request with more headers.
pub fn rpc_with(sim: &Sim, host: &str, token: &str, extra: &[(&str, &str)], body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ];
    headers.retain(|(name, _)| !extra.iter().any(|(other, _)| other == name));
    headers.extend(extra.iter().filter(|(_, value)| !value.is_empty()));
    send(sim, "POST", &format!("/{host}/mcp"), &headers, &body.to_string()).unwrap()
}

pub fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
}

pub fn rpc(sim: &Sim, token: &str, method: &str, params: Value) -> Value {
    let answer = rpc_with(sim, US, token, &[], &request(method, params));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// The result of a tool; never an error.
pub fn call(sim: &Sim, token: &str, tool: &str, arguments: Value) -> Value {
    let answer = rpc(sim, token, "tools/call", json!({"name": tool, "arguments": arguments}));
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    answer["result"].clone()
}

/// The only text of a result, unwrapped.
pub fn words(result: &Value) -> String {
    assert_eq!(result["content"].as_array().unwrap().len(), 1);
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

pub fn september(limit: u32) -> Value {
    json!({"startDate": "20260901", "endDate": "20260930", "limit": limit})
}

pub fn list(sim: &Sim, token: &str) -> String {
    words(&call(sim, token, "querySportRecords", september(100)))
}

pub fn one(index: u64) -> Value {
    json!({"labelId": (480_000_000_000_000_001 + index).to_string(), "sportType": 100})
}

/// Whether the endpoint takes a token.
pub fn works(sim: &Sim, token: &Value) -> bool {
    rpc_with(sim, US, &text(token), &[], &request("ping", json!({}))).status == 200
}
