//! COROS MCP in the simulator's own interface: `/_sim/coros/mcp/…`.

use super::grants::McpVisit;
use super::login;
use crate::control::{bad, change};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// Responds to a request about the first account of a region of the Training Hub.
pub fn answer(state: &mut State, region: u32, request: &Request, parts: &[&str]) -> Response {
    match (request.method.as_str(), parts) {
        ("POST", ["spec"]) => return change(&mut state.scenario.coros_mcp, request),
        ("POST", ["tokens", "issue"]) => return Response::json(200, &state.issue_mcp_token(region)),
        ("POST", ["tokens", "expire"]) => state.expire_mcp_tokens(region),
        ("POST", ["tokens", "revoke"]) => state.revoke_mcp_tokens(region),
        ("POST", ["sessions", "end"]) => state.end_mcp_sessions(),
        ("POST", ["quota"]) => match request.parameter("files").and_then(|text| text.parse().ok()) {
            Some(files) => state.use_mcp_quota(region, files),
            None => return bad("files is no number"),
        },
        ("POST", ["open"]) => return open(state, region, request),
        _ => return bad("spec, tokens/issue, tokens/expire, tokens/revoke, sessions/end, quota or open"),
    }
    Response::empty(204)
}

/// Plays the person who opens the link of a login; without `url` the newest one.
fn open(state: &mut State, region: u32, request: &Request) -> Response {
    let visit = match request.parameter("answer").as_deref() {
        None | Some("approve") => McpVisit::Approve,
        Some("refuse") => McpVisit::Refuse,
        _ => return bad("answer is approve or refuse"),
    };
    let url = request.parameter("url").or_else(|| state.mcp_login_url()).unwrap_or_default();
    match state.open_mcp_login(region, &url, visit) {
        true => Response::empty(204),
        false => Response::json(404, &json!({"error": "no such link, or it is not valid any more"})),
    }
}

/// The state for `/_sim/state`, without secrets.
pub fn describe(state: &State) -> Value {
    let mcp = &state.coros_mcp;
    let window = state.scenario.coros_mcp.quota_window;
    let used = |(index, account): (usize, &crate::coros::account::Account)| json!({"email": account.spec.email, "files": mcp.quota.used(index, state.now(), window)});
    json!({
        "clients": mcp.clients.len(), "logins": login::describe(state), "refreshes": mcp.refreshes,
        "reuses": mcp.reuses, "strays": mcp.strays, "calls": mcp.calls,
        "quota": state.coros.accounts.iter().enumerate().map(used).collect::<Value>(),
    })
}
