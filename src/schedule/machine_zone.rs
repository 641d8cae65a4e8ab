//! The time zone of this machine, which its cron uses.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::schedule::zone_name;

const LOCALTIME: &str = "/etc/localtime";

/// A time zone, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineZone {
    /// Its name, or its rule if it has no name.
    pub name: String,
    /// Where the zone was found.
    pub from: &'static str,
    /// A warning for the person.
    pub warning: Option<String>,
}

/// The zone from `TZ`, otherwise from `/etc/localtime`, otherwise UTC. This is the order of the C library and therefore
/// of cron. Like these, it uses UTC for an unknown zone.
pub fn machine_zone() -> MachineZone {
    let tz = std::env::var_os("TZ");
    zone_of(tz.as_deref().map(|tz| tz.to_string_lossy()).as_deref(), Path::new(LOCALTIME))
}

fn zone_of(tz: Option<&str>, localtime: &Path) -> MachineZone {
    let utc = |from, warning| MachineZone { name: "UTC".to_owned(), from, warning };
    match tz.map(|tz| tz.strip_prefix(':').unwrap_or(tz)) {
        Some("") => utc("TZ", None),
        Some(tz) => {
            let name = if tz.starts_with('/') { zone_of_file(Path::new(tz)) } else { zone_name(tz).ok() };
            let lost = || utc("TZ", Some(format!("TZ={tz}: {USES_UTC}")));
            name.map_or_else(lost, |name| MachineZone { name, from: "TZ", warning: None })
        }
        // A machine without a configured zone uses UTC.
        None if localtime.symlink_metadata().is_err() => utc("this machine", None),
        None => {
            let lost = || utc(LOCALTIME, Some(format!("{LOCALTIME}: {USES_UTC}")));
            zone_of_file(localtime).map_or_else(lost, |name| MachineZone { name, from: LOCALTIME, warning: None })
        }
    }
}

const USES_UTC: &str =
    "unknown time zone; cron on this machine uses UTC; install tzdata, or name another zone with --zone";

/// The zone name in the path of a database file, or in the path that it links to. A copy of such a file has no name,
/// but it ends with the rule for the future.
fn zone_of_file(path: &Path) -> Option<String> {
    let target = std::fs::read_link(path).unwrap_or_else(|_| path.to_owned());
    let named = target.to_str().and_then(|target| target.rsplit_once("zoneinfo/"));
    named.and_then(|(_, name)| zone_name(name).ok()).or_else(|| {
        let bytes = std::fs::read(path).ok()?;
        // The end of any file may look like a rule.
        TimeZone::tzif("", &bytes).ok()?;
        let rule = bytes.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
        zone_name(std::str::from_utf8(rule).ok()?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(tz: Option<&str>, localtime: &Path) -> (String, &'static str, bool) {
        let found = zone_of(tz, localtime);
        (found.name, found.from, found.warning.is_some())
    }

    #[test]
    fn tz_has_precedence_in_every_form() {
        let none = Path::new("/nowhere");
        for tz in ["Europe/Berlin", ":Europe/Berlin", "europe/berlin", "/usr/share/zoneinfo/Europe/Berlin"] {
            assert_eq!(zone(Some(tz), none), ("Europe/Berlin".into(), "TZ", false), "{tz}");
        }
        assert_eq!(zone(Some("CST-8"), none), ("CST-8".into(), "TZ", false));
        assert_eq!(zone(Some(""), none), ("UTC".into(), "TZ", false));
        assert_eq!(zone(Some("Asia/Nowhere"), none), ("UTC".into(), "TZ", true));
        assert_eq!(zone(Some("/no/file"), none), ("UTC".into(), "TZ", true));
    }

    #[test]
    fn localtime_may_be_a_link_a_file_or_missing() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (name, target) in [("link", "/usr/share/zoneinfo/Asia/Shanghai"), ("near", "../usr/share/zoneinfo/Etc/UTC")]
        {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
        }
        assert_eq!(zone(None, &at("link")), ("Asia/Shanghai".into(), LOCALTIME, false));
        assert_eq!(zone(None, &at("near")), ("UTC".into(), LOCALTIME, false));
        std::fs::copy("/usr/share/zoneinfo/Europe/Berlin", at("copy")).unwrap();
        assert_eq!(zone(None, &at("copy")), ("CET-1CEST,M3.5.0,M10.5.0/3".into(), LOCALTIME, false));
        assert_eq!(zone(Some(at("copy").to_str().unwrap()), &at("link")).0, "CET-1CEST,M3.5.0,M10.5.0/3");
        // Includes a text that could be read as the rule of a zone named TZif.
        for broken in ["", "TZif2\n", "\n\n"] {
            std::fs::write(at("broken"), broken).unwrap();
            assert_eq!(zone(None, &at("broken")), ("UTC".into(), LOCALTIME, true), "{broken:?}");
        }
        assert_eq!(zone(None, &at("nothing")), ("UTC".into(), "this machine", false));
    }
}
