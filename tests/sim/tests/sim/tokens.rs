//! Tickets and token pairs on both domains: exchange, renewal, expiry.

use crate::common::*;
use base64::Engine;
use gs_sim::{Effect, Fault, Scenario, Sim};

const PROFILE: &str = "/userprofile-service/socialProfile";

fn sim() -> Sim {
    Scenario::default_garmin(3, 1).start()
}

#[test]
fn a_failed_exchange_spends_the_ticket() {
    let sim = sim();
    let (ticket, service) = sim.with(|state| state.issue_ticket(COM, "android"));
    assert_eq!(exchange(&sim, COM, &ticket, "https://sso.garmin.com/sso/embed").status, 400);
    assert_eq!(exchange(&sim, COM, &ticket, &service).status, 400);
}

#[test]
fn a_ticket_is_rejected_on_the_other_domain_and_after_its_lifetime() {
    let sim = sim();
    let (ticket, service) = sim.with(|state| state.issue_ticket(COM, "ios"));
    assert_eq!(exchange(&sim, "garmin.cn", &ticket, &service).status, 400);
    let (ticket, service) = sim.with(|state| state.issue_ticket("garmin.cn", "ios"));
    sim.with(|state| state.advance(61));
    assert_eq!(exchange(&sim, "garmin.cn", &ticket, &service).status, 400);
    let (ticket, service) = sim.with(|state| state.issue_ticket("garmin.cn", "ios"));
    assert_eq!(exchange(&sim, "garmin.cn", &ticket, &service).status, 200);
}

#[test]
fn a_cn_ticket_exchanged_at_garmin_com_gives_a_token_without_renewal() {
    let sim = sim();
    let (ticket, service) = sim.with(|state| state.issue_ticket("garmin.cn", "ios"));
    let pair = exchange(&sim, COM, &ticket, &service);
    assert_eq!(pair.status, 200);
    let pair = pair.json();
    assert_eq!(api(&sim, "garmin.cn", "GET", PROFILE, pair["access_token"].as_str().unwrap()).status, 200);
    for domain in [COM, "garmin.cn"] {
        let refused = refresh(&sim, domain, pair["refresh_token"].as_str().unwrap()).unwrap();
        assert_eq!(refused.status, 400);
        assert!(refused.json()["error_description"].as_str().unwrap().contains("GarminGUID"));
    }
}

#[test]
fn an_exchange_requires_the_correct_client_grant_and_credentials() {
    let sim = sim();
    let try_with = |basic: &str, client: &str, grant: &str| {
        let (ticket, service) = sim.with(|state| state.issue_ticket(COM, "android"));
        let form =
            [("client_id", client), ("service_ticket", &ticket), ("grant_type", grant), ("service_url", &service)];
        tokens(&sim, COM, basic, &form).unwrap().status
    };
    assert_eq!(try_with(CLIENT, "GARMIN_CONNECT_MOBILE_IOS_DI", GRANT), 401);
    assert_eq!(try_with("NOBODY", "NOBODY", GRANT), 401);
    assert_eq!(try_with(CLIENT, CLIENT, &GRANT.replace(".com", ".cn")), 400);
    assert_eq!(try_with(CLIENT, CLIENT, GRANT), 200);
}

#[test]
fn a_renewal_replaces_and_invalidates_the_refresh_token() {
    let sim = sim();
    let file = sim.with(|state| state.issue_token(COM));
    let first = file["di_refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&sim, "garmin.cn", first).unwrap().status, 400);
    let pair = refresh(&sim, COM, first).unwrap();
    assert_eq!(pair.status, 200);
    assert_ne!(pair.json()["refresh_token"], file["di_refresh_token"]);
    let again = refresh(&sim, COM, first).unwrap();
    assert_eq!((again.status, again.json()["error"].clone()), (400, "invalid_grant".into()));
    sim.with(|state| state.revoke_refresh(COM));
    assert_eq!(refresh(&sim, COM, pair.json()["refresh_token"].as_str().unwrap()).unwrap().status, 400);
}

#[test]
fn a_renewal_with_a_lost_response_invalidates_the_old_token() {
    let sim = sim();
    let file = sim.with(|state| state.issue_token(COM));
    let first = file["di_refresh_token"].as_str().unwrap();
    sim.fault(Fault::new(Effect::AnswerLost).host("diauth.garmin.com").count(1));
    assert!(refresh(&sim, COM, first).is_none());
    assert_eq!(refresh(&sim, COM, first).unwrap().status, 400);
}

#[test]
fn an_access_token_expires_and_is_valid_on_its_domain_only() {
    let sim = sim();
    let token = token(&sim, COM);
    assert_eq!(get(&sim, PROFILE, &token).status, 200);
    assert_eq!(api(&sim, "garmin.cn", "GET", PROFILE, &token).status, 401);
    sim.with(|state| state.expire_access_tokens(COM));
    let refused = get(&sim, PROFILE, &token);
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().contains("invalid_token"));
    let bare = send(&sim, "GET", &format!("/connectapi.garmin.com{PROFILE}"), &[("User-Agent", "x")], "").unwrap();
    assert_eq!((bare.status, bare.header("www-authenticate").as_deref()), (401, Some("Bearer")));
    let nobody = send(&sim, "GET", &format!("/connectapi.garmin.com{PROFILE}"), &[], "").unwrap();
    assert_eq!(nobody.status, 403);
}

#[test]
fn the_jwt_has_its_issuer_client_and_lifetime() {
    let mut scenario = Scenario::default_garmin(0, 1);
    scenario.access_token_life = 5;
    let sim = scenario.start();
    let token = token(&sim, "garmin.cn");
    let part = token.split('.').nth(1).unwrap();
    let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&raw).unwrap();
    assert_eq!(claims["iss"], "https://diauth.garmin.cn");
    assert_eq!(claims["client_id"], CLIENT);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 5);
    sim.with(|state| state.advance(6));
    assert_eq!(api(&sim, "garmin.cn", "GET", PROFILE, &token).status, 401);
}

#[test]
fn tokens_of_the_embedded_page_can_be_rejected() {
    let mut scenario = Scenario::default_garmin(0, 1);
    scenario.accounts[0].embed_tokens_refused = true;
    let sim = scenario.start();
    let (ticket, service) = sim.with(|state| state.issue_ticket(COM, "embed"));
    assert_eq!(service, "https://sso.garmin.com/sso/embed");
    let pair = exchange(&sim, COM, &ticket, &service).json();
    let refused = get(&sim, PROFILE, pair["access_token"].as_str().unwrap());
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").unwrap().contains("Token is not active"));
}
