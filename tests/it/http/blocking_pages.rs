//! Blocking pages in front of Garmin's services: a 403 with a web page, 427 and 429 do not mean an invalid token.
//! The command exits with 75 and keeps a token that it has just received.

use crate::support::faults::status;
use crate::support::upload::{self, COM, START};
use crate::support::{self, COUNT, FILES, LIST, LOGIN, SEARCH, TOKEN, Work, asked, duplicates, plain};
use gs_sim::{Effect, Fault, Sim};

const WHO: &str = "/userprofile-service/";
const DETAIL: &str = "/activity-service/activity/";
const PAGE: Effect = Effect::Challenge { status: 403 };

/// The blocking responses that occur in practice.
fn blocks() -> [Effect; 3] {
    let json = r#"{"error":{"status-code":"427","message":"blocked"}}"#;
    let in_json = Effect::Status { status: 200, retry_after: None, body: Some(json.into()), content_type: None };
    [PAGE, Effect::Challenge { status: 427 }, in_json]
}

fn token(work: &Work) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(work.data("tokens/garmin-com.json")).unwrap()).unwrap()
}

/// Expects that the same token works without a login after the block.
#[track_caller]
fn expect_working_token(sim: &Sim, work: &Work) {
    sim.clear_faults();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(sim, LOGIN).len(), 0, "no login was needed");
}

#[test]
fn a_block_instead_of_a_list_or_count_keeps_the_token() {
    for path in [SEARCH, COUNT] {
        for effect in blocks() {
            let sim = plain(3);
            let work = Work::logged_in(&sim);
            let before = token(&work);
            sim.fault(Fault::new(effect.clone()).path(path));
            work.run("gs-fetch", &[]).ends(75);
            assert_eq!(token(&work)["access_token"], before["access_token"], "{path} {effect:?}");
            expect_working_token(&sim, &work);
        }
    }
}

#[test]
fn a_block_instead_of_a_token_renewal_keeps_the_token() {
    for effect in blocks() {
        let sim = plain(3);
        let work = Work::logged_in(&sim);
        let before = token(&work);
        sim.with(|state| state.expire_access_tokens("garmin.com"));
        sim.fault(Fault::new(effect.clone()).host("diauth.garmin.com"));
        work.run("gs-fetch", &[]).ends(75);
        assert_eq!(token(&work)["refresh_token"], before["refresh_token"], "{effect:?}");
        assert!(token(&work)["dead"].is_null());
        expect_working_token(&sim, &work);
    }
}

#[test]
fn a_block_right_after_a_token_renewal_keeps_the_new_token() {
    for effect in blocks() {
        let sim = plain(3);
        let work = Work::logged_in(&sim);
        let before = token(&work);
        sim.with(|state| state.expire_access_tokens("garmin.com"));
        sim.fault(Fault::new(effect.clone()).host("connectapi.garmin.com").armed_by("diauth.garmin.com", TOKEN));
        work.run("gs-fetch", &[]).ends(75);
        assert_ne!(
            token(&work)["refresh_token"],
            before["refresh_token"],
            "the old refresh token is used up: {effect:?}"
        );
        expect_working_token(&sim, &work);
        assert_eq!(asked(&sim, TOKEN).len(), 1);
    }
}

#[test]
fn a_block_instead_of_the_profile_keeps_a_twice_rejected_token() {
    for effect in blocks() {
        let sim = plain(3);
        let work = Work::logged_in(&sim);
        work.run("gs-fetch", &[]).ok();
        sim.fault(Fault::new(Effect::Unauthorized).path(LIST).count(2));
        sim.fault(Fault::new(effect.clone()).path(WHO));
        work.run("gs-fetch", &[]).ends(75);
        expect_working_token(&sim, &work);
    }
}

#[test]
fn a_block_right_after_a_login_keeps_the_new_token() {
    for effect in blocks() {
        let sim = plain(3);
        let work = Work::with_passwords(&sim);
        sim.fault(Fault::new(effect.clone()).host("connectapi.garmin.com"));
        work.run("gs-auth", &["login"]).ends(75).says("the token is saved, but could not be checked");
        assert!(work.data("tokens/garmin-com.json").is_file());
        work.run("gs-fetch", &[]).ends(75);
        sim.clear_faults();
        work.run("gs-fetch", &[]).ok();
        assert_eq!((asked(&sim, LOGIN).len(), asked(&sim, TOKEN).len()), (1, 1), "{effect:?}");
    }
}

#[test]
fn a_block_instead_of_the_ticket_exchange_stops_further_logins() {
    for effect in blocks() {
        let sim = plain(3);
        let work = Work::with_passwords(&sim);
        sim.fault(Fault::new(effect.clone()).host("diauth.garmin.com"));
        let said = work.run("gs-fetch", &[]);
        assert!(!said.ends(75).err.contains("token is kept"), "no token exists: {said}");
        sim.clear_faults();
        work.run("gs-fetch", &[]).ends(75).says("no password login before");
        assert_eq!(asked(&sim, LOGIN).len(), 1, "{effect:?}");
    }
}

