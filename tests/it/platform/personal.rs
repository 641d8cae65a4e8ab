//! Garmin's Personal API: reading with a key, beside the login and without one.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use crate::support::faults::ok_with;
use crate::support::paths::sync;
use crate::support::tmux::{Tmux, is_back};
use crate::support::world::{self, World};
use crate::support::{FILES, SEARCH, Said, Work, asked, requests, scenario};
use gs_sim::personal::EXCHANGE;
use gs_sim::{AccountSpec, ActivitySpec, BurstSpec, Effect, Fault, KeySpec, PersonalSpec, Scenario, Sim, sha256};
use serde_json::Value;

const HOST: &str = "personal.connectapi.garmin.com";
const KEY_PAGE: &str = "https://connect.garmin.com/app/settings/personalApiToken";
const DETAILS: &str = "/activity-service/";
const DAY: &str = "/usersummary-service/";
/// Its hosts get no request of a reader with a key.
const PRIVATE: [&str; 3] = ["connectapi.garmin.com", "sso.garmin.com", "diauth.garmin.com"];

/// No limit of requests, except where a test sets one.
fn free() -> PersonalSpec {
    PersonalSpec { burst: BurstSpec::none(), ..PersonalSpec::default() }
}

/// Some runs on garmin.com, and another account there without any.
fn start(count: usize) -> Sim {
    changed(count, |_| {})
}

fn changed(count: usize, change: impl FnOnce(&mut Scenario)) -> Sim {
    let mut scenario = Scenario { personal: free(), ..scenario(count) };
    scenario.accounts.push(AccountSpec { email: "bob@example.com".into(), generate: 3, ..AccountSpec::default() });
    change(&mut scenario);
    scenario.start()
}

fn issue(sim: &Sim, spec: &KeySpec) -> String {
    sim.with(|state| state.issue_personal_key("garmin.com", spec))
}

/// A folder without any login; requests with a key do not wait.
fn folder(sim: &Sim) -> Work {
    let mut work = Work::with(sim);
    work.set("GARMIN_PERSONAL_API_INTERVAL", "0").set("SYNC_PLATFORM", "GARMINCOM");
    work
}

/// The same with a new key in the settings.
fn with_key(sim: &Sim) -> (Work, String) {
    let mut work = folder(sim);
    let key = issue(sim, &KeySpec::days(90));
    work.set("GARMIN_PERSONAL_API_KEY", &key);
    (work, key)
}

/// The same with a stored key, and nothing in the settings.
fn with_stored_key(sim: &Sim) -> (Work, String) {
    let (work, key) = (folder(sim), issue(sim, &KeySpec::days(90)));
    set_key(&work, &key).ok();
    sim.clear_log();
    (work, key)
}

fn set_key(work: &Work, key: &str) -> Said {
    work.given("gs-auth", &["key", "-v", "--platform", "garmin-com", "-"], key)
}

fn exchanges(sim: &Sim, key: &str) -> usize {
    sim.with(|state| state.personal_exchanges(key))
}

/// The stored key and its access token.
fn stored(work: &Work) -> Value {
    serde_json::from_slice(&std::fs::read(work.data("tokens/garmin-com.key.json")).unwrap()).unwrap()
}

/// Adds the login of the web page to a folder.
fn log_in(sim: &Sim, work: &Work) {
    let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
    work.given("gs-auth", &["import", "-", "--platform", "garmin-com"], &token).ok();
    sim.clear_log();
}

fn status(status: u16, retry_after: Option<&str>) -> Effect {
    Effect::Status { status, retry_after: retry_after.map(str::to_owned), body: None, content_type: None }
}

/// How many requests went to hosts of the web access.
fn private(sim: &Sim) -> usize {
    sim.log().iter().filter(|request| PRIVATE.contains(&request.host.as_str())).count()
}

/// The issues of `status.json`: the kind of each.
fn issues(work: &Work) -> Vec<String> {
    work.run("gs-report", &[]).ok();
    let status = work.status_json();
    let all = ["actions", "warnings"].iter().flat_map(|list| status[*list].as_array().unwrap());
    // The files are not downloaded in these tests, which is no issue of the key.
    all.map(|issue| issue["kind"].as_str().unwrap().to_owned()).filter(|kind| kind.starts_with("key")).collect()
}

#[test]
fn a_key_alone_archives_a_whole_account_with_one_exchange() {
    let sim = Scenario { personal: free(), ..Scenario::default_garmin(300, 7) }.start();
    let (work, key) = with_key(&sim);
    let list = work.run("gs-fetch", &[]).ok().out.clone();
    let said = work.given("gs-download", &[], &list);
    assert!([0, 1].contains(&said.code), "{said}");
    let shown: BTreeSet<u64> = list.lines().map(id_in).collect();
    assert_eq!(shown, sim.with(|state| state.ids("garmin.com")).into_iter().collect(), "each activity, and no leg");
    let mut originals = 0;
    for record in said.records() {
        let id: u64 = record["id"].as_str().unwrap().parse().unwrap();
        let served = sim.served("garmin.com", id);
        if let Some(sha) = record["file"]["sha256"].as_str() {
            let bytes = std::fs::read(record["file"]["path"].as_str().unwrap()).unwrap();
            assert_eq!((Some(sha.to_owned()), Some(sha256(&bytes))), (served.clone(), served), "{record}");
            originals += 1;
        } else {
            assert!(served.is_none() || record["problem"].is_object(), "{record}");
        }
    }
    let all = shown.iter().filter(|id| sim.served("garmin.com", **id).is_some()).count();
    assert_eq!((shown.len(), originals), (300, all), "{said}");
    assert_eq!(exchanges(&sim, &key), 1);
    assert!(sim.log().iter().all(|request| request.host == HOST), "{:?}", requests(&sim));
    // One request for each file, and the details only of files that are refused and of the two entries without a start.
    let refused = asked(&sim, FILES).iter().filter(|request| request.status != 200).count();
    assert_eq!((asked(&sim, FILES).len(), asked(&sim, DETAILS).len()), (originals + refused, refused + 2));
    let pages = asked(&sim, SEARCH);
    assert!(pages.len() < 25, "{}", pages.len());
}

