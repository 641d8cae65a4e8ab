//! Random worlds: accounts that differ, services that fail or send wrong data, users who delete, watches that upload
//! during a sync, and commands that are killed. After two clean runs, our uploads have created no duplicates, no
//! activity is lost, and no activity was deleted without another one left.
//!
//! A failing world is named by its seed; `WORLD=17 cargo test --test it random_worlds` runs only that world and prints
//! its events.

#![allow(clippy::print_stdout, reason = "a test that prints its seeds")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::Said;
use crate::support::world::{World, domain, nameless, run, start};
use crate::worlds;
use fastrand::Rng;
use gs_sim::{Change, Effect, Fault, When};

/// Only a few, because each one starts dozens of programs; `engine/random_worlds.rs` runs many.
const WORLDS: u64 = 40;
const SERVICES: [&str; 3] = ["garmin-com", "garmin-cn", "coros"];
const DAYS: i64 = 6;
/// Runs with faults, before the two clean runs.
const WILD_RUNS: usize = 2;

const GARMIN_LIST: &str = "/activitylist-service/activities/search/";
const COROS_LIST: &str = "/activity/query";
const WRITES: [&str; 3] = ["/upload-service/upload", "/activity/fit/import", "/activity/delete"];

/// A world with its events.
struct Trial {
    seed: u64,
    rng: Rng,
    world: World,
    /// The events, to find the cause of a failure.
    story: String,
    /// Activities that a user deleted: service and day.
    deleted: BTreeSet<(&'static str, i64)>,
    /// Duplicates that another program uploaded: service and day.
    doubled: BTreeSet<(&'static str, i64)>,
}

/// How many activities each service holds of each day.
type Held = BTreeMap<(&'static str, i64), usize>;

impl Trial {
    fn new(seed: u64) -> Trial {
        let mut rng = Rng::with_seed(seed);
        let world = World::changed(|scenario| {
            scenario.accounts[0].upload.polls = rng.u32(0..2);
            scenario.coros[0].import.polls = rng.u32(0..2);
            // Another account at the same service.
            scenario.accounts.push(gs_sim::AccountSpec {
                email: "stranger@example.com".into(),
                generate: 3,
                ..gs_sim::AccountSpec::default()
            });
        });
        let mut trial =
            Trial { seed, rng, world, story: String::new(), deleted: BTreeSet::new(), doubled: BTreeSet::new() };
        trial.set_up();
        trial
    }

    fn set_up(&mut self) {
        let work = &mut self.world.work;
        work.set("GS_TIMEOUT", "5s").set("GS_MAX_RETRY_AFTER", "0").set("GS_UPLOAD_WAIT", "0");
        work.set("GS_RETRY_WAIT", "1ms");
        self.log_in();
        for day in 0..DAYS {
            let mut holders: Vec<&'static str> = SERVICES.into_iter().filter(|_| self.rng.bool()).collect();
            if holders.is_empty() {
                holders.push(self.rng.choice(SERVICES).unwrap());
            }
            for service in holders {
                self.put(service, day);
            }
        }
        // One recording with a duplicate, re-encoded by a converter.
        if self.rng.u8(..) < 100 {
            let service = self.rng.choice(["garmin-com", "coros"]).unwrap();
            self.put(service, DAYS);
            self.world.put_bytes(service, &run(DAYS).builder().big_endian().build());
            self.tell(&format!("{service} has day {DAYS} twice"));
            self.doubled.insert((service, DAYS));
        }
    }

    /// Imports tokens, as after manual logins.
    fn log_in(&self) {
        for platform in ["garmin-com", "garmin-cn"] {
            let token = self.world.sim.with(|state| state.issue_token(domain(platform).unwrap())).to_string();
            self.world.work.given("gs-auth", &["import", "-", "--platform", platform], &token).ok();
        }
        self.log_in_to_coros();
    }

    fn log_in_to_coros(&self) {
        let token = self.world.sim.with(|state| state.issue_coros_token(2));
        self.world.work.given("gs-auth", &["import", "-", "--platform", "coros"], &token).ok();
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.story, "  {what}").unwrap();
    }

    /// Adds the file of the watch or a converted one; the service does not recognize a converted file as a duplicate.
    fn put(&mut self, service: &'static str, day: i64) {
        let is_named = self.rng.bool();
        self.world.put_bytes(service, &if is_named { run(day).encode() } else { nameless(&run(day)) });
        self.tell(&format!("{service} has day {day}{}", if is_named { "" } else { ", by a converter" }));
    }

    fn held(&self) -> Held {
        let day_of = |second: i64| (0..=DAYS).find(|day| (start(*day) - second).abs() < 3600);
        let mut held = Held::new();
        self.world.sim.with(|state| {
            for service in SERVICES {
                let starts: Vec<i64> = match domain(service) {
                    Some(domain) => state.account(domain).activities.iter().map(|one| one.recording.start).collect(),
                    None => state.coros.accounts[0].items.iter().map(|item| item.start).collect(),
                };
                for day in starts.into_iter().filter_map(day_of) {
                    *held.entry((service, day)).or_default() += 1;
                }
            }
        });
        held
    }

    /// The ids of the activities of a day on a service.
    fn ids(&self, service: &str, day: i64) -> Vec<u64> {
        let is_it = |second: i64| (start(day) - second).abs() < 3600;
        self.world.sim.with(|state| match domain(service) {
            Some(domain) => {
                let all = &state.account(domain).activities;
                all.iter().filter(|one| is_it(one.recording.start)).map(|one| one.id).collect()
            }
            None => {
                let all = &state.coros.accounts[0].items;
                all.iter().filter(|item| is_it(item.start)).map(|item| item.label).collect()
            }
        })
    }

    /// Adds one fault for the requests of a stage.
    fn fault(&mut self, stage: Stage) {
        let rng = &mut self.rng;
        let service = rng.choice(SERVICES).unwrap();
        let (host, list) = match domain(service) {
            Some(domain) => (format!("connectapi.{domain}"), GARMIN_LIST),
            None => ("teamcnapi.coros.com".to_owned(), COROS_LIST),
        };
        let at_list = |effect: Effect| Fault::new(effect).host(&host).path(list);
        let status = |status| Effect::Status { status, retry_after: None, body: None, content_type: None };
        let nth = rng.u32(1..4);
        let fault = match rng.u8(0..12) {
            0 => at_list(Effect::ListEmpty { no_content: rng.bool(), count_true: rng.bool() }).nth(nth),
            1 => at_list(Effect::ListWithoutStarts { nonsense: rng.bool() }).nth(nth),
            2 => at_list(Effect::ListWithoutIds).nth(nth),
            3 => at_list(Effect::ListShuffled { seed: rng.u64(..) }).count(nth),
            4 => at_list(status(503)).nth(nth),
            5 => Fault::new(Effect::Challenge { status: 403 }).host(&host).nth(nth),
            6 => at_list(Effect::Cut { at: 200 }).nth(nth),
            7 if service == "garmin-com" => {
                Fault::new(Effect::AsAccount { email: "stranger@example.com".into() }).host(&host).count(nth + 1)
            }
            8 => Fault::new(Effect::AnswerLost).host(&host).path(rng.choice(WRITES).unwrap()).nth(nth),
            9 => Fault::new(Effect::Reset).host(&host).path(rng.choice(WRITES).unwrap()).nth(nth),
            10 => Fault::new(Effect::Dropped { gone: rng.bool() }).host(&host).nth(1),
            _ => Fault::new(status(500)).host(&host).nth(nth),
        };
        self.tell(&format!("{stage:?}: {service}: {:?} after {} times {:?}", fault.effect, fault.after, fault.count));
        self.world.sim.fault(fault);
    }

    /// Changes a service before a stage, or right before the response to its first list request.
    fn meanwhile(&mut self, stage: Stage) {
        let held = self.held();
        let (service, day) = (self.rng.choice(SERVICES).unwrap(), self.rng.i64(0..=DAYS));
        let name = |service: &str| domain(service).map_or_else(|| "coros-2".to_owned(), str::to_owned);
        let (host, list) = match domain(service) {
            Some(domain) => (format!("connectapi.{domain}"), GARMIN_LIST),
            None => ("teamcnapi.coros.com".to_owned(), COROS_LIST),
        };
        let count = held.get(&(service, day)).copied().unwrap_or(0);
        let elsewhere = SERVICES.into_iter().find(|other| *other != service && held.contains_key(&(*other, day)));
        let change = match elsewhere {
            Some(from) if count == 0 => {
                Change::Copy { from: name(from), id: self.ids(from, day)[0], to: name(service) }
            }
            Some(_) if count > 0 && self.rng.bool() => {
                self.deleted.insert((service, day));
                Change::Delete { service: name(service), id: self.ids(service, day)[0] }
            }
            _ => return,
        };
        if self.rng.bool() {
            self.tell(&format!("before {stage:?}: {change:?}"));
            match change {
                Change::Copy { .. } => self.put(service, day),
                _ => assert!(self.world.sim.with(|state| state.change(&change))),
            }
            return;
        }
        self.tell(&format!("{stage:?}: meanwhile {change:?}"));
        let effect = Effect::Meanwhile { when: When::Before, change };
        self.world.sim.fault(Fault::new(effect).host(&host).path(list).nth(1));
    }

    /// A user deletes, or a watch uploads, between the runs.
    fn between(&mut self) {
        for _ in 0..self.rng.u8(0..3) {
            let (service, day) = (self.rng.choice(SERVICES).unwrap(), self.rng.i64(0..DAYS));
            let held = self.held();
            let elsewhere = SERVICES.iter().any(|other| *other != service && held.contains_key(&(*other, day)));
            match held.get(&(service, day)) {
                None => self.put(service, day),
                Some(1) if elsewhere => {
                    self.tell(&format!("a person deletes day {day} on {service}"));
                    self.deleted.insert((service, day));
                    let id = self.ids(service, day)[0].to_string();
                    self.world.remove(service, &id);
                }
                Some(_) => {}
            }
        }
    }

    /// Runs one command of a run. In a wild run it gets faults and may be killed.
    fn stage(&mut self, stage: Stage, args: &[&str], input: &str, wild: bool) -> String {
        let name = stage.command();
        if !wild {
            let mut said = self.world.work.given(name, args, input);
            self.check_result(stage, &said);
            if said.err.contains("--accept-missing") {
                // The user has emptied the account and confirms it.
                said = self.world.work.given(name, &["--full", "--accept-missing"], "");
                self.check_result(stage, &said);
            }
            return said.out;
        }
        for _ in 0..self.rng.u8(0..2) {
            self.fault(stage);
        }
        if self.rng.u8(..) < 60 && stage != Stage::Download {
            self.meanwhile(stage);
        }
        let out = if self.rng.u8(..) < 30 {
            self.killed(stage, args, input)
        } else {
            let said = self.world.work.given(name, args, input);
            self.check_result(stage, &said);
            said.out
        };
        self.world.sim.clear_faults();
        out
    }

    fn check_result(&mut self, stage: Stage, said: &Said) {
        self.tell(&format!("{stage:?} ends with {}: {}", said.code, said.err.trim().replace('\n', " | ")));
        assert!(said.code != 70 && said.code < 128, "seed {}\n{}\n{said}", self.seed, self.story);
    }

    /// Kills a command during one of its requests, and returns its output until then.
    fn killed(&mut self, stage: Stage, args: &[&str], input: &str) -> String {
        let fault = Fault::new(Effect::Held { ms: 30_000 }).nth(self.rng.u32(1..9));
        self.world.sim.fault(fault);
        let path = self.world.work.dir().join("killed-input");
        std::fs::write(&path, input).unwrap();
        let mut command = self.world.work.command(stage.command(), args);
        command.stdin(std::fs::File::open(path).unwrap()).stdout(Stdio::piped()).stderr(Stdio::null());
        let (before, child) = (self.world.sim.log().len(), command.spawn().unwrap());
        let (out, was_killed) = self.kill(child, before);
        self.tell(&format!("{stage:?} {}", if was_killed { "is killed" } else { "ends before it can be killed" }));
        out
    }

    fn kill(&self, mut child: Child, before: usize) -> (String, bool) {
        let end = Instant::now() + Duration::from_secs(30);
        let is_held = || self.world.sim.log()[before..].iter().any(|one| one.note.contains("held"));
        let mut was_killed = false;
        while child.try_wait().unwrap().is_none() && Instant::now() < end {
            if is_held() {
                child.kill().unwrap();
                was_killed = true;
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), was_killed)
    }

    /// One run with the stages of gs-sync.
    fn run(&mut self, wild: bool) {
        self.tell(if wild { "-- a wild run" } else { "-- a clean run" });
        let id = format!("run-{}", self.rng.u64(..));
        self.world.work.set("GS_RUN", &id);
        let listed = self.stage(Stage::Fetch, &["--full"], "", wild);
        let plan = self.world.work.given("gs-diff", &[], &listed);
        self.tell(&format!("gs-diff plans {} ({})", plan.out.lines().count(), plan.err.trim().replace('\n', " | ")));
        let files = self.stage(Stage::Download, &[], &plan.out, wild);
        // A killed download may print an incomplete last line.
        let files = complete_lines(&files);
        self.stage(Stage::Upload, &[], &files, wild);
        let list = self.world.work.run("gs-list", &[]).out.clone();
        let duplicates = self.world.work.given("gs-dedupe", &["--duplicates"], &list).out.clone();
        let duplicates = self.world.work.given("gs-download", &[], &duplicates).out.clone();
        let duplicates = self.world.work.given("gs-dedupe", &[], &duplicates).out.clone();
        self.stage(Stage::Delete, &["--yes"], &duplicates, wild);
    }

    /// Whether an upload is unconfirmed: accepted by the service and never listed, or with unknown outcome.
    fn is_unsettled(&self, service: &str, day: i64) -> bool {
        let sql = format!(
            "SELECT count(*) FROM uploads t JOIN activities a ON a.platform = t.from_platform AND a.id = t.from_id
             WHERE t.to_platform = '{service}' AND (t.outcome IS NULL OR t.outcome IN ('lost', 'created'))
                AND abs(a.start_time - {}) < 3600",
            start(day)
        );
        self.world.work.sql::<i64>(&sql) > 0
    }

    fn check(&self) {
        let held = self.held();
        let mut wrong = Vec::new();
        for day in 0..=DAYS {
            let somewhere = SERVICES.iter().any(|service| held.contains_key(&(*service, day)));
            for service in SERVICES {
                let count = held.get(&(service, day)).copied().unwrap_or(0);
                let key = (service, day);
                if count > 1 && !self.doubled.contains(&key) {
                    wrong.push(format!("{service} has day {day} {count} times"));
                }
                let is_expected = somewhere && !self.deleted.contains(&key);
                if count == 0 && is_expected && !self.is_unsettled(service, day) {
                    wrong.push(format!("day {day} is missing on {service}"));
                }
            }
        }
        let foreign_activities = self.world.sim.with(|state| state.accounts.last().unwrap().activities.len());
        if foreign_activities != 3 {
            wrong.push(format!("the stranger has {foreign_activities} activities"));
        }
        assert!(wrong.is_empty(), "seed {}: {wrong:?}\n{}{}", self.seed, self.story, self.reasons());
    }

    /// The reasons why missing activities are not uploaded.
    fn reasons(&self) -> String {
        let said = self.world.work.given("gs-diff", &["--explain"], &self.world.work.run("gs-list", &[]).out);
        let line = |record: &serde_json::Value| {
            let activity = &record["activity"];
            format!(
                "  {} {} to {}: {} {}\n",
                activity["platform"], activity["start_time"], record["to"], record["outcome"], record["reasons"]
            )
        };
        said.records().iter().map(line).collect()
    }

    /// Checks that only duplicates of others are deleted, and that one activity is left unless the user deleted it.
    fn check_deletions(&self) {
        let held = self.held();
        for day in 0..=DAYS {
            for service in SERVICES {
                let key = (service, day);
                let has_activity = held.contains_key(&key) || self.deleted.contains(&key);
                let is_right = self.doubled.contains(&key) && has_activity;
                assert!(
                    self.deletions(key) == 0 || is_right,
                    "seed {}: {key:?} was deleted\n{}",
                    self.seed,
                    self.story
                );
            }
        }
    }

    fn deletions(&self, (service, day): (&str, i64)) -> i64 {
        let around = format!("abs(a.start_time - {}) < 3600", start(day));
        self.world.work.sql(&format!(
            "SELECT count(*) FROM deletions d JOIN activities a USING (platform, id)
             WHERE d.outcome = 'deleted' AND d.platform = '{service}' AND {around}"
        ))
    }
}

/// The commands that make requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fetch,
    Download,
    Upload,
    Delete,
}

impl Stage {
    fn command(self) -> &'static str {
        match self {
            Stage::Fetch => "gs-fetch",
            Stage::Download => "gs-download",
            Stage::Upload => "gs-upload",
            Stage::Delete => "gs-delete",
        }
    }
}

fn complete_lines(text: &str) -> String {
    text.rfind('\n').map_or_else(String::new, |end| text[..=end].to_owned())
}

fn trial(seed: u64) -> Trial {
    let mut trial = Trial::new(seed);
    for _ in 0..WILD_RUNS {
        trial.run(true);
        trial.check_deletions();
        trial.between();
    }
    trial.world.sim.clear_faults();
    for _ in 0..2 {
        trial.run(false);
    }
    trial.check();
    trial.check_deletions();
    trial
}

#[test]
fn random_worlds_end_without_duplicates_losses_or_wrong_deletions() {
    if let Ok(seed) = std::env::var("WORLD") {
        println!("{}", trial(seed.parse().unwrap()).story);
        return;
    }
    worlds::run(WORLDS, 4, |seed| drop(trial(seed)));
}
