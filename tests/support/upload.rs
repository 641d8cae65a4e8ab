//! Accounts that are not in sync, and the transfer of a group from one to the other, stage by stage.

use std::process::Child;
use std::time::{Duration, Instant};

use gs_sim::{AccountSpec, ActivitySpec, CorosActivitySpec, CorosSpec, HISTORY_END, LoggedRequest, Scenario, Sim};
use serde_json::Value;

use crate::support::{Said, Work, codes};

pub const COM: &str = "garmin-com";
pub const CN: &str = "garmin-cn";
pub const COROS: &str = "coros";
pub const DAY: i64 = 86_400;
/// The start of the group that most tests use.
pub const START: i64 = HISTORY_END - 40 * DAY;

pub const SEND_GARMIN: &str = "/upload-service/upload";
pub const STATUS_GARMIN: &str = "/activity-service/activity/status/";
pub const IMPORT: &str = "/activity/fit/import";
pub const QUEUE: &str = "/activity/fit/getImportSportList";
pub const STS: &str = "/oss/sts";

/// Three services, and a folder that is logged in to them and has listed them.
pub struct World {
    pub sim: Sim,
    pub work: Work,
}

/// A row of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub from: String,
    pub to: String,
    /// `None`: not known yet.
    pub outcome: Option<String>,
    pub to_id: Option<String>,
    pub ticket: Option<String>,
    /// As JSON: code and parameters.
    pub reason: Option<Value>,
    pub confirmed: bool,
}

/// A run of half an hour, at Garmin.
pub fn run_at(start: i64) -> ActivitySpec {
    ActivitySpec {
        sport: Some("running".into()),
        start: Some(start),
        offset: Some(3600),
        seconds: Some(1800),
        metres: Some(5000.0),
        ..ActivitySpec::default()
    }
}

/// The same run, at COROS.
pub fn coros_run_at(start: i64) -> CorosActivitySpec {
    CorosActivitySpec {
        sport: Some(100),
        start: Some(start),
        offset: Some(3600),
        seconds: Some(1800),
        metres: Some(5000.0),
        ..CorosActivitySpec::default()
    }
}

/// Starts of a background history: every other day for three weeks, so that a list is never empty. The starts on two
/// platforms are not whole quarter hours apart, which would look like a time zone error.
fn others(shift: i64) -> impl Iterator<Item = i64> {
    (0..10).map(move |number| HISTORY_END - number * 2 * DAY - shift * 3607)
}

/// Accounts where only garmin.com has activities with these starts.
pub fn world(only_com: &[i64], change: impl FnOnce(&mut Scenario)) -> World {
    start(&[(COM, only_com)], change)
}