fn id_in(line: &str) -> u64 {
    serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_second_run_without_new_activities_makes_one_request() {
    let sim = start(90);
    let (mut work, key) = with_key(&sim);
    // A key alone makes the account one of those that are synchronised.
    work.unset("SYNC_PLATFORM");
    work.archive_all();
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(requests(&sim), [format!("GET {HOST}{SEARCH} 200")]);
    // A new activity takes one request for its file, and none for its details.
    sim.with(|state| state.add_activity("garmin.com", &ActivitySpec::default()));
    sim.clear_log();
    work.archive_all();
    assert_eq!((asked(&sim, FILES).len(), asked(&sim, DETAILS).len(), exchanges(&sim, &key)), (1, 0, 1));
}

#[test]
fn a_list_that_shifts_while_it_is_read_loses_no_activity() {
    for (added, removed) in [(Some(2), None), (None, Some(2)), (Some(1), Some(3))] {
        let sim = changed(120, |scenario| {
            scenario.paging.add_after_requests = added;
            scenario.paging.remove_after_requests = removed;
        });
        let (work, _) = with_key(&sim);
        work.run("gs-fetch", &[]).ok();
        // A second listing shows what was added above the part that was read already.
        let listed: BTreeSet<u64> = work.run("gs-fetch", &[]).ok().out.lines().map(id_in).collect();
        let there: BTreeSet<u64> = sim.with(|state| state.ids("garmin.com")).into_iter().collect();
        assert_eq!(there.difference(&listed).count(), 0, "{added:?} {removed:?}");
    }
}

#[test]
fn a_list_that_shows_nothing_where_activities_were_is_not_complete() {
    let sim = start(120);
    let (work, _) = with_stored_key(&sim);
    // The service shows nothing from the 50th activity on, and has shown the first 79.
    for page in ["start=5", "start=78"] {
        sim.fault(Fault::new(ok_with("[]")).host(HOST).contains(page));
    }
    work.run("gs-fetch", &[]).ends(75).says("the activity list contradicts itself");
    sim.clear_faults();
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 120);
}

#[test]
fn the_list_of_either_access_gives_the_same_activities() {
    let sim = Scenario { personal: free(), ..Scenario::default_garmin(60, 3) }.start();
    let (work, _) = with_stored_key(&sim);
    work.run("gs-fetch", &[]).ok();
    let by_key = work.run("gs-list", &[]).ok().records();
    log_in(&sim, &work);
    std::fs::rename(work.data("tokens/garmin-com.key.json"), work.dir().join("key")).unwrap();
    work.run("gs-fetch", &["--full"]).ok();
    let by_login = work.run("gs-list", &[]).ok().records();
    let plain = |records: &[Value]| -> Vec<Value> {
        let mut records = records.to_vec();
        records.iter_mut().for_each(|record| drop(record.as_object_mut().unwrap().remove("device")));
        records
    };
    assert_eq!(plain(&by_key), plain(&by_login));
    assert!(by_login.iter().any(|record| record["device"].is_string()), "only this access tells the device");
    // Reading with the key again keeps what it does not tell, and sees no change.
    std::fs::rename(work.dir().join("key"), work.data("tokens/garmin-com.key.json")).unwrap();
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!((work.run("gs-list", &[]).ok().records(), requests(&sim).len()), (by_login, 1));
}

#[test]
fn a_key_beside_a_login_reads_and_the_login_only_writes() {
    let world = World::changed(|scenario| scenario.personal = free());
    let mut work = world.work;
    let key = issue(&world.sim, &KeySpec::days(90));
    work.set("GARMIN_PERSONAL_API_KEY", &key).set("GARMIN_PERSONAL_API_INTERVAL", "0");
    work.set("SYNC_PLATFORM", "GARMINCOM,COROS").put_commands_in_path();
    let world = World { sim: world.sim, work };
    for day in 0..6 {
        world.put(["garmin-com", "coros"][usize::from(day % 2 == 0)], &world::run(day));
    }
    world.work.run("gs-fetch", &[]).ok();
    assert_eq!(private(&world.sim), 0, "{:?}", requests(&world.sim));
    sync(&world.work, &["--archive"]).ok();
    assert_eq!((world.ids("garmin-com").len(), world.ids("coros").len()), (6, 6));
    // A sync that has nothing to write reads, and nothing else.
    world.sim.clear_log();
    sync(&world.work, &["--archive"]).ok();
    assert_eq!(private(&world.sim), 0, "{:?}", requests(&world.sim));
    assert_eq!(exchanges(&world.sim, &key), 1);
    // The downloads of the sync that wrote came with the key, too.
    let status = world.work.run("gs-auth", &["status", "--format", "ndjson"]).ok().records();
    let of =
        |access: &str| status.iter().find(|row| row["platform"] == "garmin-com" && row["access"] == access).unwrap();
    assert_eq!((&of("key")["reads"], &of("key")["writes"]), (&true.into(), &false.into()));
    assert_eq!((&of("login")["reads"], &of("login")["writes"]), (&false.into(), &true.into()));
}

