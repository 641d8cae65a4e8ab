//! One row of the table of settings: its name, its kind with the default, and its description.

use std::time::Duration;

/// The settings of one subject: a section of `.env.example` and of gs-settings(5).
#[derive(Debug)]
pub struct SettingGroup {
    /// The heading.
    pub title: &'static str,
    /// Text about all settings of the group. May be empty.
    pub intro: &'static str,
    /// The settings, in the order in which they are shown.
    pub settings: &'static [Setting],
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the environment and in the `.env` file.
    pub name: &'static str,
    /// Earlier names, which still work.
    pub old_names: &'static [&'static str],
    /// The same name in lower case, if it works too. It has precedence, as in curl.
    pub lower_case: Option<&'static str>,
    /// The kind of its value, with the default.
    pub kind: SettingKind,
    /// A typical value. If it is empty, the default serves as the example.
    pub example: &'static str,
    /// The effect of the setting, in whole sentences.
    pub doc: &'static str,
    /// Whether other programs use the same name. Such a setting alone does not show that a `.env` file belongs to this
    /// program.
    pub is_shared: bool,
}

/// The kind of a setting's value. The parameter of a time or a number is its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// A time span: `2s`, `1m 30s`, or seconds as a bare number.
    Duration(Duration),
    /// A time span longer than 0, because nothing can succeed within 0 seconds.
    TimeLimit(Duration),
    /// A whole number.
    Number(u64),
    /// `1` or `0`, or words such as yes and no. The default is no.
    YesNo,
    /// One of these words; the first is the default.
    Choice(&'static [&'static str]),
    /// One of these words. If it is not set, the code that reads it decides.
    OpenChoice(&'static [&'static str]),
    /// Text. Only the code that reads it can check the value.
    Text,
    /// A path. A relative path in the `.env` file starts from the folder of that file.
    Path,
    /// Paths, separated by colons.
    Paths,
    /// Words, separated by commas.
    List,
    /// Platforms, separated by commas.
    Platforms,
    /// The address of a proxy. It may contain a login, which is never shown.
    Proxy,
    /// An e-mail address or another public name of an account. It may also be given as `NAME_FILE` or `NAME_COMMAND`.
    Address,
    /// A password, including spaces around it. Secret. May also be given as `NAME_FILE` or `NAME_COMMAND`.
    Password,
    /// A key, a token, or a web address that contains one. Secret. May also be given as `NAME_FILE` or `NAME_COMMAND`.
    Key,
    /// The token file of another tool, which may have several lines. Secret. May also be given as `NAME_FILE` or
    /// `NAME_COMMAND`.
    TokenText,
    /// The path of such a token file, or its text. Secret, because it may be the text.
    TokenPath,
}

impl Setting {
    /// Whether its value is never shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, SettingKind::Password | SettingKind::Key | SettingKind::TokenText | SettingKind::TokenPath)
    }

    /// Whether it may also be given as `NAME_FILE` or `NAME_COMMAND`.
    pub fn has_sources(&self) -> bool {
        matches!(self.kind, SettingKind::Address | SettingKind::Password | SettingKind::Key | SettingKind::TokenText)
    }

    /// The default as a person writes it; `None` if there is no default, or if it differs between machines.
    pub fn default(&self) -> Option<String> {
        match self.kind {
            SettingKind::Duration(time) | SettingKind::TimeLimit(time) => {
                Some(humantime::format_duration(time).to_string())
            }
            SettingKind::Number(number) => Some(number.to_string()),
            SettingKind::YesNo => Some("0".to_owned()),
            SettingKind::Choice(words) => words.first().map(|word| (*word).to_owned()),
            _ => None,
        }
    }

    /// All names that set it, in the order of precedence.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + use<> {
        self.lower_case.into_iter().chain([self.name]).chain(self.old_names.iter().copied())
    }

    /// The same setting with earlier names.
    pub(super) const fn formerly(self, old_names: &'static [&'static str]) -> Setting {
        Setting { old_names, ..self }
    }

    /// The same setting with an example that is not its default.
    pub(super) const fn example(self, example: &'static str) -> Setting {
        Setting { example, ..self }
    }

    /// The same setting, marked as one whose name other programs use too.
    pub(super) const fn shared(self) -> Setting {
        Setting { is_shared: true, ..self }
    }

    /// The same setting, with a lower-case name that works too.
    pub(super) const fn or(self, lower_case: &'static str) -> Setting {
        Setting { lower_case: Some(lower_case), ..self }
    }
}

/// A row of the table.
pub(super) const fn setting(name: &'static str, kind: SettingKind, doc: &'static str) -> Setting {
    Setting { name, old_names: &[], lower_case: None, kind, example: "", doc, is_shared: false }
}

/// A time span with a default in seconds.
pub(super) const fn duration(name: &'static str, seconds: u64, doc: &'static str) -> Setting {
    setting(name, SettingKind::Duration(Duration::from_secs(seconds)), doc)
}

/// A time limit with a default in seconds.
pub(super) const fn time_limit(name: &'static str, seconds: u64, doc: &'static str) -> Setting {
    setting(name, SettingKind::TimeLimit(Duration::from_secs(seconds)), doc)
}

/// A whole number with its default.
pub(super) const fn number(name: &'static str, default: u64, doc: &'static str) -> Setting {
    setting(name, SettingKind::Number(default), doc)
}

/// Yes or no. The example is yes, because the default is no.
pub(super) const fn yes_no(name: &'static str, doc: &'static str) -> Setting {
    setting(name, SettingKind::YesNo, doc).example("1")
}
