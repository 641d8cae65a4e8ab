//! `garminsync`: its commands, their flags and help, the programs they run, exit codes, and signals.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::tmux::{Tmux, is_back};
use crate::support::{LIST, Work, plain};
use gs_sim::{Effect, Fault};

const COMMANDS: [&str; 13] = [
    "setup", "sync", "list", "download", "status", "report", "login", "logout", "accounts", "import", "notify",
    "daemon", "schedule",
];

fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_garminsync")).parent().unwrap()
}

/// Creates a program in a folder that comes first in PATH.
fn put_program(work: &mut Work, name: &str, text: &str) -> PathBuf {
    let folder = work.dir().join("programs");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    work.set("PATH", &format!("{}:{}:/usr/bin:/bin", folder.display(), bin().display()));
    path
}

#[test]
fn every_command_has_help_and_is_listed_in_the_help() {
    let work = Work::alone();
    let all = work.run("garminsync", &["--help"]).ok().silent().out.clone();
    for word in COMMANDS {
        assert!(all.contains(&format!("\n  {word} ")), "{word}: {all}");
        for args in [&[word, "--help"][..], &["help", word]] {
            let help = work.run("garminsync", args).ok().silent().out.clone();
            assert!(help.contains(&format!("\nUsage: garminsync {word}")), "{help}");
        }
    }
    let listed = all.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    assert_eq!(listed.count(), COMMANDS.len() + 1, "COMMANDS and help: {all}");
    assert!(work.run("garminsync", &["--version"]).ok().out.starts_with("garminsync "));
    work.run("garminsync", &[]).ends(2).says("Usage: garminsync");
    work.run("garminsync", &["nonsense"]).ends(2).says("nonsense");
    for word in COMMANDS {
        work.run("garminsync", &[word, "--nonsense"]).ends(2).says("--nonsense");
    }
    assert_eq!(fs::read_dir(work.data("")).unwrap().count(), 0, "no file is created");
}

#[test]
fn flags_are_accepted_with_or_without_a_double_dash() {
    let sim = plain(4);
    let work = Work::logged_in(&sim);
    for dashes in [&["--"][..], &[]] {
        let run = |word: &[&str], flags: &[&str]| work.run("garminsync", &[word, dashes, flags].concat());
        let csv = run(&["list", "--all"], &["--format", "csv", "--platform", "garmin-com", "--full"]);
        assert_eq!(csv.ok().silent().out.lines().count(), 5, "{csv}");
        let since = run(&["list", "--missing", "--offline"], &["-q", "--since=2026-10-31", "--sport", "running"]);
        assert_eq!(since.ok().silent().ids().len(), 1, "{since}");
        run(&["list", "--all", "--offline"], &["--nonsense"]).ends(2).says("--nonsense");
        run(&["download", "--missing"], &["-n", "--verify"]).ok().says("would download");
    }
    let stats = work.run("garminsync", &["list", "--offline", "--stats", "-q"]);
    assert_eq!(stats.ok().silent().record()["platform"], "garmin-com");
    work.run("garminsync", &["download", "--missing", "--since", "2026-10-31", "--platform=garmin-com"]).ok();
    assert_eq!(work.files("fit").len(), 1);
}

#[test]
fn commands_run_their_gs_programs_and_return_their_exit_codes() {
    let sim = plain(2);
    let work = Work::with_passwords(&sim);
    let run = |args: &[&str]| work.run("garminsync", args);
    run(&["list", "--all"]).ok();
    run(&["logout", "--platform", "garmin-com"]).ok();
    assert_eq!(run(&["accounts", "--platform", "garmin-com"]).ok().record()["state"], "none");
    run(&["login", "--password", "--platform", "garmin-com"]).ok().silent();
    let accounts = run(&["accounts", "--format", "table", "--platform", "garmin-com"]);
    assert!(accounts.ok().out.contains("garmin-com"), "{accounts}");
    run(&["login", "--password", "--browser"]).ends(2).says("cannot be used with");
    let page = run(&["report", "--out", "page", "--lang", "zh"]).ok().silent().out.clone();
    assert!(page.ends_with("/page/index.html\n"), "{page}");
    assert!(fs::read_to_string(work.dir().join("page/index.html")).unwrap().contains("lang=\"zh"));
    run(&["notify", "--test"]).ends(78).says("no channel is set up");
    run(&["notify"]).ends(2).says("--test");
    fs::create_dir(work.dir().join("-runs")).unwrap();
    let ride = gs_sim::fit::run(gs_sim::HISTORY_END + 7200, 1800, 5000.0).build();
    fs::write(work.dir().join("-runs/20000000007.fit"), ride).unwrap();
    let imported = run(&["import", "--platform", "garmin-com", "--", "-runs"]);
    assert_eq!(imported.ok().out, "", "records are for pipelines");
    assert_eq!(work.files("fit").len(), 1);
    run(&["sync", "-q", "--archive"]).ok().silent();
    assert_eq!(work.files("fit").len(), 3);
    run(&["sync", "--since", "never"]).ends(2).says("--since");
}

