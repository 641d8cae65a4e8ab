//! `gs-settings`: what the settings come to, and never a secret.

use crate::support::Work;

#[test]
fn it_shows_where_things_are_and_what_is_set() {
    let work = Work::alone();
    work.write_env("SYNC_PLATFORM=GARMINCOM,COROS\nMAX_DELETE=\n");
    let said = work.run("gs-settings", &[]);
    let out = &said.ok().silent().out;
    for part in ["SYNC_PLATFORM", "GARMINCOM,COROS", "DATA_DIR", "data", "catalogue.sqlite", ".env"] {
        assert!(out.contains(part), "{part}\n{said}");
    }
    assert!(!out.contains("MAX_DELETE"), "an empty value is as good as none\n{said}");
}

#[test]
fn one_value_alone_is_for_scripts() {
    let mut work = Work::alone();
    let value = |work: &Work, name: &str| work.run("gs-settings", &[name]).ok().silent().out.clone();
    assert_eq!(value(&work, "DELETE_DUPLICATE"), "");
    work.set("DELETE_DUPLICATE", "1");
    assert_eq!(value(&work, "DELETE_DUPLICATE"), "1\n");
    assert_eq!(value(&work, "DATA_DIR"), format!("{}\n", work.data("").display()));
    let said = work.run("gs-settings", &["DATA_DIR", "--data-dir", "other"]);
    assert!(said.ok().out.ends_with("/other\n") && said.out.starts_with('/'), "{said}");
    work.run("gs-settings", &["NO_SUCH_THING"]).ends(2).says("NO_SUCH_THING");
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

/// Settings that may be any text, or are not read before they are needed.
const FREE: &[&str] = &[
    "GARMIN_EMAIL",
    "GARMIN_PASSWORD",
    "GARMIN_EMAIL_COM",
    "GARMIN_PASSWORD_COM",
    "GARMIN_EMAIL_CN",
    "GARMIN_PASSWORD_CN",
    "COROS_EMAIL",
    "COROS_PASSWORD",
    "GARMIN_PASSWORD_COMMAND",
    "DATA_DIR",
    "DB_PATH",
    "GS_REPORT_DIR",
    "GS_PAGE_HOSTS",
    "GARMINTOKENS",
    "GARTH_HOME",
    "GARTH_TOKEN",
    "GARMIN_DI_CLIENT_ID",
    "GS_RUN",
    "NO_PROXY",
];

#[test]
fn every_setting_that_a_command_refuses_is_refused_by_the_check() {
    for name in garminsync::settings::names().filter(|name| !FREE.contains(name)) {
        let mut work = Work::alone();
        work.set("GS_LOOPBACK", "").set(name, "no <such> value");
        let said = work.run("gs-settings", &["--check"]);
        // Certificates may be on a disk that is not there yet when a schedule is written.
        let code = if name.starts_with("SSL_CERT") { 0 } else { 78 };
        said.ends(code).says(name);
        assert!(said.out.is_empty() && !said.err.contains("bug"), "{said}");
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
fn the_check_tells_all_mistakes_at_once_and_runs_no_command() {
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
fn what_only_the_environment_has_is_named() {
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
