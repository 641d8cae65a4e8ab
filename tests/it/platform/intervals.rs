//! intervals.icu: the key, its refusals, Strava's stubs, pushed copies, and syncs with the other services.

use crate::support::paths::sync;
use crate::support::world::{SERVICES, World, run, start};
use crate::support::{Work, asked};
use gs_sim::fit::{self, Recording};
use gs_sim::{Effect, Fault, IntervalsSpec, LoggedRequest, Scenario, Sim};

const ALL: &str = "GARMINCOM,GARMINCN,COROS,INTERVALS";

/// An account with these runs, and its key in the settings.
fn account(days: i64, change: impl FnOnce(&mut IntervalsSpec)) -> (Sim, Work, Vec<String>) {
    let mut spec = IntervalsSpec::default();
    change(&mut spec);
    let sim = Scenario { accounts: Vec::new(), intervals: vec![spec], ..Scenario::default() }.start();
    let ids = (0..days).map(|day| sim.with(|state| state.add_intervals_file(&run(day).encode())).remove(0)).collect();
    let mut work = Work::with(&sim);
    work.set("INTERVALS_API_KEY", &sim.with(|state| state.intervals_key()));
    (sim, work, ids)
}

fn four() -> World {
    let mut world = World::new();
    world.work.set("SYNC_PLATFORM", ALL).put_commands_in_path();
    world
}

/// The requests that upload or delete.
fn writes(sim: &Sim) -> Vec<String> {
    let is_write = |one: &LoggedRequest| {
        let is_upload = ["/upload-service/", "/activity/fit/import"].iter().any(|part| one.path.contains(part));
        let is_form = one.host == "intervals.icu" && one.method == "POST";
        one.method == "DELETE" || is_upload || is_form || one.path.contains("/activity/delete")
    };
    sim.log().iter().filter(|one| is_write(one)).map(|one| format!("{} {}{}", one.method, one.host, one.path)).collect()
}

#[test]
fn a_key_in_the_settings_lists_and_archives_without_a_login() {
    let (sim, work, ids) = account(30, |_| {});
    let said = work.run("gs-fetch", &[]);
    assert_eq!(said.ok().silent().records().len(), 30);
    work.given("gs-download", &[], &said.out).ok();
    let stored = sim.with(|state| state.intervals_activities());
    for one in &stored {
        let (path, origin): (String, String) = (
            work.sql(&format!("SELECT path FROM files WHERE platform = 'intervals' AND id = '{}'", one.id)),
            work.sql(&format!("SELECT origin FROM files WHERE platform = 'intervals' AND id = '{}'", one.id)),
        );
        assert_eq!(std::fs::read(work.data(&path)).unwrap(), one.file.as_ref().unwrap().1, "{}", one.id);
        assert_eq!(origin, "original");
    }
    assert_eq!(stored.len(), ids.len());
    // The key is checked once, and a second run lists the new part only.
    sim.clear_log();
    work.run("gs-fetch", &[]).ok().silent();
    let lists = asked(&sim, "/activities");
    assert!(asked(&sim, "/athlete/0").iter().all(|one| one.path.contains("/activities")), "{lists:?}");
    assert!(lists.len() <= 2, "{lists:?}");
    let status = work.run("gs-auth", &["status", "--platform", "intervals"]).ok().record();
    assert_eq!((&status["access"], &status["reads"], &status["writes"]), (&"key".into(), &true.into(), &true.into()));
    assert_eq!((&status["state"], &status["source"]), (&"ok".into(), &"settings".into()));
}

#[test]
fn gs_auth_key_takes_the_key_from_a_pipe_a_file_a_setting_or_a_person() {
    let (sim, mut work, _) = account(1, |_| {});
    let key = sim.with(|state| state.intervals_key());
    work.unset("INTERVALS_API_KEY");
    let platform = ["--platform", "intervals"];
    work.run("gs-auth", &["key", "--platform", "intervals"]).ends(77).says("set INTERVALS_API_KEY");
    for args in [&["key", "-"][..], &["key"]] {
        work.given("gs-auth", &[args, &["-v"], &platform].concat(), &format!("{key}\n"))
            .ok()
            .says("key saved; reads and writes as");
    }
    let file = work.dir().join("key");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    work.run("gs-auth", &["key", file.to_str().unwrap(), "--platform", "intervals"]).ok();
    work.run("gs-auth", &["logout", "-v", "--platform", "intervals"]).ok().says("API key deleted");
    work.set("INTERVALS_API_KEY_FILE", file.to_str().unwrap());
    work.run("gs-auth", &["key", "-v"]).ok().says("intervals: key saved; reads and writes as");
    work.unset("INTERVALS_API_KEY_FILE");
    work.run("gs-fetch", &[]).ok();
    let (code, shown) = work.on_a_terminal("key --platform intervals", &[("API key", &key)]);
    assert!(code == 0 && shown.contains("copy it") && !shown.contains(&key), "{shown}");
    work.run("gs-auth", &["key", "--platform", "coros"]).ends(2).says("this platform has no API key");
    let log = std::fs::read_to_string(work.data("tokens/intervals.key.json")).unwrap();
    assert!(log.contains(&key), "the key is stored in its own file, and nowhere else");
    assert!(!work.run("gs-auth", &["status"]).out.contains(&key));
}

