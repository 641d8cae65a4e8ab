//! The values of settings by their kind: numbers, time spans, choices, paths.
//!
//! The table defines the kind and the default, so a caller only names the setting.

use std::path::PathBuf;
use std::time::Duration;

use super::names::row;
use super::setting::{Setting, SettingKind};
use super::{Error, Settings, duration};
use crate::i18n::or_list;

impl Settings {
    /// The text of the setting `name`, if it is set and not empty; never the default.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.first_of(row(name).names()).map(|(_, value)| value)
    }

    /// A time span. The default if it is not set.
    ///
    /// # Errors
    /// The text is not a time span, or it is 0 and the setting is a time limit.
    pub fn duration(&self, name: &str) -> Result<Duration, Error> {
        let default = default_duration(name);
        let Some(text) = self.get(name) else { return Ok(default) };
        let read = duration(text).map_err(|why| unusable(name, text, &why))?;
        match row(name).kind {
            SettingKind::TimeLimit(_) if read.is_zero() => {
                Err(unusable(name, text, "a time limit must be longer than 0; write for example 1m"))
            }
            _ => Ok(read),
        }
    }

    /// A whole number. The default if it is not set.
    ///
    /// # Errors
    /// The text is not a whole number.
    pub fn number(&self, name: &str) -> Result<u64, Error> {
        let default = default_number(name);
        self.get(name).map_or(Ok(default), |text| {
            text.trim().parse().map_err(|_| unusable(name, text, "not a whole number; write for example 10, or 0"))
        })
    }

    /// Yes or no: `1` or `0`, or words such as yes and no. An unset setting is no.
    ///
    /// # Errors
    /// The text is not one of these words.
    pub fn yes(&self, name: &str) -> Result<bool, Error> {
        let SettingKind::YesNo = row(name).kind else { panic!("{name} is not a yes/no setting") };
        let Some(text) = self.get(name) else { return Ok(false) };
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(true),
            "0" | "false" | "no" | "off" => Ok(false),
            _ => Err(unusable(name, text, "neither yes nor no; write 1 or 0")),
        }
    }

    /// One of the words of the setting `name`, in lower case. If it is not set: the default, or `None` without a
    /// default.
    ///
    /// # Errors
    /// The text is not one of the words.
    pub fn choice(&self, name: &str) -> Result<Option<&'static str>, Error> {
        let (words, default) = match row(name).kind {
            SettingKind::Choice(words) => (words, words.first().copied()),
            SettingKind::OpenChoice(words) => (words, None),
            _ => panic!("{name} is not a choice"),
        };
        let Some(text) = self.get(name) else { return Ok(default) };
        let chosen = words.iter().copied().find(|word| word.eq_ignore_ascii_case(text.trim()));
        chosen.map(Some).ok_or_else(|| unusable(name, text, &format!("unknown value; write {}", or_list(words))))
    }

    /// A path. A relative path in the `.env` file starts from the folder of that file, and `~/` in it is the home
    /// folder, because no shell expands it.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let (name, text) = self.first_of(row(name).names())?;
        Some(self.resolve(name, text))
    }

    /// Paths that are separated by colons, each read as by [`Settings::path`].
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        let Some((name, text)) = self.first_of(row(name).names()) else { return Vec::new() };
        let words = text.split(':').filter(|word| !word.trim().is_empty());
        words.map(|word| self.resolve(name, word)).collect()
    }

    /// A path as a person writes it where no shell expands it: `~/` is the home folder.
    pub fn expanded_home(&self, text: &str) -> PathBuf {
        match self.home().zip(text.strip_prefix("~/")) {
            Some((home, rest)) => home.join(rest),
            None => PathBuf::from(text),
        }
    }

    /// The path `text`, which is the whole value of the variable `name` or a part of it.
    pub(super) fn resolve(&self, name: &str, text: &str) -> PathBuf {
        let path = self.expanded_home(text);
        let is_from_file = self.environment.get(name).is_none_or(|value| value.trim().is_empty());
        if is_from_file && path.is_relative() { self.file_dir.join(path) } else { path }
    }

    /// Checks whether the value of a setting is valid for its kind.
    ///
    /// # Errors
    /// The text is not valid for this kind.
    pub fn check(&self, setting: &Setting) -> Result<(), Error> {
        match setting.kind {
            SettingKind::Duration(_) | SettingKind::TimeLimit(_) => self.duration(setting.name).map(drop),
            SettingKind::Number(_) => self.number(setting.name).map(drop),
            SettingKind::YesNo => self.yes(setting.name).map(drop),
            SettingKind::Choice(_) | SettingKind::OpenChoice(_) => self.choice(setting.name).map(drop),
            // A command may take long or ask a person, and a pipe can be read only once.
            SettingKind::Address | SettingKind::Password | SettingKind::Key if self.is_available(setting.name) => {
                self.secret(setting.name).map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// The default of a time span.
///
/// # Panics
/// The setting is not a time span: a mistake in the source, which a test of this module finds.
pub fn default_duration(name: &str) -> Duration {
    match row(name).kind {
        SettingKind::Duration(default) | SettingKind::TimeLimit(default) => default,
        _ => panic!("{name} is not a time span"),
    }
}

/// The default of a number.
///
/// # Panics
/// The setting is not a number: a mistake in the source, which a test of this module finds.
pub fn default_number(name: &str) -> u64 {
    match row(name).kind {
        SettingKind::Number(default) => default,
        _ => panic!("{name} is not a number"),
    }
}

fn unusable(name: &str, text: &str, why: &str) -> Error {
    Error::Unusable(format!("{name}={text:?}: {why}"))
}
