//! `gs-settings`: the effective settings, and never a secret.

use crate::support::Work;
use crate::support::paths::repository;
use garminsync::notify::{CHANNELS, ExtraSetting};
use garminsync::platform::Platforms;
use garminsync::settings::{self, Setting, SettingKind};

#[test]
fn gs_settings_shows_paths_and_set_values() {
    let work = Work::alone();
    work.write_env("SYNC_PLATFORM=GARMINCOM,COROS\nMAX_DELETE=\n");
    let said = work.run("gs-settings", &[]);
    let out = &said.ok().silent().out;
    for part in ["SYNC_PLATFORM", "GARMINCOM,COROS", "DATA_DIR", "data", "catalogue.sqlite", ".env"] {
        assert!(out.contains(part), "{part}\n{said}");
    }
    assert!(!out.contains("MAX_DELETE"), "an empty value counts as not set\n{said}");
}

#[test]
fn one_named_setting_prints_only_its_value() {
    let mut work = Work::alone();
    let value = |work: &Work, name: &str| work.run("gs-settings", &[name]).ok().silent().out.clone();
    assert_eq!(value(&work, "DELETE_DUPLICATE"), "0\n");
    work.set("DELETE_DUPLICATE", "Yes");
    assert_eq!(value(&work, "DELETE_DUPLICATE"), "1\n");
    assert_eq!((value(&work, "GS_SCHEDULE_JITTER"), value(&work, "GS_ARCHIVE")), ("600\n".into(), String::new()));
    work.set("GS_SCHEDULE_JITTER", "1m 30s").set("GS_ARCHIVE", " All ");
    assert_eq!((value(&work, "GS_SCHEDULE_JITTER"), value(&work, "GS_ARCHIVE")), ("90\n".into(), "all\n".into()));
    assert_eq!(value(&work, "DATA_DIR"), format!("{}\n", work.data("").display()));
    let said = work.run("gs-settings", &["DATA_DIR", "--data-dir", "other"]);
    assert!(said.ok().out.ends_with("/other\n") && said.out.starts_with('/'), "{said}");
    work.run("gs-settings", &["NO_SUCH_THING"]).ends(2).says("unknown setting \"NO_SUCH_THING\"; gs-settings(5)");
    work.run("gs-settings", &["MAX_DELET"]).ends(2).says("did you mean MAX_DELETE?");
}

#[test]
fn a_secret_is_never_shown() {
    let mut work = Work::alone();
    let names =
        ["GARMIN_PASSWORD", "COROS_PASSWORD", "QYWX_BOT_KEY", "NTFY_TOKEN", "SLACK_WEBHOOK_URL", "WEBHOOK_SECRET"];
    for name in names {
        work.set(name, "hunter2");
    }
    let said = work.run("gs-settings", &[]);
    assert!(!said.ok().out.contains("hunter2") && said.out.matches("***").count() == names.len(), "{said}");
    for name in names {
        let said = work.run("gs-settings", &[name]);
        assert!(!said.ends(2).err.contains("hunter2") && said.out.is_empty(), "{said}");
    }
}

/// Whether any text is a value of a setting, as far as a check can tell.
fn takes_any_text(setting: &Setting) -> bool {
    match setting.kind {
        SettingKind::Address => setting.name != "TELEGRAM_CHAT_ID",
        SettingKind::Text => !["GS_LANG", "GS_LOOPBACK"].contains(&setting.name),
        SettingKind::Path
        | SettingKind::List
        | SettingKind::Password
        | SettingKind::TokenText
        | SettingKind::TokenPath => true,
        // The form of these keys is not documented.
        SettingKind::Key => setting.name.contains("_API_KEY"),
        _ => false,
    }
}

#[test]
fn check_rejects_every_invalid_setting() {
    let settings: Vec<&Setting> = settings::all().filter(|setting| !takes_any_text(setting)).collect();
    assert!(settings.len() > 40, "{}", settings.len());
    for setting in settings {
        let (mut work, name) = (Work::alone(), setting.name);
        work.set("GS_LOOPBACK", "").set(name, "no <such> value");
        let said = work.run("gs-settings", &["--check"]);
        // Certificates may be on a disk that is not mounted yet when a schedule is set.
        let code = if name.starts_with("SSL_CERT") { 0 } else { 78 };
        said.ends(code).says(name);
        assert!(said.out.is_empty() && !said.err.contains("bug"), "{said}");
        assert!(said.err.matches(&format!("{name}=\"no <such> value\"")).count() <= 1, "{said}");
    }
    for (name, value) in [
        ("GS_TIMEOUT", "0"),
        ("GS_COMMAND_TIMEOUT", "0s"),
        ("NTFY_URL", "http://ntfy.sh/topic"),
        ("GARMIN_PASSWORD_FILE", "/nowhere"),
        ("NTFY_TOKEN_FILE", "/nowhere"),
        ("GARMIN_NEWEST_NUM", "-1"),
    ] {
        let mut work = Work::alone();
        work.set(name, value).run("gs-settings", &["--check"]).ends(78).says(name);
    }
}

