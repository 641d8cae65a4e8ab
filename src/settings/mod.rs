//! Settings: from the environment, else from a `.env` file. Flags go before both; the commands see to that.
//!
//! Which settings exist, their kinds and their defaults stand in one table ([`SETTINGS`]). Code reads a setting by its name
//! and kind: `settings.number("MAX_DELETE")`. An empty value counts as not set, as `docker run --env-file` passes empty
//! values on. A secret may also be given as `NAME_FILE` (a file that contains it) or `NAME_COMMAND` (a shell command that
//! prints it).

pub mod dotenv;
pub mod edit;
mod env_file;
mod names;
mod secret_source;
mod secrets;
mod setting;
mod shown;
mod suggest;
mod table;
mod time;
mod values;
mod warnings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dotenv::Statement;
use names::Source;

pub use names::{find, is_known};
pub use setting::{Setting, SettingGroup, SettingKind};
pub use shown::{holds_secret, may_be_argument, without_login};
pub use suggest::closest;
pub use table::{SETTINGS, VARIABLES, all};
pub use time::{duration, moment};
pub use values::{default_duration, default_number};

/// The settings of one run.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    environment: HashMap<String, String>,
    /// Variables of the environment that are not UTF-8.
    not_utf8: BTreeSet<String>,
    file: BTreeMap<String, String>,
    /// The `.env` file, if there is one.
    file_path: Option<PathBuf>,
    /// The folder of the `.env` file: relative paths in it start there, wherever cron starts the program.
    file_dir: PathBuf,
    /// Lines of the `.env` file that cannot be read.
    broken: Vec<BrokenLine>,
    /// Why a `.env` file with settings of ours was not read.
    ignored_file: Option<String>,
    /// Raised when a person wants the program to end.
    stop: Arc<AtomicBool>,
}

/// A line of the `.env` file that cannot be read.
#[derive(Debug, Clone)]
struct BrokenLine {
    /// Which line, and why; it contains nothing of the value.
    message: String,
    /// The text where a name belongs.
    head: String,
}

/// Why a setting has no value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The value cannot be used. The text names the setting and says what to write, and never contains a secret.
    #[error("{0}")]
    Unusable(String),
    /// A person ended the program while it waited for a secret.
    #[error("stopped")]
    Stopped,
}

