//! Three accounts after some weeks of use, partly archived and synchronised: duplicates are deleted, one upload is
//! rejected and one is pending, one file is missing and one is corrupt, activities are deleted by hand, a login is
//! rejected, and a command is killed. And the page that shows all of this.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use gs_sim::garmin::activity::{Layout, Source};
use gs_sim::{Effect, Fault, LoggedRequest, Scenario, Sim, UploadSpec};
use serde_json::{Value, json};

use crate::support::{FILES, Work};

pub const PLATFORMS: [&str; 3] = ["garmin-com", "garmin-cn", "coros"];
pub const WORDS: &str = "The file is older than the account.";
const REGION: u32 = 2;

/// An activity in the simulator's own state.
#[derive(Debug, Clone)]
pub struct Held {
    pub id: String,
    /// Its group.
    pub group: String,
    pub start: i64,
    pub offset: i32,
    /// It was entered by hand.
    pub is_manual: bool,
    /// Its service returns a FIT file.
    pub is_fit: bool,
}

pub struct History {
    pub sim: Sim,
    pub work: Work,
    /// `status.json`
    pub status: Value,
    /// `index.html`
    pub page: String,
    /// Platform and id of an activity, by the name of its event.
    pub happened: BTreeMap<&'static str, (String, String)>,
    /// The groups that were deleted by hand.
    pub gone: BTreeMap<&'static str, String>,
}

/// Transfers of a plan, as lines.
fn lines(plan: &str, is_wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let wanted = |line: &&str| is_wanted(&serde_json::from_str(line).unwrap());
    plan.lines().filter(wanted).map(|line| format!("{line}\n")).collect()
}

fn from_of(line: &str) -> (String, String) {
    let value: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| value["activity"][name].as_str().unwrap().to_owned();
    (text("platform"), text("id"))
}

impl History {
    /// Creates the history.
    pub fn new() -> History {
        let sim = Scenario::default_three(40, 11).start();
        let mut work = Work::with(&sim);
        work.set("SYNC_PLATFORM", "GARMINCN,GARMINCOM,COROS").set("GS_UPLOAD_WAIT", "5s");
        work.set_all_passwords();
        let mut history = History {
            sim,
            work,
            status: Value::Null,
            page: String::new(),
            happened: BTreeMap::new(),
            gone: BTreeMap::new(),
        };
        history.archive();
        history.synchronise();
        history.delete_copies();
        history.delete_by_hand();
        history.break_a_file();
        history.lose_a_login();
        history.kill_a_command();
        history.report();
        history
    }

    /// Archives all files but three: one download fails, two are not requested.
    fn archive(&mut self) {
        self.work.run("gs-fetch", &[]).ok();
        let list = self.work.run("gs-list", &["--missing"]).ok().out.clone();
        let plain = |value: &Value| value["platform"] == "garmin-com" && value["sport"] == "running";
        let runs = lines(&list, plain);
        let failed: Value = serde_json::from_str(&runs[0]).unwrap();
        let id = failed["id"].as_str().unwrap().to_owned();
        self.sim.fault(Fault::new(Effect::Html).contains(&format!("{FILES}activity/{id}")));
        let left = &list.lines().collect::<Vec<_>>()[..2];
        let asked: String = list.lines().filter(|line| !left.contains(line)).map(|line| format!("{line}\n")).collect();
        assert!(asked.contains(&id));
        self.work.given("gs-download", &[], &asked).ends(1);
        self.happened.insert("failed", ("garmin-com".into(), id));
    }