#[test]
fn a_rejected_key_is_asked_for_once_and_the_new_one_of_the_settings_is_used() {
    let (sim, mut work, _) = account(3, |_| {});
    work.run("gs-fetch", &[]).ok();
    let new = sim.with(|state| state.renew_intervals_key());
    work.run("gs-fetch", &[]).ends(77).says("replaced by a new one").says("gs-auth key --platform intervals");
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(77).says("replaced by a new one");
    assert!(sim.log().is_empty(), "a key that was rejected is not sent again");
    // The settings still have the old key.
    work.run("gs-auth", &["key"]).ends(77).says("correct INTERVALS_API_KEY");
    let (code, shown) = work.on_a_terminal("key --platform intervals", &[("API key", &new)]);
    assert!(code == 0 && shown.contains("key saved; reads and writes as"), "{shown}");
    work.run("gs-fetch", &[]).ok();
    work.set("INTERVALS_API_KEY", &new);
    work.run("gs-fetch", &[]).ok();
    work.given("gs-auth", &["key", "-", "--platform", "intervals"], "two words").ends(2).says("a key is one word");
    work.given("gs-auth", &["key", "-", "--platform", "intervals"], "wr0ng").ends(77);
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_web_page_instead_of_a_response_does_not_end_a_key() {
    let (sim, work, _) = account(3, |_| {});
    for is_stored in [false, true] {
        sim.fault(Fault::new(Effect::Challenge { status: 401 }).host("intervals.icu"));
        work.run("gs-fetch", &[]).ends(75).says("web page instead of a response (HTTP 401)");
        sim.clear_faults();
        assert_eq!(work.data("tokens/intervals.key.json").exists(), is_stored);
        work.run("gs-fetch", &[]).ok();
    }
}

#[test]
fn a_key_in_the_services_message_is_not_shown_or_stored() {
    let (sim, work, _) = account(3, |_| {});
    let key = sim.with(|state| state.intervals_key());
    work.run("gs-fetch", &[]).ok();
    let body = Some(format!(r#"{{"status":500,"error":"bad key {key} for API_KEY"}}"#));
    sim.fault(Fault::new(Effect::Status { status: 500, retry_after: None, body, content_type: None }));
    let said = work.run("gs-fetch", &["-v", "-v"]);
    said.ends(75).says("HTTP 500: bad key *** for API_KEY");
    work.run("gs-report", &[]).ok();
    assert!(!said.err.contains(&key) && !said.out.contains(&key), "{said}");
    for path in work.files("").iter().filter(|path| !path.ends_with("tokens/intervals.key.json")) {
        let bytes = std::fs::read(path).unwrap();
        assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "{}", path.display());
    }
}

#[test]
fn a_check_of_the_key_that_failed_is_not_begun_again_in_the_same_run() {
    let (sim, work, _) = account(3, |_| {});
    let failure = Effect::Status { status: 503, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(failure).host("intervals.icu"));
    work.run("gs-fetch", &[]).ends(75).says("HTTP 503");
    // As often as any read.
    assert_eq!(sim.log().len(), 4);
}

#[test]
fn an_athlete_id_that_is_not_the_keys_is_a_configuration_error() {
    let (sim, mut work, _) = account(3, |_| {});
    work.set("INTERVALS_ATHLETE_ID", "i100001");
    work.run("gs-fetch", &[]).ok();
    work.set("INTERVALS_ATHLETE_ID", "i777");
    work.run("gs-fetch", &[]).ends(78).says("check INTERVALS_ATHLETE_ID");
    for wrong in ["me", "i", "i1/../x", "-1"] {
        work.set("INTERVALS_ATHLETE_ID", wrong);
        work.run("gs-fetch", &[]).ends(78).says("not an athlete id");
    }
    assert!(sim.log().iter().all(|one| !one.path.contains("..")));
    work.set("INTERVALS_ATHLETE_ID", "0");
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn the_key_of_another_athlete_is_refused() {
    let (sim, mut work, _) = account(3, |_| {});
    work.run("gs-fetch", &[]).ok();
    let (other, other_work, _) = account(3, |spec| {
        spec.athlete = "i200002".into();
        spec.key = "0th3rk3y0th3rk3y0th3rk3y".into();
    });
    drop(other_work);
    work.set("GS_LOOPBACK", &other.base_url());
    let key = other.with(|state| state.intervals_key());
    work.given("gs-auth", &["key", "-", "--platform", "intervals"], &key).ends(78);
    work.set("GS_LOOPBACK", &sim.base_url());
    work.run("gs-fetch", &[]).ok();
}

#[test]
fn a_changed_key_in_the_settings_is_used_although_the_stored_one_works() {
    let other =
        IntervalsSpec { athlete: "i200002".into(), key: "0th3rk3y0th3rk3y0th3rk3y".into(), ..IntervalsSpec::default() };
    let others_key = other.key.clone();
    let scenario =
        Scenario { accounts: Vec::new(), intervals: vec![IntervalsSpec::default(), other], ..Scenario::default() };
    let sim = scenario.start();
    let key = sim.with(|state| state.intervals_key());
    // The first key came from the settings, or a person gave it when the settings had none.
    for by_hand in [false, true] {
        let mut work = Work::with(&sim);
        if by_hand {
            work.given("gs-auth", &["key", "-", "--platform", "intervals"], &key).ok();
        } else {
            work.set("INTERVALS_API_KEY", &key);
        }
        work.run("gs-fetch", &[]).ok();
        std::fs::create_dir(work.dir().join("watch")).unwrap();
        std::fs::write(work.dir().join("watch/run.fit"), run(1).encode()).unwrap();
        let folder = format!("folder:{}", work.dir().join("watch").display());
        work.run("gs-fetch", &["--platform", &folder]).ok();
        let list = work.run("gs-list", &[]).ok().out.clone();
        let plan = work.given("gs-diff", &["--from", &folder, "--to", "intervals"], &list).ok().out.clone();
        let plan = work.given("gs-download", &[], &plan).ok().out.clone();
        assert_eq!(plan.lines().count(), 1, "{plan}");
        for (changed, code, words) in [(others_key.as_str(), 78, "--forget-account"), ("n0ns3ns3", 77, "HTTP 401")] {
            work.set("INTERVALS_API_KEY", changed);
            sim.clear_log();
            work.run("gs-fetch", &[]).ends(code).says(words);
            work.given("gs-upload", &[], &plan).says(words);
            assert_eq!(writes(&sim), [""; 0], "{changed}");
        }
        // A person gives a key in place of that in the settings.
        work.given("gs-auth", &["key", "-", "--platform", "intervals"], &key).ok();
        sim.clear_log();
        work.run("gs-fetch", &[]).ok();
        assert!(asked(&sim, "/athlete/0").iter().all(|one| one.path.contains("/activities")), "no key is checked");
        work.set("INTERVALS_API_KEY", &others_key);
        work.run("gs-fetch", &[]).ends(78);
        work.set("INTERVALS_API_KEY", &key);
        work.run("gs-fetch", &[]).ok();
    }
}

#[test]
fn the_key_never_follows_a_redirect() {
    let (other, _, _) = account(0, |_| {});
    let (_sim, work, _) = account(1, |spec| spec.moved_to = Some(format!("{}/intervals.icu", other.base_url())));
    let said = work.run("gs-fetch", &[]);
    assert_ne!(said.code, 0);
    assert!(other.log().is_empty(), "{said}");
    // A service that redirects to itself is not called a bad connection.
    let (_sim, work, _) = account(1, |spec| spec.moved_to = Some("https://intervals.icu".into()));
    work.run("gs-fetch", &[]).ends(75).says("intervals.icu redirects again and again").says("; try again later");
    // Nor to another port of the same host.
    let (sim, work, _) = account(1, |spec| spec.moved_to = Some("https://intervals.icu:8443".into()));
    work.run("gs-fetch", &[]).says("redirects to another service, intervals.icu:8443; not followed");
    assert!(sim.log().iter().all(|one| one.host == "intervals.icu"));
}

#[test]
fn activities_from_strava_are_counted_and_never_missing() {
    let (sim, work, _) = account(5, |_| {});
    for day in 10..13 {
        sim.with(|state| state.add_strava_stub(start(day)));
    }
    let said = work.run("gs-fetch", &[]);
    assert_eq!(said.ok().says("3 activities from Strava skipped").records().len(), 5);
    work.run("gs-fetch", &["--full"]).ok().silent();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM activities"), 5);
}

#[test]
fn an_activity_that_came_from_strava_is_not_uploaded_a_second_time() {
    let mut world = four();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,INTERVALS");
    (0..12).for_each(|day| drop((world.put("garmin-com", &run(day)), world.put("intervals", &run(day)))));
    // The simulator's athlete lives in Paris, and so does this watch.
    for day in [20, 21] {
        let paris = jiff::tz::TimeZone::get("Europe/Paris").unwrap();
        let offset = paris.to_offset(jiff::Timestamp::from_second(start(day)).unwrap()).seconds();
        let recording = Recording { offset, ..run(day) };
        world.put("garmin-com", &recording);
    }
    let stub = world.sim.with(|state| state.add_strava_stub(start(20)));
    let said = sync(&world.work, &[]);
    said.ok();
    let reason = "SELECT reason ->> '$.code' FROM uploads WHERE outcome = 'rejected'";
    assert_eq!(world.work.sql::<String>(reason), "from-strava");
    // The stub, and the activity of the day without one.
    assert_eq!(world.ids("intervals").len(), 14);
    sync(&world.work, &[]).ok();
    assert_eq!(world.work.sql::<i64>("SELECT count(*) FROM uploads"), 2);
    // The person has left Strava.
    assert!(world.sim.with(|state| state.delete_intervals_activity(&stub)));
    sync(&world.work, &[]).ok();
    assert_eq!(world.ids("intervals").len(), 13);
    world.work.change("UPDATE uploads SET started_at = started_at - 8 * 86400");
    sync(&world.work, &["--full"]).ok();
    assert_eq!(world.ids("intervals").len(), 14);
}

#[test]
fn what_garmin_pushed_is_a_converted_file_and_is_uploaded_nowhere() {
    let mut world = four();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,COROS,INTERVALS").set("GS_UPLOAD_WAIT", "2s");
    for day in 0..12 {
        let id = world.put("garmin-com", &run(day));
        world.sim.with(|state| state.push_from_garmin("garmin.com", id.parse().unwrap())).unwrap();
    }
    // The original of this one exists nowhere else.
    let gone = world.put("garmin-com", &run(20));
    world.sim.with(|state| state.push_from_garmin("garmin.com", gone.parse().unwrap())).unwrap();
    world.remove("garmin-com", &gone);
    sync(&world.work, &["--archive"]).ok();
    let count = |sql: &str| world.work.sql::<i64>(sql);
    assert_eq!(count("SELECT count(*) FROM files WHERE platform = 'intervals' AND origin = 'converted'"), 13);
    assert_eq!(count("SELECT count(*) FROM files WHERE platform = 'garmin-com' AND origin = 'original'"), 12);
    assert_eq!(world.ids("intervals").len(), 13, "the pushed copies are the same activities");
    assert_eq!(world.ids("coros").len(), 12, "a filtered copy is no original, and is not uploaded");
}

#[test]
fn four_platforms_and_an_outbox_become_equal_in_one_sync_and_the_next_writes_nothing() {
    let mut world = four();
    let out = world.work.dir().join("out");
    std::fs::create_dir(&out).unwrap();
    world.work.set("SYNC_PLATFORM", &format!("{ALL},outbox:{}", out.display()));
    let names = [&SERVICES[..], &["intervals"]].concat();
    let mut all = 0;
    for day in 0..24 {
        world.put(names[day as usize % 4], &run(day));
        all += 1;
        if day % 3 == 0 {
            world.put(names[(day as usize + 1) % 4], &run(day));
        }
    }
    sync(&world.work, &[]).ok();
    for name in &names {
        assert_eq!(world.ids(name).len(), all, "{name}");
    }
    let delivered = || std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert_eq!(delivered().len(), all);
    // Another program takes all files.
    delivered().iter().for_each(|path| std::fs::remove_file(path).unwrap());
    world.sim.clear_log();
    sync(&world.work, &[]).ok().silent();
    assert_eq!(writes(&world.sim), [""; 0]);
    assert!(delivered().is_empty());
}

#[test]
fn an_upload_whose_response_was_lost_is_found_and_not_repeated() {
    let mut world = four();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,INTERVALS");
    (0..12).for_each(|day| drop((world.put("garmin-com", &run(day)), world.put("intervals", &run(day)))));
    world.put("garmin-com", &run(20));
    world.sim.fault(Fault::new(Effect::AnswerLost).host("intervals.icu").method("POST").count(1));
    let said = sync(&world.work, &[]);
    assert!(said.code == 0 || said.code == 75 || said.code == 1, "{said}");
    sync(&world.work, &[]).ok();
    assert_eq!(world.ids("intervals").len(), 13);
}

#[test]
fn a_multisport_file_is_uploaded_once_and_its_further_legs_are_skipped() {
    let mut world = four();
    world.work.set("SYNC_PLATFORM", "GARMINCOM,INTERVALS");
    (0..12).for_each(|day| drop((world.put("garmin-com", &run(day)), world.put("intervals", &run(day)))));
    world.put_bytes("garmin-com", &fit::triathlon(start(20)).build());
    for _ in 0..3 {
        sync(&world.work, &[]).ok();
    }
    assert_eq!(world.ids("garmin-com").len(), 13, "no leg came back as an activity");
    assert!(world.ids("intervals").len() > 14, "the service makes an activity of each leg");
}
