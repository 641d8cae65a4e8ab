//! Slow responses, oversized responses, and signals while a command waits for a response.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::paths::SYNC;
use crate::support::upload::{self, CN, COM, DAY, START, kinds, start};
use crate::support::{COROS_LIST, COUNT, FILES, LOGIN, SEARCH, TOKEN, Work, asked, coros, plain, requests, shell};
use gs_sim::{CorosSpec, Effect, Fault, Sim};

/// The sign-in page, the first request of a login.
const SIGN_IN: &str = "/mobile/sso/";
/// Much longer than a command may take, and much shorter than the slow responses.
const LONG: Duration = Duration::from_secs(60);

/// A response of one byte per second: no single read times out.
fn slow_response(head: bool) -> Effect {
    Effect::Drip { ms: 1000, bytes: 1, head }
}

#[test]
fn a_slow_response_fails_after_one_retry() {
    for (path, command) in [(SEARCH, "gs-fetch"), (COUNT, "gs-fetch"), (FILES, "gs-download")] {
        let sim = plain(1);
        let mut work = Work::logged_in(&sim);
        let list = if command == "gs-download" { work.run("gs-fetch", &[]).ok().out.clone() } else { String::new() };
        work.set("GS_TIMEOUT", "2s");
        sim.fault(Fault::new(slow_response(false)).path(path));
        sim.clear_log();
        let began = Instant::now();
        work.given(command, &[], &list).ends(75).says("slower than 512 bytes a second for 2 s");
        assert!(began.elapsed() < LONG, "{path}");
        assert_eq!(asked(&sim, path).len(), 2, "{:?}", requests(&sim));
    }
}

#[test]
fn slow_response_headers_time_out() {
    let sim = plain(1);
    let mut work = Work::logged_in(&sim);
    work.set("GS_TIMEOUT", "1s");
    sim.fault(Fault::new(slow_response(true)).path(SEARCH));
    let began = Instant::now();
    work.run("gs-fetch", &[]).ends(75);
    assert!(began.elapsed() < LONG);
}

#[test]
fn a_slow_token_renewal_is_sent_once_and_exits_75() {
    let sim = plain(1);
    let mut work = Work::logged_in(&sim);
    work.set("GS_TIMEOUT", "2s");
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.fault(Fault::new(slow_response(false)).path(TOKEN));
    let began = Instant::now();
    work.run("gs-fetch", &[]).ends(75).says("slower than");
    assert!(began.elapsed() < LONG);
    assert_eq!(asked(&sim, TOKEN).len(), 1, "the renewal is sent once");
}

#[test]
fn a_large_file_on_a_slow_connection_is_downloaded() {
    let sim = plain(1);
    let mut work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    work.set("GS_TIMEOUT", "1s");
    let size = sim.with(|state| state.account("garmin.com").activities[0].recording.encode().len());
    // The response takes ten times as long as the timeout of a read.
    sim.fault(Fault::new(Effect::Drip { ms: 50, bytes: size / 3 / 200 + 10, head: false }).path(FILES));
    let began = Instant::now();
    work.download(&["--missing"]).ok();
    assert!(began.elapsed() > Duration::from_secs(2), "the response was not slow");
    assert_eq!(asked(&sim, FILES).len(), 1);
}

/// Waits until `path` was requested and its slow response has begun.
#[track_caller]
fn wait_for(sim: &Sim, path: &str) {
    let end = Instant::now() + LONG;
    while asked(sim, path).is_empty() {
        assert!(Instant::now() < end, "{:?}", requests(sim));
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(200));
}

/// Sends the signal once, and expects exit code 130.
#[track_caller]
fn expect_end_by(mut child: Child, signal: &str) {
    shell(&format!("kill -{signal} {}", child.id()));
    let end = Instant::now() + Duration::from_secs(30);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() < end => std::thread::sleep(Duration::from_millis(10)),
            None => {
                child.kill().unwrap();
                panic!("one {signal} does not end the command");
            }
        }
    };
    assert_eq!(status.code(), Some(130));
}

#[test]
fn one_signal_ends_a_command_during_a_slow_response() {
    for (path, head, signal) in
        [(SEARCH, false, "TERM"), (SEARCH, true, "INT"), (FILES, false, "INT"), (COUNT, false, "TERM")]
    {
        let sim = plain(1);
        let work = Work::logged_in(&sim);
        let command = if path == FILES { "gs-download" } else { "gs-fetch" };
        let list = if path == FILES { work.run("gs-fetch", &[]).ok().out.clone() } else { String::new() };
        sim.clear_log();
        sim.fault(Fault::new(slow_response(head)).path(path));
        let child = work.spawn(command, &[], &list);
        wait_for(&sim, path);
        expect_end_by(child, signal);
        sim.clear_faults();
        work.run("gs-fetch", &[]).ok();
    }
    let sim = coros(CorosSpec { generate: 3, ..CorosSpec::default() });
    let work = Work::with_coros(&sim);
    sim.fault(Fault::new(slow_response(false)).path(COROS_LIST));
    let child = work.spawn("gs-fetch", &[], "");
    wait_for(&sim, COROS_LIST);
    expect_end_by(child, "TERM");
}

