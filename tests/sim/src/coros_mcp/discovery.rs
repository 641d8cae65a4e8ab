//! The documents by which a client finds the regional issuer and its endpoints.

use super::SCOPES;
use crate::http::Response;
use serde_json::{Value, json};

/// Responds to a request for a document of this issuer. The gateway has the documents of the regional issuer, too,
/// so that the protected resource is never the gateway's own address (public clients, 2026-09).
pub fn answer(issuer: &str, path: &str) -> Response {
    let document = match path {
        "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => server(issuer),
        "/.well-known/oauth-protected-resource/mcp" => resource(issuer),
        _ => return super::missing(),
    };
    Response::json(200, &document)
}

fn server(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth2/authorize"),
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "registration_endpoint": format!("{issuer}/connect/register"),
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": SCOPES,
    })
}

fn resource(issuer: &str) -> Value {
    json!({
        "resource": format!("{issuer}/mcp"), "authorization_servers": [issuer],
        "scopes_supported": SCOPES, "bearer_methods_supported": ["header"],
    })
}
