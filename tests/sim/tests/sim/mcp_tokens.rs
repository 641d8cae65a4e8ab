//! COROS MCP: codes and rotating tokens.

use crate::common::*;
use crate::mcp::*;
use crate::mcp_login::{code, exchange, register};
use gs_sim::{McpSpec, Sim};
use serde_json::{Value, json};

fn renew(sim: &Sim, host: &str, client: &Value, refresh: &Value) -> Answer {
    let (client, refresh) = (text(client), text(refresh));
    let form = [("grant_type", "refresh_token"), ("client_id", client.as_str()), ("refresh_token", refresh.as_str())];
    post_form(sim, &format!("/{host}/oauth2/token"), &form)
}

#[test]
fn a_code_works_once_with_its_verifier_and_address() {
    let sim = start(McpSpec::default(), vec![]);
    let client = register(&sim, US);
    let other = register(&sim, US);
    let error = |answer: Answer| (answer.status, text(&answer.json()["error"]));
    let invalid = (400, "invalid_grant".to_owned());
    assert_eq!(error(exchange(&sim, &client, &code(&sim, &client), CALLBACK, PKCE.1)), invalid);
    assert_eq!(error(exchange(&sim, &client, &code(&sim, &client), "http://127.0.0.1:1/", PKCE.0)), invalid);
    assert_eq!(error(exchange(&sim, &other, &code(&sim, &client), CALLBACK, PKCE.0)), invalid);
    assert_eq!(error(exchange(&sim, "nobody", &code(&sim, &client), CALLBACK, PKCE.0)).0, 401);
    let stale = code(&sim, &client);
    sim.with(|state| state.advance(61));
    assert_eq!(error(exchange(&sim, &client, &stale, CALLBACK, PKCE.0)), invalid);
    let good = code(&sim, &client);
    let tokens = exchange(&sim, &client, &good, CALLBACK, PKCE.0).json();
    assert!(works(&sim, &tokens["access_token"]));
    assert_eq!(error(exchange(&sim, &client, &good, CALLBACK, PKCE.0)), invalid);
    assert!(!works(&sim, &tokens["access_token"]), "the second use of a code ends the login");
    let json = post_json(&sim, &format!("/{US}/oauth2/token"), &json!({"grant_type": "refresh_token"}));
    assert_eq!(error(json), (400, "invalid_request".to_owned()), "the body has to be a form");
}

#[test]
fn a_refresh_token_works_once_and_its_reuse_ends_the_login() {
    let sim = start(McpSpec::default(), vec![]);
    let first = issue(&sim);
    sim.with(|state| state.expire_mcp_tokens(1));
    assert!(!works(&sim, &first["access_token"]));
    let second = renew(&sim, US, &first["client_id"], &first["refresh_token"]).json();
    assert!(works(&sim, &second["access_token"]) && second["refresh_token"] != first["refresh_token"]);
    assert_eq!(sim.with(|state| (state.coros_mcp.refreshes, state.coros_mcp.reuses)), (1, 0));
    let reused = renew(&sim, US, &first["client_id"], &first["refresh_token"]);
    assert_eq!((reused.status, reused.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert!(!works(&sim, &second["access_token"]));
    assert_eq!(renew(&sim, US, &first["client_id"], &second["refresh_token"]).status, 400);
    assert_eq!(sim.with(|state| (state.coros_mcp.refreshes, state.coros_mcp.reuses)), (1, 1));
    sim.with(|state| state.scenario.coros_mcp.reuse_ends_login = false);
    let third = issue(&sim);
    let fourth = renew(&sim, US, &third["client_id"], &third["refresh_token"]).json();
    assert_eq!(renew(&sim, US, &third["client_id"], &third["refresh_token"]).status, 400);
    assert!(works(&sim, &fourth["access_token"]));
}

#[test]
fn tokens_and_clients_belong_to_their_region() {
    let sim = start(McpSpec::default(), vec![]);
    let tokens = issue(&sim);
    assert_eq!(tokens["issuer"], "https://mcpus.coros.com");
    let elsewhere = rpc_with(&sim, EU, &text(&tokens["access_token"]), &[], &request("ping", json!({})));
    assert_eq!((elsewhere.status, sim.with(|state| state.coros_mcp.strays)), (403, 1));
    assert_eq!(renew(&sim, EU, &tokens["client_id"], &tokens["refresh_token"]).status, 401);
    assert_eq!(renew(&sim, US, &json!("other"), &tokens["refresh_token"]).status, 401);
    let stranger = issue(&sim);
    assert_eq!(renew(&sim, US, &stranger["client_id"], &tokens["refresh_token"]).status, 400);
    assert_eq!(renew(&sim, US, &tokens["client_id"], &tokens["refresh_token"]).status, 200);
    sim.with(|state| state.revoke_mcp_tokens(1));
    assert_eq!(renew(&sim, US, &stranger["client_id"], &stranger["refresh_token"]).status, 400);
}

#[test]
fn tokens_expire_and_can_be_revoked() {
    let sim = start(McpSpec { without_expires_in: true, ..McpSpec::default() }, vec![]);
    let tokens = issue(&sim);
    assert!(tokens.get("expires_in").is_none());
    sim.with(|state| state.advance(30 * 86_400 + 1));
    assert!(!works(&sim, &tokens["access_token"]));
    let newer = renew(&sim, US, &tokens["client_id"], &tokens["refresh_token"]).json();
    let (client, refresh) = (text(&tokens["client_id"]), text(&newer["refresh_token"]));
    let form = [("client_id", client.as_str()), ("token", refresh.as_str()), ("token_type_hint", "refresh_token")];
    assert_eq!(post_form(&sim, &format!("/{US}/oauth2/revoke"), &form).status, 200);
    assert!(!works(&sim, &newer["access_token"]));
    assert_eq!(renew(&sim, US, &tokens["client_id"], &newer["refresh_token"]).status, 400);
    assert_eq!(sim.with(|state| state.coros_mcp.reuses), 0, "a revoked token is no reuse");
    let secret = [("grant_type", "refresh_token"), ("client_id", client.as_str()), ("client_secret", "x")];
    assert_eq!(post_form(&sim, &format!("/{US}/oauth2/token"), &secret).status, 401);
}

#[test]
fn a_login_never_touches_the_token_of_the_training_hub() {
    let sim = start(McpSpec::default(), runs(1));
    let hub = sim.with(|state| state.issue_coros_token(1));
    let ask = |token: &str| {
        send(&sim, "GET", "/teamapi.coros.com/account/query", &[("accesstoken", token)], "").unwrap().json()["result"]
            .clone()
    };
    let client = register(&sim, US);
    let tokens = exchange(&sim, &client, &code(&sim, &client), CALLBACK, PKCE.0).json();
    assert_eq!(ask(&hub), "0000");
    assert_eq!(ask(&text(&tokens["access_token"])), "1019");
    sim.with(|state| state.issue_coros_token(1));
    assert!(works(&sim, &tokens["access_token"]));
    assert_eq!(rpc_with(&sim, US, &hub, &[], &request("ping", json!({}))).status, 401);
}
