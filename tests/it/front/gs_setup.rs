//! `gs-setup`: questions on a terminal, answers as flags, the settings it writes and the commands it runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::tmux::{Tmux, is_back};
use crate::support::{LOGIN, Said, Work, asked, plain, scenario};
use gs_sim::{AccountSpec, IntervalsSpec, KeySpec, Scenario};

const KEY: &str = "693a91f6-7000-4000-8000-000000000000";
/// Skips the schedule, the notifications and the listing.
const LOGIN_ONLY: [&str; 3] = ["--no-schedule", "--no-notify", "--no-fetch"];

fn settings_file(work: &Work) -> PathBuf {
    work.dir().join(".config/garminsync/.env")
}

fn settings(work: &Work) -> String {
    fs::read_to_string(settings_file(work)).unwrap_or_default()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// All files below a folder that contain a text.
fn files_with(dir: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files_with(&path, text)),
            path => {
                let bytes = fs::read(&path).unwrap_or_default();
                if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                    found.push(path);
                }
            }
        }
    }
    found
}

fn setup(work: &Work, flags: &[&str], input: &str) -> Said {
    work.given("garminsync", &[&["setup"], flags].concat(), input)
}

#[test]
fn setup_on_a_terminal_writes_settings_logs_in_and_lists_activities() {
    let sim = plain(3);
    let work = Work::with(&sim);
    let answers = [
        ("Numbers, separated by commas [1]: ", ""),
        ("log in to Garmin Connect (garmin.com)?", "4"),
        ("Where does the password come from?", "1"),
        ("E-mail address: ", "runner@example.com"),
        ("Password (not shown): ", "correct horse"),
        ("Numbers, separated by commas [none]: ", ""),
        ("When should a sync run?", "4"),
        ("List the activities of the platforms now? [Y/n] ", ""),
        ("Continue? [Y/n] ", ""),
    ];
    let (code, shown) = work.typed_into("garminsync", "setup", &answers);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(
        settings(&work),
        "SYNC_PLATFORM=garmin-com\nGARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD='correct horse'\n"
    );
    assert_eq!((mode(&settings_file(&work)), mode(settings_file(&work).parent().unwrap())), (0o600, 0o700));
    for line in ["$ gs-auth login --password --platform garmin-com", "$ gs-fetch", "Done."] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!shown.contains("correct horse"), "{shown}");
    assert_eq!(work.run("gs-list", &[]).ids().len(), 3);
    // A second run suggests the current answers and repeats nothing.
    let before = settings(&work);
    sim.clear_log();
    let answers = [
        ("Numbers, separated by commas [1]: ", ""),
        ("keep the current login (Test Runner)", ""),
        ("Numbers, separated by commas [none]: ", ""),
        ("When should a sync run?", "4"),
        ("List the activities of the platforms now? [Y/n] ", "n"),
        (".env stays unchanged.", ""),
    ];
    let (code, shown) = work.typed_into("gs-setup", "", &answers);
    assert_eq!(code, 0, "{shown}");
    assert_eq!((settings(&work), sim.log().len()), (before, 0));
}

#[test]
fn setup_changes_only_the_answered_settings_in_the_file() {
    let mut work = Work::alone();
    work.unset("DATA_DIR");
    let text = "# mine\r\nexport MAX_UPLOAD=7 # few\r\n\r\n#GARMIN_EMAIL='x'\r\nGARMIN_PASSWORD='old\\'s'\r\nNAME_OF_ANOTHER=\"a b\"\r\n# end";
    let env = work.write_env(text);
    fs::set_permissions(&env, fs::Permissions::from_mode(0o644)).unwrap();
    let flags = ["--platform", "garmin-com,folder:/mnt/a b", "--login", "later"];
    let said = setup(&work, &[&flags[..], &LOGIN_ONLY, &["--set", "GARMIN_EMAIL=me@example.com"]].concat(), "");
    said.ok().says("chmod 600");
    let expected = text.replace("#GARMIN_EMAIL='x'\r\n", "#GARMIN_EMAIL='x'\r\nGARMIN_EMAIL=me@example.com\r\n")
        + "\r\nSYNC_PLATFORM='garmin-com,folder:/mnt/a b'\r\n";
    assert_eq!((fs::read_to_string(&env).unwrap(), mode(&env)), (expected.clone(), 0o600));
    assert!(said.out.contains("  GARMIN_EMAIL=me@example.com\n"), "{said}");
    // The same answers again change only the file mode; one different answer changes one line.
    fs::set_permissions(&env, fs::Permissions::from_mode(0o644)).unwrap();
    setup(&work, &[&flags[..], &LOGIN_ONLY].concat(), "").ok();
    assert_eq!((fs::read_to_string(&env).unwrap(), mode(&env)), (expected.clone(), 0o600));
    let other = ["--yes", "--platform", "garmin-com", "--login", "later", "--no-schedule"];
    setup(&work, &other, "").ok();
    assert_eq!(
        fs::read_to_string(&env).unwrap(),
        expected.replace("SYNC_PLATFORM='garmin-com,folder:/mnt/a b'", "SYNC_PLATFORM=garmin-com")
    );
}

