//! Selects platforms: by a flag, by a setting, or because an account exists.

use std::sync::Arc;

use super::{Exit, Failure, Result, Worker};
use crate::platform::{PlatformSelection, PlatformSpec, Platforms};
use crate::reason::Reason;

impl Worker {
    /// The platforms to work on: `--platform`, else `SYNC_PLATFORM`, else the platforms that have a token, a password,
    /// or an account that owns the data folder: a platform whose token was lost must not drop out unnoticed.
    pub fn selected_platforms(&self) -> Result<Vec<Arc<PlatformSpec>>> {
        if let PlatformSelection::Only(specs) = self.named_platforms()? {
            return Ok(specs);
        }
        let configured = self.configured_platforms()?;
        if configured.is_empty() {
            let reason = Reason::NoPlatform { has_settings: self.settings.file().is_some() };
            return Err(Failure::because(Exit::LoginRequired, reason));
        }
        Ok(configured)
    }

    /// The platforms of a sync: like [`Worker::selected_platforms`], without `--platform`. Empty if none is configured.
    pub(super) fn configured_platforms(&self) -> Result<Vec<Arc<PlatformSpec>>> {
        if let PlatformSelection::Only(specs) = self.synced_platforms()? {
            return Ok(specs);
        }
        let mut ready = Vec::new();
        for spec in self.platforms.services() {
            if self.has_token(spec) || self.has_credentials(spec) || self.catalogue.owner(&spec.id)?.is_some() {
                ready.push(spec.clone());
            }
        }
        Ok(ready)
    }

    /// The selected platforms of this version with one of these names.
    pub(super) fn known_platforms(&self, names: &[String]) -> Vec<Arc<PlatformSpec>> {
        let selected = names.iter().filter(|name| self.selection.includes(name));
        selected.filter_map(|name| self.platforms.find(name)).collect()
    }

    /// Says that outboxes have nothing to `act` on, if `--platform` names nothing else.
    pub(super) fn report_write_only(&self, act: &str) {
        let named = self.selection.named().unwrap_or_default();
        if named.iter().all(|spec| spec.is_write_only()) {
            named.iter().for_each(|spec| self.info(&format!("{}: write-only, nothing to {act}", spec.id)));
        }
    }

    /// `--platform`: the platforms that are named.
    pub fn named_platforms(&self) -> Result<PlatformSelection> {
        Ok(self.selection.clone())
    }

    /// `SYNC_PLATFORM`: the platforms of a sync.
    pub fn synced_platforms(&self) -> Result<PlatformSelection> {
        selection_of_setting(&self.platforms, "SYNC_PLATFORM", self.settings.get("SYNC_PLATFORM"))
    }

    /// `SYNC_TO`: the platforms that receive uploads.
    pub fn targets(&self) -> Result<PlatformSelection> {
        selection_of_setting(&self.platforms, "SYNC_TO", self.settings.get("SYNC_TO"))
    }
}

/// The names of platforms, separated by commas, as a flag takes them.
pub fn names_of(specs: &[Arc<PlatformSpec>]) -> String {
    specs.iter().map(|spec| spec.id.replace(',', "\\,")).collect::<Vec<_>>().join(",")
}

/// The platforms that a flag names, in the order of the table.
pub fn selection_of_flag(platforms: &Platforms, flag: &str, names: &[String]) -> Result<PlatformSelection> {
    if names.is_empty() { Ok(PlatformSelection::All) } else { find(platforms, flag, names, Exit::Usage) }
}

/// The platforms in the value `text` of the setting `name`.
pub fn selection_of_setting(platforms: &Platforms, name: &str, text: Option<&str>) -> Result<PlatformSelection> {
    let Some(text) = text else { return Ok(PlatformSelection::All) };
    if split_names(platforms, text).is_empty() {
        return Err(Failure::new(Exit::Config, format!("{name} is empty; name platforms or remove it")));
    }
    find(platforms, name, &[text.to_owned()], Exit::Config)
}

/// Splits a list of names at its commas.
///
/// A comma in the path of a folder or an outbox belongs to the path, unless the name of a platform follows it; `\,` always does.
fn split_names(platforms: &Platforms, text: &str) -> Vec<String> {
    split_raw(platforms, text).into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Splits like `split_names`, and keeps the spaces around the names.
pub fn split_raw(platforms: &Platforms, text: &str) -> Vec<String> {
    let is_place = |word: &str| {
        let prefix = word.split_once(':').map_or("", |(prefix, _)| prefix);
        ["folder", "outbox"].iter().any(|place| prefix.eq_ignore_ascii_case(place))
    };
    let is_name = |word: &str| word.is_empty() || is_place(word) || platforms.find(word).is_some();
    let mut names: Vec<String> = Vec::new();
    let (mut is_in_folder, mut is_escaped) = (false, false);
    for part in text.split(',') {
        match names.last_mut() {
            Some(last) if is_escaped => {
                last.pop();
                last.push_str(&format!(",{part}"));
            }
            Some(last) if is_in_folder && !is_name(part.trim()) => last.push_str(&format!(",{part}")),
            _ => {
                is_in_folder = is_place(part.trim_start());
                names.push(part.to_owned());
            }
        }
        is_escaped = is_in_folder && part.ends_with('\\');
    }
    names
}

fn find(platforms: &Platforms, from: &str, names: &[String], exit: Exit) -> Result<PlatformSelection> {
    let names = names.iter().flat_map(|text| split_names(platforms, text));
    let found: std::result::Result<Vec<_>, _> = names.map(|name| platforms.require(&name)).collect();
    match found {
        Ok(specs) => Ok(PlatformSelection::Only(platforms.in_order(specs))),
        Err(error) => Err(Failure::new(exit, format!("{from}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_a_folder_path_is_part_of_the_path() {
        for (text, names) in [
            ("garmin-com,coros", &["garmin-com", "coros"][..]),
            (" GARMINCOM , ,COROS, ", &["GARMINCOM", "COROS"]),
            ("folder:/x/Runs, 2025", &["folder:/x/Runs, 2025"]),
            ("folder:/x/Runs, 2025, and 2026,coros", &["folder:/x/Runs, 2025, and 2026", "coros"]),
            ("coros,folder:/a,b,folder:/c,d", &["coros", "folder:/a,b", "folder:/c,d"]),
            ("folder:/a,GARMINCOM", &["folder:/a", "GARMINCOM"]),
            ("folder:/a\\,coros", &["folder:/a,coros"]),
            ("Folder:/a\\,folder:/b,coros", &["Folder:/a,folder:/b", "coros"]),
            ("folder:/a\\b,c", &["folder:/a\\b,c"]),
            ("outbox:/a,b,folder:/c,d", &["outbox:/a,b", "folder:/c,d"]),
            ("folder:/a,OUTBOX:/b\\,coros,coros", &["folder:/a", "OUTBOX:/b,coros", "coros"]),
            ("garmin-com,garmin-cmo", &["garmin-com", "garmin-cmo"]),
            ("", &[]),
        ] {
            assert_eq!(split_names(&Platforms::default(), text), names, "{text}");
        }
    }
}
