//! COROS MCP: discovery, registration, login sessions and the authorization request.

use crate::common::*;
use crate::mcp::*;
use gs_sim::{McpRegion, McpSpec, McpVisit, Sim};
use serde_json::{Value, json};

fn get_json(sim: &Sim, target: &str) -> Value {
    send(sim, "GET", target, &[], "").unwrap().json()
}

fn registration() -> Value {
    json!({"client_name": "garminsync", "redirect_uris": [CALLBACK], "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "none",
        "scope": "openid offline_access mcp.tools"})
}

pub fn register(sim: &Sim, host: &str) -> String {
    let answer = post_json(sim, &format!("/{host}/connect/register"), &registration());
    assert_eq!(answer.status, 201);
    text(&answer.json()["client_id"])
}

fn open_session(sim: &Sim, client: &str) -> Value {
    let answer = post_json(sim, &format!("/{US}/api/v1/cli/login-sessions"), &json!({"clientId": client}));
    assert_eq!(answer.status, 201);
    answer.json()
}

fn poll(sim: &Sim, session: &Value, token: &str) -> Answer {
    let path = format!("/{US}/api/v1/cli/login-sessions/{}/claim", text(&session["sessionId"]));
    send(sim, "POST", &path, &[("X-Poll-Token", token)], "").unwrap()
}

fn status(sim: &Sim, session: &Value) -> Value {
    let answer = poll(sim, session, &text(&session["pollToken"]));
    assert_eq!(answer.status, 200);
    answer.json()
}

/// An authorization request with these parameters changed or added.
fn authorize(sim: &Sim, client: &str, changes: &[(&str, &str)]) -> Answer {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("scope", "openid offline_access mcp.tools"),
        ("code_challenge", PKCE.1),
        ("code_challenge_method", "S256"),
        ("resource", "https://mcpus.coros.com/mcp"),
        ("state", "s-1"),
    ];
    query.retain(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    query.extend(changes);
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
    send(sim, "GET", &format!("/{US}/oauth2/authorize?{}", query.join("&")), &[], "").unwrap()
}

/// A login ticket of a session that a person approved.
fn ticket(sim: &Sim, client: &str) -> String {
    let session = open_session(sim, client);
    assert!(sim.with(|state| state.open_mcp_login(1, &text(&session["loginUrl"]), McpVisit::Approve)));
    text(&status(sim, &session)["loginTicket"])
}

pub fn code(sim: &Sim, client: &str) -> String {
    let answer = authorize(sim, client, &[("login_ticket", &ticket(sim, client))]);
    let location = answer.header("location").unwrap();
    location.strip_prefix(&format!("{CALLBACK}?code=")).unwrap().strip_suffix("&state=s-1").unwrap().to_owned()
}

pub fn exchange(sim: &Sim, client: &str, code: &str, redirect: &str, verifier: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ];
    post_form(sim, &format!("/{US}/oauth2/token"), &form)
}

#[test]
fn the_gateway_only_names_the_issuer_of_the_region() {
    let sim = start(McpSpec::default(), vec![]);
    for path in ["openid-configuration", "oauth-authorization-server"] {
        for host in ["mcp.coros.com", US] {
            let document = get_json(&sim, &format!("/{host}/.well-known/{path}"));
            assert_eq!(document["issuer"], "https://mcpus.coros.com");
            assert_eq!(document["registration_endpoint"], "https://mcpus.coros.com/connect/register");
            assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        }
    }
    let resource = get_json(&sim, "/mcp.coros.com/.well-known/oauth-protected-resource/mcp");
    assert_eq!(resource["resource"], "https://mcpus.coros.com/mcp", "never the gateway's own address");
    assert_eq!(post_json(&sim, "/mcp.coros.com/connect/register", &registration()).status, 404);
    let token = access(&sim);
    assert_eq!(rpc_with(&sim, "mcp.coros.com", &token, &[], &request("ping", json!({}))).status, 401);
    sim.with(|state| state.scenario.coros_mcp.region = Some(McpRegion::Eu));
    assert_eq!(get_json(&sim, "/mcp.coros.com/.well-known/openid-configuration")["issuer"], "https://mcpeu.coros.com");
    sim.with(|state| state.scenario.coros_mcp.issuer = Some("http://example.org".into()));
    assert_eq!(get_json(&sim, "/mcp.coros.com/.well-known/openid-configuration")["issuer"], "http://example.org");
}

#[test]
fn a_registration_asks_for_no_secret_and_only_for_known_things() {
    let sim = start(McpSpec::default(), vec![]);
    let wrong = [
        ("redirect_uris", json!([])),
        ("redirect_uris", json!(["http://example.org/callback"])),
        ("grant_types", json!(["password"])),
        ("grant_types", json!(["refresh_token"])),
        ("response_types", json!(["token"])),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("scope", json!("openid mcp.write")),
        ("client_name", Value::Null),
    ];
    for (field, value) in wrong {
        let mut body = registration();
        body[field] = value;
        assert_eq!(post_json(&sim, &format!("/{US}/connect/register"), &body).status, 400, "{field}");
    }
    let client = register(&sim, EU);
    let elsewhere = post_json(&sim, &format!("/{US}/api/v1/cli/login-sessions"), &json!({"clientId": client}));
    assert_eq!(elsewhere.status, 400, "a client belongs to its issuer");
}

