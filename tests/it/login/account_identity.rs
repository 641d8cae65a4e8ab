//! Account identity: activities of one person are never listed or uploaded into the account of another.

use crate::support::{self, COROS_WHO, LIST, LOGIN, Said, Work, asked, requests, scenario};
use gs_sim::{AccountSpec, CorosActivitySpec, CorosSpec, Effect, Fault, Scenario, Sim};

const WHO: &str = "/userprofile-service/";
const ANN: [&str; 2] = ["ann@example.com", "a"];
const BOB: [&str; 2] = ["bob@example.com", "b"];

/// Ann and Bob, each at garmin.com and at COROS.
fn two_people() -> Sim {
    let garmin = |[email, password]: [&str; 2], generate| AccountSpec {
        email: email.into(),
        password: password.into(),
        generate,
        ..AccountSpec::default()
    };
    let coros = |[email, password]: [&str; 2], region, generate| CorosSpec {
        email: email.into(),
        password: password.into(),
        region,
        generate,
        ..CorosSpec::default()
    };
    Scenario {
        accounts: vec![garmin(ANN, 12), garmin(BOB, 5)],
        coros: vec![coros(ANN, 2, 4), coros(BOB, 3, 6)],
        ..Scenario::default()
    }
    .start()
}

/// Sets the credentials of this person.
fn settings_of(work: &mut Work, [email, password]: [&str; 2]) {
    work.set("GARMIN_EMAIL", email).set("GARMIN_PASSWORD", password);
    work.set("COROS_EMAIL", email).set("COROS_PASSWORD", password);
}

/// A data folder of Ann with the listings of her garmin.com and COROS accounts.
fn of_ann(sim: &Sim) -> Work {
    let mut work = Work::with(sim);
    settings_of(&mut work, ANN);
    work.set("SYNC_PLATFORM", "GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "1s");
    work.run("gs-fetch", &[]).ok();
    sim.clear_log();
    work
}

fn login(work: &Work, platform: &str) -> Said {
    work.run("gs-auth", &["login", "--platform", platform])
}

/// How many activities Ann and Bob have at garmin.com and at COROS.
fn held(sim: &Sim) -> [usize; 4] {
    sim.with(|state| {
        let garmin = |at: usize| state.accounts[at].activities.len();
        let coros = |at: usize| state.coros.accounts[at].items.len();
        [garmin(0), garmin(1), coros(0), coros(1)]
    })
}

#[test]
fn settings_of_another_account_stop_every_command_before_any_request() {
    let sim = two_people();
    let mut work = of_ann(&sim);
    let plan = work.given("gs-diff", &["--to", "coros"], &work.run("gs-list", &[]).out).ok().out.clone();
    let plan = work.given("gs-download", &[], &plan).ok().out.clone();
    assert!(!plan.is_empty());
    sim.clear_log();
    settings_of(&mut work, BOB);
    for platform in ["garmin-com", "coros"] {
        let said = work.run("gs-fetch", &["--platform", platform]);
        said.ends(78).says("b***@example.com").says("a***@example.com");
        said.says("--forget-account").says("DATA_DIR").says("gs-auth login");
        assert_eq!(said.out, "");
    }
    let said = work.given("gs-upload", &[], &plan);
    said.ends(78);
    let records = said.records();
    // Activities without a FIT file are skipped before any request.
    let sent: Vec<_> = records.iter().filter(|record| record["outcome"]["kind"] != "skipped").collect();
    assert!(!sent.is_empty() && sent.iter().all(|record| record["problem"]["kind"] == "account"), "{said}");
    work.given("gs-download", &["--force"], &work.run("gs-list", &[]).out).ends(78);
    work.run("gs-settings", &["--check"]).ends(78).says("b***@example.com");
    assert_eq!(requests(&sim), [""; 0]);
    assert_eq!(held(&sim), [12, 5, 4, 6]);
    settings_of(&mut work, ANN);
    work.given("gs-upload", &[], &plan).ok();
}

#[test]
fn a_login_to_another_account_is_rejected_and_the_token_is_kept() {
    let sim = two_people();
    let mut work = of_ann(&sim);
    settings_of(&mut work, BOB);
    for platform in ["garmin-com", "coros"] {
        let file = work.data(&format!("tokens/{platform}.json"));
        let before = std::fs::read(&file).unwrap();
        login(&work, platform).ends(78).says("b***@example.com").says("a***@example.com").says("--forget-account");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
    settings_of(&mut work, ANN);
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, LOGIN).len(), 1, "only the login as Bob");
}

