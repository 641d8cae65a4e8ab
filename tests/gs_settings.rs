//! `gs-settings`: what the settings come to, and never a secret.
#![allow(clippy::unwrap_used)]

mod support;

use support::Work;

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
