//! A separate folder for every test, with the real commands and a simulator.
//!
//! If a command ends differently than expected, the test fails with the command line, the folder and the complete
//! output.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gs_sim::{LoggedRequest, Scenario, Sim};
use serde_json::Value;

pub mod all_features;
pub mod coros_oauth;
pub mod duplicates;
pub mod engine;
pub mod faults;
pub mod history;
pub mod installed;
pub mod large_catalogue;
pub mod memory_platform;
pub mod older_tools;
pub mod open_platform;
pub mod paths;
pub mod plain_words;
pub mod recipes;
pub mod schema;
pub mod three_platforms;
pub mod tmux;
pub mod upload;
pub mod world;

/// A folder, and the settings of the commands that run in it.
pub struct Work {
    dir: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// The output and exit code of a command.
pub struct Said {
    what: String,
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Work {
    /// An empty folder; requests reach no server.
    pub fn alone() -> Work {
        let dir = tempfile::tempdir().unwrap();
        // Commands report when they create the data folder, so the test creates it.
        std::fs::create_dir(dir.path().join("data")).unwrap();
        let mut work = Work { dir, env: Vec::new() };
        work.set("GS_LOOPBACK", "http://127.0.0.1:9")
            .set("GS_REQUEST_INTERVAL", "0")
            .set("GS_RETRY_WAIT", "10ms")
            .set("GS_CONFIRM_WAIT", "0")
            .set("GS_LOGIN_PAUSE", "0");
        work.set("GS_RESEND_WAIT", "0");
        work.set("TZ", "Pacific/Kiritimati");
        work
    }

    /// A folder whose requests go to `sim`, without further settings.
    pub fn with(sim: &Sim) -> Work {
        let mut work = Work::alone();
        work.set("GS_LOOPBACK", &sim.base_url());
        work
    }

    /// Like [`Work::with`], with the passwords of the simulator's accounts in the settings.
    pub fn with_passwords(sim: &Sim) -> Work {
        let mut work = Work::with(sim);
        work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD", "correct horse");
        work
    }

    /// Like [`Work::with_passwords`], logged in to garmin.com.
    pub fn logged_in(sim: &Sim) -> Work {
        let work = Work::with(sim);
        let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
        work.given("gs-auth", &["import", "-"], &token).ok();
        sim.clear_log();
        work
    }

    /// Like [`Work::with`], with the password of COROS only, and with COROS as the only platform.
    pub fn with_coros(sim: &Sim) -> Work {
        let mut work = Work::with(sim);
        work.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse");
        work.set("SYNC_PLATFORM", "COROS");
        work
    }

    /// Sets the passwords of three accounts: garmin.com, garmin.cn and COROS.
    pub fn set_all_passwords(&mut self) -> &mut Work {
        self.set("GARMIN_EMAIL_COM", "runner@example.com").set("GARMIN_PASSWORD_COM", "correct horse");
        self.set("GARMIN_EMAIL_CN", "runner@example.cn").set("GARMIN_PASSWORD_CN", "correct horse");
        self.set("COROS_EMAIL", "runner@example.org").set("COROS_PASSWORD", "correct horse")
    }

    /// Sets a PATH with the commands and the machine's own programs.
    pub fn put_commands_in_path(&mut self) -> &mut Work {
        self.set("PATH", &format!("{}:/usr/bin:/bin", paths::commands().display()))
    }

    /// Sets a setting, in place of its old value.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Work {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a setting.
    pub fn unset(&mut self, name: &str) -> &mut Work {
        self.env.retain(|(n, _)| n != name);
        self
    }

    /// Writes `.env` in the folder, readable by its owner alone.
    pub fn write_env(&self, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.dir().join(".env");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the data folder.
    pub fn data(&self, path: &str) -> PathBuf {
        self.dir().join("data").join(path)
    }

    /// A command, ready to run, without the machine's own settings.
    pub fn command(&self, name: &str, args: &[&str]) -> Command {
        let bin = paths::commands().join(name);
        let mut command = Command::new(bin);
        command.args(args).current_dir(self.dir()).env_clear();
        // Else scripts may find the commands of an older build.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:{}", paths::commands().display()));
        command.env("HOME", self.dir()).env("DATA_DIR", self.data("")).envs(self.env.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Runs a command with an empty standard input.
    pub fn run(&self, name: &str, args: &[&str]) -> Said {
        self.given(name, args, "")
    }

    /// Runs a command with this standard input.
    pub fn given(&self, name: &str, args: &[&str], input: &str) -> Said {
        let mut command = self.command(name, args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let what = format!("{command:?} in {}", self.dir().display());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A command may end before it has read the whole input.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Said::of(&what, &output)
    }

    /// `gs-list ARGS | gs-download`
    pub fn download(&self, list: &[&str]) -> Said {
        let list = self.run("gs-list", list).ok().out.clone();
        self.given("gs-download", &[], &list)
    }

    /// `gs-fetch` and `gs-list --missing | gs-download`; expects that all of them succeed.
    pub fn archive_all(&self) {
        self.run("gs-fetch", &[]).ok();
        self.download(&["--missing"]).ok();
    }

    /// Starts a command and leaves it running.
    pub fn spawn(&self, name: &str, args: &[&str], input: &str) -> Child {
        let path = self.dir().join(format!("input-{:x}", fastrand::u64(..)));
        std::fs::write(&path, input).unwrap();
        let mut command = self.command(name, args);
        command.stdin(std::fs::File::open(path).unwrap()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs `gs-auth` on its own terminal (`script`, of bsdutils) and types each of `lines` after its prompt.
    pub fn on_a_terminal(&self, args: &str, lines: &[(&str, &str)]) -> (i32, String) {
        self.typed_into("gs-auth", args, lines)
    }

    /// Like [`Work::on_a_terminal`], for any command.
    pub fn typed_into(&self, name: &str, args: &str, lines: &[(&str, &str)]) -> (i32, String) {
        use std::io::Read;
        let bin = Path::new(env!("CARGO_BIN_EXE_gs-auth")).with_file_name(name);
        // A question that the test does not expect must not stop all tests.
        let mut command = Command::new("timeout");
        let line = format!("{} {args}", bin.display());
        command.args(["180", "script", "-qec", &line, "/dev/null"]).current_dir(self.dir()).env_clear();
        command.envs(self.command(name, &[]).get_envs().filter_map(|(n, v)| Some((n, v?)))).env("TERM", "dumb");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script (bsdutils) is needed");
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut shown = String::new();
        for (prompt, line) in lines {
            let mut buffer = [0; 4096];
            while !shown.contains(prompt) {
                let read = stdout.read(&mut buffer).unwrap();
                assert!(read > 0, "the command ended before the prompt {prompt:?}: {shown}");
                shown.push_str(&String::from_utf8_lossy(&buffer[..read]));
            }
            shown = shown.split_off(shown.find(prompt).unwrap() + prompt.len());
            // The prompt appears a moment before the echo is off, so the test waits as a person would.
            std::thread::sleep(std::time::Duration::from_millis(300));
            writeln!(stdin, "{line}").unwrap();
        }
        let mut rest = Vec::new();
        let _ = stdout.read_to_end(&mut rest);
        (child.wait().unwrap().code().unwrap(), shown + &String::from_utf8_lossy(&rest))
    }

    /// `status.json`, as the last `gs-report` has written it.
    pub fn status_json(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.data("report/status.json")).unwrap()).unwrap()
    }

    /// One value from the catalogue.
    pub fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        let connection = rusqlite::Connection::open(self.data("catalogue.sqlite")).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Changes the catalogue, as time or another program would.
    pub fn change(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.data("catalogue.sqlite")).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// All files below `path` in the data folder, including hidden ones.
    pub fn files(&self, path: &str) -> Vec<PathBuf> {
        fn walk(dir: &Path, all: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() { walk(&entry.path(), all) } else { all.push(entry.path()) }
            }
        }
        let mut all = Vec::new();
        walk(&self.data(path), &mut all);
        all.sort();
        all
    }
}

impl Said {
    /// The output of a command that has ended.
    pub fn of(what: &str, output: &std::process::Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        // An end by a signal has the exit code that a shell reports.
        let code = output
            .status
            .code()
            .unwrap_or_else(|| 128 + std::os::unix::process::ExitStatusExt::signal(&output.status).unwrap_or(0));
        Said { what: what.to_owned(), code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Expects exit code 0.
    #[track_caller]
    pub fn ok(&self) -> &Said {
        self.ends(0)
    }

    /// Expects this exit code.
    #[track_caller]
    pub fn ends(&self, code: i32) -> &Said {
        assert_eq!(self.code, code, "\n{self}");
        self
    }

    /// Expects this on stderr.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Said {
        assert!(self.err.contains(text), "stderr does not contain {text:?}\n{self}");
        self
    }

    /// Expects an empty stderr, because cron would mail its text.
    #[track_caller]
    pub fn silent(&self) -> &Said {
        assert!(self.err.is_empty(), "stderr is not empty\n{self}");
        self
    }

    /// The records on stdout. Each record with a type has to conform to `docs/record.schema.json`.
    #[track_caller]
    pub fn records(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{self}"));
        let records: Vec<Value> = self.out.lines().map(read).collect();
        for record in records.iter().filter(|record| record["type"].is_string()) {
            assert_eq!(schema::faults(record, false), [""; 0], "\n{self}");
        }
        records
    }

    /// The ids on stdout, in order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.records().iter().map(|record| record["id"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The only record on stdout.
    #[track_caller]
    pub fn record(&self) -> Value {
        let mut records = self.records();
        assert_eq!(records.len(), 1, "\n{self}");
        records.remove(0)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| text.chars().take(2000).collect::<String>();
        write!(
            f,
            "=== {}\n=== exit {}\n=== stdout\n{}\n=== stderr\n{}\n===",
            self.what,
            self.code,
            shown(&self.out),
            shown(&self.err)
        )
    }
}

/// A simulator with some ordinary runs on garmin.com.
pub fn plain(count: usize) -> Sim {
    scenario(count).start()
}

/// The scenario of [`plain`], for tests that change it.
pub fn scenario(count: usize) -> Scenario {
    let activities = (0..count as i64).map(|n| gs_sim::ActivitySpec {
        id: Some(20_000_000_000 + n as u64),
        name: Some(format!("Run {n}")),
        sport: Some("running".into()),
        start: Some(gs_sim::HISTORY_END - (count as i64 - n) * 86_400),
        offset: Some(3600),
        ..gs_sim::ActivitySpec::default()
    });
    let account = gs_sim::AccountSpec { activities: activities.collect(), ..gs_sim::AccountSpec::default() };
    Scenario { accounts: vec![account], ..Scenario::default() }
}

/// A run with this id and start.
pub fn added(id: u64, start: i64) -> gs_sim::ActivitySpec {
    gs_sim::ActivitySpec {
        id: Some(id),
        start: Some(start),
        sport: Some("running".into()),
        ..gs_sim::ActivitySpec::default()
    }
}

/// Adds `count` activities at the top of the list of garmin.com, each `seconds_apart` from the next.
pub fn add_new(sim: &Sim, count: u64, seconds_apart: i64) {
    sim.with(|state| {
        for n in 0..count {
            let start = gs_sim::HISTORY_END + seconds_apart * n as i64;
            state.add_activity("garmin.com", &added(30_000_000_000 + n, start));
        }
    });
}

/// A simulator with one account at COROS and nothing at Garmin.
pub fn coros(spec: gs_sim::CorosSpec) -> Sim {
    Scenario { coros: vec![spec], ..scenario(0) }.start()
}

/// A folder that is logged in to garmin.com and has listed it; the simulator's log is empty again.
pub fn fetched(sim: Sim) -> (Sim, Work) {
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    sim.clear_log();
    (sim, work)
}

/// The requests whose path contains `part`.
pub fn asked(sim: &Sim, part: &str) -> Vec<LoggedRequest> {
    sim.log().into_iter().filter(|request| request.path.contains(part)).collect()
}

/// Method, host and path of all requests, one line each.
pub fn requests(sim: &Sim) -> Vec<String> {
    sim.log()
        .iter()
        .map(|request| format!("{} {}{} {}", request.method, request.host, request.path, request.status))
        .collect()
}

pub const LIST: &str = "/activitylist-service/";
pub const SEARCH: &str = "/activitylist-service/activities/search/activities";
pub const COUNT: &str = "/activitylist-service/activities/count";
pub const FILES: &str = "/download-service/files/";
pub const TOKEN: &str = "/di-oauth2-service/";
pub const LOGIN: &str = "/mobile/api/login";

pub const COROS_LOGIN: &str = "/account/login";
pub const COROS_WHO: &str = "/account/query";
pub const COROS_LIST: &str = "/activity/query";

/// The code of a reason.
#[track_caller]
pub fn code(reason: &Value) -> &str {
    reason["code"].as_str().unwrap_or_else(|| panic!("not a reason: {reason}"))
}

/// The codes of several reasons, in their order; empty if the value has none.
#[track_caller]
pub fn codes(reasons: &Value) -> Vec<&str> {
    reasons.as_array().into_iter().flatten().map(code).collect()
}

/// Runs a shell script and expects that it succeeds.
pub fn shell(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Whether this test runs in a private namespace of mounts and network. If not, the test runs itself again in one, and
/// the caller has nothing left to do.
///
/// It needs `unshare` (util-linux), and root or a kernel that lets users create namespaces.
pub fn is_inside(test: &str) -> bool {
    const INSIDE: &str = "GARMINSYNC_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "--propagation", "private"]);
    if !is_root {
        command.arg("--map-root-user");
    }
    command
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args([&format!("::{test}"), "--nocapture"])
        .env(INSIDE, "1");
    let output = command.output().expect("unshare (util-linux) is needed");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains(" 1 passed"), "{said}");
    false
}

/// Compresses bytes as `gzip` does.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The text in base64, with padding.
pub fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
