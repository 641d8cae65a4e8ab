//! COROS MCP: the endpoint, its transports and sessions, and the list of tools.

use crate::common::*;
use crate::mcp::*;
use gs_sim::{Effect, Failing, Failure, Fault, McpSpec, Sim, Transport, Wrap};
use serde_json::{Value, json};

fn ping() -> Value {
    request("ping", json!({}))
}

fn set(sim: &Sim, change: impl FnOnce(&mut McpSpec)) {
    sim.with(|state| change(&mut state.scenario.coros_mcp));
}

#[test]
fn a_request_without_a_valid_token_learns_where_the_document_is() {
    let sim = start(McpSpec::default(), vec![]);
    let answer = rpc_with(&sim, US, "none", &[], &ping());
    let document = "Bearer resource_metadata=\"https://mcpus.coros.com/.well-known/oauth-protected-resource/mcp\"";
    assert_eq!((answer.status, answer.header("www-authenticate").as_deref()), (401, Some(document)));
    assert_eq!(rpc_with(&sim, US, "", &[("Authorization", "")], &ping()).status, 401);
}

#[test]
fn the_form_of_a_request_is_checked() {
    let sim = start(McpSpec::default(), vec![]);
    let token = access(&sim);
    let ask = |extra: &[(&str, &str)], body: &Value| rpc_with(&sim, US, &token, extra, body);
    assert_eq!(ask(&[("Accept", "application/json")], &ping()).status, 400);
    assert_eq!(ask(&[("Accept", "text/event-stream")], &ping()).status, 400);
    assert_eq!(ask(&[("Accept", "")], &ping()).status, 400);
    assert_eq!(ask(&[("Content-Type", "text/plain")], &ping()).status, 415);
    assert_eq!(ask(&[], &json!([ping()])).status, 400, "one request per POST");
    assert_eq!(ask(&[], &json!({"id": 1, "method": "ping"})).status, 400);
    assert_eq!(ask(&[], &json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).status, 202);
    assert_eq!(ask(&[], &request("resources/list", json!({}))).json()["error"]["code"], -32601);
    let bearer = format!("Bearer {token}");
    for method in ["GET", "DELETE", "PUT"] {
        assert_eq!(send(&sim, method, "/mcpus.coros.com/mcp", &[("Authorization", &bearer)], "").unwrap().status, 405);
    }
    set(&sim, |spec| spec.moved_to = Some("https://example.org/mcp".into()));
    let moved = ask(&[], &ping());
    assert_eq!((moved.status, moved.header("location").as_deref()), (307, Some("https://example.org/mcp")));
}

#[test]
fn initialize_is_optional_without_sessions() {
    let sim = start(McpSpec::default(), runs(1));
    let token = access(&sim);
    assert!(list(&sim, &token).starts_with("Sport Records — "));
    for (wanted, given) in [("2025-06-18", "2025-06-18"), ("2025-03-26", "2025-03-26"), ("1999-01-01", "2025-06-18")] {
        let body = request("initialize", json!({"protocolVersion": wanted, "capabilities": {}}));
        let answer = rpc_with(&sim, US, &token, &[], &body);
        assert_eq!(answer.json()["result"]["protocolVersion"], given);
        assert!(answer.header("mcp-session-id").is_none());
    }
    assert_eq!(rpc(&sim, &token, "initialize", json!({}))["error"]["code"], -32602);
    let headers = [("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Session-Id", "old")];
    assert_eq!(rpc_with(&sim, US, &token, &headers, &ping()).status, 200);
}