#[test]
fn without_a_terminal_setup_names_missing_flags_and_creates_nothing() {
    let mut work = Work::alone();
    fs::remove_dir(work.data("")).unwrap();
    let said = setup(&work, &[], "");
    said.ends(2).says("--platform NAME").says("--schedule CRON").says("--notify CHANNEL").says("--fetch or --no-fetch");
    let flags = ["--platform", "garmin-com,coros", "--login", "garmin-com=password", "--notify", "telegram"];
    let said = setup(&work, &flags, "");
    said.ends(2).says("--set GARMIN_EMAIL=ADDRESS").says("--secrets FILE with GARMIN_PASSWORD=");
    said.says("--login coros=oauth, =browser").says("TELEGRAM_BOT_TOKEN").says("TELEGRAM_CHAT_ID");
    assert!(!said.err.contains("--platform NAME") && !said.err.contains("--login garmin-com"), "{said}");
    let said = setup(&work, &["--platform", "coros", "--login", "token"], "");
    said.ends(2).says("--token coros=PATH");
    // A flag is optional if its setting exists.
    work.set("SYNC_PLATFORM", "GARMINCOM").set("NTFY_URL", "topic");
    let said = setup(&work, &["--login", "later", "--no-schedule", "--no-fetch"], "");
    said.ok();
    fs::remove_file(settings_file(&work)).unwrap_or_default();
    for wrong in [
        &["--login", "magic"][..],
        &["--schedule", "0 25 * * *"],
        &["--notify", "pigeon"],
        &["--platform", "strava"],
        &["--schedule", "--no-schedule"],
        &["--set", "GARMIN_PASWORD=hunter2"],
        &["--set", "GARMIN_PASSWORD=hunter2"],
        &["--set", "NTFY_URL=https://ntfy.sh/hunter2"],
        &["--set", "HTTPS_PROXY=http://ann:hunter2@proxy:3128"],
        &["--secrets", "nowhere"],
    ] {
        let said = setup(&work, &[wrong, &LOGIN_ONLY].concat(), "");
        assert!(said.ends(2).out.is_empty() && !said.err.contains("hunter2"), "{said}");
    }
    assert!(!settings_file(&work).exists());
}

