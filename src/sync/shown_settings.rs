//! The settings in effect, as users and scripts may see them: without secrets.

use super::{Failure, Result, Worker, names_of};
use crate::platform::PlatformSelection;
use crate::settings::{self, Setting, SettingKind};

impl Worker {
    /// Warns of valid settings that the user probably did not intend, and of old names.
    pub fn warn_of_settings(&self) {
        self.settings.warnings().iter().for_each(|text| self.warn(text));
        for (old, new) in self.settings.old_names() {
            self.warn(&format!("{old} is an old name; it still works, and the new name is {new}"));
        }
    }

    /// The settings that are set, and the folders, each with the value that may be shown.
    pub fn shown_settings(&self) -> Vec<(&'static str, String)> {
        settings::all().filter_map(|setting| Some((setting.name, self.shown_setting(setting)?))).collect()
    }

    /// The value of a setting that may be shown; `None` if it is not set. Folders always have one.
    fn shown_setting(&self, setting: &Setting) -> Option<String> {
        let name = setting.name;
        let text = || self.settings.get(name).map(str::to_owned);
        match (name, setting.kind) {
            ("DATA_DIR", _) => Some(self.named_data_dir.display().to_string()),
            ("DB_PATH", _) => Some(self.named_catalogue.display().to_string()),
            ("GS_REPORT_DIR", _) => Some(self.report_dir().display().to_string()),
            // The flag precedes the setting and gives the names as commands print them.
            ("SYNC_PLATFORM", _) => match self.named_platforms() {
                Ok(PlatformSelection::Only(specs)) => Some(names_of(&specs)),
                _ => text(),
            },
            (_, SettingKind::Proxy) => text().map(|address| settings::without_login(&address)),
            _ if setting.is_secret() => self.settings.source_name(name).map(|source| match source == name {
                true => "***".to_owned(),
                false => format!("*** (from {source})"),
            }),
            (_, SettingKind::Address) if text().is_none() => {
                self.settings.source_name(name).map(|source| format!("(from {source})"))
            }
            _ => text(),
        }
    }

    /// The value of the setting `name`, or else its default, in a form that a script can compare: a time span in
    /// seconds, 1 or 0, a word in lower case. An invalid value is returned unchanged. An unreadable line of the
    /// settings file that may have been meant to set it is reported.
    ///
    /// # Errors
    /// The setting does not exist, or is a secret.
    pub fn setting_for_scripts(&self, name: &str) -> Result<Option<String>> {
        let setting = settings::find(name).ok_or_else(|| unknown(name))?;
        if setting.is_secret() {
            return Err(Failure::usage(format!("{name} is a secret and is not shown")));
        }
        if setting.names().any(|name| self.settings.is_broken(name)) {
            self.fail_on_broken_lines();
        }
        let settings = &self.settings;
        let read = match setting.kind {
            SettingKind::Duration(_) | SettingKind::TimeLimit(_) => {
                settings.duration(setting.name).map(|time| Some(time.as_secs_f64().to_string()))
            }
            SettingKind::Number(_) => settings.number(setting.name).map(|number| Some(number.to_string())),
            SettingKind::YesNo => settings.yes(setting.name).map(|yes| Some(u8::from(yes).to_string())),
            SettingKind::Choice(_) | SettingKind::OpenChoice(_) => {
                settings.choice(setting.name).map(|word| word.map(str::to_owned))
            }
            SettingKind::Address => Ok(settings.get(setting.name).map(str::to_owned)),
            _ => Ok(self.shown_setting(setting)),
        };
        Ok(read.unwrap_or_else(|_| settings.get(setting.name).map(str::to_owned)))
    }
}

fn unknown(name: &str) -> Failure {
    let meant = settings::closest(name, settings::all().map(|setting| setting.name));
    let advice = meant.map_or("gs-settings(5) lists them all".to_owned(), |meant| format!("did you mean {meant}?"));
    Failure::usage(format!("unknown setting {name:?}; {advice}"))
}