#[test]
fn a_login_session_leads_to_tokens() {
    let sim = start(McpSpec::default(), runs(1));
    let client = register(&sim, US);
    let session = open_session(&sim, &client);
    assert_eq!(session["intervalSeconds"], 3);
    assert_eq!(status(&sim, &session), json!({"status": "pending"}));
    assert_eq!(poll(&sim, &session, "other").status, 401);
    assert!(sim.with(|state| state.open_mcp_login(1, &text(&session["loginUrl"]), McpVisit::Approve)));
    let claimed = status(&sim, &session);
    assert_eq!(claimed["status"], "authorized");
    let again = status(&sim, &session);
    assert_eq!((again["status"].as_str(), again["errorCode"].is_string()), (Some("claimed"), true));
    let ticket = text(&claimed["loginTicket"]);
    let answer = authorize(&sim, &client, &[("login_ticket", &ticket)]);
    let location = answer.header("location").unwrap();
    assert!(answer.status == 302 && location.starts_with(CALLBACK) && location.ends_with("&state=s-1"));
    let code = location[CALLBACK.len() + 6..location.len() - 10].to_owned();
    let tokens = exchange(&sim, &client, &code, CALLBACK, PKCE.0).json();
    assert_eq!((tokens["expires_in"].as_i64(), tokens["token_type"].as_str()), (Some(30 * 86_400), Some("Bearer")));
    assert!(works(&sim, &tokens["access_token"]) && tokens["refresh_token"].is_string());
    assert_eq!(text(&tokens["id_token"]).split('.').count(), 3);
    assert!(!sim.log().iter().any(|entry| entry.query.contains(&ticket)), "no secret in the log");
    let second = authorize(&sim, &client, &[("login_ticket", &ticket)]).header("location").unwrap();
    assert!(second.starts_with("https://mcpus.coros.com/login?"), "a ticket works once");
}

#[test]
fn a_login_session_can_be_refused_and_expires() {
    let sim = start(McpSpec { poll_interval: None, ..McpSpec::default() }, vec![]);
    let client = register(&sim, US);
    let refused = open_session(&sim, &client);
    assert!(refused.get("intervalSeconds").is_none());
    assert!(sim.with(|state| state.open_mcp_login(1, &text(&refused["loginUrl"]), McpVisit::Refuse)));
    let answer = status(&sim, &refused);
    assert_eq!((answer["status"].as_str(), answer["errorCode"].is_string()), (Some("failed"), true));
    let late = open_session(&sim, &client);
    sim.with(|state| state.advance(301));
    assert_eq!(status(&sim, &late), json!({"status": "expired"}));
    assert!(!sim.with(|state| state.open_mcp_login(1, &text(&late["loginUrl"]), McpVisit::Approve)));
    let unknown = json!({"sessionId": "x"});
    assert_eq!(poll(&sim, &unknown, "x").status, 404);
    assert_eq!(post_json(&sim, &format!("/{US}/api/v1/cli/login-sessions"), &json!({})).status, 400);
}

#[test]
fn the_login_page_takes_the_account_of_the_training_hub() {
    let sim = start(McpSpec::default(), vec![]);
    let client = register(&sim, US);
    let session = open_session(&sim, &client);
    let target = text(&session["loginUrl"]).replace("https://", "/");
    assert_eq!(send(&sim, "GET", &target, &[], "").unwrap().status, 200);
    assert_eq!(status(&sim, &session)["status"], "pending", "to open the page is no login");
    let id = text(&session["sessionId"]);
    let form = |password: &str| {
        let fields = [("session", id.as_str()), ("userName", "runner@example.org"), ("password", password)];
        post_form(&sim, &format!("/{US}/login"), &fields).status
    };
    assert_eq!((form("wrong"), form("correct horse")), (401, 200));
    assert_eq!(status(&sim, &session)["status"], "authorized");
    // In a browser on the same machine the login page sends the browser back to the client.
    let page = authorize(&sim, &client, &[]).header("location").unwrap();
    let id = page.rsplit_once('=').unwrap().1;
    let fields = [("session", id), ("userName", "runner@example.org"), ("password", "correct horse")];
    let back = post_form(&sim, &format!("/{US}/login"), &fields);
    assert!(back.status == 302 && back.header("location").unwrap().starts_with(&format!("{CALLBACK}?code=")));
    sim.with(|state| state.scenario.coros_mcp.approves = true);
    assert!(authorize(&sim, &client, &[]).header("location").unwrap().starts_with(CALLBACK));
}

#[test]
fn tokens_allow_only_what_was_asked_for() {
    let sim = start(McpSpec { approves: true, ..McpSpec::default() }, vec![]);
    let client = register(&sim, US);
    for (scope, refresh, status) in [("openid offline_access", true, 403), ("mcp.tools", false, 200)] {
        let location = authorize(&sim, &client, &[("scope", scope)]).header("location").unwrap();
        let code = location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let tokens = exchange(&sim, &client, &code, CALLBACK, PKCE.0).json();
        assert_eq!((tokens["refresh_token"].is_string(), tokens["id_token"].is_string()), (refresh, refresh));
        let answer = rpc_with(&sim, US, &text(&tokens["access_token"]), &[], &request("ping", json!({})));
        assert_eq!(answer.status, status);
    }
}

#[test]
fn an_authorization_request_is_checked() {
    let sim = start(McpSpec { approves: true, ..McpSpec::default() }, vec![]);
    let client = register(&sim, US);
    assert_eq!(authorize(&sim, "unknown", &[]).status, 400);
    assert_eq!(authorize(&sim, &client, &[("redirect_uri", "http://127.0.0.1:9/x")]).status, 400);
    let wrong = [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("scope", "everything"), "invalid_scope"),
        (("resource", "https://mcp.coros.com/mcp"), "invalid_target"),
    ];
    for (change, error) in wrong {
        let location = authorize(&sim, &client, &[change]).header("location").unwrap();
        assert_eq!(location, format!("{CALLBACK}?error={error}&state=s-1"));
    }
}
