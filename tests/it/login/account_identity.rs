//! Whose account it is: nothing of one person is listed into, or written to, what belongs to another.

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

/// The settings name this person.
fn settings_of(work: &mut Work, [email, password]: [&str; 2]) {
    work.set("GARMIN_EMAIL", email).set("GARMIN_PASSWORD", password);
    work.set("COROS_EMAIL", email).set("COROS_PASSWORD", password);
}

/// A data folder of Ann, which knows her garmin.com and her COROS.
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
fn settings_of_somebody_else_end_before_any_request() {
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
    // What has no FIT file is skipped before anybody is asked.
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
fn a_login_as_somebody_else_is_refused_and_the_token_stays() {
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
    assert_eq!(asked(&sim, LOGIN).len(), 1, "Bob's, and none since");
}

#[test]
fn a_token_of_somebody_else_is_refused_however_it_comes_in() {
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
    // Copied by hand.
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
fn a_token_whose_owner_is_not_known_is_asked_once() {
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
fn before_a_write_the_service_itself_is_asked_whose_account_it_is() {
    let sim = two_people();
    let work = of_ann(&sim);
    let plan = work.given("gs-diff", &[], &work.run("gs-list", &[]).out).ok().out.clone();
    let plan = work.given("gs-download", &[], &plan).ok().out.clone();
    sim.clear_log();
    work.given("gs-upload", &[], &plan).ok();
    assert_eq!((asked(&sim, WHO).len(), asked(&sim, COROS_WHO).len()), (1, 1), "once a command");
}

#[test]
fn the_same_account_under_a_new_address_is_known_again_by_its_id() {
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
fn a_forgotten_account_makes_room_for_another_and_its_files_stay() {
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
    work.run("gs-auth", &[args.as_slice(), &["-n"]].concat()).ok().says("would forget").says("12 activities");
    login(&work, "garmin-com").ends(78);
    work.run("gs-auth", &args).ok().says("12 activities").says("/former/garmin_com_");
    assert_eq!((work.files("fit/garmin_com").len(), work.files("former").len()), (0, files));
    login(&work, "garmin-com").ok();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 5);
    assert_eq!(work.run("gs-list", &["--platform", "coros"]).ids().len(), 4, "the other platform is as it was");
    settings_of(&mut work, ANN);
    work.run("gs-fetch", &[]).ends(78);
}

/// From now on the profile names nobody: it has no id, or it is not there.
fn anonymous(sim: &Sim, status: u16) {
    let body = (status == 200).then(|| r#"{"displayName":"runner"}"#.to_owned());
    let nobody = Effect::Status { status, retry_after: None, body, content_type: None };
    sim.fault(Fault::new(nobody).contains("socialProfile"));
}

/// The token's owner was asked for, in vain, so many seconds from now.
fn untold_since(work: &Work, seconds: i64) {
    let file = work.data("tokens/garmin-com.json");
    let mut token: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let at = token["owner_untold_at"].as_i64().unwrap();
    token["owner_untold_at"] = (at + seconds).into();
    std::fs::write(&file, token.to_string()).unwrap();
}

#[test]
fn an_account_that_does_not_say_whose_it_is_is_read_as_long_as_nobody_owns_the_folder() {
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
            assert!(asked(&sim, WHO).is_empty(), "it has just been asked");
            untold_since(&work, -25 * 3600);
        }
        sim.clear_faults();
        work.run("gs-fetch", &[]).ok();
        sim.clear_log();
        work.run("gs-fetch", &[]).ok();
        assert!(asked(&sim, WHO).is_empty(), "once it is known it is not asked for again");
    }
}

#[test]
fn a_token_of_nobody_is_not_used_in_a_folder_that_somebody_owns() {
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
        // It does not take the place of one that works.
        let file = work.data("tokens/garmin-com.json");
        let before = std::fs::read(&file).unwrap();
        import().ends(75).says("the old one is kept");
        assert_eq!(std::fs::read(&file).unwrap(), before);
        work.run("gs-fetch", &["--platform", "garmin-com"]).ok();
        std::fs::remove_file(&file).unwrap();
        import().ends(if status == 200 { 0 } else { 75 }).says("the token is kept");
        sim.clear_log();
        work.run("gs-fetch", &["--platform", "garmin-com"]).ends(75).says("whose account");
        assert!(asked(&sim, LIST).is_empty(), "{:?}", requests(&sim));
        sim.clear_faults();
        work.run("gs-fetch", &["--platform", "garmin-com"]).ends(78).says("this login belongs to");
        work.given("gs-upload", &[], &plan).ok();
        assert_eq!(held(&sim)[0], 12, "nothing of Bob's has come to Ann's garmin.com");
    }
}

#[test]
fn a_catalogue_that_knows_no_owner_yet_belongs_to_whoever_was_listed() {
    let sim = two_people();
    let work = of_ann(&sim);
    // As an older version left it.
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
fn a_token_that_suddenly_opens_another_account_fills_nothing() {
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
fn the_id_of_a_person_stands_in_the_token_file_alone() {
    let sim = support::coros(CorosSpec { activities: vec![CorosActivitySpec::default()], ..CorosSpec::default() });
    let work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ok();
    let token: serde_json::Value =
        serde_json::from_slice(&std::fs::read(work.data("tokens/coros.json")).unwrap()).unwrap();
    let id = token["user_id"].as_str().unwrap();
    let catalogue = std::fs::read(work.data("catalogue.sqlite")).unwrap();
    assert!(!catalogue.windows(id.len()).any(|part| part == id.as_bytes()));
}
