//! The settings file that is read, and the warnings about settings.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::support::{self, LOGIN, Said, Work, asked, plain, scenario};
use gs_sim::CorosSpec;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// The file that a command in this folder reads.
fn read_from(work: &Work) -> String {
    work.run("gs-settings", &["--file"]).ok().out.trim_end().to_owned()
}

fn configuration(work: &Work, text: &str) -> String {
    let dir = work.dir().join(".config/garminsync");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(".env"), text).unwrap();
    set_mode(&dir.join(".env"), 0o600);
    dir.join(".env").display().to_string()
}

#[test]
fn an_env_file_of_another_project_is_ignored() {
    let work = Work::alone();
    let own = configuration(&work, "SYNC_PLATFORM=COROS\n");
    let foreign = [
        "",
        "# SYNC_PLATFORM=COROS\n",
        "DATABASE_URL=postgres://x\nSECRET_KEY=y\n",
        "DATA_DIR=./here\nPORT=8080\n",
        "HTTPS_PROXY=http://127.0.0.1:1\nSLACK_WEBHOOK_URL=https://x\n",
        "SYNC_PLATFORM\n",
        "not an env file at all\n",
    ];
    for text in foreign {
        work.write_env(text);
        assert_eq!(read_from(&work), own, "{text:?}");
    }
    for text in ["SYNC_PLATFORM=\n", "MAX_DELETE=3\n", "DATA_DIR=d\nGARMIN_EMAIL_FILE=/x\n", "export GS_LANG=zh\n"] {
        let here = work.write_env(text);
        assert_eq!(read_from(&work), here.display().to_string(), "{text:?}");
    }
    // An invalid settings file of this program is an error and not ignored.
    work.write_env("SYNC_PLATFORM=COROS\nGARMIN_PASSWORD hunter2\n");
    let said = work.run("gs-list", &[]);
    said.ends(78).says(".env, line 2: ");
    assert!(!said.err.contains("hunter2"), "{said}");
    // A file named with --env-file is always read.
    fs::write(work.dir().join("x.env"), "DATA_DIR=./here\n").unwrap();
    let said = work.run("gs-settings", &["--file", "--env-file", "x.env"]);
    assert!(said.ok().out.ends_with("/x.env\n"), "{said}");
}

#[test]
fn an_env_file_with_only_shared_names_is_ignored_with_a_warning() {
    let mut work = Work::alone();
    work.set("DATA_DIR", "");
    work.write_env("DATA_DIR=here\n");
    let said = work.run("gs-fetch", &["-n", "--platform", "folder:watch"]);
    said.says("is ignored, because it sets DATA_DIR").says("--env-file");
    assert!(!work.dir().join("here").exists(), "{said}");
    work.write_env("PORT=1\n");
    work.run("gs-list", &[]).ok().silent();
}

#[test]
fn a_settings_file_that_other_users_can_write_or_own_is_ignored() {
    let work = Work::alone();
    let path = work.write_env("SYNC_PLATFORM=folder:elsewhere\n");
    assert_eq!(read_from(&work), path.display().to_string());
    for writable in [0o620, 0o602, 0o666] {
        set_mode(&path, writable);
        assert_eq!(read_from(&work), "", "{writable:o}");
        work.run("gs-settings", &["--check"])
            .says("is ignored, because other users can write to it")
            .says("--env-file");
        work.run("gs-fetch", &[]).ends(77).says("is ignored, because other users can write to it");
    }
    set_mode(&path, 0o644);
    assert_eq!(read_from(&work), path.display().to_string(), "other users may read a file without secrets");
    // Only root can change the owner of a file.
    if std::os::unix::fs::chown(&path, Some(12_345), None).is_ok() {
        assert_eq!(read_from(&work), "");
        work.run("gs-settings", &["--check"]).says("is ignored, because it belongs to another user (12345)");
        let said = work.run("gs-settings", &["--env-file", ".env", "--file"]);
        assert!(said.ok().out.ends_with(".env\n"), "a file named with --env-file is read\n{said}");
    }
}

