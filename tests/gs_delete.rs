//! `gs-delete`: each guard by the real command, what it does when the service lies or falls silent, and the way back.

#![allow(clippy::unwrap_used)]

mod support;
#[path = "support/world.rs"]
mod world;

use std::process::Child;

use gs_sim::fit::{Recording, damage};
use gs_sim::garmin::activity::{Device, Source};
use gs_sim::{Effect, Fault};
use serde_json::{Value, json};
use support::Said;
use world::{SERVICES, World, domain, nameless, ride, run, start};

/// Entries beside the copies, on the same days, so that one more that is gone is no list that shrank.
const OTHERS: i64 = 24;

/// Where deletions are asked for, and where lists.
const DELETE: [&str; 2] = ["/activity-service/activity/", "/activity/delete"];
const LIST: [&str; 2] = ["/activitylist-service/", "/activity/query"];

/// A run that is on a service twice, and its place in the tests.
struct Twice {
    world: World,
    service: &'static str,
    kept: String,
    copy: String,
    /// `gs-list | gs-dedupe --copies | gs-download | gs-dedupe`
    marked: String,
}

/// The same recording twice on `service`, written anew the second time; all archived and marked.
fn twice(service: &'static str) -> Twice {
    with_copy(service, &run(0).encode(), &run(0).builder().big_endian().build())
}

/// These two files on `service`, which are one exercise.
fn with_copy(service: &'static str, one: &[u8], other: &[u8]) -> Twice {
    let world = World::new();
    let ids = [one, other].map(|bytes| world.put_bytes(service, bytes));
    fill(&world, service);
    world.fetch();
    marked(world, service, &ids)
}

/// Short rides all day long around the run.
fn fill(world: &World, service: &str) {
    for number in 0..OTHERS {
        let mut other = ride(40 + number);
        (other.start, other.legs[0].seconds) = (start(0) - 86_400 + number * 7200 + 1800, 600 + 7 * number as u32);
        world.put(service, &other);
    }
}

fn marked(world: World, service: &'static str, ids: &[String; 2]) -> Twice {
    let copies = world.work.given("gs-dedupe", &["--copies"], &world.list()).ok().out.clone();
    let with_files = world.work.given("gs-download", &[], &copies).ok().out.clone();
    let marked = world.work.given("gs-dedupe", &[], &with_files).ok().out.clone();
    let records: Vec<Value> = marked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let copy = records.iter().find(|record| !record["copy_of"].is_null()).unwrap_or_else(|| panic!("{records:?}"));
    let (copy, kept) = (copy["id"].as_str().unwrap().to_owned(), copy["copy_of"]["id"].as_str().unwrap().to_owned());
    assert!(ids.contains(&copy) && ids.contains(&kept) && copy != kept, "{records:?}");
    world.sim.clear_log();
    Twice { world, service, kept, copy, marked }
}

impl Twice {
    fn delete(&self, args: &[&str]) -> Said {
        self.given(args, &self.marked)
    }

    fn given(&self, args: &[&str], input: &str) -> Said {
        self.world.work.given("gs-delete", args, input)
    }

    /// The record of the copy, with another claim.
    fn claiming(&self, id: &str, certainty: &str) -> String {
        self.changed(|copy| copy["copy_of"] = json!({"id": id, "why": ["somebody says so"], "certainty": certainty}))
    }

    fn changed(&self, change: impl FnOnce(&mut Value)) -> String {
        let records = self.marked.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut copy = records.into_iter().find(|record| record["id"] == self.copy.as_str()).unwrap();
        change(&mut copy);
        format!("{copy}\n")
    }

    /// Expects that it is kept for this reason, that nothing was asked for, and that it is still there.
    #[track_caller]
    fn kept_because(&self, said: &Said, words: &str) {
        let records = said.ok().records();
        let copy = records.iter().find(|record| record["id"] == self.copy.as_str()).unwrap();
        assert_eq!(copy["outcome"]["kind"], "skipped", "{said}");
        let why = copy["outcome"]["why"].as_str().unwrap();
        assert!(why.contains(words), "{why}\n{said}");
        self.nothing_happened();
    }