#[test]
fn a_token_of_another_account_is_rejected_if_imported_or_copied() {
    let sim = two_people();
    let work = of_ann(&sim);
    let mut other = Work::with(&sim);
    settings_of(&mut other, BOB);
    for platform in ["garmin-com", "coros"] {
        login(&other, platform).ok();
        let token = other.run("gs-auth", &["export", "--platform", platform]).out;
        work.given("gs-auth", &["import", "-", "--platform", platform], &token).ends(78).says("--forget-account");
    }
    work.run("gs-fetch", &[]).ok();
    // A token file copied by hand.
    let mut work = work;
    for name in ["GARMIN_EMAIL", "GARMIN_PASSWORD", "COROS_EMAIL", "COROS_PASSWORD"] {
        work.set(name, "");
    }
    for platform in ["garmin-com", "coros"] {
        let token = format!("tokens/{platform}.json");
        std::fs::copy(other.data(&token), work.data(&token)).unwrap();
    }
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(78);
    assert!(asked(&sim, LIST).is_empty() && asked(&sim, "/activity/query").is_empty(), "{:?}", requests(&sim));
}

#[test]
fn the_owner_of_a_token_is_requested_only_once() {
    let sim = two_people();
    let mut work = of_ann(&sim);
    settings_of(&mut work, ["", ""]);
    work.set("SYNC_PLATFORM", "GARMINCOM");
    let file = work.data("tokens/garmin-com.json");
    let forget = || {
        let mut token: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        token.as_object_mut().unwrap().retain(|name, _| !["user_id", "email"].contains(&name.as_str()));
        std::fs::write(&file, token.to_string()).unwrap();
    };
    forget();
    work.run("gs-fetch", &[]).ok();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(asked(&sim, WHO).len(), 1);
    let mut other = Work::with(&sim);
    settings_of(&mut other, BOB);
    login(&other, "garmin-com").ok();
    std::fs::copy(other.data("tokens/garmin-com.json"), &file).unwrap();
    forget();
    work.run("gs-fetch", &[]).ends(78);
}

#[test]
fn an_upload_first_requests_the_account_owner_from_the_service() {
    let sim = two_people();
    let work = of_ann(&sim);
    let plan = work.given("gs-diff", &[], &work.run("gs-list", &[]).out).ok().out.clone();
    let plan = work.given("gs-download", &[], &plan).ok().out.clone();
    sim.clear_log();
    work.given("gs-upload", &[], &plan).ok();
    assert_eq!((asked(&sim, WHO).len(), asked(&sim, COROS_WHO).len()), (1, 1), "once per command");
}

#[test]
fn an_account_with_a_new_e_mail_address_is_recognized_by_its_id() {
    let sim = two_people();
    let mut work = of_ann(&sim);
    sim.with(|state| state.accounts[0].spec.email = "ann.new@example.org".into());
    settings_of(&mut work, ["ann.new@example.org", "a"]);
    work.set("SYNC_PLATFORM", "GARMINCOM");
    work.run("gs-fetch", &[]).ends(78).says("If the account has a new address");
    login(&work, "garmin-com").ok();
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn forget_account_allows_another_account_and_keeps_the_files() {
    let sim = two_people();
    let mut work = of_ann(&sim);
    work.set("SYNC_PLATFORM", "GARMINCOM");
    work.download(&["--missing", "--platform", "garmin-com"]).ok();
    let files = work.files("fit/garmin_com").len();
    assert!(files > 5);
    work.run("gs-auth", &["logout", "--platform", "garmin-com"]).ok();
    settings_of(&mut work, BOB);
    login(&work, "garmin-com").ends(78);
    let args = ["logout", "--forget-account", "--platform", "garmin-com"];
    work.run("gs-auth", &[args.as_slice(), &["-n"]].concat()).ok().says("would remove").says("12 activities");
    login(&work, "garmin-com").ends(78);
    work.run("gs-auth", &args).ok().says("12 activities").says("/former/garmin_com_");
    assert_eq!((work.files("fit/garmin_com").len(), work.files("former").len()), (0, files));
    login(&work, "garmin-com").ok();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 5);
    assert_eq!(work.run("gs-list", &["--platform", "coros"]).ids().len(), 4, "the other platform is unchanged");
    settings_of(&mut work, ANN);
    work.run("gs-fetch", &[]).ends(78);
}