#[test]
fn a_failure_caused_by_settings_names_the_settings_file() {
    let mut work = Work::alone();
    work.set("DATA_DIR", "");
    work.run("gs-fetch", &[]).ends(77).says("no settings file found");
    let path = work.write_env("GS_TIMEOUT=1s\n").display().to_string();
    work.run("gs-fetch", &[]).ends(77).says(&format!("the settings were read from {path}"));
    work.write_env("GS_TIMEOUT=soon\nSYNC_PLATFORM=COROS\n");
    work.run("gs-fetch", &["-q"])
        .ends(78)
        .says("GS_TIMEOUT=\"soon\": not a time span; write for example 90s, 5m")
        .says(&format!("the settings were read from {path}"));
    work.write_env("GS_LOCK_TIMEOUT=soon\n");
    work.run("gs-list", &[]).ends(78).says("GS_LOCK_TIMEOUT").says(&format!("the settings were read from {path}"));
    work.write_env("GS_TIMEOUT=1s\n");
    let said = work.run("gs-list", &["--since", "soon"]);
    assert!(!said.ends(2).err.contains("settings were"), "{said}");
    work.run("gs-list", &[]).ok().silent();
}

/// How often a text is in the messages.
fn occurrences(said: &Said, text: &str) -> usize {
    said.err.matches(text).count()
}

#[test]
fn an_unknown_setting_is_reported_once_a_day() {
    let mut work = Work::alone();
    work.set("GARMIN_MAIL", "runner@example.com").set("HTTP_PROXY", "http://127.0.0.1:1").set("GS_LIB", "/x");
    work.write_env("SYNC_PLATFORM=COROS\nSYNC_PLATFROM=COROS\nCOROS_REGION=2\nOTHER=1\n");
    let unknown = [
        "unknown setting GARMIN_MAIL; did you mean GARMIN_EMAIL?",
        ".env: unknown setting SYNC_PLATFROM; did you mean SYNC_PLATFORM?",
        ".env: unknown setting COROS_REGION",
    ];
    let first = work.run("gs-schedule", &["off"]);
    unknown.iter().for_each(|text| assert_eq!(occurrences(first.ok(), text), 1, "{first}"));
    assert!(["OTHER", "HTTP_PROXY", "GS_LIB"].iter().all(|name| !first.err.contains(name)), "{first}");
    work.run("gs-list", &[]).ok().silent();
    let check = work.run("gs-settings", &["--check"]);
    unknown.iter().for_each(|text| assert_eq!(occurrences(check.ok(), text), 1, "{check}"));
    // A day later, and after a clock that was ahead.
    for change in ["at - 90000", "at + 9000000"] {
        work.change(&format!("UPDATE notifications SET at = {change} WHERE channel LIKE 'remark: %GARMIN_MAIL%'"));
        let again = work.run("gs-list", &[]);
        assert!(occurrences(again.ok(), "GARMIN_MAIL") == 1 && !again.err.contains("COROS_REGION"), "{again}");
        work.run("gs-list", &[]).ok().silent();
    }
    // A suppressed warning does not count as shown.
    work.change("DELETE FROM notifications");
    work.run("gs-list", &["-q"]).ok().silent();
    assert_eq!(occurrences(work.run("gs-list", &[]).ok(), "GARMIN_MAIL"), 1);
}

#[test]
fn the_stages_of_a_pipeline_report_an_unknown_setting_once() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.set("GARMIN_PASWORD", "x");
    work.put_commands_in_path();
    let said = work.run("/bin/bash", &["-c", "gs-fetch | gs-dedupe | gs-download > /dev/null"]);
    assert_eq!(occurrences(said.ok(), "GARMIN_PASWORD"), 1, "{said}");
}