#[test]
fn a_block_instead_of_a_file_export_or_detail_keeps_the_token() {
    for blocked in [FILES, "/download-service/export/", DETAIL] {
        for effect in [PAGE, Effect::Challenge { status: 427 }] {
            let sim = plain(2);
            let work = Work::logged_in(&sim);
            work.run("gs-fetch", &[]).ok();
            let before = token(&work);
            sim.fault(Fault::new(effect.clone()).path(blocked));
            // The requests before the blocked one fail permanently.
            for path in [FILES, "/download-service/export/"].iter().filter(|path| **path != blocked) {
                sim.fault(Fault::new(status(404)).path(path));
            }
            work.download(&["--missing"]).ends(75);
            assert_eq!(token(&work)["access_token"], before["access_token"], "{blocked} {effect:?}");
            expect_working_token(&sim, &work);
            assert_eq!(work.download(&["--missing"]).ok().records().len(), 2, "no file was marked as unavailable");
        }
    }
}

#[test]
fn a_block_during_an_upload_or_its_status_creates_no_duplicate() {
    for (path, sent) in [(upload::SEND_GARMIN, 0), (upload::STATUS_GARMIN, 1)] {
        let world = upload::start(&[(upload::CN, &[START])], |_| {});
        let plan = world.plan_of(upload::CN, COM, &[START]);
        world.list_uploads_after(600);
        world.sim.fault(Fault::new(PAGE).host("connectapi.garmin.com").path(path));
        world.upload(&plan).ends(75);
        world.sim.clear_faults();
        world.sim.with(|state| state.advance(601));
        assert_eq!(world.times(COM, START), sent, "{path}");
        world.upload(&plan).ok();
        assert_eq!(world.times(COM, START), 1, "{path}");
        assert!(world.asked("garmin.com", LOGIN).is_empty());
    }
}

#[test]
fn a_block_instead_of_the_owner_check_stops_the_upload() {
    let world = upload::start(&[(upload::CN, &[START])], |_| {});
    let plan = world.plan_of(upload::CN, COM, &[START]);
    world.sim.fault(Fault::new(PAGE).host("connectapi.garmin.com").path(WHO));
    world.upload(&plan).ends(75);
    assert_eq!((world.times(COM, START), world.sent(COM)), (0, 0));
    world.sim.clear_faults();
    world.upload(&plan).ok();
    assert_eq!(world.times(COM, START), 1);
}

#[test]
fn a_block_instead_of_a_deletion_or_its_precheck_deletes_nothing() {
    for on_deletion in [true, false] {
        let duplicate = duplicates::duplicate("garmin-com");
        let fault = Fault::new(PAGE).host("connectapi.garmin.com");
        let fault = if on_deletion { fault.method("DELETE") } else { fault.method("GET").path(DETAIL) };
        duplicate.world.sim.fault(fault);
        duplicate.delete(&["--yes"]).ends(75);
        let ids = duplicate.world.ids("garmin-com");
        assert!(ids.contains(&duplicate.copy) && ids.contains(&duplicate.kept));
        duplicate.world.sim.clear_faults();
        duplicate.delete(&["--yes"]).ok();
        assert!(!duplicate.world.ids("garmin-com").contains(&duplicate.copy));
    }
}

#[test]
fn a_twice_rejected_token_is_reported_and_used_again_by_the_next_run() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let inactive = r#"Token is not active"#;
    sim.with(|state| state.tokens.access.iter_mut().for_each(|token| token.inactive = true));
    sim.with(|state| state.tokens.refresh.iter_mut().for_each(|token| token.inactive = true));
    let said = work.run("gs-fetch", &[]);
    said.ends(77).says(inactive).says("and the renewed one");
    assert!(!said.err.contains("this kind of login"), "the kind of login is unknown: {said}");
    sim.with(|state| state.tokens.access.iter_mut().for_each(|token| token.inactive = false));
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_foreign_list_without_a_profile_is_a_retry_and_not_another_account() {
    let mut scenario = support::scenario(3);
    let other = gs_sim::AccountSpec { email: "bob@example.com".into(), generate: 2, ..Default::default() };
    scenario.accounts.push(other);
    let sim = scenario.start();
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.fault(Fault::new(Effect::AsAccount { email: "bob@example.com".into() }).path(LIST));
    for effect in [PAGE, status(503)] {
        sim.fault(Fault::new(effect).path(WHO).count(9));
        work.run("gs-fetch", &[]).ends(75);
    }
    sim.clear_faults();
    work.run("gs-fetch", &[]).ok();
}
