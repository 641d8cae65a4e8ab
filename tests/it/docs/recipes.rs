//! `docs/recipes.md`: every recipe is run as written, in a home of its own, and has the promised result.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::recipes::{self, Recipe};
use crate::support::{FILES, Said, Work, asked, installed, requests};
use gs_sim::{IntervalsSpec, KeySpec, McpVisit, Scenario, Sim};

const DOCUMENT: &str = "docs/recipes.md";
const UPLOAD_GARMIN: &str = "/upload-service/upload";
const UPLOAD_COROS: &str = "/activity/fit/import";

/// A user with garmin.com and COROS, with an installation and passwords. Activities whose files COROS does not provide
/// are removed, because they would change the exit codes.
pub(super) struct Home {
    pub sim: Sim,
    pub work: Work,
}

impl Home {
    pub fn new() -> Home {
        Home::changed(|_| {})
    }

    fn changed(change: impl FnOnce(&mut Scenario)) -> Home {
        let mut scenario = Scenario::default_three(40, 5);
        change(&mut scenario);
        Home::of(scenario)
    }

    fn of(scenario: Scenario) -> Home {
        let sim = scenario.start();
        sim.with(|state| state.coros.accounts[0].items.retain(|item| item.refused.is_none()));
        let mut work = Work::with(&sim);
        work.set("DATA_DIR", "").set("GS_UPLOAD_WAIT", "5s");
        installed::at_home(&mut work);
        let config = work.dir().join(".config/garminsync");
        fs::create_dir_all(&config).unwrap();
        let settings = "GARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD='correct horse'\n\
            COROS_EMAIL=runner@example.org\nCOROS_PASSWORD='correct horse'\n";
        fs::write(config.join(".env"), settings).unwrap();
        Home { sim, work }
    }

    /// Runs a block; `answers` are typed on standard input.
    pub fn types(&self, recipe: &Recipe, text: &str, answers: &str) -> Said {
        eprintln!("{:?}, line {}", recipe.title, recipe.line);
        self.work.given("/usr/bin/env", &["bash", "-eu", "-o", "pipefail", "-c", text], answers)
    }

    /// Runs all blocks below a heading, from top to bottom.
    fn follows(&self, title: &str) {
        self.follows_with(title, "");
    }

    fn follows_with(&self, title: &str, answers: &str) {
        let recipes: Vec<Recipe> =
            recipes::recipes(DOCUMENT).into_iter().filter(|recipe| recipe.title == title).collect();
        assert!(!recipes.is_empty(), "{DOCUMENT} has no {title:?}");
        for recipe in &recipes {
            match recipe.how.as_str() {
                "" => drop(self.types(recipe, &recipe.text, "").ok()),
                "asked" => drop(self.types(recipe, &recipe.text, answers).ok()),
                "cron" => recipe.text.lines().for_each(|line| self.cron(line)),
                "restore" => self.restores(recipe),
                // Each line requests its own pasted secret.
                "browser" => {
                    for line in recipe.text.lines() {
                        let pasted = match line.contains("coros") {
                            true => format!("CPL-coros-token={}", self.sim.with(|state| state.issue_coros_token(2))),
                            false => self.sim.with(|state| state.issue_ticket("garmin.com", "android")).0,
                        };
                        self.types(recipe, line, &pasted).ok();
                    }
                }
                "keys" => drop(self.types(recipe, &recipe.text, "").ok()),
                // A person opens the link, on any device.
                "oauth" => std::thread::scope(|scope| {
                    scope.spawn(|| self.allow_oauth());
                    self.types(recipe, &recipe.text, "").ok();
                }),
                // An optional tool.
                tool if Command::new(tool).arg("--version").output().is_err() => eprintln!("{tool} is not installed"),
                _ => drop(self.types(recipe, &recipe.text, "").ok()),
            }
        }
    }