#[test]
fn setup_with_all_flags_configures_two_platforms_without_questions() {
    let sim = Scenario::default_three(6, 3).start();
    let mut work = Work::with(&sim);
    work.set("GS_FOREGROUND", "1");
    let flags = [
        "--platform",
        "garmin-com,coros",
        "--login",
        "password",
        "--set",
        "GARMIN_EMAIL=runner@example.com",
        "--set",
        "COROS_EMAIL=runner@example.org",
        "--secrets",
        "-",
        "--schedule",
        "30 7,19 * * *",
        "--notify",
        "wecom",
        "--fetch",
    ];
    let secrets = format!("GARMIN_PASSWORD='correct horse'\nCOROS_PASSWORD=correct horse\nQYWX_BOT_KEY={KEY}\n");
    let said = setup(&work, &flags, &secrets);
    said.ok();
    for line in [
        "  SYNC_PLATFORM=garmin-com,coros\n",
        "  GARMIN_PASSWORD=***\n",
        "  QYWX_BOT_KEY=***\n",
        "$ gs-auth login --password --platform coros\n",
        "$ garminsync schedule '30 7,19 * * *'\n",
        "wecom: accepted",
    ] {
        assert!(said.out.contains(line), "{line}: {said}");
    }
    assert!(!format!("{said}").contains("correct horse") && !format!("{said}").contains(KEY), "{said}");
    // Only the settings file contains the secrets.
    assert_eq!(files_with(work.dir(), "correct horse"), [settings_file(&work)]);
    assert_eq!(files_with(work.dir(), KEY), [settings_file(&work)]);
    work.run("gs-settings", &["--check"]).ok().silent();
    assert_eq!(work.run("gs-schedule", &[]).record()["cron"], "30 7,19 * * *");
    assert_eq!(sim.with(|state| state.messages().len()), 1);
    let platforms = work.run("gs-list", &["--stats"]).ok().records();
    assert_eq!(platforms.len(), 2, "{platforms:?}");
    // A repeated setup does not log in again.
    sim.clear_log();
    let before = settings(&work);
    let said = setup(&work, &flags, &secrets);
    said.ok();
    assert!(said.out.contains("already logged in as"), "{said}");
    assert_eq!((settings(&work), asked(&sim, LOGIN).len()), (before, 0));
    assert!(sim.log().iter().all(|request| !request.path.contains("login")), "{:?}", crate::support::requests(&sim));
}

#[test]
fn setup_imports_the_token_file_of_another_tool() {
    let sim = plain(3);
    let work = Work::with(&sim);
    fs::create_dir(work.dir().join(".garminconnect")).unwrap();
    let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
    fs::write(work.dir().join(".garminconnect/garmin_tokens.json"), token).unwrap();
    let flags = ["--platform", "garmin-com", "--login", "token", "--no-schedule", "--no-notify", "--fetch"];
    setup(&work, &flags, "").ok();
    assert_eq!(work.run("gs-list", &[]).ids().len(), 3);
    // A wrong path in --token is an error; setup still writes the settings.
    let work = Work::with(&sim);
    let said = setup(&work, &[&flags[..], &["--token", "garmin-com=nowhere"]].concat(), "");
    assert!(said.code != 0 && settings(&work).contains("SYNC_PLATFORM"), "{said}");
    said.says("nowhere");
}

#[test]
fn setup_reads_a_ticket_from_a_pipe_or_prompt_and_offers_a_retry() {
    let sim = plain(3);
    let ticket = || sim.with(|state| state.issue_ticket("garmin.com", "android").0);
    let work = Work::with(&sim);
    let flags = ["--platform", "garmin-com", "--login", "browser"];
    setup(&work, &[&flags[..], &LOGIN_ONLY].concat(), &ticket()).ok();
    assert_eq!(work.run("gs-auth", &["status", "--platform", "garmin-com"]).record()["state"], "ok");
    let both = ["--platform", "garmin-com,garmin-cn", "--login", "browser"];
    let said = setup(&Work::with(&sim), &[&both[..], &LOGIN_ONLY].concat(), &ticket());
    said.ends(2).says("use it for one platform");

    let work = Work::with(&sim);
    let wrong = "ST-0000000-aaaaaaaaaaaaaaaaaaaa-sso";
    let ticket = ticket();
    let answers = [
        ("Continue? [Y/n] ", ""),
        ("Paste it here", wrong),
        ("How do you want to log in?", "2"),
        ("Paste it here", &ticket),
    ];
    let args = format!("setup {} {}", flags.join(" "), LOGIN_ONLY.join(" "));
    let (code, shown) = work.typed_into("garminsync", &args, &answers);
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(&ticket), "{shown}");
    // The default answer is "later"; the failed login still makes the setup fail.
    let work = Work::with(&sim);
    let answers = [("Continue? [Y/n] ", ""), ("Paste it here", wrong), ("How do you want to log in?", "")];
    let (code, shown) = work.typed_into("garminsync", &args, &answers);
    assert!(code != 0 && shown.contains("Done, with errors (see above)."), "{code} {shown}");
}