    #[track_caller]
    fn nothing_happened(&self) {
        assert_eq!(self.deletions(), 0);
        assert_eq!(self.world.ids(self.service).len() as i64, OTHERS + 2);
        assert_eq!(self.world.work.sql::<i64>("SELECT count(*) FROM deletions"), 0);
    }

    /// How often a deletion was asked for.
    fn deletions(&self) -> usize {
        let log = self.world.sim.log();
        let is_deletion = |one: &&gs_sim::LoggedRequest| one.method == "DELETE" || one.path.contains(DELETE[1]);
        log.iter().filter(is_deletion).count()
    }

    /// Expects the copy gone and the other one there, and the journal to say so.
    #[track_caller]
    fn is_gone(&self) {
        let ids = self.world.ids(self.service);
        assert!(ids.contains(&self.kept) && !ids.contains(&self.copy), "{ids:?}");
        assert_eq!(self.journal(), ["deleted"]);
    }

    /// The outcomes in the journal.
    fn journal(&self) -> Vec<String> {
        let all: Option<String> = self
            .world
            .work
            .sql("SELECT group_concat(ifnull(outcome, 'open')) FROM (SELECT * FROM deletions ORDER BY number)");
        all.map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default()
    }

    fn file(&self, id: &str) -> std::path::PathBuf {
        self.world.archived(self.service, id)
    }

    /// A fault that strikes deletions here.
    fn on_deletion(&self, effect: Effect) -> Fault {
        match domain(self.service) {
            Some(_) => Fault::new(effect).method("DELETE"),
            None => Fault::new(effect).contains(DELETE[1]),
        }
    }

    /// A fault that strikes lists here.
    fn on_list(&self, effect: Effect) -> Fault {
        Fault::new(effect).contains(LIST[usize::from(domain(self.service).is_none())])
    }
}

fn down() -> Effect {
    Effect::Status { status: 503, retry_after: None, body: None, content_type: None }
}

#[test]
fn a_copy_goes_and_the_journal_has_its_file_and_the_reason() {
    for service in SERVICES {
        let twice = twice(service);
        let said = twice.delete(&["--yes"]);
        let records = said.ok().silent().records();
        assert_eq!(records.len(), 2, "what is kept passes: {said}");
        let copy = records.iter().find(|record| record["id"] == twice.copy.as_str()).unwrap();
        assert_eq!(copy["outcome"]["kind"], "deleted");
        twice.is_gone();
        assert_eq!(twice.deletions(), 1);
        let row: String =
            twice.world.work.sql("SELECT platform || ' ' || id || ' ' || kept_id || ' ' || sha256 FROM deletions");
        let sha256 = gs_sim::sha256(&std::fs::read(twice.file(&twice.copy)).unwrap());
        assert_eq!(row, format!("{service} {} {} {sha256}", twice.copy, twice.kept));
        let why: String = twice.world.work.sql("SELECT why FROM deletions");
        assert!(why.contains("same recording") && why.contains("kept: "), "{why}");
        // Deleted from here it is gone at once, and nobody is told that a list shrank.
        let gone = twice.world.work.run("gs-list", &["--deleted"]);
        assert_eq!(gone.ok().record()["deleted"]["confirmed"], true);
        let again = twice.delete(&["--yes"]);
        assert!(again.ok().out.contains("it is gone already"), "{again}");
        twice.world.work.run("gs-fetch", &["--full"]).ok().silent();
        assert_eq!(twice.deletions(), 1);
    }
}

