//! Finds the setting of a name in the environment or in the `.env` file.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::setting::Setting;
use super::table::{VARIABLES, all};

/// The settings of the `.env` file and the environment, by each of their names.
static BY_NAME: LazyLock<HashMap<&str, &Setting>> =
    LazyLock::new(|| all().flat_map(|setting| setting.names().map(move |name| (name, setting))).collect());

/// How a variable gives the value of its setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// `NAME`: the variable contains the value.
    Value,
    /// `NAME_FILE`: the variable names a file with the value.
    File,
    /// `NAME_COMMAND`: the variable contains a command that prints the value.
    Command,
}

impl Source {
    /// All sources, in the order of precedence.
    pub const ALL: [Source; 3] = [Source::Value, Source::File, Source::Command];

    /// The suffix after the name of the setting.
    pub fn ending(self) -> &'static str {
        match self {
            Source::Value => "",
            Source::File => "_FILE",
            Source::Command => "_COMMAND",
        }
    }

    /// The name of the variable that gives the value of the setting `name` in this way.
    pub fn name(self, name: &str) -> String {
        format!("{name}{}", self.ending())
    }
}

/// The setting of the `.env` file or the environment with this name, which may be an old one.
pub fn find(name: &str) -> Option<&'static Setting> {
    BY_NAME.get(name).copied()
}

/// The setting `name`, for code that reads it.
///
/// # Panics
/// The table has no such setting: a mistake in the source, which a test of this module finds.
pub(super) fn row(name: &str) -> &'static Setting {
    let variable = || VARIABLES.iter().find(|setting| setting.name == name);
    find(name).or_else(variable).unwrap_or_else(|| panic!("{name} is not in the table of settings"))
}

/// The setting of a name, and how the variable gives its value.
pub(super) fn parse(name: &str) -> Option<(&'static Setting, Source)> {
    Source::ALL.iter().find_map(|source| {
        let setting = find(name.strip_suffix(source.ending())?)?;
        (*source == Source::Value || setting.has_sources()).then_some((setting, *source))
    })
}

/// Whether a name gives the value of a setting, from any source.
pub fn is_known(name: &str) -> bool {
    parse(name).is_some()
}

/// Whether a name gives the value of a setting that no other program uses.
pub(super) fn is_own(name: &str) -> bool {
    parse(name).is_some_and(|(setting, _)| !setting.is_shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_setting_name_is_known() {
        for name in ["GARMIN_EMAIL", "GARMIN_EMAIL_FILE", "COROS_PASSWORD_COMMAND", "NTFY_TOKEN_FILE", "https_proxy"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["TELEGRAM_CHAT_ID_FILE", "GARTH_TOKEN_COMMAND", "GS_PATIENCE"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["DATA_DIR_FILE", "data_dir", "GS_TIMEOUT_COMMAND", "HOME", "GS_UNQUOTE", "_FILE", "NO_COLOR"] {
            assert!(!is_known(name), "{name}");
        }
        assert!(is_own("MAX_DELETE") && !is_own("DATA_DIR") && !is_own("NTFY_URL_FILE") && !is_own("all_proxy"));
    }

    #[test]
    fn an_old_name_finds_its_setting() {
        for (old, new) in [("GS_PATIENCE", "GS_MAX_RETRY_AFTER"), ("GS_JITTER", "GS_SCHEDULE_JITTER")] {
            assert_eq!(find(old).map(|setting| setting.name), Some(new));
        }
    }
}