#[test]
fn after_a_wrong_password_setup_asks_for_it_again_and_stores_the_new_one() {
    let sim = plain(3);
    let mut work = Work::with(&sim);
    let args = format!("--platform garmin-com --login password {}", LOGIN_ONLY.join(" "));
    let again = "failed. How do you want to log in?";
    let answers = [
        ("Where does the password come from?", "1"),
        ("E-mail address: ", "runner@example.com"),
        ("Password (not shown): ", "wrong"),
        ("Continue? [Y/n] ", ""),
        (again, "4"),
        ("E-mail address [runner@example.com]: ", ""),
        ("Password (not shown): ", "correct horse"),
    ];
    let (code, shown) = work.typed_into("gs-setup", &args, &answers);
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("  GARMIN_PASSWORD=***"), "{shown}");
    assert_eq!(
        settings(&work),
        "SYNC_PLATFORM=garmin-com\nGARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD='correct horse'\n"
    );
    assert_eq!(asked(&sim, LOGIN).len(), 2);
    // A password of the environment would be sent again: it is corrected there.
    sim.clear_log();
    fs::remove_dir_all(work.data("tokens")).unwrap();
    work.set("GARMIN_PASSWORD", "wrong");
    let answers = [
        ("Where does the password come from?", "1"),
        ("Continue? [Y/n] ", ""),
        (again, "4"),
        ("GARMIN_PASSWORD is set in the environment", ""),
    ];
    let (code, shown) = work.typed_into("gs-setup", &args, &answers);
    assert_eq!((code, asked(&sim, LOGIN).len()), (77, 1), "{shown}");
}

#[test]
fn keys_in_the_settings_leave_standard_input_to_others() {
    let mut scenario = Scenario { intervals: vec![IntervalsSpec::default()], ..scenario(3) };
    scenario.accounts.push(AccountSpec { domain: "garmin.cn".into(), ..AccountSpec::default() });
    let sim = scenario.start();
    let keys = || sim.with(|state| (state.issue_personal_key("garmin.com", &KeySpec::days(90)), state.intervals_key()));
    let state = |work: &Work, platform| {
        let status = work.run("gs-auth", &["status", "--platform", platform]).record();
        ["access", "state"].map(|name| status[name].as_str().unwrap_or_default().to_owned())
    };
    // Two keys come through standard input as settings.
    let (work, (garmin, intervals)) = (Work::with(&sim), keys());
    let flags = ["--platform", "garmin-com,intervals", "--yes", "--secrets", "-"];
    let secrets = format!("GARMIN_PERSONAL_API_KEY={garmin}\nINTERVALS_API_KEY={intervals}\n");
    setup(&work, &[&flags[..], &LOGIN_ONLY].concat(), &secrets).ok();
    for platform in ["garmin-com", "intervals"] {
        assert_eq!(state(&work, platform), ["key", "ok"], "{platform}");
    }
    // The ticket in the pipe is not taken for the key.
    let mut work = Work::with(&sim);
    work.set("GARMIN_PERSONAL_API_KEY", &keys().0);
    let flags = ["--platform", "garmin-com,garmin-cn", "--login", "garmin-com=key", "--login", "garmin-cn=browser"];
    let ticket = sim.with(|state| state.issue_ticket("garmin.cn", "android").0);
    setup(&work, &[&flags[..], &LOGIN_ONLY].concat(), &ticket).ok();
    assert_eq!(state(&work, "garmin-cn"), ["login", "ok"]);
    // Without a setting, a key is read from the pipe like a ticket.
    let flags = ["--platform", "garmin-cn,intervals", "--login", "garmin-cn=browser", "--login", "intervals=key"];
    let said = setup(&Work::with(&sim), &[&flags[..], &LOGIN_ONLY].concat(), &ticket);
    said.ends(2).says("use it for one platform");
}