#[test]
fn a_key_without_a_login_only_reads() {
    let world = World::changed(|scenario| scenario.personal = free());
    let mut work = world.work;
    let key = issue(&world.sim, &KeySpec::days(90));
    work.set("GARMIN_PERSONAL_API_KEY", &key).set("GARMIN_PERSONAL_API_INTERVAL", "0");
    work.unset("GARMIN_EMAIL_COM").unset("GARMIN_PASSWORD_COM");
    work.set("SYNC_PLATFORM", "GARMINCOM,COROS").put_commands_in_path();
    let world = World { sim: world.sim, work };
    for day in 0..6 {
        world.put(["garmin-com", "coros"][usize::from(day % 2 == 0)], &world::run(day));
    }
    sync(&world.work, &["--archive"]).ok();
    assert_eq!((world.ids("garmin-com").len(), world.ids("coros").len()), (3, 6));
    assert_eq!(private(&world.sim), 0, "{:?}", requests(&world.sim));
    // Nothing failed, and what is not uploaded is said.
    let text = world.work.run("gs-status", &["--format", "table"]).ok().out.clone();
    assert!(text.contains("garmin-com: 3 activities, because it can only be read; to upload, too:"), "{text}");
    assert!(text.contains("gs-auth login --platform garmin-com") && !text.contains("Outstanding"), "{text}");
    let missing = &world.work.status_json()["missing"][0];
    assert_eq!((&missing["on"], &missing["reason"]), (&"garmin-com".into(), &"no-write-access".into()));
    let list = world.work.run("gs-list", &[]).ok().out.clone();
    let planned = world.work.given("gs-diff", &[], &list);
    planned.ok().says("garmin-com: 3 activities not uploaded: read-only");
    assert_eq!(planned.out, "");
    // A login is still asked for with the browser: the key is no password.
    world.work.run("gs-auth", &["login", "--platform", "garmin-com"]).ends(77).says("/mobile/sso/en_US/sign-in");
    let writer = world.work.run("gs-delete", &["--yes", "--platform", "garmin-com"]);
    assert_eq!(writer.code, 0, "{writer}");
}