    /// Waits for the link of a login, opens it and allows the access.
    fn allow_oauth(&self) {
        for _ in 0..600 {
            let url = self.sim.with(|state| state.mcp_login_url());
            if url.is_some_and(|url| self.sim.with(|state| state.open_mcp_login(2, &url, McpVisit::Approve))) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Runs a crontab line as cron does, and expects no output, which cron would mail.
    fn cron(&self, line: &str) {
        let command = line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
        assert!(!command.contains('%'), "cron reads % as a line end: {line}");
        let said = self.work.run("/usr/bin/env", &["PATH=/usr/bin:/bin", "/bin/sh", "-c", &command]);
        said.ok().silent();
        assert!(said.out.is_empty(), "{said}");
    }

    /// The id in the document is a placeholder for the id of a deleted activity.
    fn restores(&self, recipe: &Recipe) {
        let deleted = self.command("gs-list", &["--deleted"]).ok().ids();
        let deleted = deleted.first().expect("an activity was deleted before");
        self.types(recipe, &recipe.text.replace("21482825013", deleted), "").ok();
    }

    pub fn command(&self, name: &str, args: &[&str]) -> Said {
        let path = self.work.dir().join(".local/bin").join(name);
        self.work.run(path.to_str().unwrap(), args)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.work.dir().join(path)
    }

    fn archived(&self, platform: &str) -> usize {
        count(&self.path(".local/share/garminsync/fit").join(platform))
    }

    /// The records in a file that a recipe has written.
    fn written(&self, name: &str) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn asked(&self, part: &str) -> usize {
        asked(&self.sim, part).len()
    }
}

/// The number of files in a folder, without hidden ones.
fn count(dir: &std::path::Path) -> usize {
    let names = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().file_name());
    names.filter(|name| !name.to_string_lossy().starts_with('.')).count()
}

#[test]
fn every_recipe_has_a_test() {
    let own = include_str!("recipes.rs");
    for recipe in recipes::recipes(DOCUMENT) {
        assert!(own.contains(&format!("\"{}\"", recipe.title)), "no test for {:?}", recipe.title);
    }
}

#[test]
fn archive_without_uploading() {
    let home = Home::new();
    home.follows("Archive without uploading");
    assert!(home.archived("garmin_com") > 20 && home.archived("coros") > 20);
    let writes =
        requests(&home.sim).into_iter().filter(|request| request.contains("/upload") || request.contains("/import"));
    assert_eq!(writes.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn sync_running_only() {
    let home = Home::new();
    home.follows("Sync running only");
    let sent = home.written("sent.ndjson");
    assert!(!sent.is_empty());
    assert!(sent.iter().all(|one| one["activity"]["sport"] == "running"));
    // Activities with only a converted file are not uploaded.
    assert!(sent.iter().filter(|one| one["outcome"]["kind"] == "created").count() > 3);
}

/// Logs in with the password, the browser and a token, each as written.
#[test]
fn log_in() {
    let home = Home::changed(|scenario| scenario.intervals = vec![IntervalsSpec::default()]);
    let (garmin, intervals) =
        home.sim.with(|state| (state.issue_personal_key("garmin.com", &KeySpec::days(90)), state.intervals_key()));
    fs::write(home.path("garmin-key.txt"), garmin).unwrap();
    fs::write(home.path("intervals-key.txt"), intervals).unwrap();
    fs::remove_file(home.path(".config/garminsync/.env")).unwrap();
    fs::create_dir(home.path(".garminconnect")).unwrap();
    let token = home.sim.with(|state| state.issue_token("garmin.com")).to_string();
    fs::write(home.path(".garminconnect/garmin_tokens.json"), token).unwrap();
    home.follows("Log in");
    home.command("gs-fetch", &[]).ok();
    assert!(home.asked("/mobile/api/login") > 0, "the password was used");
    let accesses: Vec<String> = home.command("gs-auth", &["status"]).ok().records().iter().map(named_access).collect();
    let all = ["garmin-com key", "garmin-com login", "coros oauth", "coros login", "intervals key"];
    assert!(all.iter().all(|access| accesses.contains(&(*access).to_owned())), "{accesses:?}");
}

/// The platform and the access of a record of `gs-auth status`.
fn named_access(record: &serde_json::Value) -> String {
    format!("{} {}", record["platform"].as_str().unwrap(), record["access"].as_str().unwrap())
}

#[test]
fn query_the_archive() {
    let home = Home::new();
    home.command("garminsync", &["download", "--missing"]).ok();
    home.follows("Query the archive");
    assert!(count(&home.path("2025")) > 5);
    assert!(fs::read_to_string(home.path("runs.csv")).unwrap().lines().count() > 5);
}

#[test]
fn read_fit_files() {
    let home = Home::new();
    home.command("garminsync", &["download", "--missing"]).ok();
    fs::create_dir(home.path("Downloads")).unwrap();
    let ride = gs_sim::fit::ride(gs_sim::HISTORY_END, 1800, 15_000.0).build();
    fs::write(home.path("Downloads/ride.fit"), &ride).unwrap();
    fs::write(home.path("Downloads/broken.fit"), &ride[..ride.len() / 2]).unwrap();
    home.sim.clear_log();
    home.follows("Read FIT files");
    assert_eq!(requests(&home.sim), [""; 0]);
    let sessions = home.written("sessions.ndjson");
    assert!(sessions.len() > 5 && sessions.iter().all(|one| one["sport"] == "running" && one["id"].is_string()));
    assert!(home.written("records.ndjson").iter().all(|one| one["heart_rate_bpm"].is_u64()));
    let (whole, rest) = (home.written("ride.ndjson"), home.written("rest.ndjson"));
    let named = |one: &serde_json::Value| (one["type"].clone(), one["index"].clone(), one["timestamp"].clone());
    let is_begin = whole.iter().map(named).take(rest.len()).eq(rest.iter().map(named));
    assert!(is_begin && rest.len() > whole.len() / 3, "{} of {}", rest.len(), whole.len());
}

#[test]
fn export_to_gpx_tcx_csv_or_geojson() {
    let home = Home::new();
    home.command("garminsync", &["download", "--missing"]).ok();
    fs::write(home.path("triathlon.fit"), gs_sim::fit::triathlon(gs_sim::HISTORY_END).build()).unwrap();
    home.follows("Export to GPX, TCX, CSV or GeoJSON");
    let [year, all] = ["gpx", "gpx-to-share"].map(|folder| count(&home.path(folder)));
    assert!(year > 2 && all > year, "{year} {all}");
    assert!(fs::read_to_string(home.path("trackpoints.csv")).unwrap().lines().count() > 1000);
    let map: serde_json::Value = serde_json::from_slice(&fs::read(home.path("map.geojson")).unwrap()).unwrap();
    assert!(map["features"].as_array().unwrap().len() > 10);
    assert!(fs::read_to_string(home.path("triathlon.tcx")).unwrap().contains("Sport=\"Biking\""));
    assert_eq!(count(&home.path("legs")), 5);
}

#[test]
fn edit_the_upload_plan() {
    let home = Home::new();
    home.follows("Edit the upload plan");
    let sent = home.written("sent.ndjson");
    assert!(sent.iter().filter(|one| one["outcome"]["kind"] == "created").count() > 3);
    assert!(sent.iter().all(|one| one["activity"]["sport"] != "swimming"));
    assert!(home.asked(UPLOAD_GARMIN) > 0 && home.asked(UPLOAD_COROS) > 0);
}

#[test]
fn find_and_delete_duplicates() {
    let home = Home::of(Scenario::default_three(60, 3));
    home.command("garminsync", &["download", "--missing"]).ok();
    home.follows("Find and delete duplicates");
    let deleted = fs::read_to_string(home.path("deleted.ndjson")).unwrap();
    assert!(deleted.contains(r#""outcome":{"kind":"deleted"}"#), "{deleted}");
    assert!(deleted.contains("two devices"), "recordings of two devices are not duplicates: {deleted}");
}

#[test]
fn download_ten_years_of_history() {
    let home = Home::new();
    home.follows("Download ten years of history");
    assert_eq!(home.written("first.ndjson").iter().filter(|one| one["outcome"]["kind"] == "created").count(), 3);
    assert!(!home.written("next.ndjson").is_empty());
    // Each file is downloaded once, although three commands select it.
    let mut files: Vec<String> = asked(&home.sim, FILES).into_iter().map(|request| request.path).collect();
    let all = files.len();
    files.sort();
    files.dedup();
    let missing = home.command("gs-list", &["--missing", "--platform", "garmin-com"]).ids();
    assert_eq!((files.len(), missing), (all, Vec::new()));
}

#[test]
fn import_the_login_of_another_tool() {
    let home = Home::new();
    let (oauth1, oauth2) = home.sim.with(|state| state.issue_garth("garmin.com"));
    fs::create_dir(home.path(".garth")).unwrap();
    fs::write(home.path(".garth/oauth1_token.json"), oauth1.to_string()).unwrap();
    fs::write(home.path(".garth/oauth2_token.json"), oauth2.to_string()).unwrap();
    fs::create_dir(home.path(".garminconnect")).unwrap();
    let token = home.sim.with(|state| state.issue_token("garmin.com")).to_string();
    fs::write(home.path(".garminconnect/garmin_tokens.json"), token).unwrap();
    home.follows("Import the login of another tool");
    home.command("gs-fetch", &["--platform", "garmin-com"]).ok();
    assert_eq!(home.asked("/mobile/api/login"), 0, "no password was needed");
}

#[test]
fn confirm_each_upload() {
    let home = Home::new();
    home.follows_with("Confirm each upload", "y\n\nn\ny\n");
    let (planned, wanted) = (home.written("plan.ndjson"), home.written("wanted.ndjson"));
    assert!(planned.len() > 4);
    assert_eq!(wanted, [planned[0].clone(), planned[3].clone()]);
    assert_eq!(home.written("sent.ndjson").len(), 2);
    assert_eq!(home.asked(UPLOAD_GARMIN) + home.asked("/activity/fit/import"), 2);
}

#[test]
fn never_upload_to_coros() {
    let home = Home::new();
    home.follows("Never upload to COROS");
    assert!(home.asked(UPLOAD_GARMIN) > 0);
    assert_eq!((home.asked(UPLOAD_COROS), home.asked("/activity/delete")), (0, 0));
}

#[test]
fn sync_a_mounted_watch() {
    let home = Home::new();
    fs::create_dir(home.path("watch")).unwrap();
    let ride = gs_sim::fit::run(gs_sim::HISTORY_END + 7200, 1800, 5000.0).build();
    fs::write(home.path("watch/ride.fit"), ride).unwrap();
    home.follows("Sync a mounted watch");
    assert_eq!((home.asked(UPLOAD_GARMIN), home.asked(UPLOAD_COROS)), (1, 0));
    assert_eq!(count(&home.path("watch")), 1, "nothing was uploaded to the watch");
    let folders = fs::read_dir(home.path(".local/share/garminsync/fit")).unwrap().flatten();
    let of_watch = folders.map(|entry| entry.path()).find(|path| path.to_str().unwrap().contains("folder"));
    assert_eq!(count(&of_watch.expect("a folder of the archive")), 1);
}

#[test]
fn manage_two_people_on_one_machine() {
    let home = Home::changed(|scenario| {
        scenario.accounts[0].email = "anna@example.com".into();
        scenario.coros[0].email = "ben@example.com".into();
    });
    home.follows("Manage two people on one machine");
    assert!(count(&home.path("sport/anna/data/fit/garmin_com")) > 20);
    assert!(count(&home.path("sport/ben/data/fit/coros")) > 20);
    assert!(!home.path("sport/anna/data/fit/coros").exists() && !home.path("sport/ben/data/fit/garmin_com").exists());
    assert!(!home.path(".local/share/garminsync").exists(), "no other data folder exists");
}

#[test]
fn get_an_alert_when_syncs_stop() {
    let home = Home::new();
    home.follows("Get an alert when syncs stop");
    let pings = home.sim.with(|state| state.messages().iter().filter(|message| message.host == "hc-ping.com").count());
    assert_eq!(pings, 4, "two runs, each with a start and an end ping");
}

#[test]
fn undo_a_deletion_or_an_upload() {
    let home = Home::new();
    home.command("gs-fetch", &[]).ok();
    let missing = home.command("gs-list", &["--missing"]).out.clone();
    home.work.given("gs-download", &[], &missing).ok();
    // The user deletes activities that are on one platform only, and activities that are on both.
    let total = home.sim.with(|state| {
        let ids = state.ids("garmin.com");
        ids.iter().take(6).for_each(|id| assert!(state.remove_activity("garmin.com", *id)));
        ids.len()
    });
    home.command("gs-fetch", &["--full", "--accept-missing"]).ok();
    home.command("gs-fetch", &["--full", "--accept-missing"]).ok();
    home.follows("Undo a deletion or an upload");
    let restored = home.written("restored.ndjson");
    assert_eq!((restored.len(), &restored[0]["outcome"]["kind"]), (1, &"created".into()));
    let uploaded = home.written("sent.ndjson").iter().filter(|one| one["to"] == "garmin-com").count();
    assert!(uploaded > 0 && home.sim.with(|state| state.ids("garmin.com").len()) >= total - 6 + 1 + uploaded);
}

#[test]
fn back_up_and_restore() {
    let home = Home::new();
    home.command("gs-fetch", &[]).ok();
    let missing = home.command("gs-list", &["--missing", "--platform", "garmin-com"]).out.clone();
    home.work.given("gs-download", &[], &missing).ok();
    home.sim.clear_log();
    home.follows("Back up and restore");
    assert_eq!(requests(&home.sim), [""; 0], "the backup has all archived files");
    assert_eq!(count(&home.path("restored/fit/garmin_com")), home.archived("garmin_com"));
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &str| fs::metadata(home.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("garminsync.tar.gz"), mode("restored")), (0o600, 0o700));
}