#[test]
fn unknown_sports_and_ids_are_reported() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &["--sport", "runing"]).ok().says("--sport: unknown sport \"runing\"; did you mean running?");
    work.run("gs-list", &["--sport", "Running"]).ok().says("did you mean running?");
    work.run("gs-list", &["--sport", "running,trail,lap_swimming,trail_running,trailRun"]).ok().silent();
    work.run("gs-list", &["--stats", "--sport", "quidditch"]).ok().says("unknown sport \"quidditch\"");
    let list = work.run("gs-list", &[]).out.clone();
    work.given("gs-diff", &["--to", "coros", "--sport", "runing"], &list).says("did you mean running?");
    let id = "20000000001";
    work.run("gs-list", &["--id", id]).ok().silent();
    work.run("gs-list", &["--deleted", "--id", id]).ok().silent();
    let said = work.run("gs-list", &["--id", &format!("{id},1234")]);
    assert!(said.ends(1).out.contains(id) && occurrences(&said, "--id: unknown activity \"1234\"") == 1, "{said}");
    work.run("gs-list", &["--platform", "coros", "--id", id]).ends(1).says(&format!("unknown activity {id:?}"));
    // A sport name of a platform that is in no table.
    work.change("UPDATE activities SET platform_sport = 'quidditch' WHERE id = '20000000001'");
    let said = work.run("gs-list", &["--sport", "quidditch"]);
    assert_eq!(said.ok().silent().ids(), [id]);
}

/// A data folder with the commands in PATH, and the names of `gs-sync` and `garminsync`.
fn with_scripts() -> (Work, String, String) {
    let mut work = Work::alone();
    work.put_commands_in_path().set("SYNC_PLATFORM", "folder:.");
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    (work, format!("{scripts}/sync"), "garminsync".to_owned())
}

#[test]
fn a_command_that_creates_the_data_folder_reports_it() {
    let (mut work, sync, garminsync) = with_scripts();
    for args in [
        &["gs-list"][..],
        &["gs-list", "--stats"],
        &["gs-report"],
        &["gs-schedule"],
        &["gs-auth", "status"],
        &["gs-fetch"],
        &["gs-download"],
        &["gs-upload"],
        &["gs-dedupe"],
        &["gs-diff"],
        &["gs-delete"],
        &["gs-notify"],
        &["gs-import", "."],
        &[&sync, "--from", "folder:."],
        &[&garminsync, "list", "--all"],
        &[&garminsync, "schedule"],
    ] {
        let folder = work.dir().join("misspelt");
        let flag = ["--data-dir", "misspelt"];
        let takes_dashes = args[0] == garminsync && args[1] == "list";
        let all: Vec<&str> = args[1..].iter().copied().chain(takes_dashes.then_some("--")).chain(flag).collect();
        let said = work.run(args[0], &all);
        said.says("did not exist and was created empty").says("--data-dir or DATA_DIR");
        assert_eq!(said.err.matches("did not exist").count(), 1, "{said}");
        let again = work.run(args[0], &all);
        assert!(folder.is_dir() && !again.err.contains("did not exist"), "{again}");
        std::fs::remove_dir_all(folder).unwrap();
    }
    let said = work.run(&sync, &["-q", "--data-dir", "misspelt"]);
    assert!(!said.err.contains("did not exist"), "{said}");
    // The default folder is empty before the first run, which is not reported.
    work.set("DATA_DIR", "");
    work.run("gs-list", &[]).ok().silent();
}

#[test]
fn dry_runs_and_gs_settings_do_not_create_the_data_folder() {
    let (work, _, garminsync) = with_scripts();
    let flag = ["--data-dir", "misspelt"];
    for args in [
        &["gs-fetch", "-n"][..],
        &["gs-list", "-n"],
        &["gs-download", "-n"],
        &["gs-upload", "-n"],
        &["gs-delete", "-n"],
        &["gs-dedupe", "-n"],
        &["gs-diff", "-n"],
        &["gs-notify", "-n"],
        &["gs-import", "-n", "."],
        &[&garminsync, "list", "--all", "--", "-n"],
    ] {
        let all: Vec<&str> = args[1..].iter().copied().chain(flag).collect();
        work.run(args[0], &all).says("misspelt does not exist, and -n does not create it");
        assert!(!work.dir().join("misspelt").exists(), "{args:?}");
    }
    for name in ["DATA_DIR", "DB_PATH", "GS_REPORT_DIR"] {
        let said = work.run("gs-settings", &[name, "--data-dir", "misspelt"]);
        let path = work.dir().join("misspelt");
        assert!(said.ok().silent().out.starts_with(path.to_str().unwrap()), "{said}");
        assert!(!path.exists());
    }
    work.run("gs-settings", &["--check", "--data-dir", "misspelt"]).ok();
    assert!(!work.dir().join("misspelt").exists());
}