#[test]
fn two_processes_at_once_make_one_exchange() {
    let sim = start(5);
    sim.fault(Fault::new(Effect::Latency { ms: 600 }).host(HOST).path(EXCHANGE));
    // With a key in the settings alone, and with a stored one whose access token has expired.
    for is_stored in [false, true] {
        let (work, key) = if is_stored { with_stored_key(&sim) } else { with_key(&sim) };
        if is_stored {
            expire(&work);
        }
        let before = exchanges(&sim, &key);
        let both = [(); 2].map(|()| work.spawn("gs-fetch", &[], ""));
        for child in both {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!((exchanges(&sim, &key) - before, sim.overlapping_exchanges(&key)), (1, 1), "{is_stored}");
    }
}

/// Lets the access token expire by this machine's clock.
fn expire(work: &Work) {
    let mut token = stored(work);
    token["access"]["expires_at"] = 1.into();
    std::fs::write(work.data("tokens/garmin-com.key.json"), token.to_string()).unwrap();
}

/// Starts a command and kills it as soon as the simulator has the request for an exchange.
fn kill_during_exchange(sim: &Sim, work: &Work, mut command: Command) {
    let exchanged = || sim.with(|state| state.personal.exchanges.len());
    let before = exchanged();
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while exchanged() == before {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the exchange, in {}", work.dir().display());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_kill_during_an_exchange_loses_nothing() {
    let sim = start(5);
    let (work, key) = with_stored_key(&sim);
    expire(&work);
    sim.fault(Fault::new(Effect::Held { ms: 2000 }).host(HOST).path(EXCHANGE).count(1));
    kill_during_exchange(&sim, &work, work.command("gs-fetch", &[]));
    assert_eq!(stored(&work)["key"], key.as_str());
    work.run("gs-fetch", &[]).ok();
    // The first exchange of a key in the settings.
    let (work, key) = with_key(&sim);
    sim.fault(Fault::new(Effect::Held { ms: 2000 }).host(HOST).path(EXCHANGE).count(1));
    kill_during_exchange(&sim, &work, work.command("gs-fetch", &[]));
    work.run("gs-fetch", &[]).ok();
    assert_eq!((exchanges(&sim, &key), stored(&work)["dead"].is_null()), (2, true));
}

#[test]
fn an_access_token_is_kept_for_its_day_and_renewed_before_its_end() {
    let sim = start(5);
    let (work, key) = with_stored_key(&sim);
    for _ in 0..3 {
        work.run("gs-fetch", &[]).ok();
    }
    assert_eq!(exchanges(&sim, &key), 1);
    let mut token = stored(&work);
    let now = jiff::Timestamp::now().as_second();
    (token["access"]["issued_at"], token["access"]["expires_at"]) = ((now - 85_900).into(), (now + 500).into());
    std::fs::write(work.data("tokens/garmin-com.key.json"), token.to_string()).unwrap();
    work.run("gs-fetch", &[]).ok();
    assert_eq!(exchanges(&sim, &key), 2, "fewer than ten minutes are left");
    // Meanwhile a service that does not respond costs nothing.
    let mut token = stored(&work);
    (token["access"]["issued_at"], token["access"]["expires_at"]) = ((now - 85_900).into(), (now + 500).into());
    std::fs::write(work.data("tokens/garmin-com.key.json"), token.to_string()).unwrap();
    sim.fault(Fault::new(status(503, None)).host(HOST).path(EXCHANGE));
    work.run("gs-fetch", &[]).ok().silent();
    expire(&work);
    work.run("gs-fetch", &[]).ends(75).says("HTTP 503");
    sim.clear_faults();
    // The service ended the token before its time.
    work.run("gs-fetch", &[]).ok();
    let before = exchanges(&sim, &key);
    sim.with(|state| state.expire_personal_tokens("garmin.com"));
    work.run("gs-fetch", &[]).ok();
    assert_eq!(exchanges(&sim, &key), before + 1);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(work.data("tokens/garmin-com.key.json")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    // A service that accepts the key and rejects its tokens gets one more exchange a run.
    sim.fault(Fault::new(Effect::Unauthorized).host(HOST).path("/activitylist-service/"));
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(77).says(KEY_PAGE);
    assert_eq!((exchanges(&sim, &key), requests(&sim).len()), (before + 2, 3));
}

#[test]
fn gs_auth_key_takes_the_key_from_a_pipe_a_file_the_settings_or_garmins_own_client() {
    let sim = start(5);
    let key = issue(&sim, &KeySpec::default());
    let file = |work: &Work, path: &str| {
        let path = work.dir().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("  {key}\n")).unwrap();
        path.display().to_string()
    };
    let check = |work: &Work, said: Said| {
        said.ok().says("garmin-com: key saved; reads as Test Runner").says("to upload, too: gs-auth login --platform");
        assert_eq!(stored(work)["key"], key.as_str());
        assert_eq!(requests(&sim), [format!("POST {HOST}{EXCHANGE} 200"), format!("GET {HOST}{SEARCH} 200")]);
        sim.clear_log();
        work.run("gs-fetch", &[]).ok();
        sim.clear_log();
    };
    let work = folder(&sim);
    check(&work, set_key(&work, &format!("{key}\n")));
    let work = folder(&sim);
    let path = file(&work, "key.txt");
    check(&work, work.run("gs-auth", &["key", "-v", "--platform", "garmin-com", &path]));
    for setting in ["GARMIN_PERSONAL_API_KEY", "GARMIN_PERSONAL_API_KEY_FILE", "GARMIN_PERSONAL_API_KEY_COMMAND"] {
        let mut work = folder(&sim);
        let value = match setting.rsplit('_').next() {
            Some("FILE") => file(&work, "key.txt"),
            Some("COMMAND") => format!("cat {}", file(&work, "key.txt")),
            _ => key.clone(),
        };
        work.set(setting, &value);
        check(&work, work.run("gs-auth", &["key", "-v"]));
    }
    let work = folder(&sim);
    let path = file(&work, ".config/garmin/connect-personal-api-key");
    let said = work.run("gs-auth", &["key", "-v"]);
    said.says(&format!("using the API key in {path}")).says(&format!("chmod 600 {path}"));
    check(&work, said);
    // A key in place of a file, or of the end, is not shown; nor is a short one.
    for args in [&["key", key.as_str()][..], &["key", "--ends", key.as_str(), "-"], &["key", "GCDC_l.3-k"]] {
        let said = work.run("gs-auth", &[args, &["--platform", "garmin-com"]].concat());
        said.ends(2);
        let shows = |key: &str| said.err.contains(key) || said.out.contains(key);
        assert!(!shows(&key) && !shows("GCDC_l.3-k"), "a key is shown");
    }
    work.run("gs-auth", &["key", "GCDC_l.3-k", "--platform", "garmin-com"]).says("command line").says("gs-auth key -");
    for file in ["./missing", "missing.txt"] {
        work.run("gs-auth", &["key", file, "--platform", "garmin-com"]).ends(2).says(&format!("{file}: No such file"));
    }
    // An explicit file that is empty is an error, and so is Garmin's.
    std::fs::write(&path, "\n").unwrap();
    work.run("gs-auth", &["key"]).ends(2).says("no API key in this file");
    // Without any of these, a person is asked.
    std::fs::remove_file(&path).unwrap();
    work.run("gs-auth", &["key", "--platform", "garmin-com"]).ends(77).says("GARMIN_PERSONAL_API_KEY").says(KEY_PAGE);
    // A wrong answer does not lose the pasted key, which Garmin shows once.
    let (neither, past) = ("is neither a date nor a number of days", "2020-01-01 is in the past");
    let typed = [("API key", key.as_str()), ("Valid for", "next year"), (neither, "2020-01-01"), (past, "90")];
    let (code, shown) = work.on_a_terminal("key --platform garmin-com", &typed);
    assert_eq!(code, 0, "{shown}");
    let ends = stored(&work)["ends_at"].as_i64().unwrap() - jiff::Timestamp::now().as_second();
    assert!((89 * 86_400..=90 * 86_400).contains(&ends), "{ends}");
}

#[test]
fn ctrl_c_at_the_questions_for_a_key_changes_nothing() {
    let sim = start(1);
    let key = issue(&sim, &KeySpec::default());
    let work = folder(&sim);
    let terminal = Tmux::start(&work, "terminal", (80, 30));
    for (question, answer) in [("API key", None), ("Valid for", Some(&key))] {
        terminal.type_line("gs-auth key --platform garmin-com; echo \"code $?\"");
        for question in answer.map(|_| "API key").into_iter().chain([question]) {
            terminal.wait(question, |screen| screen.iter().any(|line| line.contains(question)));
            // The prompt appears shortly before the echo is turned off.
            std::thread::sleep(std::time::Duration::from_millis(200));
            if let Some(key) = answer.filter(|_| question == "API key") {
                terminal.key(key);
                terminal.key("Enter");
            }
        }
        terminal.key("C-c");
        let screen = terminal.wait("the shell", is_back).join("\n");
        assert!(screen.contains("cancelled; nothing was changed"), "{screen}");
        assert!(screen.contains("code 130") && !screen.contains("nobody to ask"), "{screen}");
    }
    assert!(sim.log().is_empty() && !work.data("tokens/garmin-com.key.json").exists());
}

#[test]
fn the_end_of_a_key_is_announced_three_weeks_before() {
    let sim = start(5);
    let (work, key) = with_stored_key(&sim);
    let set = |ends: &str| work.given("gs-auth", &["key", "--platform", "garmin-com", "--ends", ends, "-"], &key);
    for (days, told) in [("22", false), ("20", true)] {
        set(days).ok();
        work.run("gs-fetch", &[]).ok();
        assert_eq!(issues(&work).contains(&"key-ends".to_owned()), told, "{days}");
        let status = work.run("gs-auth", &["status", "--format", "ndjson"]).ok().records();
        assert!(status[0]["state"] == "ok" && status[0]["expires"].is_string(), "{status:?}");
    }
    // The same key again, without its end: the end is kept.
    let ends_at = stored(&work)["ends_at"].clone();
    set_key(&work, &key).ok();
    assert!(ends_at.is_number() && stored(&work)["ends_at"] == ends_at);
    for bad in ["0", "yesterday", "2020-01-01"] {
        set(bad).ends(2).says("2027-02-27");
    }
    work.given("gs-auth", &["key", "--platform", "intervals", "--ends", "90", "-"], "x").ends(2).says("--ends");
    // In the settings.
    let (mut work, _) = with_key(&sim);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 10);
    work.set("GARMIN_PERSONAL_API_KEY_ENDS", &soon.to_string()[..10]);
    work.run("gs-fetch", &[]).ok();
    assert!(issues(&work).contains(&"key-ends".to_owned()));
    // A key that outlives the end that was told has an unknown end.
    work.set("GARMIN_PERSONAL_API_KEY_ENDS", "2026-01-01");
    work.run("gs-fetch", &[]).ok();
    assert_eq!(issues(&work), [""; 0]);
    work.set("GARMIN_PERSONAL_API_KEY_ENDS", "soon");
    work.run("gs-fetch", &[]).ends(78).says("GARMIN_PERSONAL_API_KEY_ENDS");
}

#[test]
fn a_text_that_is_no_valid_key_is_refused_with_a_reason() {
    let sim = changed(5, |scenario| {
        scenario.personal.several_keys = true;
        scenario.accounts.push(AccountSpec {
            domain: "garmin.cn".into(),
            email: "runner@example.cn".into(),
            ..AccountSpec::default()
        });
    });
    let of_cn = sim.with(|state| state.issue_personal_key("garmin.cn", &KeySpec::default()));
    let ended = issue(&sim, &KeySpec::ended());
    let deleted = issue(&sim, &KeySpec::deleted());
    let (work, key) = with_stored_key(&sim);
    for (text, code, why) in [
        ("GCDC_nobody", 77, "HTTP 401"),
        ("malformed", 77, "HTTP 400"),
        (ended.as_str(), 77, "has ended"),
        (deleted.as_str(), 77, "was deleted"),
        (of_cn.as_str(), 77, "garmin.cn"),
        ("two\nlines", 2, "one line"),
        ("schlüssel", 2, "one line"),
    ] {
        sim.clear_log();
        let said = set_key(&work, text);
        said.ends(code).says(why);
        assert!(code == 2 || said.err.contains(KEY_PAGE), "{said}");
        assert!(!said.err.contains(text), "{said}");
        assert_eq!(requests(&sim).len(), usize::from(code == 77), "{text}");
        assert_eq!(stored(&work)["key"], key.as_str(), "the stored key stays");
        // The same in the settings of a new folder. It is sent once.
        let mut other = folder(&sim);
        other.set("GARMIN_PERSONAL_API_KEY", text.lines().next().unwrap());
        if code == 77 {
            sim.clear_log();
            for _ in 0..2 {
                other.run("gs-fetch", &[]).ends(77).says(why).says(KEY_PAGE);
            }
            assert_eq!(requests(&sim).len(), 1, "{text}");
        }
    }
    set_key(&work, " \n").ends(2);
}

#[test]
fn a_key_that_was_deleted_leaves_the_reading_to_the_login() {
    let sim = start(5);
    let (work, key) = with_stored_key(&sim);
    log_in(&sim, &work);
    work.run("gs-fetch", &[]).ok();
    assert_eq!(private(&sim), 0);
    // Within its day the access token ends with the key, which only a read shows.
    sim.with(|state| state.delete_personal_key(&key));
    work.run("gs-fetch", &[]).ok().says(KEY_PAGE).says("reading with the login instead");
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert!(sim.log().iter().all(|request| request.host != HOST) && private(&sim) > 0, "{:?}", requests(&sim));
    assert_eq!(issues(&work), ["key-ended"]);
    let status = work.run("gs-auth", &["status", "--format", "ndjson"]).ok().records();
    let state = |access: &str| {
        let row = status.iter().find(|row| row["access"] == access).unwrap();
        (row["state"].as_str().unwrap().to_owned(), row["reads"] == true)
    };
    assert_eq!((state("key"), state("login")), (("login-needed".into(), false), ("ok".into(), true)));
    // A new key, made by hand or in the settings, reads again.
    let mut work = work;
    let new = issue(&sim, &KeySpec::default());
    work.set("GARMIN_PERSONAL_API_KEY", &new);
    sim.clear_log();
    work.run("gs-fetch", &[]).ok();
    assert_eq!((private(&sim), stored(&work)["key"].as_str()), (0, Some(new.as_str())));
    assert_eq!(issues(&work), [""; 0]);
}

#[test]
fn a_key_that_is_deleted_during_a_run_leaves_the_files_to_the_login() {
    let sim = start(5);
    let (work, key) = with_stored_key(&sim);
    log_in(&sim, &work);
    let list = work.run("gs-fetch", &[]).ok().out.clone();
    sim.with(|state| state.delete_personal_key(&key));
    let said = work.given("gs-download", &[], &list);
    said.ok().says("reading with the login instead");
    assert_eq!(work.files("fit/garmin_com").len(), 5, "{said}");
}

#[test]
fn a_key_that_ended_overnight_leaves_the_reading_to_the_login_in_the_same_run() {
    let sim = start(5);
    for is_stored in [true, false] {
        let (work, key) = if is_stored { with_stored_key(&sim) } else { with_key(&sim) };
        work.run("gs-fetch", &[]).ok();
        log_in(&sim, &work);
        expire(&work);
        sim.with(|state| state.end_personal_key(&key));
        work.run("gs-fetch", &[]).ok().says("reading with the login instead");
        assert!(private(&sim) > 0);
        assert_eq!(exchanges(&sim, &key), 2);
        work.run("gs-fetch", &[]).ok().silent();
        assert_eq!(exchanges(&sim, &key), 2, "it is not sent again");
    }
}

#[test]
fn a_key_that_ended_without_a_login_is_not_sent_again() {
    let sim = start(5);
    let (work, key) = with_key(&sim);
    work.run("gs-fetch", &[]).ok();
    expire(&work);
    sim.with(|state| state.end_personal_key(&key));
    sim.clear_log();
    for _ in 0..3 {
        work.run("gs-fetch", &[]).ends(77).says("HTTP 401").says(KEY_PAGE).says("gs-auth key --platform garmin-com");
    }
    assert_eq!(requests(&sim), [format!("POST {HOST}{EXCHANGE} 401")]);
}

#[test]
fn a_web_page_instead_of_a_response_does_not_end_a_key() {
    let sim = changed(5, |scenario| scenario.personal.several_keys = true);
    let (work, key) = with_stored_key(&sim);
    let (new_folder, _) = with_key(&sim);
    for code in [400, 401, 403] {
        sim.fault(Fault::new(Effect::Challenge { status: code }).host(HOST).path(EXCHANGE));
        expire(&work);
        for work in [&work, &new_folder] {
            work.run("gs-fetch", &[]).ends(75).says(&format!("web page instead of the access token (HTTP {code})"));
        }
        assert!(stored(&work)["dead"].is_null() && !new_folder.data("tokens/garmin-com.key.json").exists());
        set_key(&work, &key).ends(75);
        sim.clear_faults();
        work.run("gs-fetch", &[]).ok();
    }
    sim.fault(Fault::new(Effect::Challenge { status: 401 }).host(HOST).path("/activitylist-service/"));
    work.run("gs-fetch", &[]).ends(75).says("web page");
    sim.clear_faults();
    for work in [&work, &new_folder] {
        work.run("gs-fetch", &[]).ok();
    }
}

#[test]
fn a_rate_limit_is_waited_for_once_and_ends_the_run_the_second_time() {
    let sim = start(5);
    let (work, _) = with_stored_key(&sim);
    sim.fault(Fault::new(status(429, Some("1"))).host(HOST).path("/activitylist-service/").count(1));
    let began = std::time::Instant::now();
    work.run("gs-fetch", &[]).ok();
    assert!(began.elapsed().as_secs_f64() > 0.9);
    // The second one in a run, at whatever request.
    sim.clear_faults();
    sim.fault(Fault::new(status(429, Some("1"))).host(HOST).path("/activitylist-service/").count(1));
    sim.fault(Fault::new(status(429, Some("120"))).host(HOST).path("/activitylist-service/").count(1));
    sim.clear_log();
    work.run("gs-fetch", &["--full"]).ends(75).says("rate limited until").says("second time in this run");
    assert_eq!(requests(&sim).len(), 2);
    // The next run respects it.
    let mut work = work;
    work.set("GS_MAX_RETRY_AFTER", "60s");
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(75).says("rate limited until");
    assert_eq!(requests(&sim), [""; 0]);
    work.change("UPDATE rate_limits SET not_before_ms = 0");
    work.run("gs-fetch", &[]).ok();
    // A wait that is too long ends the run at once; so does one of an exchange.
    for path in ["/activitylist-service/", EXCHANGE] {
        sim.clear_faults();
        sim.fault(Fault::new(status(429, Some("3600"))).host(HOST).path(path));
        work.change("UPDATE rate_limits SET not_before_ms = 0");
        if path == EXCHANGE {
            expire(&work);
        }
        sim.clear_log();
        for _ in 0..2 {
            work.run("gs-fetch", &[]).ends(75).says("rate limited until");
        }
        assert_eq!(requests(&sim).len(), 1, "{path}");
    }
}

#[test]
fn an_exchange_that_failed_is_not_begun_again_in_the_same_run() {
    let sim = start(5);
    // The usual number of attempts for a read of this service: a 500 twice, a 503 four times; and a second rate limit
    // ends the run.
    for (code, sent) in [(429, 2), (500, 2), (503, 4)] {
        // In a new folder, whose first exchange also tells the owner, and with a stored key.
        for is_stored in [false, true] {
            sim.clear_faults();
            let (work, _) = if is_stored { with_stored_key(&sim) } else { with_key(&sim) };
            if is_stored {
                expire(&work);
            }
            sim.fault(Fault::new(status(code, None)).host(HOST).path(EXCHANGE));
            sim.clear_log();
            work.run("gs-fetch", &[]).ends(75).says(&format!("HTTP {code}"));
            assert_eq!(requests(&sim), vec![format!("POST {HOST}{EXCHANGE} {code}"); sent], "{is_stored}");
        }
    }
}

#[test]
fn requests_with_a_key_stay_below_the_burst_limit() {
    let sim = changed(14, |scenario| scenario.personal.burst = BurstSpec::default());
    let mut work = folder(&sim);
    // Once a second, however short the interval of all requests is.
    work.unset("GARMIN_PERSONAL_API_INTERVAL").set("GS_REQUEST_INTERVAL", "0");
    let key = issue(&sim, &KeySpec::default());
    set_key(&work, &key).ok();
    work.archive_all();
    assert!(sim.log().iter().all(|request| request.status == 200), "{:?}", requests(&sim));
    assert!(sim.log().windows(2).all(|pair| pair[1].at_ms - pair[0].at_ms > 900.0));
}

#[test]
fn a_page_that_is_too_large_is_requested_once_more_with_fewer_entries() {
    let sim = changed(70, |scenario| scenario.personal.page_limit = 30);
    let (work, _) = with_stored_key(&sim);
    let listed = work.run("gs-fetch", &[]).ok().out.lines().count();
    assert_eq!(listed, 70);
    sim.with(|state| state.scenario.personal.page_limit = 10);
    sim.clear_log();
    work.run("gs-fetch", &["--full"]).ends(75).says("cannot list activities: HTTP 500");
    assert_eq!(requests(&sim).len(), 4, "each size twice");
}

#[test]
fn a_key_of_another_account_is_refused_and_nothing_is_listed() {
    let sim = changed(5, |scenario| scenario.personal.several_keys = true);
    let bobs = sim.with(|state| state.issue_personal_key_of("garmin.com", "bob@example.com", &KeySpec::default()));
    // The data folder belongs to the account of the login.
    let mut work = folder(&sim);
    log_in(&sim, &work);
    work.run("gs-fetch", &[]).ok();
    let before = work.run("gs-list", &[]).ok().out.clone();
    set_key(&work, &bobs).ends(78).says("--forget-account");
    assert!(!work.data("tokens/garmin-com.key.json").exists());
    work.set("GARMIN_PERSONAL_API_KEY", &bobs);
    let said = work.run("gs-fetch", &[]);
    assert_eq!((said.ends(78).out.as_str(), work.run("gs-list", &[]).ok().out.as_str()), ("", before.as_str()));
    // It belongs to the account of the key; the login is another one's.
    let (mut work, _) = with_stored_key(&sim);
    work.run("gs-fetch", &[]).ok();
    work.set("GARMIN_EMAIL", "bob@example.com").set("GARMIN_PASSWORD", "correct horse");
    work.run("gs-auth", &["login", "--platform", "garmin-com"]).ends(78).says("--forget-account");
    work.unset("GARMIN_EMAIL").unset("GARMIN_PASSWORD");
    // A key that suddenly opens another account.
    sim.fault(Fault::new(Effect::AsAccount { email: "bob@example.com".into() }).host(HOST));
    let before = work.run("gs-list", &[]).ok().out.clone();
    work.run("gs-fetch", &["--full"]).ends(78);
    assert_eq!(work.run("gs-list", &[]).ok().out, before);
}

#[test]
fn a_changed_key_in_the_settings_is_used_although_the_stored_one_works() {
    let sim = changed(5, |scenario| scenario.personal.several_keys = true);
    let bobs = sim.with(|state| state.issue_personal_key_of("garmin.com", "bob@example.com", &KeySpec::default()));
    let new = issue(&sim, &KeySpec::default());
    for is_stored in [false, true] {
        let (mut work, old) = if is_stored { with_stored_key(&sim) } else { with_key(&sim) };
        work.run("gs-fetch", &[]).ok();
        // A refused key is sent once, and the stored one stays.
        for (refused, code, words) in [(bobs.as_str(), 78, "--forget-account"), ("GCDC_nobody", 77, "HTTP 401")] {
            work.set("GARMIN_PERSONAL_API_KEY", refused);
            sim.clear_log();
            for _ in 0..2 {
                work.run("gs-fetch", &[]).ends(code).says(words);
            }
            assert_eq!(asked(&sim, EXCHANGE).len(), 1, "{refused}");
            assert_eq!((stored(&work)["key"].as_str(), &stored(&work)["dead"]), (Some(old.as_str()), &Value::Null));
            assert!(!std::fs::read_to_string(work.data("tokens/garmin-com.key.json")).unwrap().contains(refused));
            assert_eq!(issues(&work), ["key-ended"]);
        }
        // A key that a person gives in its place is used.
        set_key(&work, &old).ok();
        work.run("gs-fetch", &[]).ok();
        assert_eq!(issues(&work), [""; 0]);
        work.set("GARMIN_PERSONAL_API_KEY", &new);
        for _ in 0..2 {
            work.run("gs-fetch", &[]).ok();
        }
        assert_eq!(
            (stored(&work)["key"].as_str(), exchanges(&sim, &new)),
            (Some(new.as_str()), 1 + usize::from(is_stored))
        );
    }
}

#[test]
fn a_key_of_another_account_in_the_settings_is_sent_once_and_told_as_the_cause() {
    let sim = changed(5, |scenario| scenario.personal.several_keys = true);
    let bobs = sim.with(|state| state.issue_personal_key_of("garmin.com", "bob@example.com", &KeySpec::default()));
    // The stored key has ended, or there is none, beside a login or without one.
    for (is_stored, has_login) in [(true, false), (false, false), (true, true), (false, true)] {
        let (mut work, key) = with_stored_key(&sim);
        work.run("gs-fetch", &[]).ok();
        if has_login {
            log_in(&sim, &work);
        }
        if is_stored {
            expire(&work);
            sim.with(|state| state.end_personal_key(&key));
            work.run("gs-fetch", &[]);
        } else {
            std::fs::remove_file(work.data("tokens/garmin-com.key.json")).unwrap();
        }
        work.set("GARMIN_PERSONAL_API_KEY", &bobs);
        sim.clear_log();
        for _ in 0..3 {
            work.run("gs-fetch", &[]).ends(78).says("this login belongs to").says("--forget-account");
        }
        assert_eq!((asked(&sim, EXCHANGE).len(), private(&sim)), (1, 0), "{is_stored} {has_login}");
        let status = work.run("gs-auth", &["status", "--format", "ndjson"]).ok().records();
        let row = status.iter().find(|row| row["access"] == "key").unwrap();
        assert!(row["ended"].as_str().unwrap().contains("this login belongs to"), "{row}");
        // The folder forgets its account: the key may be used.
        work.run("gs-auth", &["logout", "--forget-account", "--platform", "garmin-com"]).ok();
        work.run("gs-fetch", &[]).ok();
        // Without the setting, the login reads again.
        if has_login {
            continue;
        }
        let (mut work, _) = with_stored_key(&sim);
        work.run("gs-fetch", &[]).ok();
        std::fs::remove_file(work.data("tokens/garmin-com.key.json")).unwrap();
        log_in(&sim, &work);
        work.set("GARMIN_PERSONAL_API_KEY", &bobs);
        work.run("gs-fetch", &[]).ends(78);
        work.unset("GARMIN_PERSONAL_API_KEY");
        work.run("gs-fetch", &[]).ok();
    }
}

#[test]
fn the_owner_of_an_account_without_activities_comes_from_the_summary_of_a_day() {
    let sim = start(0);
    let (work, _) = with_stored_key(&sim);
    work.run("gs-fetch", &[]).ok();
    log_in(&sim, &work);
    // The login of the same account is accepted.
    work.run("gs-auth", &["status"]).ok();
    sim.with(|state| state.add_activity("garmin.com", &ActivitySpec::default()));
    sim.clear_log();
    assert_eq!(work.run("gs-fetch", &["--full"]).ok().ids().len(), 1);
    assert_eq!((private(&sim), asked(&sim, DAY).len()), (0, 0));
}

#[test]
fn garmin_cn_needs_a_setting_and_is_called_unproven() {
    let mut scenario = Scenario { personal: free(), ..Scenario::default_garmin(0, 7) };
    scenario.accounts[1].generate = 4;
    let sim = scenario.start();
    let key = sim.with(|state| state.issue_personal_key("garmin.cn", &KeySpec::default()));
    let mut work = folder(&sim);
    work.set("SYNC_PLATFORM", "GARMINCN").set("GARMIN_PERSONAL_API_KEY_CN", &key);
    work.run("gs-fetch", &[]).ends(78).says("not proven").says("GARMIN_PERSONAL_API_CN=1");
    work.given("gs-auth", &["key", "--platform", "garmin-cn", "-"], &key).ends(78).says("not proven");
    assert_eq!(requests(&sim), [""; 0]);
    work.set("GARMIN_PERSONAL_API_CN", "1");
    work.run("gs-fetch", &[]).ends(75).says("garmin.cn does not work (HTTP 526, as in October 2026)");
    assert!(sim.log().iter().all(|request| request.host == "personal.connectapi.garmin.cn"), "never the other region");
    sim.with(|state| state.scenario.personal.cn = true);
    assert_eq!(work.run("gs-fetch", &[]).ok().ids().len(), 4);
}

#[test]
fn a_file_that_is_not_there_is_told_as_with_the_login() {
    for answer in [None, Some(404), Some(204), Some(500)] {
        let sim = changed(3, |scenario| scenario.personal.manual_status = answer);
        let by_hand = ActivitySpec { oddities: vec!["manual_404".into()], ..ActivitySpec::default() };
        let id = sim.with(|state| state.add_activity("garmin.com", &by_hand)).to_string();
        let (work, _) = with_stored_key(&sim);
        let list = work.run("gs-fetch", &[]).ok().out.clone();
        // The list alone tells that it was entered by hand; else its details do.
        let list = list.replace("\"manual\":true", "\"manual\":false");
        work.change("UPDATE activities SET manual = 0");
        let records = work.given("gs-download", &[], &list).ok().records();
        let record = records.iter().find(|record| record["id"] == id.as_str()).unwrap();
        assert_eq!(
            (&record["no_original"], &record["downloaded"]),
            (&true.into(), &false.into()),
            "{answer:?} {record}"
        );
    }
}

#[test]
fn neither_key_nor_access_token_is_shown_or_stored_elsewhere() {
    let sim = start(5);
    let (work, key) = with_stored_key(&sim);
    let token = stored(&work)["access"]["text"].as_str().unwrap().to_owned();
    let said = [
        work.run("gs-fetch", &["-v", "-v"]),
        work.download(&["--missing"]),
        work.run("gs-auth", &["status", "--format", "ndjson"]),
        work.run("gs-settings", &[]),
    ];
    work.run("gs-report", &[]).ok();
    for said in &said {
        assert!(![&said.out, &said.err].iter().any(|text| text.contains(&key) || text.contains(&token)), "{said}");
    }
    for path in work.files("").iter().filter(|path| !path.ends_with("tokens/garmin-com.key.json")) {
        let bytes = std::fs::read(path).unwrap();
        let has = |secret: &str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!has(&key) && !has(&token), "{}", path.display());
    }
    work.run("gs-auth", &["logout", "--platform", "garmin-com"]).ok();
    assert!(!work.data("tokens/garmin-com.key.json").exists());
}