/// Accounts with activities at these starts, besides a background history in which nothing is shared. Logged in and
/// listed; the log is empty.
pub fn start(held: &[(&str, &[i64])], change: impl FnOnce(&mut Scenario)) -> World {
    let of = |name: &str, shift| -> Vec<i64> {
        let own = held.iter().filter(|(one, _)| *one == name).flat_map(|(_, starts)| starts.iter().copied());
        own.chain(others(shift)).collect()
    };
    let garmin = |domain: &str, email: &str, name: &str, shift| AccountSpec {
        domain: domain.into(),
        email: email.into(),
        activities: of(name, shift).into_iter().map(run_at).collect(),
        ..AccountSpec::default()
    };
    let coros = of(COROS, 17).into_iter().map(coros_run_at).collect();
    let mut scenario = Scenario {
        accounts: vec![
            garmin("garmin.com", "runner@example.com", COM, 3),
            garmin("garmin.cn", "runner@example.cn", CN, 10),
        ],
        coros: vec![CorosSpec { activities: coros, ..CorosSpec::default() }],
        ..Scenario::default()
    };
    change(&mut scenario);
    let sim = scenario.start();
    let mut work = Work::with(&sim);
    work.set("SYNC_PLATFORM", "GARMINCN,GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "8s");
    work.set_all_passwords();
    work.run("gs-fetch", &[]).ok();
    sim.clear_log();
    World { sim, work }
}

impl World {
    /// `gs-list | gs-diff --from FROM --to TO | gs-download`, for the activities with these starts.
    pub fn plan_of(&self, from: &str, to: &str, starts: &[i64]) -> String {
        self.planned(&["--from", from, "--to", to], starts)
    }

    /// Like [`World::plan_of`], with other flags of `gs-diff`.
    pub fn planned(&self, flags: &[&str], starts: &[i64]) -> String {
        let list = self.work.run("gs-list", &[]);
        let plan = self.work.given("gs-diff", flags, &list.ok().out);
        let wanted: Vec<String> = starts.iter().map(|start| iso(*start)).collect();
        let is_wanted = |line: &&str| wanted.iter().any(|start| line.contains(&format!("\"start_time\":\"{start}\"")));
        let plan: String = plan.ok().out.lines().filter(is_wanted).map(|line| format!("{line}\n")).collect();
        let plan = self.work.given("gs-download", &[], &plan).ok().out.clone();
        assert_eq!(plan.lines().count(), starts.len(), "{plan}");
        self.sim.clear_log();
        plan
    }

    pub fn upload(&self, plan: &str) -> Said {
        self.work.given("gs-upload", &[], plan)
    }

    /// `gs-upload < /dev/null`, which only looks up the outcomes of earlier uploads.
    pub fn settle(&self) -> Said {
        self.work.run("gs-upload", &[])
    }

    /// The outcome, and the codes of the reasons, that `gs-diff --explain` shows for the activity with this start.
    pub fn stands(&self, to: &str, start: i64, flags: &[&str]) -> (String, Vec<String>) {
        let list = self.work.run("gs-list", &[]);
        let said = self.work.given("gs-diff", &[&["--explain", "--to", to], flags].concat(), &list.ok().out);
        let records = said.ok().records();
        let record = records.iter().find(|record| record["activity"]["start_time"] == iso(start));
        let Some(record) = record else { return ("exists".into(), Vec::new()) };
        let kind = record["outcome"]["kind"].as_str().unwrap_or("to upload");
        (kind.to_owned(), codes(&record["reasons"]).into_iter().map(str::to_owned).collect())
    }

    /// The starts of the activities on a platform, listed or not, the oldest first.
    pub fn held(&self, platform: &str) -> Vec<i64> {
        let mut starts: Vec<i64> = self.sim.with(|state| match platform {
            COROS => state.coros.accounts[0].items.iter().map(|item| item.start).collect(),
            name => {
                let activities = &state.account(&name.replace('-', ".")).activities;
                activities.iter().map(|activity| activity.recording.start).collect()
            }
        });
        starts.sort_unstable();
        starts
    }

    /// The number of activities on a platform with this start, to the minute.
    pub fn times(&self, platform: &str, start: i64) -> usize {
        self.held(platform).iter().filter(|one| (**one - start).abs() <= 60).count()
    }

    /// The journal, the oldest first.
    pub fn journal(&self) -> Vec<Row> {
        let connection = rusqlite::Connection::open(self.work.data("catalogue.sqlite")).unwrap();
        let sql = "SELECT from_platform, to_platform, outcome, to_id, status_ref, reason, confirmed_at IS NOT NULL FROM uploads ORDER BY number";
        let mut statement = connection.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row| {
            Ok(Row {
                from: row.get(0)?,
                to: row.get(1)?,
                outcome: row.get(2)?,
                to_id: row.get(3)?,
                ticket: row.get(4)?,
                reason: row.get::<_, Option<String>>(5)?.map(|json| serde_json::from_str(&json).unwrap()),
                confirmed: row.get(6)?,
            })
        };
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// Outcomes in the journal; `open` for an outcome that is not known yet.
    pub fn outcomes(&self) -> Vec<String> {
        self.journal().into_iter().map(|row| row.outcome.unwrap_or_else(|| "open".into())).collect()
    }

    /// The requests for a path at hosts with this suffix.
    pub fn asked(&self, host: &str, path: &str) -> Vec<LoggedRequest> {
        let log = self.sim.log();
        log.into_iter().filter(|one| one.host.ends_with(host) && one.path.contains(path)).collect()
    }

    /// The number of list requests to a platform.
    pub fn lists(&self, platform: &str) -> usize {
        match platform {
            COROS => self.asked("coros.com", "/activity/query").len(),
            name => self.asked(&name.replace('-', "."), "/activitylist-service/").len(),
        }
    }

    /// The number of times that `gs-upload` has listed a platform, however many requests a listing took.
    pub fn looks(&self, platform: &str) -> i64 {
        self.work.sql(&format!("SELECT count(*) FROM listings WHERE purpose = 'precheck' AND platform = '{platform}'"))
    }

    /// The number of upload or import requests to a platform.
    pub fn sent(&self, platform: &str) -> usize {
        let post = |one: &LoggedRequest| one.method == "POST";
        match platform {
            COROS => self.asked("coros.com", IMPORT).into_iter().filter(post).count(),
            name => self.asked(&name.replace('-', "."), SEND_GARMIN).into_iter().filter(post).count(),
        }
    }

    /// Makes all listings three hours old.
    pub fn let_lists_age(&self) {
        self.work.change("UPDATE listings SET started_at = started_at - 10800, finished_at = finished_at - 10800");
    }

    /// Moves the journal and the listings this many hours into the past.
    pub fn let_hours_pass(&self, hours: i64) {
        let seconds = hours * 3600;
        self.work.change(&format!(
            "UPDATE uploads SET started_at = started_at - {seconds};
             UPDATE activities SET first_seen = first_seen - {seconds}, last_seen = last_seen - {seconds};
             UPDATE listings SET started_at = started_at - {seconds}, finished_at = finished_at - {seconds}"
        ));
    }

    /// Lets the lists show uploads only after this time, by the clock of the services.
    pub fn list_uploads_after(&self, seconds: i64) {
        self.sim.with(|state| {
            for domain in ["garmin.com", "garmin.cn"] {
                state.account(domain).spec.upload.listed_after_seconds = seconds;
            }
            state.coros.accounts[0].spec.import.listed_after_seconds = seconds;
        });
    }

    /// Waits until a fault has hit a request.
    #[track_caller]
    pub fn wait_for_fault(&self) {
        self.wait(|world| world.sim.log().iter().any(|one| one.note.contains("fault: ")));
    }

    #[track_caller]
    pub fn wait(&self, is_so: impl Fn(&World) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !is_so(self) {
            assert!(
                Instant::now() < end,
                "the condition was not met in time: {:?}",
                crate::support::requests(&self.sim)
            );
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

/// Ends a process with SIGKILL.
pub fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A time as records write it.
pub fn iso(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

/// The kind of the outcome of each record, or of its problem.
pub fn kinds(said: &Said) -> Vec<String> {
    let kind = |record: &Value| {
        let problem = record["problem"]["kind"].as_str().map(|kind| format!("problem {kind}"));
        problem.or_else(|| record["outcome"]["kind"].as_str().map(str::to_owned)).unwrap_or_default()
    };
    said.records().iter().map(kind).collect()
}

/// A run that only garmin.com has, and the plan to upload it to a platform, with its file.
pub fn one_planned(to: &str) -> (World, String) {
    let world = world(&[START], |_| {});
    let plan = world.plan_of(COM, to, &[START]);
    (world, plan)
}