#[test]
fn a_dry_run_without_a_data_folder_does_not_log_in() {
    let sim = support::plain(1);
    let work = Work::with_passwords(&sim);
    work.run("gs-fetch", &["-n", "--data-dir", "misspelt"]);
    assert!(sim.log().is_empty(), "{:?}", support::requests(&sim));
}

#[test]
fn a_readable_settings_file_with_secrets_is_reported_with_chmod() {
    let work = Work::alone();
    work.run("gs-list", &[]).ok();
    let path = work.write_env("GARMIN_PASSWORD=\nCOROS_PASSWORD='hunter2'\n");
    for (open, is_reported) in [(0o640, true), (0o604, true), (0o600, false), (0o400, false)] {
        set_mode(&path, open);
        work.change("DELETE FROM notifications");
        let said = work.run("gs-list", &[]);
        assert_eq!(
            occurrences(said.ok(), &format!("chmod 600 {}", path.display())),
            usize::from(is_reported),
            "{open:o}\n{said}"
        );
        assert!(!said.err.contains("hunter2"), "{said}");
    }
    work.write_env("GARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD=\n");
    set_mode(&path, 0o644);
    work.run("gs-list", &[]).ok().silent();
    // Also a file named with --env-file, with a path that needs quotes.
    let other = work.dir().join("my own.env");
    fs::write(&other, "NTFY_TOKEN=tk_hunter2\n").unwrap();
    set_mode(&other, 0o644);
    work.run("gs-list", &["--env-file", "my own.env"]).ok().says(&format!("chmod 600 '{}'", other.display()));
}

#[test]
fn a_setting_with_two_values_in_the_file_is_a_warning_that_names_the_line_that_counts() {
    let work = Work::alone();
    let path = work.write_env("SYNC_PLATFORM=coros\nMAX_UPLOAD=7\nSYNC_PLATFORM=garmin-com\n");
    let said = work.run("gs-settings", &["--check"]);
    said.says(&format!("{}: SYNC_PLATFORM has different values; line 3 counts", path.display()));
    // The same value, an empty one before, and one that extends the earlier one are meant.
    work.write_env(
        "SYNC_PLATFORM=\nSYNC_PLATFORM=coros\nSYNC_PLATFORM=coros\nSYNC_PLATFORM=${SYNC_PLATFORM},garmin-com\n",
    );
    let said = work.run("gs-settings", &["--check"]);
    assert!(!said.ok().err.contains("different values"), "{said}");
}

#[test]
fn a_token_readable_by_others_is_made_private_with_a_warning() {
    let sim = plain(1);
    let work = Work::logged_in(&sim);
    let (folder, token) = (work.data("tokens"), work.data("tokens/garmin-com.json"));
    set_mode(&folder, 0o755);
    set_mode(&token, 0o644);
    let said = work.run("gs-fetch", &[]);
    said.ok().says(&format!("other users could read {}; its mode is now 600", token.display()));
    assert_eq!((mode(&folder), mode(&token)), (0o700, 0o600));
    work.run("gs-fetch", &[]).ok().silent();
}