    /// Uploads a part of the plan: some uploads arrive, one is rejected, one stays pending. The rest is left for the
    /// next run.
    fn synchronise(&mut self) {
        let list = self.work.run("gs-list", &[]).ok().out.clone();
        let plan = self.work.given("gs-diff", &[], &list).ok().out.clone();
        let to =
            |name: &'static str| move |value: &Value| value["to"] == name && value["activity"]["downloaded"] == true;
        let (to_cn, to_com, to_coros) =
            (lines(&plan, to("garmin-cn")), lines(&plan, to("garmin-com")), lines(&plan, to("coros")));
        let send = |work: &Work, lines: &[String]| {
            let with_files = work.given("gs-download", &[], &lines.concat()).ok().out.clone();
            work.given("gs-upload", &[], &with_files)
        };
        send(&self.work, &to_coros[..6]).ok();
        send(&self.work, &to_cn[3..6]).ok();
        self.sim.with(|state| {
            state.account("garmin.cn").spec.upload =
                UploadSpec { fails_late: Some(WORDS.into()), ..UploadSpec::default() };
            let upload = UploadSpec { polls: 10_000, listed_after_requests: 10_000, ..UploadSpec::default() };
            state.account("garmin.com").spec.upload = upload;
        });
        send(&self.work, &to_cn[..1]).ends(1);
        self.work.set("GS_UPLOAD_WAIT", "0");
        send(&self.work, &to_com[..1]).ok();
        self.happened.insert("rejected", from_of(&to_cn[0]));
        self.happened.insert("pending", from_of(&to_com[0]));
        self.work.run("gs-fetch", &[]).ok();
    }

    fn delete_copies(&mut self) {
        let list = self.work.run("gs-list", &[]).ok().out.clone();
        let copies = self.work.given("gs-dedupe", &["--duplicates"], &list).ok().out.clone();
        let copies = self.work.given("gs-download", &[], &copies).out.clone();
        let marked = self.work.given("gs-dedupe", &[], &copies).ok().out.clone();
        self.work.given("gs-delete", &["--yes", "--max-delete", "2"], &marked).ok();
        assert_eq!(self.work.sql::<i64>("SELECT count(*) FROM deletions WHERE outcome = 'deleted'"), 2);
    }

    /// Deletes two activities on a service by hand: two listings did not show one of them, one listing did not show the
    /// other.
    fn delete_by_hand(&mut self) {
        let held = self.held();
        let elsewhere: BTreeSet<&str> = held["garmin-cn"].iter().map(|one| one.group.as_str()).collect();
        let coros: Vec<Held> =
            held["coros"].iter().filter(|one| elsewhere.contains(one.group.as_str())).cloned().collect();
        let once: Vec<&Held> = coros
            .iter()
            .filter(|one| held["coros"].iter().filter(|other| other.group == one.group).count() == 1)
            .filter(|one| !self.was_uploaded("coros", &one.id))
            .collect();
        for (name, one) in [("deleted", once[0]), ("missing-once", once[1])] {
            let id = one.id.parse().unwrap();
            assert!(self.sim.with(|state| state.remove_coros_activity(REGION, id)));
            self.work.run("gs-fetch", &["--full"]).ok();
            self.happened.insert(name, ("coros".into(), one.id.clone()));
            self.gone.insert(name, one.group.clone());
        }
    }

    fn was_uploaded(&self, platform: &str, id: &str) -> bool {
        let sql = format!("SELECT count(*) FROM uploads WHERE to_platform = '{platform}' AND to_id = '{id}'");
        self.work.sql::<i64>(&sql) > 0
    }

    /// Marks a file of the archive as corrupt; it is not downloaded again.
    fn break_a_file(&mut self) {
        let id: String = self.work.sql("SELECT id FROM files WHERE platform = 'garmin-cn' AND format = 'fit' LIMIT 1");
        self.work.change(&format!("UPDATE files SET corrupt = 1 WHERE platform = 'garmin-cn' AND id = '{id}'"));
        self.happened.insert("corrupt", ("garmin-cn".into(), id));
    }

    /// Changes the password and ends the token.
    fn lose_a_login(&mut self) {
        self.work.set("COROS_PASSWORD", "wrong");
        self.sim.with(|state| state.expire_coros_token(REGION));
        let missing = self.work.run("gs-list", &["--downloaded", "--platform", "coros"]).ok().out.clone();
        let one = missing.lines().next().unwrap().to_owned() + "\n";
        self.work.given("gs-download", &["--force"], &one).ends(77);
    }

