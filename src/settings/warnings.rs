//! Warnings about settings that are valid, but that a person probably did not intend.

use std::path::Path;

use super::names::{Source, is_known};
use super::setting::{Setting, SettingKind};
use super::shown::holds_secret;
use super::{Settings, suggest, table};
use crate::fs::{self, is_open_to_others, is_own};
use crate::shell::shell_quote;

/// Folders in which containers and service managers store secrets. They choose the file modes, not a person.
const MOUNTS: [&str; 2] = ["/run", "/var/run"];

impl Settings {
    /// The warnings, one sentence each: an ignored `.env` file, secrets that other users can read, unknown names,
    /// settings with several values, and spaces around passwords.
    pub fn warnings(&self) -> Vec<String> {
        let file = self.file_path.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        let in_file = self.file.keys().filter_map(|name| suggest::warn_of_file_name(name));
        let in_file = in_file.map(|text| format!("{file}: {text}"));
        let repeated = self.repeated.iter().filter(|(name, _)| is_known(name)).map(|(name, line)| {
            format!("{file}: {name} has different values; line {line} counts; remove the other lines of it")
        });
        let variables = self.environment.keys().filter_map(|name| suggest::warn_of_variable(name));
        let mut variables: Vec<String> = variables.map(|text| format!("{text} (in the environment)")).collect();
        variables.sort_unstable();
        let spaces = table::all().filter_map(|setting| self.password_with_spaces(setting));
        let spaces =
            spaces.map(|from| format!("{from} begins or ends with a space, which is sent as part of the password"));
        let files = self.ignored_file.iter().cloned().chain(self.readable_env_file());
        let readable = table::all().filter_map(|setting| self.readable_secret_file(setting));
        files.chain(readable).chain(in_file).chain(repeated).chain(variables).chain(spaces).collect()
    }

    /// The settings that are set by an old name: the old name and the new one.
    pub fn old_names(&self) -> Vec<(&'static str, &'static str)> {
        let settings = table::all().chain(table::VARIABLES);
        let set = settings.filter_map(|setting| Some((self.first_of(setting.names())?.0, setting)));
        let old = set.filter(|(name, setting)| setting.old_names.contains(name));
        old.map(|(name, setting)| (name, setting.name)).collect()
    }

    /// The variable of a password that begins or ends with a space. Runs no command and reads no pipe.
    fn password_with_spaces(&self, setting: &Setting) -> Option<String> {
        if setting.kind != SettingKind::Password || !self.is_available(setting.name) {
            return None;
        }
        let value = self.multiline_secret(setting.name).ok()??;
        let has_spaces = value.expose().trim() != value.expose();
        self.source_name(setting.name).filter(|_| has_spaces)
    }

    /// A warning if the `.env` file contains secrets and other users can read or write it.
    fn readable_env_file(&self) -> Option<String> {
        let path = self.file_path.as_deref()?;
        let has_secret = self.file.iter().any(|(name, value)| holds_secret(name, value));
        let access = access_of_others(path).filter(|_| has_secret)?;
        Some(format!(
            "other users can {access} {}, and it contains passwords or keys; run: chmod 600 {}",
            path.display(),
            shell_quote(&path.display().to_string())
        ))
    }

    /// A warning if other users can read the secret in `NAME_FILE`, if the file belongs to this user and its mode can
    /// be changed.
    fn readable_secret_file(&self, setting: &Setting) -> Option<String> {
        if !setting.is_secret() || self.source(setting.name) != Some(Source::File) {
            return None;
        }
        let from = Source::File.name(setting.name);
        let path = self.resolve(&from, self.raw(&from)?);
        let is_own = std::fs::metadata(&path).is_ok_and(|meta| is_own(&meta));
        let real = std::fs::canonicalize(&path).ok()?;
        // Kubernetes mounts secrets in any folder, and on a read-only file system modes cannot be changed.
        let is_mounted = MOUNTS.iter().any(|folder| real.starts_with(folder) || path.starts_with(folder))
            || rustix::fs::statvfs(&real).is_ok_and(|stat| stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
        let shown = path.display().to_string();
        let access = access_of_others(&path).filter(|_| is_own && !is_mounted)?;
        Some(format!("other users can {access} {shown} ({from}); run: chmod 600 {}", shell_quote(&shown)))
    }
}

/// What other users can do with a file; `None`: nothing.
fn access_of_others(path: &Path) -> Option<&'static str> {
    let meta = std::fs::metadata(path).ok().filter(|meta| meta.is_file() && is_open_to_others(meta))?;
    Some(fs::access_of_others(&meta))
}
