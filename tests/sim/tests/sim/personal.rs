//! The Personal API: keys, exchanges, tokens, limits.

use crate::common::*;
use base64::Engine;
use gs_sim::personal::{EXCHANGE, host};
use gs_sim::{AccountSpec, BurstSpec, Change, Effect, Fault, KeySpec, PersonalSpec, Scenario, Sim, TokenAnswer, When};
use serde_json::{Value, json};

const CN: &str = "garmin.cn";
const SETTINGS: &str = "/userprofile-service/userprofile/settings";

/// Without limit of requests, unless a test sets one.
pub fn start(count: usize, spec: PersonalSpec) -> Sim {
    Scenario { personal: spec, ..Scenario::default_garmin(count, 7) }.start()
}

pub fn free() -> PersonalSpec {
    PersonalSpec { burst: BurstSpec::none(), ..PersonalSpec::default() }
}

pub fn key(sim: &Sim, domain: &str) -> String {
    sim.with(|state| state.issue_personal_key(domain, &KeySpec::default()))
}

/// A request with a token and the Accept header of a data call.
pub fn read(sim: &Sim, domain: &str, path: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Accept", "application/json")];
    send(sim, "GET", &format!("/{}{path}", host(domain)), &headers, "").unwrap()
}

/// A token of a new key of garmin.com.
pub fn entry(sim: &Sim) -> String {
    sim.with(|state| {
        let key = state.issue_personal_key(COM, &KeySpec::default());
        state.issue_personal_token(&key)
    })
}

fn swap(sim: &Sim, domain: &str, key: &str) -> Answer {
    let header = format!("ApiKey {key}");
    let target = format!("/{}{EXCHANGE}", host(domain));
    send(sim, "POST", &target, &[("Authorization", header.as_str())], "").unwrap()
}

fn text(answer: &Answer) -> String {
    assert_eq!(answer.status, 200);
    String::from_utf8(answer.body.clone()).unwrap()
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn an_exchange_gives_the_token_as_text() {
    let sim = start(0, free());
    let key = key(&sim, COM);
    let answer = swap(&sim, COM, &key);
    assert_eq!(answer.header("content-type").unwrap(), "text/plain");
    let token = text(&answer);
    let claims = claims(&token);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86_400);
    assert_eq!(read(&sim, COM, SETTINGS, &token).json()["displayName"], "runner");
}

#[test]
fn an_exchange_is_a_post_with_an_api_key_and_nothing_else() {
    let sim = start(0, free());
    let key = key(&sim, COM);
    let (good, bearer) = (format!("ApiKey {key}"), format!("Bearer {key}"));
    let target = format!("/{}{EXCHANGE}", host(COM));
    let status = |method: &str, target: &str, header: &str, body: &str| {
        send(&sim, method, target, &[("Authorization", header)], body).unwrap().status
    };
    assert_eq!(status("GET", &target, &good, ""), 405);
    assert_eq!(status("POST", &target, &bearer, ""), 401);
    assert_eq!(status("POST", &target, &good, "{}"), 400);
    assert_eq!(status("POST", &format!("{target}?key={key}"), &good, ""), 400);
    assert_eq!(status("POST", &format!("{target}/"), &good, ""), 401, "another path needs a token");
    assert_eq!(send(&sim, "POST", &target, &[], "").unwrap().status, 401);
    assert_eq!(status("POST", &target, &good, ""), 200);
    assert!(sim.log().iter().all(|entry| !format!("{entry:?}").contains(&key)), "the log has no keys");
}

#[test]
fn a_malformed_key_is_a_400_and_an_unknown_ended_deleted_or_foreign_one_a_401() {
    let sim = start(0, PersonalSpec { cn: true, several_keys: true, ..free() });
    let issue = |spec: &KeySpec| sim.with(|state| state.issue_personal_key(COM, spec));
    for malformed in ["GCDC_", "abc", "GCDC_with space", " GCDC_x", "\"GCDC_abc\""] {
        assert_eq!(swap(&sim, COM, malformed).status, 400, "{malformed:?}");
    }
    assert_eq!((swap(&sim, COM, "").status, swap(&sim, COM, "GCDC_nobody").status), (401, 401));
    assert_eq!(swap(&sim, COM, &issue(&KeySpec::ended())).status, 401);
    assert_eq!(swap(&sim, COM, &issue(&KeySpec::deleted())).status, 401);
    assert_eq!(swap(&sim, COM, &key(&sim, CN)).status, 401);
    let short = issue(&KeySpec::days(30));
    assert_eq!(swap(&sim, COM, &short).status, 200);
    sim.with(|state| state.advance(30 * 86_400));
    assert_eq!(swap(&sim, COM, &short).status, 401);
    let other = issue(&KeySpec { key: Some("another form".to_owned()), ..KeySpec::default() });
    assert_eq!(swap(&sim, COM, &other).status, 200, "a client cannot know the form");
}