#[test]
fn ancestors_7_nothing_is_deleted_by_default_in_a_preview_or_before_its_file_is_archived() {
    for service in SERVICES {
        let twice = twice(service);
        twice.kept_because(&twice.delete(&[]), "nobody said --yes");
        let preview = twice.delete(&["-n"]);
        preview.says(&format!("{service} {}: would be deleted; {} is kept", twice.copy, twice.kept));
        twice.kept_because(&preview, "--dry-run");
        twice.kept_because(&twice.delete(&["-n", "--yes"]), "--dry-run");
        twice.kept_because(&twice.delete(&["--yes", "--max-delete", "0"]), "limit of 0");
        assert!(twice.world.sim.log().is_empty(), "not even a list was asked for");
        // Somebody who skips the download.
        twice.world.work.change("DELETE FROM files");
        twice.kept_because(&twice.delete(&["--yes"]), "not whole in the archive; run gs-download first");
    }
}

#[test]
fn another_platform_is_left_alone_by_the_flag() {
    let twice = twice("coros");
    let said = twice.delete(&["--yes", "--platform", "garmin-com"]);
    assert_eq!(said.ok().records().len(), 2);
    twice.nothing_happened();
}

/// Four runs of which each is there three times.
fn many() -> (World, String) {
    let world = World::new();
    for day in 0..4 {
        for bytes in
            [run(day).encode(), run(day).builder().big_endian().build(), run(day).builder().header_12().build()]
        {
            world.put_bytes("garmin-com", &bytes);
        }
    }
    world.work.archive_all();
    let marked = world.work.given("gs-dedupe", &[], &world.list()).ok().out.clone();
    (world, marked)
}

fn outcomes(said: &Said, kind: &str) -> usize {
    said.records().iter().filter(|record| record["outcome"]["kind"] == kind).count()
}

#[test]
fn the_limit_holds_by_flag_by_setting_and_over_all_commands_of_a_run() {
    let (mut world, marked) = many();
    let said = world.work.given("gs-delete", &["--yes", "--max-delete", "1"], &marked);
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (1, 7));
    assert!(
        said.out.contains("the limit of 1 deletions a run is reached (--max-delete); the next run goes on"),
        "{said}"
    );
    world.work.set("MAX_DELETE", "2");
    let said = world.work.given("gs-delete", &["--yes"], &marked);
    assert_eq!(outcomes(said.ok(), "deleted"), 2);
    world.work.set("GS_RUN", "one-run").set("MAX_DELETE", "3");
    let first = world.work.given("gs-delete", &["--yes", "--max-delete", "2"], &marked);
    assert_eq!(outcomes(first.ok(), "deleted"), 2);
    let second = world.work.given("gs-delete", &["--yes"], &marked);
    assert_eq!(outcomes(second.ok(), "deleted"), 1, "three in all, by two commands");
    world.work.set("GS_RUN", "the-next");
    assert_eq!(outcomes(world.work.given("gs-delete", &["--yes"], &marked).ok(), "deleted"), 2);
    assert_eq!(world.ids("garmin-com").len(), 4);
    world.work.set("MAX_DELETE", "many");
    world.work.given("gs-delete", &["--yes"], &marked).ends(78).says("MAX_DELETE");
}

#[test]
fn ten_are_the_limit_if_nobody_says_otherwise() {
    let world = World::new();
    for day in 0..11 {
        world.put("garmin-com", &run(day));
        world.put_bytes("garmin-com", &run(day).builder().big_endian().build());
    }
    world.work.archive_all();
    let marked = world.work.given("gs-dedupe", &[], &world.list()).ok().out.clone();
    let said = world.work.given("gs-delete", &["--yes"], &marked);
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (10, 1));
    assert_eq!(world.ids("garmin-com").len(), 12);
}