#[test]
fn report_open_starts_the_browser_or_prints_the_path() {
    let mut work = Work::alone();
    let browser = put_program(&mut work, "firefox", "#!/bin/sh\nprintf '%s' \"$1\" >\"$HOME/opened\"\n");
    work.set("BROWSER", "firefox:other");
    let page = work.run("garminsync", &["report", "--open"]).ok().silent().out.clone();
    assert_eq!(fs::read_to_string(work.dir().join("opened")).unwrap(), page.trim_end());
    // A browser that fails counts as no browser.
    fs::write(&browser, "#!/bin/sh\nexit 3\n").unwrap();
    let own = browser.parent().unwrap().display().to_string();
    work.set("PATH", &own);
    let said = work.run("garminsync", &["report", "--open"]);
    said.ok().says(&format!("open this file in a browser: {}", page.trim_end()));
    fs::remove_file(work.dir().join("opened")).unwrap();
    work.run("garminsync", &["report", "--open", "-n"]).ok().says("would be written");
}

/// A program that records its arguments and does nothing else.
const RECORD_ARGUMENTS: &str = "#!/bin/bash\n[ \"${0##*/}\" != gs-settings ] || [ \"${!#}\" != DATA_DIR ] || echo \"$HOME/data\"\nfor word; do printf '<%s>' \"$word\"; done >>\"$HOME/${0##*/}\"\ncat >/dev/null\n";

#[test]
fn sync_passes_each_flag_unchanged_to_its_stage() {
    let hostile = [
        "it's $(touch pwned) `touch pwned` \"x\"",
        "two\nlines\n",
        "'; touch pwned; '",
        "-n",
        "*",
        " ",
        "a=b\\",
        "日本 \u{1b}[31m",
    ];
    for value in hostile {
        let mut work = Work::alone();
        for name in [
            "gs-settings",
            "gs-notify",
            "gs-fetch",
            "gs-dedupe",
            "gs-diff",
            "gs-download",
            "gs-upload",
            "gs-report",
            "gs-list",
        ] {
            put_program(&mut work, name, RECORD_ARGUMENTS);
        }
        let since = format!("--since={value}");
        let args = [
            &since,
            "--out",
            "/o",
            "--lang=zh",
            "--max-upload",
            "7",
            "--on",
            "always",
            "--newest=3",
            "-vv",
            "--log=json",
        ];
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sync");
        work.run(script, &[&args[..], &["--from", "folder:-x", &format!("--platform={value}")]].concat()).ok();
        let given = |name: &str| fs::read_to_string(work.dir().join(name)).unwrap();
        let platform = format!("<--platform={value}>");
        let common = format!("<--verbose><--verbose><--log=json>{platform}");
        let input = "<--catalogue=none><--newest=3>";
        assert_eq!(given("gs-diff"), format!("{common}<{since}><--from=folder:-x>{input}"));
        assert_eq!(given("gs-dedupe"), format!("{common}<{since}>{input}<--duplicates>"));
        assert_eq!(given("gs-fetch"), format!("{common}<--newest=3><--print-platforms>"));
        assert_eq!(given("gs-upload"), format!("{common}<--max-upload=7>"));
        assert_eq!(given("gs-report"), format!("{common}<--out=/o><--lang=zh>"));
        assert!(given("gs-notify").ends_with(&format!("{common}<--on=always><--lang=zh>")), "{}", given("gs-notify"));
        assert!(!work.dir().join("pwned").exists(), "{value:?} was run");
    }
}

