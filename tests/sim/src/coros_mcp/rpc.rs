//! The MCP endpoint: one JSON-RPC request in a POST, with a bearer token of the same host.

use super::spec::McpRegion;
use super::{issuer, schema, tools, transport};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// The newest version that the service speaks, and the versions that it accepts.
const VERSION: &str = "2025-06-18";
const VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", VERSION, "2025-11-25"];

/// An error of JSON-RPC.
pub struct RpcError(pub i64, pub String);

/// Responds to a request to the endpoint.
pub fn answer(state: &mut State, region: McpRegion, request: &Request) -> Response {
    if let Some(address) = state.scenario.coros_mcp.moved_to.clone() {
        return Response::empty(307).with("location", &address).note("moved");
    }
    let account = match caller(state, region, request) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    match request.method.as_str() {
        "POST" => posted(state, account, request),
        "DELETE" if state.scenario.coros_mcp.sessions => end_session(state, request),
        _ => Response::empty(405).with("allow", "POST").note("only POST"),
    }
}

/// The refusal of a request without a valid token.
pub fn unauthorized(host: &str, note: &str) -> Response {
    let document = format!("{host}/.well-known/oauth-protected-resource/mcp");
    Response::empty(401).with("www-authenticate", &format!("Bearer resource_metadata=\"{document}\"")).note(note)
}

/// The account of the bearer token. That a token of another region gets a 403 is a guess.
fn caller(state: &mut State, region: McpRegion, request: &Request) -> Result<usize, Response> {
    let now = state.now();
    let text = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let found = state.coros_mcp.access.iter().find(|token| token.text == text).cloned();
    let host = issuer(region);
    let Some(token) = found else { return Err(unauthorized(&host, "no such token")) };
    if token.region != region {
        state.coros_mcp.strays += 1;
        return Err(Response::json(403, &json!({"error": "access_denied"})).note("a token of another region"));
    }
    if token.revoked || token.expires <= now {
        return Err(unauthorized(&host, "the token is not valid any more"));
    }
    if !token.scope.split(' ').any(|word| word == "mcp.tools") {
        return Err(Response::json(403, &json!({"error": "insufficient_scope"})).note("the token lacks mcp.tools"));
    }
    Ok(state.lies.coros_account(&state.coros.accounts, token.account))
}

fn posted(state: &mut State, account: usize, request: &Request) -> Response {
    let accept = request.header("accept").unwrap_or_default();
    if !accept.contains("application/json") || !accept.contains("text/event-stream") {
        let text = "Invalid Accept headers. Expected TEXT_EVENT_STREAM and APPLICATION_JSON";
        return failed(400, &Value::Null, &RpcError(-32600, text.to_owned())).note("Accept needs both types");
    }
    if !request.is_type("application/json") {
        return Response::empty(415).note("the body is no JSON");
    }
    let Some(message) = request.json() else {
        return failed(400, &Value::Null, &RpcError(-32700, "Parse error".to_owned())).note("the body is no JSON");
    };
    let method = message["method"].as_str().unwrap_or_default().to_owned();
    if message["jsonrpc"] != "2.0" || method.is_empty() {
        return failed(400, &message["id"], &RpcError(-32600, "Invalid Request".to_owned())).note("not one request");
    }
    if let Err(refusal) = session(state, &method, request, &message["id"]) {
        return refusal;
    }
    match &message["id"] {
        Value::Null => Response::empty(202),
        Value::String(_) | Value::Number(_) => reply(state, account, &method, &message),
        _ => failed(400, &Value::Null, &RpcError(-32600, "Invalid Request".to_owned()))
            .note("the id is no text or number"),
    }
}

/// Checks the session, if the endpoint has any (until 2026-06-24 it had).
fn session(state: &State, method: &str, request: &Request, id: &Value) -> Result<(), Response> {
    if !state.scenario.coros_mcp.sessions || method == "initialize" {
        return Ok(());
    }
    match request.header("mcp-session-id") {
        None => Err(failed(400, id, &RpcError(-32600, "Missing session ID".to_owned())).note("no session")),
        Some(text) if state.coros_mcp.sessions.iter().any(|one| one == text) => Ok(()),
        Some(text) => {
            let error = RpcError(-32603, format!("Session not found: {text}"));
            Err(failed(404, id, &error).note("an unknown session"))
        }
    }
}

fn end_session(state: &mut State, request: &Request) -> Response {
    let id = request.header("mcp-session-id").unwrap_or_default();
    state.coros_mcp.sessions.retain(|one| one != id);
    Response::empty(200)
}

fn reply(state: &mut State, account: usize, method: &str, message: &Value) -> Response {
    let params = &message["params"];
    let (outcome, note) = match method {
        "initialize" => (initialize(params), String::new()),
        "ping" => (Ok(json!({})), String::new()),
        "tools/list" => (schema::list(&state.scenario.coros_mcp, params), String::new()),
        "tools/call" => {
            let note = params["name"].as_str().unwrap_or_default().to_owned();
            (tools::call(state, account, params), note)
        }
        _ => (Err(RpcError(-32601, format!("Method not found: {method}"))), "unknown method".to_owned()),
    };
    let kind = state.scenario.coros_mcp.transport;
    let body = match &outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": message["id"], "result": result}),
        Err(error) => error_body(&message["id"], error),
    };
    let response = transport::send(kind, &body).note(&note);
    if method != "initialize" || !state.scenario.coros_mcp.sessions || outcome.is_err() {
        return response;
    }
    let id = state.uuid();
    state.coros_mcp.sessions.push(id.clone());
    response.with("mcp-session-id", &id)
}

fn initialize(params: &Value) -> Result<Value, RpcError> {
    let Some(wanted) = params["protocolVersion"].as_str() else {
        return Err(RpcError(-32602, "protocolVersion is missing".to_owned()));
    };
    let version = if VERSIONS.contains(&wanted) { wanted } else { VERSION };
    Ok(json!({
        "protocolVersion": version, "capabilities": {"tools": {"listChanged": false}},
        "serverInfo": {"name": "coros-mcp-server", "version": "1.0.0"},
    }))
}

fn error_body(id: &Value, RpcError(code, message): &RpcError) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn failed(status: u16, id: &Value, error: &RpcError) -> Response {
    Response::json(status, &error_body(id, error))
}