#[test]
fn what_is_not_whole_in_the_archive_stays_and_so_does_what_has_no_whole_one_beside_it() {
    type Damage = fn(&std::path::Path);
    let damages: [Damage; 4] = [
        |path| std::fs::remove_file(path).unwrap(),
        |path| std::fs::write(path, run(1).encode()).unwrap(),
        |path| std::fs::write(path, damage::truncate_at(&std::fs::read(path).unwrap(), 300)).unwrap(),
        // Of the same size: only its sum tells.
        |path| std::fs::write(path, damage::flip_bit(&std::fs::read(path).unwrap(), 300, 2)).unwrap(),
    ];
    let twice = twice("garmin-com");
    for (id, words) in [(&twice.copy, "its file is not whole"), (&twice.kept, "to be kept is not whole")] {
        let path = twice.file(id);
        let whole = std::fs::read(&path).unwrap();
        for harm in damages {
            harm(&path);
            twice.kept_because(&twice.delete(&["--yes"]), words);
            std::fs::write(&path, &whole).unwrap();
        }
    }
    twice.delete(&["--yes"]).ok();
    twice.is_gone();
}

#[test]
fn what_the_archive_has_only_as_an_export_stays() {
    let world = World::new();
    let ids = [0, 1].map(|_| world.put("garmin-com", &run(0)));
    world.sim.with(|state| {
        let entry = state.account("garmin.com").find_mut(ids[1].parse().unwrap()).unwrap();
        // Its service gives a file that it computed; and it knows no watch of it, so the other one is the better.
        (entry.source, entry.device) = (Source::Corrupt403, Device::Null);
    });
    fill(&world, "garmin-com");
    world.fetch();
    let twice = marked(world, "garmin-com", &ids);
    assert_eq!(twice.copy, ids[1]);
    twice.kept_because(&twice.delete(&["--yes"]), "no original FIT file of it");
}

#[test]
fn what_is_kept_has_to_be_there_now() {
    for service in SERVICES {
        let twice = twice(service);
        twice.world.remove(service, &twice.kept);
        let said = twice.delete(&["--yes"]);
        assert!(said.ok().out.contains("the platform does not show the entry that is to be kept"), "{said}");
        assert_eq!((twice.deletions(), twice.world.ids(service).len() as i64), (0, OTHERS + 1));
        // And when nobody can say, nothing is deleted either.
        let twice = self::twice(service);
        twice.world.sim.fault(twice.on_list(down()));
        let said = twice.delete(&["--yes"]);
        said.ends(75).says("left alone in this run");
        assert!(said.records().iter().any(|record| record["problem"]["kind"] == "retry-later"), "{said}");
        twice.nothing_happened();
    }
}

#[test]
fn what_two_devices_recorded_stays_whatever_the_record_says() {
    let other = Recording { device: (1, 3113, 700_001), ..run(0) };
    let twice = with_copy("garmin-com", &run(0).encode(), &other.encode());
    twice.kept_because(&twice.delete(&["--yes"]), "two devices recorded it");
    for lie in ["same-file", "same-exercise"] {
        twice.kept_because(&twice.given(&["--yes"], &twice.claiming(&twice.kept, lie)), "two devices recorded it");
    }
}