#[test]
fn with_sessions_every_request_needs_one_that_exists() {
    let sim = start(McpSpec { sessions: true, ..McpSpec::default() }, vec![]);
    let token = access(&sim);
    let ask = |session: &str| rpc_with(&sim, US, &token, &[("Mcp-Session-Id", session)], &ping());
    assert_eq!(ask("").status, 400);
    let unknown = ask("123");
    assert_eq!((unknown.status, unknown.json()["error"]["message"].as_str()), (404, Some("Session not found: 123")));
    let open = || {
        let body = request("initialize", json!({"protocolVersion": "2025-06-18"}));
        rpc_with(&sim, US, &token, &[], &body).header("mcp-session-id").unwrap()
    };
    let session = open();
    assert_eq!(ask(&session).status, 200);
    sim.with(|state| state.end_mcp_sessions());
    assert_eq!(ask(&session).status, 404);
    let session = open();
    let headers = [("Authorization", format!("Bearer {token}")), ("Mcp-Session-Id", session.clone())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(send(&sim, "DELETE", "/mcpus.coros.com/mcp", &headers, "").unwrap().status, 200);
    assert_eq!(ask(&session).status, 404);
}

/// The texts of the `data:` lines of every event.
fn events(answer: &Answer) -> Vec<Value> {
    assert!(answer.header("content-type").unwrap().starts_with("text/event-stream"));
    let text = String::from_utf8(answer.body.clone()).unwrap().replace("\r\n", "\n");
    let data =
        |event: &str| event.lines().filter_map(|line| line.strip_prefix("data: ")).collect::<Vec<_>>().join("\n");
    let data = text.split("\n\n").map(data).filter(|data| !data.is_empty());
    data.map(|data| serde_json::from_str(&data).unwrap()).collect()
}

#[test]
fn answers_come_as_json_or_in_every_form_of_events() {
    let sim = start(McpSpec::default(), runs(2));
    let token = access(&sim);
    let body = request("tools/call", json!({"name": "querySportRecords", "arguments": september(100)}));
    let ask = |transport| {
        set(&sim, |spec| spec.transport = transport);
        rpc_with(&sim, US, &token, &[], &body)
    };
    let plain = ask(Transport::Json).json();
    for transport in [Transport::Sse, Transport::SseCrlf, Transport::SseLines, Transport::SseNoise, Transport::SseOther]
    {
        let answer = ask(transport);
        let events = events(&answer);
        let before = [Transport::SseNoise, Transport::SseOther].contains(&transport);
        assert_eq!((events.last().unwrap(), events.len()), (&plain, 1 + usize::from(before)));
        assert_eq!(events[0]["id"] == "of another request", transport == Transport::SseOther);
        let lines = |text: &str| String::from_utf8_lossy(&answer.body).matches(text).count();
        assert_eq!(lines("\r\n") > 0, transport == Transport::SseCrlf);
        assert_eq!(lines("data: ") > 3, transport == Transport::SseLines);
    }
}

#[test]
fn the_list_of_tools_has_schemas_and_may_have_pages() {
    let sim = start(McpSpec::default(), vec![]);
    let token = access(&sim);
    let all = rpc(&sim, &token, "tools/list", json!({}))["result"].clone();
    assert!(all.get("nextCursor").is_none());
    let schema = &all["tools"][0]["inputSchema"];
    assert_eq!(all["tools"][0]["name"], "querySportRecords");
    assert_eq!(schema["required"].as_array().unwrap().len(), 10);
    assert!(schema["properties"]["timezone"].is_object());
    set(&sim, |spec| {
        spec.timezone = false;
        spec.tools_page = Some(10);
        spec.tools_gone = vec!["queryDevices".into()];
    });
    let mut names = Vec::new();
    let mut params = json!({});
    loop {
        let page = rpc(&sim, &token, "tools/list", params)["result"].clone();
        names.extend(page["tools"].as_array().unwrap().iter().map(|tool| text(&tool["name"])));
        match page["nextCursor"].as_str() {
            Some(cursor) => params = json!({"cursor": cursor}),
            None => break,
        }
    }
    assert_eq!((names.len(), names.contains(&"queryDevices".to_owned())), (22, false));
    assert_eq!(rpc(&sim, &token, "tools/list", json!({"cursor": "x"}))["error"]["code"], -32602);
    for gone in ["queryDevices", "createTrainingPlan"] {
        assert_eq!(rpc(&sim, &token, "tools/call", json!({"name": gone, "arguments": {}}))["error"]["code"], -32602);
    }
    assert_eq!(sim.with(|state| state.mcp_calls()), ["queryDevices", "createTrainingPlan"]);
}

#[test]
fn a_tool_fails_in_an_ordinary_result() {
    let failing = |with, count| Failing { tool: Some("querySportRecords".into()), with, count };
    let all = [
        (Failure::Unavailable, "COROS API is temporarily unavailable. Please try again later."),
        (Failure::Anomalies, "Tool call anomalies detected. High risk of session context pollution"),
        (Failure::Exception, "java.lang.NullPointerException"),
        (Failure::Session, "Session not found: "),
        (Failure::Unknown, ""),
    ];
    let spec = McpSpec { failing: all.iter().map(|(with, _)| failing(*with, 1)).collect(), ..McpSpec::default() };
    let sim = start(spec, runs(1));
    let token = access(&sim);
    assert!(
        !words(&call(&sim, &token, "queryDevices", json!({}))).contains("unavailable"),
        "only the tool that was named"
    );
    for (_, begins) in all {
        assert!(list(&sim, &token).starts_with(begins));
    }
    assert!(list(&sim, &token).starts_with("Sport Records — "));
}

#[test]
fn every_wrapping_of_a_text_is_played() {
    let sim = start(McpSpec::default(), runs(2));
    let token = access(&sim);
    let ask = |wrap| {
        set(&sim, |spec| spec.prose.wrap = wrap);
        text(&call(&sim, &token, "querySportRecords", september(100))["content"][0]["text"])
    };
    let literal = ask(Wrap::Literal);
    let plain: String = serde_json::from_str(&literal).unwrap();
    assert!(!literal.contains('\n'));
    assert_eq!(ask(Wrap::Plain), plain);
    let lines = ask(Wrap::Lines);
    assert_eq!(lines, format!("\"{plain}\""));
    assert!(serde_json::from_str::<Value>(&lines).is_err());
    let laps = call(&sim, &token, "queryActivityLapData", one(0));
    let laps: Value = serde_json::from_str(laps["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(laps["lapGroups"][0]["laps"][0]["distance"], 802_000);
}

#[test]
fn the_control_port_issues_tokens_and_opens_logins() {
    let sim = start(McpSpec::default(), runs(1));
    let post = |path: &str, body: &str| send(&sim, "POST", &format!("/_sim/coros/mcp/{path}"), &[], body).unwrap();
    let token = text(&post("tokens/issue?region=1", "").json()["access_token"]);
    assert_eq!(rpc_with(&sim, US, &token, &[], &ping()).status, 200);
    assert_eq!(post("tokens/expire?region=1", "").status, 204);
    assert_eq!(rpc_with(&sim, US, &token, &[], &ping()).status, 401);
    assert_eq!(post("spec?region=1", r#"{"prose":{"changed":"heading"},"transport":"sse_lines"}"#).status, 204);
    assert_eq!(sim.with(|state| state.scenario.coros_mcp.transport), Transport::SseLines);
    assert_eq!(post("spec?region=1", r#"{"quoter":1}"#).status, 400);
    assert_eq!(post("quota?region=1&files=45", "").status, 204);
    assert_eq!(sim.with(|state| state.mcp_quota_used(1)), 45);
    assert_eq!(post("open?region=1", "").status, 404, "nobody opened a session");
    let state = send(&sim, "GET", "/_sim/state", &[], "").unwrap().json();
    assert_eq!(state["coros_mcp"]["quota"][0]["files"], 45);
}

#[test]
fn faults_hit_single_tools() {
    let sim = start(McpSpec::default(), runs(1));
    let token = access(&sim);
    let status = Effect::Status { status: 404, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(status).host(US).body("querySportRecords").count(1));
    assert_eq!(rpc_with(&sim, US, &token, &[], &ping()).status, 200);
    let body = request("tools/call", json!({"name": "querySportRecords", "arguments": september(5)}));
    let ask = || rpc_with(&sim, US, &token, &[], &body).status;
    assert_eq!((ask(), ask()), (404, 200));
    assert!(sim.log().iter().any(|entry| entry.note == "querySportRecords"));
}