#[test]
fn a_token_ends_after_a_day_or_with_its_key() {
    let sim = start(0, free());
    let first = key(&sim, COM);
    let token = text(&swap(&sim, COM, &first));
    sim.with(|state| state.advance(86_380));
    assert_eq!(read(&sim, COM, SETTINGS, &token).status, 200);
    sim.with(|state| state.advance(21));
    let refused = read(&sim, COM, SETTINGS, &token);
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
    let ends = sim.with(|state| state.now()) + 600;
    let short = sim.with(|state| state.issue_personal_key(COM, &KeySpec { ends: Some(ends), ..KeySpec::default() }));
    assert_eq!(claims(&text(&swap(&sim, COM, &short)))["exp"], ends);
}

#[test]
fn tokens_end_with_their_key_and_on_request() {
    let sim = start(0, free());
    let first = key(&sim, COM);
    let works = |token: &str| read(&sim, COM, SETTINGS, token).status == 200;
    let token = text(&swap(&sim, COM, &first));
    sim.with(|state| state.expire_personal_tokens(COM));
    assert!(!works(&token));
    let token = text(&swap(&sim, COM, &first));
    let another = text(&swap(&sim, COM, &first));
    assert!(works(&token) && works(&another), "a new token leaves the earlier one valid");
    let second = key(&sim, COM);
    assert!(!works(&token), "the account has one key");
    assert_eq!((swap(&sim, COM, &first).status, swap(&sim, COM, &second).status), (401, 200));
    let token = text(&swap(&sim, COM, &second));
    sim.with(|state| assert!(state.delete_personal_key(&second) && !state.delete_personal_key("GCDC_nobody")));
    assert!(!works(&token));
    let third = key(&sim, COM);
    let token = text(&swap(&sim, COM, &third));
    sim.with(|state| assert!(state.end_personal_key(&third)));
    assert!(!works(&token));
}

#[test]
fn the_response_to_an_exchange_has_several_forms() {
    for form in [TokenAnswer::Spaced, TokenAnswer::Quoted, TokenAnswer::Json, TokenAnswer::Opaque] {
        let sim = start(0, PersonalSpec { token_answer: form, ..free() });
        let answer = swap(&sim, COM, &key(&sim, COM));
        let token = match form {
            TokenAnswer::Json => answer.json()["access_token"].as_str().unwrap().to_owned(),
            _ => text(&answer).trim().trim_matches('"').to_owned(),
        };
        assert_eq!(token.contains('.'), form != TokenAnswer::Opaque);
        assert_eq!(read(&sim, COM, SETTINGS, &token).status, 200);
        assert_eq!(token.len() == answer.body.len(), form == TokenAnswer::Opaque);
    }
}

#[test]
fn garmin_cn_is_a_526_unless_it_is_switched_on() {
    let sim = start(3, free());
    let cn = key(&sim, CN);
    assert_eq!(swap(&sim, CN, &cn).status, 526);
    assert_eq!(read(&sim, CN, SETTINGS, "x").status, 526);
    sim.with(|state| state.scenario.personal.cn = true);
    let token = text(&swap(&sim, CN, &cn));
    assert_eq!(read(&sim, CN, SETTINGS, &token).json()["timeZone"], "Asia/Shanghai");
    assert_eq!(read(&sim, COM, SETTINGS, &token).status, 401);
}

#[test]
fn connectapi_and_the_personal_api_do_not_accept_tokens_of_each_other() {
    let sim = start(0, free());
    assert_eq!(read(&sim, COM, SETTINGS, &token(&sim, COM)).status, 401);
    assert_eq!(get(&sim, "/userprofile-service/socialProfile", &entry(&sim)).status, 401);
    let bare = send(&sim, "GET", &format!("/{}{SETTINGS}", host(COM)), &[], "").unwrap();
    assert_eq!((bare.status, bare.header("www-authenticate").as_deref()), (401, Some("Bearer")));
}

#[test]
fn too_many_requests_at_once_are_refused_until_the_pause_ends() {
    let sim = start(0, PersonalSpec::default());
    let token = entry(&sim);
    let status = || read(&sim, COM, SETTINGS, &token).status;
    let first: Vec<u16> = (0..12).map(|_| status()).collect();
    assert_eq!(first, [[200; 11].as_slice(), &[429]].concat());
    let refused = read(&sim, COM, SETTINGS, &token);
    let wait: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(refused.status == 429 && (10..=14).contains(&wait), "{wait}");
    assert_eq!(swap(&sim, COM, &sim.with(|state| state.personal.keys[0].text.clone())).status, 429);
    sim.with(|state| state.advance(wait));
    assert_eq!(status(), 200);
    sim.with(|state| state.advance(5));
    for _ in 0..10 {
        assert_eq!((status(), status()), (200, 200), "two a second are no burst");
        sim.with(|state| state.advance(1));
    }
    sim.with(|state| state.scenario.personal.burst = BurstSpec::none());
    assert!((0..30).all(|_| status() == 200));
}

