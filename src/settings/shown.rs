//! Decides which values are never shown. Only the kind of the setting counts.

use super::names::{Source, parse};
use super::setting::SettingKind;

/// Whether a value must never be shown: a secret, a command line that prints one, or the address of a proxy with a
/// login.
pub fn holds_secret(name: &str, value: &str) -> bool {
    parse(name).is_some_and(|(setting, source)| match setting.kind {
        SettingKind::Proxy => value.contains('@'),
        _ => setting.is_secret() && source != Source::File && !value.trim().is_empty(),
    })
}

/// Whether a value may be an argument of a command, which every program on the machine can read. The command line of
/// `NAME_COMMAND` may be one: it prints a secret but does not contain it, and the process list shows it anyway while it
/// runs.
pub fn may_be_argument(name: &str, value: &str) -> bool {
    !holds_secret(name, value) || parse(name).is_some_and(|(_, source)| source == Source::Command)
}

/// The address of a proxy without the login before the host.
pub fn without_login(address: &str) -> String {
    let shown =
        |(login, host): (&str, &str)| format!("{}***@{host}", login.find("://").map_or("", |at| &login[..at + 3]));
    address.rsplit_once('@').map_or(address.to_owned(), shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_setting_decides_whether_its_value_is_secret() {
        let login = "http://user:hunter2@proxy:8080";
        for (name, value) in [
            ("GARMIN_PASSWORD", "hunter2"),
            ("COROS_PASSWORD_COMMAND", "echo hunter2"),
            ("GARMINTOKENS", "/home/me/.garminconnect"),
            ("HTTPS_PROXY", login),
            ("all_proxy", login),
        ] {
            assert!(holds_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("GARMIN_PASSWORD", " "),
            ("GARMIN_PASSWORD_FILE", "/run/secrets/a@b"),
            ("GARMIN_EMAIL_COMMAND", "pass show mail"),
            ("HTTPS_PROXY", "http://proxy:8080"),
            ("NO_PROXY", "a@b"),
            ("DATA_DIR", "/srv/a@b"),
            ("CORP_PROXY", login),
        ] {
            assert!(!holds_secret(name, value), "{name}");
        }
        assert!(may_be_argument("COROS_PASSWORD_COMMAND", "pass show coros") && may_be_argument("MAX_DELETE", "5"));
        assert!(!may_be_argument("COROS_PASSWORD", "hunter2") && !may_be_argument("ALL_PROXY", login));
    }

    #[test]
    fn a_proxy_is_shown_without_its_login() {
        for (address, shown) in [
            ("http://user:p@ss@proxy:8080", "http://***@proxy:8080"),
            ("user:pass@proxy", "***@proxy"),
            ("socks5://proxy:1080", "socks5://proxy:1080"),
        ] {
            assert_eq!(without_login(address), shown);
        }
    }
}
