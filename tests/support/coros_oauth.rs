//! COROS by OAuth: a simulator with an account, and folders that read it by that access.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Said, Work, scenario};
use gs_sim::{CorosActivitySpec, CorosSpec, HISTORY_END, McpSpec, McpVisit, Scenario, Sim};
use serde_json::{Value, json};

/// The region of the account at the Training Hub, and the host of its tools.
pub const REGION: u32 = 2;
pub const HOST: &str = "mcpcn.coros.com";
/// The stored token, in the data folder.
pub const TOKEN: &str = "tokens/coros.oauth.json";
/// A day in seconds, and a little more.
pub const DAY: i64 = 86_400 + 60;

/// A simulator with this many activities at COROS.
pub fn sim(count: usize, change: impl FnOnce(&mut McpSpec)) -> Sim {
    let mut mcp = McpSpec { poll_interval: Some(1), ..McpSpec::default() };
    change(&mut mcp);
    let activities = (0..count as i64).map(|n| CorosActivitySpec {
        name: Some(format!("Run {n}")),
        sport: Some([100, 200, 102, 402][n as usize % 4]),
        start: Some(HISTORY_END - (n + 1) * 86_400 * 3 + n * 61),
        offset: Some(28_800),
        seconds: Some(1500 + n as u32 % 60 * 37),
        metres: Some(4003.3 + n as f64 * 23.7),
        ..CorosActivitySpec::default()
    });
    let account = CorosSpec { activities: activities.collect(), region: REGION, ..CorosSpec::default() };
    Scenario { coros: vec![account], coros_mcp: mcp, ..scenario(3) }.start()
}

/// A folder that reads COROS by OAuth, and has no other login.
pub fn work(sim: &Sim) -> Work {
    let mut work = Work::with(sim);
    work.set("SYNC_PLATFORM", "COROS");
    store(&work, &issued(sim));
    work
}

/// The token file of a login that the simulator makes.
pub fn issued(sim: &Sim) -> Value {
    issued_in(sim, REGION)
}

/// The token file of a login that the simulator makes to the account in this region.
pub fn issued_in(sim: &Sim, region: u32) -> Value {
    let given = sim.with(|state| state.issue_mcp_token(region));
    let user = sim.with(|state| state.coros_account(region).user.clone());
    let now = jiff::Timestamp::now();
    let end = now.as_second() + given["expires_in"].as_i64().unwrap_or(3600);
    json!({
        "issuer": given["issuer"], "client_id": given["client_id"], "access_token": given["access_token"],
        "refresh_token": given["refresh_token"], "issued": now.to_string(), "user_id": user,
        "expires": jiff::Timestamp::from_second(end).unwrap().to_string(),
    })
}

/// Stores a token file.
pub fn store(work: &Work, token: &Value) {
    let mode = |path: &str, mode| {
        std::fs::set_permissions(work.data(path), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    std::fs::create_dir_all(work.data("tokens")).unwrap();
    mode("tokens", 0o700);
    std::fs::write(work.data(TOKEN), token.to_string()).unwrap();
    mode(TOKEN, 0o600);
}

/// The stored token file.
pub fn stored(work: &Work) -> Value {
    serde_json::from_slice(&std::fs::read(work.data(TOKEN)).unwrap()).unwrap()
}

/// Changes one field of the stored token.
pub fn set(work: &Work, name: &str, value: impl Into<Value>) {
    let mut token = stored(work);
    token[name] = value.into();
    store(work, &token);
}

/// Lets the access token end in this many seconds, of a lifetime of a day.
pub fn end_in(work: &Work, seconds: i64) {
    let now = jiff::Timestamp::now().as_second();
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap().to_string();
    set(work, "issued", at(now + seconds - 86_400));
    set(work, "expires", at(now + seconds));
}

/// Logs in, with a person who opens the link and does this.
pub fn log_in(work: &Work, sim: &Sim, visit: Option<McpVisit>) -> Said {
    let mut command: Command = work.command("gs-auth", &["login", "--platform", "coros", "--oauth", "-v"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while let Some(visit) = visit
        && Instant::now() < end
        && child.try_wait().unwrap().is_none()
    {
        if let Some(url) = sim.with(|state| state.mcp_login_url()) {
            assert!(sim.with(|state| state.open_mcp_login(REGION, &url, visit)));
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Said::of("gs-auth login --oauth", &child.wait_with_output().unwrap())
}

/// Moves the time of the service and of the data folder.
pub fn advance(work: &Work, sim: &Sim, seconds: i64) {
    sim.with(|state| state.advance(seconds));
    work.change(&format!("UPDATE file_requests SET at = at - {seconds}"));
}

/// Lists.
pub fn fetch(work: &Work) -> Said {
    work.run("gs-fetch", &[])
}

/// Downloads what is missing, in a run of its own.
pub fn download(work: &Work) -> Said {
    let list = work.run("gs-list", &["--missing"]).ok().out.clone();
    work.given("gs-download", &[], &list)
}

/// The number of archived files.
pub fn archived(work: &Work) -> usize {
    work.files("fit/coros").len()
}

/// Changes the behaviour of the service.
pub fn change(sim: &Sim, change: impl FnOnce(&mut McpSpec)) {
    sim.with(|state| change(&mut state.scenario.coros_mcp));
}
