//! Registration of clients. A client id is valid only at the issuer that gave it.

use super::grants::Client;
use super::spec::McpRegion;
use super::{SCOPES, known_scope, refuse};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

/// Registers a client.
pub fn answer(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let Some(body) = request.json().filter(|body| request.is_type("application/json") && body.is_object()) else {
        return refuse(400, "invalid_client_metadata", "the body is no JSON object");
    };
    let redirects = texts(&body["redirect_uris"]).unwrap_or_default();
    if redirects.is_empty() || !redirects.iter().all(|uri| may_redirect(uri)) {
        return refuse(400, "invalid_redirect_uri", "redirect_uris are loopback addresses or https");
    }
    if let Err(field) = check(&body) {
        return refuse(400, "invalid_client_metadata", &format!("{field} is not supported"));
    }
    let scope = body["scope"].as_str().map_or_else(|| SCOPES.join(" "), str::to_owned);
    let id = state.uuid();
    let name = body["client_name"].as_str().unwrap_or_default().to_owned();
    let client = Client { id: id.clone(), region, name, redirects, scope: scope.clone() };
    state.coros_mcp.clients.push(client);
    let given = json!({"client_id": id, "client_id_issued_at": state.now(), "scope": scope,
        "client_name": body["client_name"], "redirect_uris": body["redirect_uris"],
        "grant_types": body["grant_types"], "response_types": ["code"], "token_endpoint_auth_method": "none"});
    Response::json(201, &given)
}

/// Names the first field that asks for more than the service has.
fn check(body: &Value) -> Result<(), &'static str> {
    let grants = texts(&body["grant_types"]).unwrap_or_default();
    let known = |grant: &String| ["authorization_code", "refresh_token"].contains(&grant.as_str());
    if !grants.iter().any(|grant| grant == "authorization_code") || !grants.iter().all(known) {
        return Err("grant_types");
    }
    if body["client_name"].as_str().is_none_or(str::is_empty) {
        return Err("client_name");
    }
    if texts(&body["response_types"]).is_some_and(|types| types != ["code"]) {
        return Err("response_types");
    }
    // Clients have no secret, because the token endpoint takes none.
    if body["token_endpoint_auth_method"].as_str().is_some_and(|method| method != "none") {
        return Err("token_endpoint_auth_method");
    }
    match body["scope"].as_str() {
        Some(scope) if !known_scope(scope) => Err("scope"),
        _ => Ok(()),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
}

fn may_redirect(uri: &str) -> bool {
    let loopback = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    (uri.starts_with("https://") || loopback.iter().any(|start| uri.starts_with(start))) && !uri.contains('#')
}