#[test]
fn a_path_that_is_not_utf_8_is_a_configuration_error() {
    let work = Work::alone();
    let latin = work.dir().join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(&latin).unwrap();
    let run = |name: &str, args: &[&OsStr], variable: Option<&str>| {
        let mut command = work.command(name, &[]);
        command.env_remove("DATA_DIR").args(args);
        if let Some(variable) = variable {
            command.env(variable, &latin);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for variable in
        ["DATA_DIR", "DB_PATH", "GS_REPORT_DIR", "GARMIN_PASSWORD_FILE", "GARMINTOKENS", "XDG_DATA_HOME", "HOME"]
    {
        for name in ["gs-list", "gs-settings", "gs-report"] {
            let (code, said) = run(name, &[], Some(variable));
            assert!(
                code == Some(78) && said.contains(&format!("{variable} in the environment is not valid UTF-8")),
                "{name}: {said}"
            );
        }
    }
    for (flag, file) in [("--data-dir", &latin), ("--env-file", &latin.join("x.env"))] {
        fs::write(latin.join("x.env"), "").unwrap();
        let (code, said) = run("gs-list", &[flag.as_ref(), file.as_os_str()], None);
        assert!(code == Some(78) && said.contains("is not valid UTF-8"), "{flag}: {said}");
    }
    assert!(!work.dir().join(".local").exists() && !latin.join("catalogue.sqlite").exists());
    // Variables of other programs are ignored.
    let (code, said) = run("gs-list", &[], Some("LS_COLORS"));
    assert_eq!(code, Some(0), "{said}");
    // A link with a valid name works.
    std::os::unix::fs::symlink(&latin, work.dir().join("cafe")).unwrap();
    let link = work.dir().join("cafe");
    assert_eq!(run("gs-list", &["--data-dir".as_ref(), link.as_os_str()], None).0, Some(0));
    assert!(latin.join("catalogue.sqlite").exists());
}

#[test]
fn line_ends_and_byte_order_marks_around_secrets_are_ignored() {
    let sim = scenario(2).start();
    let address =
        ["runner@example.com", "runner@example.com\n", " runner@example.com \r\n", "\u{feff}runner@example.com"];
    let password =
        ["correct horse", "correct horse\n", "correct horse\r\n", "\u{feff}correct horse", "\n\ncorrect horse\n\n"];
    let given = |work: &mut Work, name: &str, way: &str, text: &str| {
        let file = work.dir().join(name);
        fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap().to_owned();
        match way {
            "" => work.set(name, text),
            "_FILE" => work.set(&format!("{name}_FILE"), &file),
            _ => work.set(&format!("{name}_COMMAND"), &format!("cat {file}")),
        };
    };
    for way in ["", "_FILE", "_COMMAND"] {
        for (address, password) in
            address.iter().map(|a| (a, &password[0])).chain(password.iter().map(|p| (&address[0], p)))
        {
            let mut work = Work::with(&sim);
            work.set("SYNC_PLATFORM", "GARMINCOM");
            given(&mut work, "GARMIN_EMAIL", way, address);
            given(&mut work, "GARMIN_PASSWORD", way, password);
            work.run("gs-fetch", &[]).ok();
        }
    }
    // The same holds for an imported token.
    let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
    let work = Work::with(&sim);
    work.given("gs-auth", &["import", "-"], &format!("\u{feff}{token}\r\n")).ok();
    // A space may belong to the password: it is sent unchanged with a warning, and the service rejects it if wrong.
    let mut work = Work::with(&sim);
    work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD", "correct horse ");
    work.run("gs-fetch", &[]).ends(77).says("GARMIN_PASSWORD begins or ends with a space");
    assert!(asked(&sim, LOGIN).last().unwrap().status != 200);
}

#[test]
fn a_second_factor_code_may_contain_spaces() {
    for (typed, prompt) in [("246 810", "Code sent by email"), (" 2468 10 ", "Code sent by email")] {
        let sim = scenario(1).with_mfa("garmin.com", "246810").start();
        let work = Work::with_passwords(&sim);
        let (code, shown) = work.on_a_terminal("login --platform garmin-com", &[(prompt, typed)]);
        assert_eq!(code, 0, "{shown}");
    }
    let sim = support::coros(CorosSpec { mfa_code: Some("135790".into()), ..CorosSpec::default() });
    let work = Work::with_coros(&sim);
    let (code, shown) = work.on_a_terminal("login --platform coros", &[("Code sent by e-mail", "135 790")]);
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn a_password_command_that_prints_two_lines_is_a_configuration_error() {
    let sim = support::plain(1);
    let mut work = Work::with(&sim);
    std::fs::write(work.dir().join("entry"), "correct horse\nlogin: runner\n").unwrap();
    work.set("GARMIN_EMAIL", "runner@example.com").set("GARMIN_PASSWORD_COMMAND", "cat entry");
    let said = work.run("gs-auth", &["login", "--platform", "garmin-com"]);
    said.ends(78).says("GARMIN_PASSWORD_COMMAND printed 2 lines").says("pass show garmin | head -n1");
    work.run("gs-fetch", &[]).ends(78);
    assert!(sim.log().is_empty(), "{:?}", support::requests(&sim));
    work.set("GARMIN_PASSWORD_COMMAND", "cat entry | head -n1");
    work.run("gs-auth", &["login", "--platform", "garmin-com"]).ok();
}
