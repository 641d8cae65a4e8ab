use std::collections::VecDeque;

use clap::Parser;

use super::answers::{Answers, CurrentState, Mode, Plan, Way};
use super::flags::SetupFlags;
use super::person::Person;
use crate::cli::Failure;
use crate::http::Secret;
use crate::platform::{PlatformSelection, Platforms};
use crate::settings::Settings;
use crate::settings::edit::EnvFile;

/// A person with prepared answers. The test fails if an answer is left over or missing.
struct Scripted {
    answers: VecDeque<&'static str>,
    shown: String,
}

impl Person for Scripted {
    fn is_there(&self) -> bool {
        true
    }

    fn say(&mut self, text: &str) {
        self.shown += &format!("{text}\n");
    }

    fn line(&mut self, prompt: &str) -> Option<String> {
        self.shown += &format!("{prompt}\n");
        self.answers.pop_front().map(str::to_owned)
    }

    fn hidden(&mut self, prompt: &str) -> Option<Secret> {
        self.line(prompt).map(Secret::new)
    }
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    setup: SetupFlags,
}

/// The result of these answers: the plan, the settings file, and the output.
fn answered(
    settings: &[(&str, &str)],
    current: &CurrentState,
    flags: &[&str],
    answers: &[&'static str],
) -> (Result<Plan, Failure>, Vec<String>, String) {
    let dir = tempfile::tempdir().unwrap();
    let mut file = EnvFile::open(&dir.path().join(".env")).unwrap();
    let settings = Settings::from_pairs(settings.iter().copied());
    let flags = Flags::parse_from(std::iter::once(&"gs-setup").chain(flags)).setup;
    let mut person = Scripted { answers: answers.iter().copied().collect(), shown: String::new() };
    let answers = Answers {
        flags: &flags,
        platforms: Platforms::default(),
        selection: PlatformSelection::All,
        settings: &settings,
        current,
        file: &mut file,
        person: &mut person,
        mode: Mode::Ask,
        missing: Vec::new(),
    };
    let plan = answers.gather();
    assert!(person.answers.is_empty(), "{:?} were not asked for: {}", person.answers, person.shown);
    (plan, file.changes().to_vec(), person.shown)
}

#[test]
fn an_invalid_answer_repeats_the_question() {
    let answers = [
        "9",
        "x",
        "1,3", // platforms
        "0",
        "5", // garmin-com: later
        "2", // coros: with the browser
        "12",
        "2",
        "",
        "topic",
        "", // ntfy, and no token
        "3",
        "0 25 * * *",
        "30  7 * * *", // the schedule
        "2",           // what it does
        "maybe",
        "n",
    ];
    let (plan, changes, shown) = answered(&[], &CurrentState::default(), &[], &answers);
    let plan = plan.unwrap_or_else(|failure| panic!("{failure}: {shown}"));
    let logins: Vec<(&str, Way)> = plan.logins.iter().map(|login| (login.spec.id.as_str(), login.way)).collect();
    assert_eq!(logins, [("coros", Way::Browser)]);
    assert_eq!(plan.later.iter().map(|spec| spec.id.as_str()).collect::<Vec<_>>(), ["garmin-com"]);
    assert_eq!(
        (plan.schedule.as_deref(), plan.daemon, plan.test_message, plan.list),
        (Some("30 7 * * *"), false, true, false)
    );
    assert_eq!(changes, ["SYNC_PLATFORM=garmin-com,coros", "NTFY_URL=***", "GS_SCHEDULE_COMMAND=download"]);
    assert!(shown.contains("hour, column 3") && shown.contains("Type a number from 1 to"), "{shown}");
}

#[test]
fn existing_settings_are_suggested_and_enter_keeps_them() {
    let current = CurrentState {
        accounts: [("garmin-com".to_owned(), Some("Ann".to_owned()))].into(),
        accesses: [("garmin-com".to_owned(), "login".to_owned())].into(),
        schedule: Some("0 3 * * *".to_owned()),
    };
    let settings = [("SYNC_PLATFORM", "GARMINCOM,folder:/mnt/a,b"), ("NTFY_URL", "topic")];
    let (plan, changes, shown) = answered(&settings, &current, &[], &["", "", "", "", ""]);
    let plan = plan.unwrap_or_else(|failure| panic!("{failure}: {shown}"));
    assert!(plan.logins.is_empty() && plan.schedule.is_none() && !plan.daemon && !plan.test_message && plan.list);
    assert_eq!((changes.as_slice(), plan.platforms.len()), (&[][..], 2));
    for text in
        ["keep the current login (Ann)", "keep the current schedule (0 3 * * *)", "Already configured: ntfy", "[1,5]"]
    {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}

#[test]
fn the_current_access_is_shown_with_its_kind_and_whether_it_only_reads() {
    let shown = |accesses: &[&str], name: Option<&str>| {
        let of = |access: &&str| ("garmin-com".to_owned(), (*access).to_owned());
        let current = CurrentState {
            accounts: [("garmin-com".to_owned(), name.map(str::to_owned))].into(),
            accesses: accesses.iter().map(of).collect(),
            schedule: None,
        };
        let flags = ["--no-schedule", "--no-notify", "--no-fetch"];
        let (plan, _, shown) = answered(&[], &current, &flags, &["1", ""]);
        assert!(plan.is_ok_and(|plan| plan.logins.is_empty()), "{shown}");
        shown
    };
    assert!(shown(&["key"], Some("Ann")).contains("keep the current API key (Ann; it only reads)"));
    assert!(shown(&["key", "login"], Some("Ann")).contains("keep the current API key and login (Ann)"));
    assert!(shown(&["login"], None).contains("keep the current login (the service does not say whose)"));
}

#[test]
fn without_a_settings_file_all_platforms_that_are_logged_in_are_suggested() {
    let of = |platform: &str| (platform.to_owned(), Some("Ann".to_owned()));
    let current = CurrentState { accounts: ["garmin-com", "coros"].map(of).into(), ..CurrentState::default() };
    let (plan, _, shown) = answered(&[], &current, &["--no-schedule", "--no-notify", "--no-fetch"], &["", "", ""]);
    assert!(plan.is_ok_and(|plan| plan.platforms.len() == 2) && shown.contains("[1,3]"), "{shown}");
}

#[test]
fn a_flag_adds_an_access_to_a_login_and_repeats_no_working_one() {
    let current = CurrentState {
        accounts: [("garmin-com".to_owned(), Some("Ann".to_owned()))].into(),
        accesses: [("garmin-com".to_owned(), "login".to_owned())].into(),
        schedule: None,
    };
    let ways = |way: &str| {
        let flags = ["--login", way, "--no-schedule", "--no-notify", "--no-fetch"];
        let (plan, _, shown) = answered(&[], &current, &flags, &["1"]);
        plan.unwrap_or_else(|failure| panic!("{failure}: {shown}"))
            .logins
            .into_iter()
            .map(|login| login.way)
            .collect::<Vec<_>>()
    };
    assert_eq!((ways("key"), ways("browser")), (vec![Way::Key], vec![]));
}

#[test]
fn a_question_that_a_flag_answers_is_skipped() {
    let flags = ["--login", "later", "--no-schedule", "--no-notify", "--no-fetch"];
    let (plan, changes, shown) = answered(&[], &CurrentState::default(), &flags, &["5", "/mnt/watch"]);
    assert!(plan.is_ok() && shown.matches("Number").count() == 1, "{shown}");
    assert_eq!(changes, ["SYNC_PLATFORM=folder:/mnt/watch"]);
}

#[test]
fn the_end_of_input_ends_the_setup_without_a_change() {
    let (plan, ..) = answered(&[], &CurrentState::default(), &[], &["1"]);
    assert!(plan.err().is_some_and(|failure| failure.to_string().contains("nothing was changed")));
}

#[test]
fn after_an_access_that_only_reads_a_login_is_offered() {
    let flags = ["--no-schedule", "--no-notify", "--no-fetch"];
    let ways = |answers: &[&'static str]| {
        let (plan, _, shown) = answered(&[], &CurrentState::default(), &flags, answers);
        let plan = plan.unwrap_or_else(|failure| panic!("{failure}: {shown}"));
        (plan.logins.iter().map(|login| login.way).collect::<Vec<_>>(), shown)
    };
    let (only_reads, shown) = ways(&["1", "1", "1"]);
    assert_eq!(only_reads, [Way::Key]);
    assert!(shown.contains("That reads. Also log in to upload"), "{shown}");
    assert_eq!(ways(&["1", "1", "2"]).0, [Way::Key, Way::Browser]);
    assert_eq!(ways(&["3", "1", "2"]).0, [Way::Oauth, Way::Browser]);
    let (intervals, shown) = ways(&["4", "1"]);
    assert!(intervals == [Way::Key] && !shown.contains("That reads."), "{shown}");
}

#[test]
fn a_password_that_the_settings_file_cannot_store_is_requested_again() {
    let flags = ["--no-schedule", "--no-notify", "--no-fetch"];
    let answers = ["1", "4", "1", "me@example.com", "a${HOME}b", "right"];
    let (plan, changes, shown) = answered(&[], &CurrentState::default(), &flags, &answers);
    assert!(plan.is_ok() && shown.contains("GARMIN_PASSWORD_FILE"), "{shown}");
    assert_eq!(changes, ["SYNC_PLATFORM=garmin-com", "GARMIN_EMAIL=me@example.com", "GARMIN_PASSWORD=***"]);
}