#[test]
fn exchanges_are_counted_by_key_and_overlapping_ones_are_visible() {
    let sim = start(0, free());
    let key = key(&sim, COM);
    sim.fault(Fault::new(Effect::Latency { ms: 300 }).host(&host(COM)).path(EXCHANGE).count(2));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| swap(&sim, COM, &key));
        }
    });
    swap(&sim, COM, &key);
    sim.with(|state| state.end_personal_key(&key));
    swap(&sim, COM, &key);
    swap(&sim, COM, "GCDC_nobody");
    assert_eq!(sim.overlapping_exchanges(&key), 2);
    sim.with(|state| {
        assert_eq!((state.personal_exchanges(&key), state.personal_exchanges("GCDC_nobody")), (4, 1));
        let statuses: Vec<u16> = state.personal.exchanges.iter().map(|one| one.status).collect();
        assert_eq!(statuses, [200, 200, 200, 401, 401]);
    });
    sim.clear_log();
    let key = sim.with(|state| state.issue_personal_key(COM, &KeySpec::default()));
    assert_eq!(sim.overlapping_exchanges(&key), 0);
    swap(&sim, COM, &key);
    swap(&sim, COM, &key);
    assert_eq!(sim.overlapping_exchanges(&key), 1);
}

#[test]
fn somebody_can_end_tokens_or_keys_during_a_request() {
    let sim = start(0, free());
    let key = key(&sim, COM);
    let token = text(&swap(&sim, COM, &key));
    let change = Change::EndTokens { service: COM.to_owned() };
    sim.fault(Fault::new(Effect::Meanwhile { when: When::Before, change }).host(&host(COM)).count(1));
    assert_eq!(read(&sim, COM, SETTINGS, &token).status, 401);
    let token = text(&swap(&sim, COM, &key));
    let change = Change::DeletePersonalKeys { domain: COM.to_owned() };
    sim.fault(Fault::new(Effect::Meanwhile { when: When::After, change }).host(&host(COM)).count(1));
    assert_eq!([0; 2].map(|_| read(&sim, COM, SETTINGS, &token).status), [200, 401]);
    assert_eq!(swap(&sim, COM, &key).status, 401);
}

#[test]
fn a_scenario_file_and_the_control_port_make_keys() {
    let scenario = json!({
        "accounts": [{"personal_keys": [{"key": "GCDC_first", "days": 30}]}],
        "personal": {"cn": true, "burst": {"requests": null}, "token_life": 60},
    });
    let sim = Scenario::from_json(&scenario.to_string()).unwrap().start();
    let claims = claims(&text(&swap(&sim, COM, "GCDC_first")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    let control =
        |method: &str, path: &str, body: &str| send(&sim, method, &format!("/_sim/personal{path}"), &[], body).unwrap();
    assert_eq!(control("POST", "", r#"{"several_keys": true}"#).status, 204);
    let made = control("POST", "/keys?domain=garmin.com", r#"{"days": 90}"#).json();
    let made = made["key"].as_str().unwrap();
    assert_eq!((swap(&sim, COM, made).status, swap(&sim, COM, "GCDC_first").status), (200, 200));
    let keys = control("GET", "/keys", "").json();
    assert_eq!((keys[0]["key"].as_str(), keys[0]["exchanges"].as_array().unwrap().len()), (Some("GCDC_first"), 2));
    assert_eq!(control("POST", "/keys/GCDC_first/end", "").status, 204);
    assert_eq!(control("DELETE", &format!("/keys/{made}"), "").status, 204);
    assert_eq!((swap(&sim, COM, made).status, swap(&sim, COM, "GCDC_first").status), (401, 401));
    assert_eq!(control("DELETE", "/keys/GCDC_nobody", "").status, 404);
    assert_eq!(control("POST", "/keys", r#"{"dys": 90}"#).status, 400);
}

#[test]
fn a_key_belongs_to_one_account_even_if_a_fault_shows_another_one() {
    let second = AccountSpec { email: "bob@example.com".to_owned(), generate: 2, ..AccountSpec::default() };
    let accounts = vec![AccountSpec::default(), second];
    let sim = Scenario { accounts, personal: free(), ..Scenario::default() }.start();
    let own = key(&sim, COM);
    let other = sim.with(|state| state.issue_personal_key_of(COM, "bob@example.com", &KeySpec::default()));
    let who = |key: &str| read(&sim, COM, SETTINGS, &text(&swap(&sim, COM, key))).json()["displayName"].clone();
    assert_eq!((who(&own), who(&other)), ("runner".into(), "bob".into()));
    let effect = Effect::AsAccount { email: "bob@example.com".to_owned() };
    sim.fault(Fault::new(effect).host(&host(COM)).path(EXCHANGE).count(1));
    assert_eq!((who(&own), who(&own)), ("bob".into(), "runner".into()));
}