#[test]
fn what_is_shifted_or_begins_alike_stays_whatever_the_record_says() {
    let shifted = Recording { start: start(0) + 3600, ..run(0) };
    let shorter = |mut recording: Recording| {
        recording.legs[0].seconds /= 2;
        recording
    };
    for (other, name) in [(nameless(&shifted), "shifted"), (nameless(&shorter(ride(0))), "start-only")] {
        let twice = with_copy("garmin-com", &run(0).encode(), &other);
        let mark: Value = serde_json::from_str(&twice.claiming("x", "y")).unwrap();
        assert_eq!(mark["id"], twice.copy.as_str());
        assert!(twice.marked.contains(&format!(r#""certainty":"{name}""#)), "{}", twice.marked);
        twice.kept_because(&twice.delete(&["--yes"]), "not certain that both are one recording");
        for lie in ["same-file", "same-exercise"] {
            let said = twice.given(&["--yes"], &twice.claiming(&twice.kept, lie));
            twice.kept_because(&said, "not certain that both are one recording");
        }
    }
}

#[test]
fn a_record_that_is_less_certain_than_the_files_is_believed_too() {
    let twice = twice("garmin-com");
    for (told, words) in [
        ("two-devices", "two devices recorded it"),
        ("shifted", "not certain"),
        ("start-only", "not certain"),
        ("surely", "not certain"),
    ] {
        twice.kept_because(&twice.given(&["--yes"], &twice.claiming(&twice.kept, told)), words);
    }
}

#[test]
fn an_entry_is_never_deleted_for_itself_for_a_stranger_or_for_nobody() {
    let twice = twice("coros");
    let claim = |id: &str| twice.given(&["--yes"], &twice.claiming(id, "same-file"));
    twice.kept_because(&claim(&twice.copy), "not another one on the same platform");
    twice.kept_because(&claim("123"), "the catalogue does not know the entry that is to be kept");
    let other = twice.world.ids("coros").into_iter().find(|id| ![&twice.kept, &twice.copy].contains(&id)).unwrap();
    twice.kept_because(&claim(&other), "not certain");
    let unknown = twice.changed(|copy| copy["id"] = "999".into());
    assert!(twice.given(&["--yes"], &unknown).ok().out.contains("the catalogue does not know it"));
    let elsewhere = twice.changed(|copy| copy["platform"] = "strava".into());
    assert!(twice.given(&["--yes"], &elsewhere).ok().out.contains("no platform of this name"));
    twice.nothing_happened();
}

#[test]
fn two_that_are_each_called_the_copy_of_the_other_lose_one_at_most() {
    // Alike in everything: only the rule on which one is better tells them apart.
    let twice = with_copy("garmin-com", &run(0).encode(), &run(0).encode());
    let mutual: Vec<Value> = [(&twice.kept, &twice.copy), (&twice.copy, &twice.kept)]
        .map(|(id, of)| {
            let line = twice.marked.lines().find(|line| line.contains(&format!(r#""id":"{id}","name""#))).unwrap();
            let mut record: Value = serde_json::from_str(line).unwrap();
            record["copy_of"] = json!({"id": of, "why": [], "certainty": "same-file"});
            record
        })
        .into();
    let lines = |records: &[Value]| records.iter().map(|record| format!("{record}\n")).collect::<String>();
    let backwards: Vec<Value> = mutual.iter().rev().cloned().collect();
    for input in [lines(&mutual), lines(&backwards), lines(&mutual)] {
        twice.given(&["--yes"], &input).ok();
        twice.is_gone();
    }
    assert_eq!(twice.deletions(), 1);
}

#[test]
fn a_chain_of_copies_leaves_the_best_one() {
    let (world, _) = many();
    let records: Vec<Value> = world.list().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let day = |record: &Value| record["start_time"].as_str().unwrap().to_owned();
    let mut ids: Vec<&Value> = records.iter().filter(|record| day(record) == day(&records[0])).collect();
    ids.sort_by_key(|record| record["id"].as_str().unwrap().to_owned());
    let [a, b, c] = ids[..] else { panic!("{ids:?}") };
    // Each is said to be a copy of the next, around in a ring.
    let ring: String = [(a, b), (b, c), (c, a)]
        .map(|(one, of)| {
            let mut record = one.clone();
            record["copy_of"] = json!({"id": of["id"], "why": [], "certainty": "same-file"});
            format!("{record}\n")
        })
        .concat();
    for _ in 0..3 {
        world.work.given("gs-delete", &["--yes"], &ring).ok();
    }
    let left = world.ids("garmin-com");
    assert!(ids.iter().any(|record| left.contains(&record["id"].as_str().unwrap().to_owned())), "{left:?}");
}

#[test]
fn what_this_very_run_has_uploaded_stays_until_the_next() {
    let mut world = World::new();
    // The service knows the watch of nothing that was put there by hand.
    world.put_bytes("garmin-cn", &nameless(&run(0)));
    fill(&world, "garmin-com");
    world.fetch();
    world.work.set("GS_RUN", "this-run");
    let plan = world.diff(&["--from", "garmin-cn", "--to", "garmin-com"]);
    let copy = world.apply(&plan, &[]).ok().record()["outcome"]["id"].as_str().unwrap().to_owned();
    // Meanwhile the watch itself has synced.
    let kept = world.put("garmin-com", &run(0));
    world.fetch();
    let mut twice = marked(world, "garmin-com", &[kept, copy.clone()]);
    assert_eq!(twice.copy, copy);
    twice.kept_because(&twice.delete(&["--yes"]), "uploaded in this very run");
    twice.world.work.set("GS_RUN", "the-next");
    twice.delete(&["--yes"]).ok();
    twice.is_gone();
}

#[test]
fn a_service_that_always_says_yes_and_deletes_nothing_is_not_believed() {
    let twice = twice("coros");
    twice.world.sim.with(|state| state.coros.accounts[0].spec.delete_does_nothing = true);
    let said = twice.delete(&["--yes"]);
    said.ends(75).says("it is still there, whatever the service said");
    let copy = said.records().into_iter().find(|record| record["id"] == twice.copy.as_str()).unwrap();
    assert_eq!(copy["problem"]["kind"], "retry-later");
    assert_eq!((twice.journal(), twice.deletions()), (vec!["failed".to_owned()], 1));
    assert_eq!(twice.world.work.run("gs-list", &["--deleted"]).ok().out, "");
    // The next run tries again.
    twice.world.sim.with(|state| state.coros.accounts[0].spec.delete_does_nothing = false);
    twice.delete(&["--yes"]).ok();
    assert_eq!(twice.journal(), ["failed", "deleted"]);
}

#[test]
fn when_the_answer_is_lost_the_list_decides() {
    for service in SERVICES {
        let twice = twice(service);
        twice.world.sim.fault(twice.on_deletion(Effect::AnswerLost));
        twice.delete(&["--yes"]).ok().silent();
        twice.is_gone();
        assert_eq!(twice.deletions(), 1, "it is sent once");
        // What came back is a page, and nothing happened: the list shows it for as long as is reasonable.
        if service == "garmin-cn" {
            let twice = self::twice(service);
            twice.world.sim.fault(twice.on_deletion(Effect::Html));
            twice.delete(&["--yes"]).ends(75).says("it is still there");
            assert_eq!((twice.journal(), twice.deletions()), (vec!["failed".to_owned()], 1));
        }
    }
}

#[test]
fn a_refusal_and_a_limit_of_the_service_leave_it_there() {
    for (status, code) in [(403, 1), (429, 75)] {
        let twice = twice("garmin-com");
        let body = Some(r#"{"message":"HTTP","error":"ForbiddenException"}"#.to_owned());
        let effect = Effect::Status { status, retry_after: None, body, content_type: None };
        twice.world.sim.fault(twice.on_deletion(effect));
        let said = twice.delete(&["--yes"]);
        said.ends(code);
        assert_eq!((twice.journal(), twice.deletions()), (vec!["failed".to_owned()], 1), "{said}");
        twice.world.sim.clear_faults();
        // The service's wish to be left alone is remembered for a while.
        twice.world.work.change("DELETE FROM pacing");
        twice.delete(&["--yes"]).ok();
        assert_eq!(twice.journal(), ["failed", "deleted"]);
    }
}

/// Starts it and kills it once a request is in the hands of the fault.
fn killed(twice: &Twice, fault: Fault) {
    twice.world.sim.fault(fault);
    let mut child: Child = twice.world.work.spawn("gs-delete", &["--yes"], &twice.marked);
    while !twice.world.sim.log().iter().any(|request| request.note.contains("fault: ")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    twice.world.sim.clear_faults();
    assert_eq!(twice.journal(), ["open"], "the intent stands there before the request");
}

#[test]
fn killed_before_the_request_takes_effect_the_next_run_settles_and_deletes_it() {
    for service in SERVICES {
        let twice = twice(service);
        killed(&twice, twice.on_deletion(Effect::Stall { ms: 20_000 }));
        // A copy that is perhaps on its way out is nobody's to refer to.
        assert_eq!(twice.world.ids(service).len() as i64, OTHERS + 2);
        let said = twice.delete(&["--yes"]);
        said.ok().silent();
        assert_eq!(outcomes(&said, "deleted"), 1, "{said}");
        assert_eq!(twice.journal(), ["failed", "deleted"]);
        assert!(!twice.world.ids(service).contains(&twice.copy));
    }
}

#[test]
fn killed_after_the_request_took_effect_the_next_run_settles_it() {
    for service in SERVICES {
        let twice = twice(service);
        killed(&twice, twice.on_deletion(Effect::Held { ms: 20_000 }));
        // Even one that has nothing else to do.
        let said = twice.given(&[], "");
        assert_eq!(said.ok().record()["outcome"]["kind"], "deleted");
        twice.is_gone();
        assert_eq!(twice.deletions(), 1);
    }
}

#[test]
fn what_is_perhaps_going_is_no_reason_to_delete_another() {
    let twice = with_copy("garmin-com", &run(0).encode(), &run(0).encode());
    killed(&twice, twice.on_deletion(Effect::Held { ms: 20_000 }));
    // A list that still shows it for a while, and a record that calls the kept one its copy.
    twice.world.sim.fault(twice.on_list(down()));
    let line = twice.marked.lines().find(|line| line.contains(&format!(r#""id":"{}","name""#, twice.kept))).unwrap();
    let mut record: Value = serde_json::from_str(line).unwrap();
    record["copy_of"] = json!({"id": twice.copy, "why": [], "certainty": "same-file"});
    let said = twice.given(&["--yes"], &format!("{record}\n"));
    said.ends(75);
    assert_eq!(twice.deletions(), 1);
    assert!(twice.world.ids("garmin-com").contains(&twice.kept));
}

#[test]
fn when_no_list_tells_it_stays_open_and_the_next_run_settles_it() {
    for service in SERVICES {
        let mut twice = twice(service);
        // A list of this run has shown the one that is kept.
        twice.world.work.set("GS_RUN", "this-run");
        twice.world.fetch();
        twice.world.sim.fault(twice.on_list(down()));
        let said = twice.delete(&["--yes"]);
        said.ends(75).says("whether it is gone is not known");
        assert_eq!((twice.journal(), twice.deletions()), (vec!["open".to_owned()], 1));
        // Still nobody knows: it is not asked for again.
        let said = twice.delete(&["--yes"]);
        assert!(said.ends(75).out.contains("its deletion was asked for"), "{said}");
        assert_eq!((twice.journal(), twice.deletions()), (vec!["open".to_owned()], 1), "{said}");
        twice.world.sim.clear_faults();
        twice.delete(&["--yes"]).ok();
        twice.is_gone();
        assert_eq!(twice.deletions(), 1);
    }
}

#[test]
fn a_copy_that_comes_in_twice_is_asked_for_once() {
    let twice = twice("coros");
    let said = twice.given(&["--yes"], &twice.marked.repeat(2));
    assert_eq!((outcomes(said.ok(), "deleted"), outcomes(&said, "skipped")), (1, 1), "{said}");
    twice.is_gone();
    assert_eq!(twice.deletions(), 1);
}

#[test]
fn a_dry_run_leaves_open_what_is_open() {
    let twice = twice("coros");
    killed(&twice, twice.on_deletion(Effect::Held { ms: 20_000 }));
    twice.world.sim.clear_log();
    twice.given(&["-n"], "").ok().says("coros: would look what became of 1 deletions");
    assert_eq!((twice.journal(), twice.world.sim.log().len()), (vec!["open".to_owned()], 0));
}

#[test]
fn what_was_deleted_can_be_put_back_and_is_not_deleted_again() {
    for service in ["garmin-com", "garmin-cn", "coros"] {
        // Garmin knows recordings by their file_id and has one of each, so this copy is one of a converter.
        let twice = with_copy(service, &run(0).encode(), &nameless(&run(0)));
        let before = gs_sim::sha256(&std::fs::read(twice.file(&twice.copy)).unwrap());
        twice.delete(&["--yes"]).ok();
        twice.is_gone();
        // A person takes longer than a second to want it back.
        twice.world.work.change("UPDATE activities SET first_seen = first_seen - 60");
        let deleted = twice.world.work.run("gs-list", &["--deleted"]).ok().out.clone();
        let said = twice.world.work.given("gs-upload", &["--restore"], &deleted);
        assert_eq!(said.ok().record()["outcome"]["kind"], "created", "{said}");
        assert_eq!(twice.journal(), ["restored"]);
        let back = said.record()["outcome"]["id"].as_str().unwrap().to_owned();
        let number = back.parse().unwrap();
        let served = twice.world.sim.with(|state| match domain(service) {
            Some(domain) => state.served(domain, number),
            None => state.coros_served(2, number),
        });
        assert_eq!(served, Some(before), "the very bytes");
        // It is a copy again, and a person wants it.
        twice.world.fetch();
        let again = marked(twice.world, service, &[twice.kept, back.clone()]);
        assert_eq!(again.copy, back);
        let said = again.delete(&["--yes"]);
        assert!(said.ok().out.contains("deleted before and put back by hand"), "{said}");
        assert!(again.world.ids(service).contains(&back));
        // Nor is anything of it sent anywhere twice.
        again.world.diff(&["--to", service]).ok();
        assert_eq!(again.world.diff(&["--to", service]).ok().out, "");
        // Asked for once more, it is there; deleted again by hand, it may come back again.
        let restore = |deleted: &str| again.world.work.given("gs-upload", &["--restore"], deleted).ok().record();
        let outcome = restore(&deleted)["outcome"].clone();
        assert_eq!((&outcome["kind"], &outcome["id"]), (&json!("already-there"), &json!(back)), "{service}");
        again.world.remove(service, &back);
        again.world.fetch();
        again.world.work.change("UPDATE activities SET first_seen = first_seen - 60");
        let again_deleted = again.world.work.run("gs-list", &["--deleted", "--id", &back]).ok().out.clone();
        assert_eq!(restore(&again_deleted)["outcome"]["kind"], "created", "{service}");
        assert_eq!(restore(&deleted)["outcome"]["kind"], "already-there", "{service}");
        assert_eq!(again.world.ids(service).len() as i64, OTHERS + 2, "{service}");
    }
}

#[test]
fn what_garmin_takes_for_the_kept_one_cannot_stand_beside_it_and_that_is_said() {
    let twice = twice("garmin-com");
    twice.delete(&["--yes"]).ok();
    let deleted = twice.world.work.run("gs-list", &["--deleted"]).ok().out.clone();
    let said = twice.world.work.given("gs-upload", &["--restore"], &deleted);
    let record = said.ok().record();
    assert_eq!((&record["outcome"]["kind"], &record["outcome"]["id"]), (&json!("already-there"), &json!(twice.kept)));
    twice.is_gone();
}

#[test]
fn problems_and_other_records_pass_and_a_malformed_line_ends_it_with_what_was_done() {
    let twice = twice("garmin-com");
    let problem =
        twice.changed(|copy| copy["problem"] = json!({"stage": "gs-download", "kind": "gone", "message": "m"}));
    let unmarked = twice.changed(|copy| copy["copy_of"] = Value::Null);
    let weather = "{\"type\":\"weather\",  \"rain\": 1}\n";
    let said = twice.given(&["--yes"], &format!("{problem}{weather}{unmarked}"));
    assert_eq!(said.ok().records()[0], serde_json::from_str::<Value>(&problem).unwrap());
    assert_eq!(said.out.lines().nth(1), weather.lines().next());
    twice.nothing_happened();
    let said = twice.given(&["--yes"], &format!("{}{{\"type\":\"activity\"}}\n", twice.marked));
    said.ends(65).says("line 3");
    assert_eq!(outcomes(&said, "deleted"), 1, "what was asked for is followed to its end: {said}");
    twice.is_gone();
}
