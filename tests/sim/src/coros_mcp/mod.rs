//! COROS MCP: a service for language models with a login of its own, which shows the activities of the COROS accounts.
//! It never touches the token of the Training Hub (COROS' login helper and public clients, 2026-06 to 2026-11).

mod arguments;
mod authorize;
pub(crate) mod control;
mod detail;
mod discovery;
mod fit;
pub mod grants;
mod health;
mod login;
pub mod prose;
pub mod quota;
mod records;
mod register;
mod rpc;
mod schema;
pub mod spec;
pub mod state;
mod tokens;
mod tools;
mod transport;

use crate::http::{Request, Response};
use crate::state::State;
use serde_json::json;
use spec::McpRegion;

/// The host that only names the regional issuer.
pub const GATEWAY: &str = "mcp.coros.com";

/// All that a client may ask for.
pub const SCOPES: [&str; 3] = ["openid", "offline_access", "mcp.tools"];

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    let regions = McpRegion::ALL.map(McpRegion::host);
    regions.into_iter().chain([GATEWAY]).map(str::to_owned).collect()
}

/// Responds to a request to one of [`hosts`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    if request.host == GATEWAY {
        return Some(gateway(state, request));
    }
    let region = McpRegion::ALL.into_iter().find(|region| region.host() == request.host)?;
    Some(regional(state, region, request))
}

/// The gateway: documents about the regional issuer, and the refusal of everything that needs a token. Whether it
/// serves more is not known; clients that stay with it are refused here.
fn gateway(state: &State, request: &Request) -> Response {
    let issuer = state.mcp_gateway_issuer();
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", path) if path.starts_with("/.well-known/") => discovery::answer(&issuer, path),
        (_, "/mcp") => rpc::unauthorized(&format!("https://{GATEWAY}"), "the gateway has no tools"),
        _ => missing().note("only the regional hosts have this"),
    }
}

fn regional(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", [".well-known", ..]) => discovery::answer(&issuer(region), &request.path),
        ("POST", ["connect", "register"]) => register::answer(state, region, request),
        ("POST", ["api", "v1", "cli", "login-sessions"]) => login::open(state, region, request),
        ("POST", ["api", "v1", "cli", "login-sessions", id, "claim"]) => login::claim(state, region, id, request),
        ("GET", ["login"]) => login::page(state, region, request),
        ("POST", ["login"]) => login::form(state, region, request),
        ("GET", ["oauth2", "authorize"]) => authorize::answer(state, region, request),
        ("POST", ["oauth2", "token"]) => tokens::answer(state, region, request),
        ("POST", ["oauth2", "revoke"]) => tokens::revoke(state, region, request),
        (_, ["mcp"]) => rpc::answer(state, region, request),
        _ => missing(),
    }
}

/// The issuer of a region.
pub fn issuer(region: McpRegion) -> String {
    format!("https://{}", region.host())
}

fn missing() -> Response {
    Response::json(404, &json!({"status": 404, "error": "Not Found"})).note("no such path")
}

/// An error of the OAuth endpoints; the note in the log is the description.
fn refuse(status: u16, error: &str, description: &str) -> Response {
    Response::json(status, &json!({"error": error, "error_description": description})).note(description)
}

/// Whether all words of a scope may be asked for.
fn known_scope(scope: &str) -> bool {
    scope.split(' ').all(|word| SCOPES.contains(&word))
}

/// The first value of this name in a form or a query; empty if there is none.
fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}