#[test]
fn check_reports_all_errors_at_once_and_runs_no_command() {
    let mut work = Work::alone();
    work.set("GS_LANG", "fr").set("MAX_UPLOAD", "many").set("QYWX_FORMAT", "html");
    work.set("NTFY_URL_COMMAND", "touch ran; exit 1").set("GARMIN_PASSWORD_COMMAND", "touch ran; exit 1");
    let said = work.run("gs-settings", &["--check"]);
    said.ends(78).says("GS_LANG=\"fr\"").says("MAX_UPLOAD=\"many\"").says("QYWX_FORMAT=\"html\"");
    assert!(!work.dir().join("ran").exists());
    work.set("GS_LANG", "").set("MAX_UPLOAD", "0").set("QYWX_FORMAT", "");
    work.run("gs-settings", &["--check"]).ok().silent();
    assert!(!work.dir().join("ran").exists());
}

#[test]
fn settings_that_only_the_environment_sets_are_listed() {
    let mut work = Work::alone();
    work.set("GS_LOOPBACK", "");
    work.write_env("MAX_DELETE=3\nGS_LANG=zh\nMAX_UPLOAD=1\n");
    work.set("MAX_DELETE", "3").set("MAX_UPLOAD", "0").set("COROS_PASSWORD_FILE", "x").set("SPORT_DIFF_SECOND", "60");
    let said = work.run("gs-settings", &["--environment"]);
    for name in ["MAX_UPLOAD", "COROS_PASSWORD_FILE", "SPORT_DIFF_SECOND"] {
        assert!(said.ok().out.lines().any(|line| line == name), "{name}: {said}");
    }
    for name in ["MAX_DELETE", "GS_LANG", "GS_LOOPBACK", "PATH", "HOME"] {
        assert!(!said.out.lines().any(|line| line == name), "{name}: {said}");
    }
}

#[test]
fn an_old_setting_name_works_and_only_gs_settings_reports_it() {
    let mut work = Work::alone();
    work.set("GS_JITTER", "1m").write_env("GS_PATIENCE=soon\n");
    let renamed = "GS_JITTER is an old name; it still works, and the new name is GS_SCHEDULE_JITTER";
    assert_eq!(work.run("gs-settings", &["GS_SCHEDULE_JITTER"]).ok().silent().out, "60\n");
    assert_eq!(work.run("gs-settings", &["GS_JITTER"]).ok().silent().out, "60\n");
    let said = work.run("gs-settings", &["--check"]);
    said.ends(78).says("GS_MAX_RETRY_AFTER=\"soon\": not a time span").says(renamed);
    let said = work.run("gs-settings", &[]);
    assert!(said.ok().says(renamed).out.contains("GS_SCHEDULE_JITTER"), "{said}");
    let said = work.run("gs-list", &[]);
    assert!(!said.ok().err.contains("old name"), "{said}");
}

#[test]
fn the_settings_of_platforms_and_channels_are_in_the_table() {
    let platforms = Platforms::default();
    let accesses = platforms.services().iter().flat_map(|spec| spec.accesses());
    let of_platforms = accesses.flat_map(|access| access.user_settings().iter().chain(access.secret_settings()));
    let of_channels = CHANNELS.iter().flat_map(|channel| match channel.extra {
        ExtraSetting::None => vec![channel.key],
        ExtraSetting::Required(name) | ExtraSetting::Optional(name) => vec![channel.key, name],
    });
    let names: Vec<&str> = of_platforms.copied().chain(of_channels).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let setting = settings::find(name).unwrap_or_else(|| panic!("{name} is not in the table of settings"));
        assert!(setting.has_sources(), "{name} cannot be given as {name}_FILE");
    }
    for channel in CHANNELS.iter().filter_map(|channel| channel.markdown) {
        assert!(settings::find(channel.setting).is_some_and(|setting| matches!(setting.kind, SettingKind::Choice(_))));
    }
}

#[test]
fn the_defaults_in_the_help_match_the_table() {
    let files = |dir: &str| std::fs::read_dir(repository().join(dir)).unwrap();
    // Flags that several commands share are in src/cli.
    let paths = files("src/bin").chain(files("src/cli")).map(|entry| entry.unwrap().path());
    let mut compared = 0;
    for path in paths.filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("[default: $").skip(1) {
            let (name, rest) = part.split_once(']').unwrap().0.split_once(", else ").unwrap_or(("", ""));
            if let Some(default) = settings::find(name).and_then(Setting::default) {
                assert_eq!(rest, default, "{}: {name}", path.display());
                compared += 1;
            }
        }
    }
    assert!(compared >= 4, "{compared}");
}