impl Settings {
    /// Reads the environment and the `.env` file: `path`, else `.env` in the current folder if it is ours, else
    /// `garminsync/.env` in the configuration folder.
    ///
    /// A line that cannot be read sets nothing: see [`Settings::broken_lines`].
    ///
    /// # Errors
    /// The file cannot be read, or a setting of the environment is not UTF-8.
    pub fn load(path: Option<&Path>) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for (name, value) in std::env::vars_os() {
            settings.take_variable(name, value)?;
        }
        // `docker run --env-file` passes on everything after the `=`, with quotes that the file only needs elsewhere.
        settings.environment.get_mut("GS_ENV_STRIP_QUOTES").map(strip_quotes);
        if settings.yes("GS_ENV_STRIP_QUOTES")? {
            settings.environment.values_mut().for_each(strip_quotes);
        }
        let file = match path {
            Some(path) => Some(path.to_owned()),
            None => settings.find_file()?,
        };
        if let Some(file) = file {
            settings.read_file(&file)?;
        }
        Ok(settings)
    }

    fn take_variable(&mut self, name: OsString, value: OsString) -> Result<(), Error> {
        let Ok(name) = name.into_string() else { return Ok(()) };
        match value.into_string() {
            Ok(value) => drop(self.environment.insert(name, trim_line_ends(&value).to_owned())),
            // Without the value the run would use another folder or another password.
            Err(_) if names::is_known(&name) => {
                let advice = match names::parse(&name) {
                    Some((setting, Source::Value)) if setting.kind == SettingKind::Path => {
                        "rename the folder, or use a link with another name"
                    }
                    _ => "set it again in a terminal that uses UTF-8",
                };
                return Err(Error::Unusable(format!("{name} in the environment is not valid UTF-8; {advice}")));
            }
            Err(_) => drop(self.not_utf8.insert(name)),
        }
        Ok(())
    }

    /// Settings that come from pairs of name and value, and from nothing else: no environment and no file is read.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
        let environment = pairs.into_iter().map(|(n, v)| (n.to_owned(), trim_line_ends(v).to_owned())).collect();
        Settings { environment, ..Settings::default() }
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = env_file::text(path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.file_dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        self.file_path = Some(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        for statement in dotenv::read(&text) {
            let broken = |line: usize, head: &str, why: &str| BrokenLine {
                message: format!("{}, line {line}: {why}", path.display()),
                head: head.to_owned(),
            };
            match statement {
                Statement::Unreadable { line, head, why } => {
                    self.broken.push(broken(line, &head, &format!("{why} (write NAME=value, or NAME='value')")));
                }
                Statement::Assignment { line, name, value: Some(value) } => match self.expanded(&name, &value) {
                    Ok(value) => drop(self.file.insert(name, trim_line_ends(&value).to_owned())),
                    Err(why) => {
                        self.file.remove(&name);
                        self.broken.push(broken(line, &name, &why));
                    }
                },
                Statement::Assignment { name, value: None, .. } => drop(self.file.remove(&name)),
            }
        }
        Ok(())
    }

    /// A value of the file with each `${NAME}` replaced: by the environment, else by an earlier line, as python-dotenv does
    /// for the older tools.
    ///
    /// # Errors
    /// Nothing has that name. To leave it out would make another password of the value.
    fn expanded(&self, name: &str, value: &str) -> Result<String, String> {
        let instead = "if it is part of the value, put the value into a file and name that with NAME_FILE";
        if names::parse(name).is_some_and(|(setting, source)| setting.is_secret() && source == Source::Value) {
            // A password may contain ${HOME}; nobody composes one of such variables.
            let strange = |name: &&str| !self.file.contains_key(*name) && !names::is_known(name);
            if let Some(other) = dotenv::references(value).into_iter().find(strange) {
                return Err(format!("{name} contains ${{{other}}}, and {other} is not a setting; {instead}"));
            }
        }
        let lookup = |name: &str| self.environment.get(name).or_else(|| self.file.get(name)).cloned();
        dotenv::expand(value, lookup).map_err(|other| {
            format!("{name} contains ${{{other}}}, and {other} is not set; set it on an earlier line, or, {instead}")
        })
    }

    /// The errors of the lines of the `.env` file that cannot be read. A command that does more than show them ends with
    /// them, because each line may be any setting.
    pub fn broken_lines(&self) -> impl Iterator<Item = Error> + '_ {
        self.broken.iter().map(|line| Error::Unusable(line.message.clone()))
    }

    /// Whether a line that cannot be read may have been meant to set `name`.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|line| line.head.contains(name))
    }

    /// From now on no secret is waited for once `stop` is raised.
    pub fn stop_with(&mut self, stop: Arc<AtomicBool>) {
        self.stop = stop;
    }

    /// The variables of the environment that set something that the `.env` file does not set, or sets to another value: what
    /// a program without this environment would miss. Sorted by name.
    pub fn only_in_environment(&self) -> Vec<&str> {
        let is_in_file = |name: &str, value: &String| match names::parse(name) {
            Some((setting, Source::Value)) => setting.names().any(|name| self.file.get(name) == Some(value)),
            _ => self.file.get(name) == Some(value),
        };
        let set = self.environment.iter().filter(|(name, value)| !value.trim().is_empty() && names::is_known(name));
        let mut names: Vec<&str> =
            set.filter(|(name, value)| !is_in_file(name, value)).map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The `.env` file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file_path.as_deref()
    }

    /// Why a `.env` file with settings of ours was not read, if there is one.
    pub fn ignored_file(&self) -> Option<&str> {
        self.ignored_file.as_deref()
    }

    /// The value of a variable that only the environment sets, such as `HOME` or `LANG`, if it is not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The first of several names that has a value that is not empty, and the value. The environment goes before the file.
    pub fn first_of<'a>(&self, names: impl IntoIterator<Item = &'a str> + Clone) -> Option<(&'a str, &str)> {
        let in_environment = |name: &'a str| self.environment.get(name).map(|value| (name, value.as_str()));
        let in_file = |name: &'a str| self.file.get(name).map(|value| (name, value.as_str()));
        let is_set = |pair: &(&str, &str)| !pair.1.trim().is_empty();
        let of_environment = names.clone().into_iter().filter_map(in_environment).find(is_set);
        of_environment.or_else(|| names.into_iter().filter_map(in_file).find(is_set))
    }

    /// The value of one name, whatever the table says.
    fn raw(&self, name: &str) -> Option<&str> {
        self.first_of([name]).map(|(_, value)| value)
    }

    /// The data folder: `DATA_DIR`, else `garminsync` in the XDG data folder; never the current folder.
    ///
    /// # Errors
    /// No variable says where it is, or the one that does is not UTF-8.
    pub fn data_dir(&self) -> Result<PathBuf, Error> {
        if let Some(dir) = self.path("DATA_DIR") {
            return Ok(dir);
        }
        self.xdg("XDG_DATA_HOME", ".local/share")?.map(|dir| dir.join("garminsync")).ok_or_else(|| {
            Error::Unusable("no data folder: DATA_DIR, XDG_DATA_HOME and HOME are not set; set DATA_DIR".into())
        })
    }

    fn xdg(&self, name: &str, below_home: &str) -> Result<Option<PathBuf>, Error> {
        let text_of = |name: &str| match self.not_utf8.contains(name) {
            true => Err(Error::Unusable(format!(
                "{name} in the environment is not valid UTF-8; name the data folder with DATA_DIR and the settings file with --env-file"
            ))),
            false => Ok(self.variable(name).map(PathBuf::from)),
        };
        // The XDG specification: a relative path there is to be ignored.
        match text_of(name)?.filter(|path| path.is_absolute()) {
            Some(own) => Ok(Some(own)),
            None => Ok(text_of("HOME")?.map(|home| home.join(below_home))),
        }
    }

    /// The home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.variable("HOME").map(PathBuf::from)
    }
}

/// A value without the line ends around it and the byte order mark in front of it, which editors, shells and password
/// managers add.
pub fn trim_line_ends(value: &str) -> &str {
    value.trim_start_matches('\u{feff}').trim_matches(['\n', '\r'])
}

/// Removes the quotes around a whole value.
fn strip_quotes(value: &mut String) {
    let inner = ['\'', '"'].into_iter().find_map(|quote| value.trim().strip_prefix(quote)?.strip_suffix(quote));
    if let Some(inner) = inner {
        *value = inner.to_owned();
    }
}

#[cfg(test)]
mod tests;