#[test]
fn ctrl_c_at_any_question_changes_nothing() {
    let sim = plain(1);
    let mut work = Work::with(&sim);
    work.set("HISTFILE", "/dev/null");
    fs::remove_dir(work.data("")).unwrap();
    let terminal = Tmux::start(&work, "terminal", (80, 40));
    let answers = [
        ("Numbers, separated by commas [1]:", "1"),
        ("log in to Garmin Connect", "4"),
        ("Where does the password come from?", "1"),
        ("E-mail address:", "runner@example.com"),
        ("Password (not shown):", "correct horse"),
        ("Numbers, separated by commas [none]:", ""),
        ("When should a sync run?", "1"),
        ("platforms now? [Y/n]", ""),
        ("Continue? [Y/n]", ""),
    ];
    for stop in 0..answers.len() {
        terminal.type_line("garminsync setup; echo \"code $?\"");
        for (number, (question, answer)) in answers[..=stop].iter().enumerate() {
            terminal.wait(question, |screen| screen.iter().any(|line| line.contains(question)));
            // The prompt appears shortly before the echo is turned off.
            std::thread::sleep(std::time::Duration::from_millis(200));
            if number == stop {
                terminal.key("C-c");
            } else {
                if !answer.is_empty() {
                    terminal.key(answer);
                }
                terminal.key("Enter");
            }
        }
        let screen = terminal.wait("the shell", is_back).join("\n");
        assert!(screen.contains("code 130"), "{stop}: {screen}");
        assert!(!settings_file(&work).exists() && !work.data("").exists(), "{stop}: {screen}");
    }
    // The terminal echoes input again.
    terminal.type_line("stty -a | grep -o '[-]*echo '");
    let screen = terminal.wait("the shell", is_back).join("\n");
    assert!(screen.contains("echo") && !screen.contains("-echo "), "{screen}");
    assert!(files_with(work.dir(), "correct horse").is_empty());
    assert!(sim.log().is_empty());
}

#[test]
fn a_dry_run_prints_settings_and_commands_and_changes_nothing() {
    let sim = plain(1);
    let work = Work::with(&sim);
    let said = setup(&work, &["-n", "--yes", "--platform", "garmin-com", "--login", "browser"], "");
    said.ok();
    for line in
        ["SYNC_PLATFORM=garmin-com", "gs-auth login --browser --platform garmin-com", "gs-fetch", "Nothing was changed"]
    {
        assert!(said.out.contains(line), "{line}: {said}");
    }
    assert!(!settings_file(&work).exists() && sim.log().is_empty());
}

#[test]
fn a_password_command_replaces_the_password_in_the_settings_file() {
    let sim = plain(1);
    let work = Work::with(&sim);
    let env = work.write_env("GARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD=wrong\n");
    let answers = [
        ("Numbers, separated by commas [1]: ", ""),
        ("log in to Garmin Connect (garmin.com)?", "4"),
        ("Where does the password come from?", "4"),
        ("E-mail address [runner@example.com]: ", ""),
        ("Command, such as", "printf 'correct horse'"),
        ("Continue? [Y/n] ", ""),
    ];
    let (code, shown) = work.typed_into("gs-setup", &LOGIN_ONLY.join(" "), &answers);
    assert_eq!(code, 0, "{shown}");
    assert_eq!(
        fs::read_to_string(env).unwrap(),
        "GARMIN_EMAIL=runner@example.com\n#GARMIN_PASSWORD=wrong\nSYNC_PLATFORM=garmin-com\nGARMIN_PASSWORD_COMMAND='printf \\'correct horse\\''\n"
    );
    assert!(!shown.contains("GARMIN_PASSWORD=wrong"), "{shown}");
}

#[test]
fn an_invalid_or_unwritable_settings_file_is_a_configuration_error() {
    let work = Work::alone();
    let flags = [&["--platform", "garmin-com", "--login", "later"][..], &LOGIN_ONLY].concat();
    let text = "MAX_UPLOAD=1\nGARMIN_PASSWORD hunter2\n";
    let env = work.write_env(text);
    let said = setup(&work, &flags, "");
    said.ends(78).says("line 2");
    assert!(!said.err.contains("hunter2"), "{said}");
    assert_eq!(fs::read_to_string(&env).unwrap(), text);
    fs::remove_file(&env).unwrap();
    // A file where a folder is expected.
    fs::write(work.dir().join("file"), "").unwrap();
    let said = setup(&work, &[&flags[..], &["--env-file", "file/.env"]].concat(), "");
    said.ends(78).says("file/.env");
    // A missing file named with --env-file is created.
    setup(&work, &[&flags[..], &["--env-file", "ann/settings"]].concat(), "").ok();
    let named = work.dir().join("ann/settings");
    assert_eq!((fs::read_to_string(&named).unwrap().as_str(), mode(&named)), ("SYNC_PLATFORM=garmin-com\n", 0o600));
    assert!(!settings_file(&work).exists());
}