    fn kill_a_command(&mut self) {
        self.sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).path(FILES).count(1));
        let list = self.work.run("gs-list", &["--missing", "--platform", "garmin-com"]).ok().out.clone();
        self.sim.clear_log();
        let mut child = self.work.spawn("gs-download", &[], &list);
        let end = Instant::now() + Duration::from_secs(10);
        let is_stalled = |request: &LoggedRequest| request.note.contains("fault: ");
        while !self.sim.log().iter().any(is_stalled) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        self.work.given("gs-notify", &[], "").ok();
    }

    /// Writes the page, and reads it.
    pub fn report(&mut self) {
        let said = self.work.run("gs-report", &[]);
        let path = said.ok().silent().out.trim_end().to_owned();
        assert_eq!(std::path::Path::new(&path), self.work.data("report/index.html"));
        self.page = std::fs::read_to_string(&path).unwrap();
        let status = std::fs::read_to_string(path.replace("index.html", "status.json")).unwrap();
        self.status = serde_json::from_str(&status).unwrap();
    }

    /// The activities that the services have.
    pub fn held(&self) -> BTreeMap<&'static str, Vec<Held>> {
        self.sim.with(|state| {
            let mut held = BTreeMap::new();
            for (name, domain) in [("garmin-com", "garmin.com"), ("garmin-cn", "garmin.cn")] {
                let now = state.now();
                let account = state.account(domain);
                let shown = account.newest_first().into_iter().filter(|one| account.lists(one.id, now));
                let entries = shown.map(|one| Held {
                    id: one.id.to_string(),
                    group: group_of(one.group.as_deref(), &one.oddities),
                    start: one.recording.start,
                    offset: one.recording.offset,
                    is_manual: one.is_manual(),
                    is_fit: matches!(one.source, Source::Fit(layout) if layout != Layout::Chained),
                });
                held.insert(name, entries.collect());
            }
            let entries = state.coros_account(REGION).newest_first().into_iter().map(|one| Held {
                id: one.label.to_string(),
                group: group_of(one.group.as_deref(), &one.oddities),
                start: one.start,
                offset: one.offset,
                is_manual: false,
                is_fit: true,
            });
            held.insert("coros", entries.collect());
            held
        })
    }

    /// The distinct activities of a service.
    pub fn groups(&self, platform: &str) -> BTreeSet<String> {
        self.held()[platform].iter().map(|one| one.group.clone()).collect()
    }

    /// The entry of a platform in `status.json`.
    pub fn platform(&self, name: &str) -> &Value {
        find(&self.status["platforms"], |one| one["name"] == name)
    }
}

fn group_of(name: Option<&str>, oddities: &[String]) -> String {
    assert!(name.is_some(), "{oddities:?}");
    name.unwrap().to_owned()
}

/// The one item of a list.
#[track_caller]
pub fn find(list: &Value, is_it: impl Fn(&Value) -> bool) -> &Value {
    let mut found = list.as_array().unwrap().iter().filter(|one| is_it(one));
    let first = found.next().unwrap_or_else(|| panic!("not found in {list:#}"));
    assert!(found.next().is_none(), "found more than once in {list:#}");
    first
}

/// The history of a test program: it is created once, and all tests read it.
pub fn history() -> &'static History {
    static HISTORY: OnceLock<History> = OnceLock::new();
    HISTORY.get_or_init(History::new)
}

/// A list of `status.json`.
pub fn list<'a>(history: &'a History, name: &str) -> &'a Vec<Value> {
    history.status[name].as_array().unwrap()
}

#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

/// Platform and id of an entry in `status.json`.
pub fn key(activity: &Value) -> (String, String) {
    (text(&activity["platform"]).to_owned(), text(&activity["id"]).to_owned())
}

/// The group of each activity on a service.
pub fn groups(history: &History) -> BTreeMap<(String, String), String> {
    let held = history.held();
    let all = held.iter().flat_map(|(name, list)| list.iter().map(move |one| (*name, one)));
    all.map(|(name, one)| ((name.to_owned(), one.id.clone()), one.group.clone())).collect()
}

/// A time from the catalogue, as `status.json` writes it.
pub fn moment(history: &History, sql: &str) -> Value {
    json!(jiff::Timestamp::from_second(history.work.sql(sql)).unwrap().to_string())
}