#[test]
fn one_signal_ends_a_command_that_waits_for_a_response() {
    let sim = plain(1);
    let work = Work::logged_in(&sim);
    sim.fault(Fault::new(Effect::Held { ms: 600_000 }).path(SEARCH));
    let child = work.spawn("gs-fetch", &[], "");
    let end = Instant::now() + LONG;
    // The simulator holds the request before it logs it.
    while Instant::now() < end && sim.with(|state| state.accounts[0].lists) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    expect_end_by(child, "TERM");
}

/// A host that does not accept connections: a listener with a full queue. A connection attempt hangs until its timeout.
fn unresponsive_host() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // The shortest possible queue; the standard library sets a long one.
    socket2::SockRef::from(&listener).listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(client) = TcpStream::connect_timeout(&address, Duration::from_millis(500)) {
        queued.push(client);
        assert!(queued.len() < 100, "the queue does not become full");
    }
    (address, listener, queued)
}

/// Waits for a connection in this state (proc(5), `/proc/net/tcp`) to a port.
#[track_caller]
fn wait_for_connection(port: u16, state: &str) {
    let end = Instant::now() + LONG;
    let is_connected = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(2).is_some_and(|to| to.ends_with(&format!(":{port:04X}"))) && words.get(3) == Some(&state)
    };
    while !std::fs::read_to_string("/proc/net/tcp").unwrap().lines().any(is_connected) {
        assert!(Instant::now() < end, "no connection");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn one_signal_ends_a_command_that_is_still_connecting() {
    let sim = plain(1);
    let mut work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let (address, _listener, _queued) = unresponsive_host();
    // A silent listener: the handshake with the proxy never completes.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    work.set("GS_TIMEOUT", "120s");
    let silent_at = silent.local_addr().unwrap();
    const SYN_SENT: &str = "02";
    const ESTABLISHED: &str = "01";
    for (name, scheme, to, state) in [
        ("GS_LOOPBACK", "http", address, SYN_SENT),
        ("HTTPS_PROXY", "socks5", silent_at, ESTABLISHED),
        ("HTTPS_PROXY", "http", silent_at, ESTABLISHED),
        ("HTTPS_PROXY", "socks5", address, SYN_SENT),
    ] {
        work.set("GS_LOOPBACK", "").set(name, &format!("{scheme}://{to}"));
        for signal in ["TERM", "INT", "HUP"] {
            let child = work.spawn("gs-fetch", &["--full"], "");
            wait_for_connection(to.port(), state);
            expect_end_by(child, signal);
        }
        work.unset("HTTPS_PROXY");
    }
}

#[test]
fn one_signal_ends_a_login_that_waits_for_the_sign_in_page() {
    let sim = plain(1);
    let work = Work::with_passwords(&sim);
    sim.fault(Fault::new(slow_response(true)).path(SIGN_IN));
    let child = work.spawn("gs-auth", &["login"], "");
    wait_for(&sim, SIGN_IN);
    let began = Instant::now();
    expect_end_by(child, "TERM");
    assert!(began.elapsed() < Duration::from_secs(9), "the command got the extra time of a write");
    assert!(asked(&sim, LOGIN).is_empty());
    sim.clear_faults();
    work.run("gs-auth", &["login"]).ok();
}

/// The settings for a sync by the script.
fn with_commands(mut work: Work) -> Work {
    work.put_commands_in_path();
    work
}

#[test]
fn one_signal_to_the_sync_script_ends_its_running_command() {
    let sim = plain(1);
    let work = with_commands(Work::logged_in(&sim));
    sim.fault(Fault::new(slow_response(true)).path(SEARCH));
    let child = work.spawn(SYNC, &[], "");
    wait_for(&sim, SEARCH);
    expect_end_by(child, "TERM");
    sim.clear_faults();
    work.run(SYNC, &[]).ok();
}

#[test]
fn a_terminal_closed_during_a_token_renewal_keeps_the_login() {
    for command in ["gs-fetch", SYNC] {
        let sim = plain(1);
        let work = with_commands(Work::logged_in(&sim));
        work.run("gs-fetch", &[]).ok();
        sim.with(|state| state.expire_access_tokens("garmin.com"));
        sim.clear_log();
        sim.fault(Fault::new(Effect::Held { ms: 2000 }).path(TOKEN).count(1));
        let mut started = work.command(command, &["--full"]);
        started.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = started.spawn().unwrap();
        wait_for(&sim, TOKEN);
        // Both the kernel and the shell send the signal to the foreground group.
        for _ in 0..2 {
            let group = format!("-{}", child.id());
            assert!(Command::new("kill").args(["-HUP", "--", &group]).status().unwrap().success());
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(child.wait().unwrap().code(), Some(130), "{command}");
        assert_eq!(asked(&sim, TOKEN).len(), 1, "{command}");
        work.run("gs-fetch", &["--full"]).ok();
    }
}

#[test]
fn a_command_under_nohup_survives_a_hangup() {
    let sim = plain(1);
    let work = with_commands(Work::logged_in(&sim));
    sim.fault(Fault::new(Effect::Held { ms: 1000 }).path(SEARCH).count(1));
    let command = work.command("gs-fetch", &[]);
    let mut nohup = Command::new("nohup");
    nohup.arg(command.get_program()).current_dir(work.dir()).env_clear();
    nohup.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = nohup.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&sim, SEARCH);
    shell(&format!("kill -HUP {}", child.id()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_upload_stopped_during_a_slow_response_is_resolved_by_the_next_run() {
    let world = start(&[(CN, &[START])], |_| {});
    let plan = world.plan_of(upload::CN, COM, &[START]);
    world.sim.fault(Fault::new(slow_response(false)).host("connectapi.garmin.com").path(upload::SEND_GARMIN));
    let child = world.work.spawn("gs-upload", &[], &plan);
    wait_for(&world.sim, upload::SEND_GARMIN);
    expect_end_by(child, "TERM");
    assert_eq!(world.outcomes(), ["open"]);
    world.sim.clear_faults();
    world.upload(&plan).ok();
    assert_eq!((world.times(COM, START), world.sent(COM)), (1, 1));
}

/// Runs gs-fetch with a memory limit.
fn with_memory_limit(work: &Work, mebibytes: u64) -> (i32, String) {
    let command = work.command("gs-fetch", &[]);
    let mut limited = std::process::Command::new("prlimit");
    limited.arg(format!("--as={}", mebibytes << 20)).arg("--").arg(command.get_program()).args(command.get_args());
    limited.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.current_dir(work.dir()).output().expect("prlimit (util-linux) is needed");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn an_oversized_response_is_not_read_completely() {
    for (path, words) in [(SEARCH, "larger than 4194304 bytes"), (COUNT, "larger than 524288 bytes")] {
        let sim = plain(3);
        let work = Work::logged_in(&sim);
        sim.fault(Fault::new(Effect::Huge { mebibytes: 24 }).path(path));
        let (code, said) = with_memory_limit(&work, 768);
        assert!(code == 75 && said.contains(words), "{code} {said}");
    }
    let sim = coros(CorosSpec { generate: 3, ..CorosSpec::default() });
    let work = Work::with_coros(&sim);
    sim.fault(Fault::new(Effect::Huge { mebibytes: 24 }).path(COROS_LIST));
    work.run("gs-fetch", &[]).ends(75).says("larger than 4194304 bytes");
}

#[test]
fn a_list_with_500_000_items_needs_little_memory() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    let many = r#"{"a":0},"#.repeat(500_000);
    let body = Some(format!("[{}]", many.trim_end_matches(',')));
    sim.fault(Fault::new(Effect::Status { status: 200, retry_after: None, body, content_type: None }).path(SEARCH));
    let (code, said) = with_memory_limit(&work, 1024);
    assert!(code == 75 && said.len() < 2000, "{code} {}", said.chars().take(2000).collect::<String>());
    assert!(said.contains("500000 activities"), "{said}");
}

#[test]
fn a_precheck_that_is_always_outdated_reports_cause_and_remedy() {
    let mut world = start(&[(COM, &[START]), (CN, &[START - 30 * DAY])], |_| {});
    let plan = world.plan_of(COM, CN, &[START]);
    world.sim.fault(Fault::new(Effect::Held { ms: 15_500 }).path("/activitylist-service/"));
    let said = world.upload(&plan);
    assert_eq!((kinds(said.ends(75)), world.sent(CN)), (vec!["problem retry".to_owned()], 0));
    assert!(said.out.contains("slow") && said.out.contains("GS_REQUEST_INTERVAL"), "{said}");
    // The advice helps: a list is valid for longer.
    world.work.set("GS_REQUEST_INTERVAL", "4s");
    world.sim.clear_faults();
    world.sim.fault(Fault::new(Effect::Held { ms: 15_500 }).path("/activitylist-service/").count(1));
    world.upload(&plan).ok();
    assert_eq!(world.times(CN, START), 1);
}