#[test]
fn the_sync_script_has_the_help_and_usage_errors_of_garminsync_sync() {
    let mut work = Work::alone();
    work.set("PATH", &format!("{}:/usr/bin:/bin", bin().display()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sync");
    let help =
        |text: &str| text.replace("Usage: garminsync sync", "Usage: gs-sync").replace("\n  -V, --version", "\u{1}");
    let of_command = help(&work.run("garminsync", &["sync", "--help"]).ok().out);
    let of_script = help(&work.run(script, &["--help"]).ok().silent().out);
    // The script also has a --version of its own.
    assert!(of_script.contains("Usage: gs-sync [OPTIONS]"), "{of_script}");
    for line in of_command.lines() {
        assert!(of_script.contains(line), "{line}: {of_script}");
    }
    assert!(work.run(script, &["--version"]).ok().out.starts_with("gs-sync "));
    work.run(script, &["--nonsense"]).ends(2).says("--nonsense").says("Usage: gs-sync");
    work.run(script, &["--newest", "x"]).ends(2).says("--newest");
    work.run(script, &["something"]).ends(2).says("something");
    assert_eq!(fs::read_dir(work.data("")).unwrap().count(), 0, "no file is created");
}

#[test]
fn programs_are_found_next_to_garminsync_or_in_path() {
    let mut work = Work::alone();
    work.set("PATH", "/usr/bin:/bin");
    let link = work.dir().join("link");
    std::os::unix::fs::symlink(bin().join("garminsync"), &link).unwrap();
    work.run(link.to_str().unwrap(), &["accounts"]).ok();
    let alone = work.dir().join("garminsync");
    // `cp` writes the copy: if this process had it open for writing, a child forked meanwhile would inherit the open
    // file, and running it would fail (ETXTBSY).
    work.given("/bin/cp", &[bin().join("garminsync").to_str().unwrap(), alone.to_str().unwrap()], "").ok();
    let run = |work: &Work, args: &[&str]| work.run(alone.to_str().unwrap(), args);
    run(&work, &["accounts"]).ends(78).says("gs-auth is neither beside garminsync nor in PATH");
    run(&work, &["daemon", "--status"]).ends(78).says("garminsync-daemon is neither");
    work.set("PATH", &format!("{}:/usr/bin:/bin", bin().display()));
    run(&work, &["accounts"]).ok();
}

/// Waits until a command has requested the list.
fn wait_for_request(sim: &gs_sim::Sim) {
    let end = Instant::now() + Duration::from_secs(60);
    while sim.log().is_empty() {
        assert!(Instant::now() < end, "no request arrived");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_signal_ends_the_running_stage_and_no_other_stage_starts() {
    for (signal, word) in
        [("TERM", "download"), ("INT", "download"), ("HUP", "download"), ("TERM", "list"), ("TERM", "sync")]
    {
        let sim = plain(3);
        let mut work = Work::logged_in(&sim);
        work.set("PATH", &format!("{}:/usr/bin:/bin", bin().display()));
        sim.fault(Fault::new(Effect::Stall { ms: 20_000 }).path(LIST).count(1));
        let args = if word == "sync" { &["sync"][..] } else { &[word, "--missing"] };
        let program = bin().join("garminsync").display().to_string();
        // If the tests run under nohup, the program inherits an ignored HUP.
        let args = [&["--default-signal=HUP", program.as_str()][..], args].concat();
        let child = work.spawn("/usr/bin/env", &args, "");
        wait_for_request(&sim);
        crate::support::shell(&format!("kill -s {signal} {}", child.id()));
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(130), "{signal} {word}: {said}");
        let runs =
            |command: &str| work.sql::<i64>(&format!("SELECT count(*) FROM commands WHERE command = '{command}'"));
        assert_eq!(
            (runs("gs-fetch"), work.files("report").len(), work.files("fit").len()),
            (1, 0, 0),
            "{signal} {word}"
        );
        let code: Option<i64> = work.sql("SELECT exit FROM commands WHERE command = 'gs-fetch'");
        assert_eq!(code, Some(130), "{signal} {word}: the listing stored its exit code: {said}");
    }
}

#[test]
fn ctrl_c_on_a_terminal_stops_a_download_with_exit_code_130() {
    let sim = plain(30);
    let mut work = Work::logged_in(&sim);
    work.set("GS_REQUEST_INTERVAL", "300ms");
    let terminal = Tmux::start(&work, "terminal", (100, 24));
    terminal.type_line("garminsync download --missing; echo \"code $?\"");
    terminal.wait("some files", |_| work.files("fit").len() > 2);
    terminal.key("C-c");
    let last = terminal.wait("the shell", is_back).join("\n");
    assert!(last.contains("code 130"), "{last}");
    assert!(work.files("fit").len() < 30 && work.files("report").is_empty());
    for name in ["garminsync", "gs-download", "gs-fetch"] {
        assert!(terminal.processes(name).is_empty(), "{name} still runs");
    }
    let ended: i64 = work.sql("SELECT count(*) FROM commands WHERE command = 'gs-download' AND exit = 130");
    assert_eq!(ended, 1);
}