/// From now on the profile response has no user id, or fails with this status.
fn anonymous(sim: &Sim, status: u16) {
    let body = (status == 200).then(|| r#"{"displayName":"runner"}"#.to_owned());
    let nobody = Effect::Status { status, retry_after: None, body, content_type: None };
    sim.fault(Fault::new(nobody).contains("socialProfile"));
}

/// Moves the time of the last failed owner request by this many seconds.
fn shift_owner_request(work: &Work, seconds: i64) {
    let file = work.data("tokens/garmin-com.json");
    let mut token: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let at = token["owner_unknown_at"].as_i64().unwrap();
    token["owner_unknown_at"] = (at + seconds).into();
    std::fs::write(&file, token.to_string()).unwrap();
}

#[test]
fn an_anonymous_account_is_listed_if_the_data_folder_has_no_owner() {
    for status in [200, 404] {
        let sim = scenario(3).start();
        let work = Work::with(&sim);
        anonymous(&sim, status);
        let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
        work.given("gs-auth", &["import", "-"], &token)
            .ends(if status == 200 { 0 } else { 75 })
            .says("the token is saved, but");
        sim.clear_log();
        assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 3);
        if status == 200 {
            assert!(asked(&sim, WHO).is_empty(), "the owner was requested a moment ago");
            shift_owner_request(&work, -25 * 3600);
        }
        sim.clear_faults();
        work.run("gs-fetch", &[]).ok();
        sim.clear_log();
        work.run("gs-fetch", &[]).ok();
        assert!(asked(&sim, WHO).is_empty(), "a known owner is not requested again");
    }
}

#[test]
fn an_anonymous_token_is_not_used_if_the_data_folder_has_an_owner() {
    for status in [200, 204, 404, 500] {
        let sim = two_people();
        let mut work = of_ann(&sim);
        settings_of(&mut work, ["", ""]);
        let plan = work.given("gs-diff", &["--to", "coros"], &work.run("gs-list", &[]).out).ok().out.clone();
        let plan = work.given("gs-download", &[], &plan).ok().out.clone();
        let mut other = Work::with(&sim);
        settings_of(&mut other, BOB);
        login(&other, "garmin-com").ok();
        let token = other.run("gs-auth", &["export", "--platform", "garmin-com"]).out;
        anonymous(&sim, status);
        let import = || work.given("gs-auth", &["import", "-", "--platform", "garmin-com"], &token);
        // The import does not replace a working token.
        let file = work.data("tokens/garmin-com.json");
        let before = std::fs::read(&file).unwrap();
        import().ends(75).says("the old one is kept");
        assert_eq!(std::fs::read(&file).unwrap(), before);
        work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
        std::fs::remove_file(&file).unwrap();
        let (exit, unknown) = if status == 200 { (0, "whose account") } else { (75, "cannot query the owner") };
        import().ends(exit).says("the token is saved");
        sim.clear_log();
        work.run("gs-fetch", &["--platform", "garmin-com"]).ends(75).says(unknown);
        assert!(asked(&sim, LIST).is_empty(), "{:?}", requests(&sim));
        sim.clear_faults();
        work.run("gs-fetch", &["--platform", "garmin-com"]).ends(78).says("this login belongs to");
        work.given("gs-upload", &[], &plan).ok();
        assert_eq!(held(&sim)[0], 12, "Ann's garmin.com account has no activity of Bob");
    }
}

#[test]
fn a_catalogue_without_owner_belongs_to_the_listed_account() {
    let sim = two_people();
    let work = of_ann(&sim);
    // The state that an older version leaves.
    work.change("DELETE FROM identities; DELETE FROM identity_emails");
    let mut other = Work::with(&sim);
    settings_of(&mut other, BOB);
    login(&other, "garmin-com").ok();
    let token = other.run("gs-auth", &["export", "--platform", "garmin-com"]).out;
    let said = work.given("gs-auth", &["import", "-", "--platform", "garmin-com"], &token);
    said.ends(78).says("belongs to another account").says("--forget-account");
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_token_that_switches_to_another_account_adds_no_activities() {
    let sim = two_people();
    let work = of_ann(&sim);
    let [email, _] = BOB;
    sim.fault(Fault::new(Effect::AsAccount { email: email.into() }));
    work.run("gs-fetch", &["--platform", "coros"]).ends(78).says("--forget-account");
    work.run("gs-fetch", &["--platform", "garmin-com"]).ends(78);
    sim.clear_faults();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 16);
}

#[test]
fn the_user_id_is_stored_only_in_the_token_file() {
    let sim = support::coros(CorosSpec { activities: vec![CorosActivitySpec::default()], ..CorosSpec::default() });
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ok();
    let token: serde_json::Value =
        serde_json::from_slice(&std::fs::read(work.data("tokens/coros.json")).unwrap()).unwrap();
    let id = token["user_id"].as_str().unwrap();
    let catalogue = std::fs::read(work.data("catalogue.sqlite")).unwrap();
    assert!(!catalogue.windows(id.len()).any(|part| part == id.as_bytes()));
}
