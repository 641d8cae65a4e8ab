//! Settings from the environment, or else from a `.env` file. Flags have precedence over both; the commands apply them.
//!
//! One table ([`SETTINGS`]) defines all settings, their kinds and their defaults. Code reads a setting by its name and
//! kind: `settings.number("MAX_DELETE")`. An empty value counts as not set, because `docker run --env-file` passes on
//! empty values. A secret may also be given as `NAME_FILE` (a file that contains it) or `NAME_COMMAND` (a shell command
//! that prints it).

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
    /// The folder of the `.env` file. Relative paths in the file start from it, in whichever folder cron starts the
    /// program.
    file_dir: PathBuf,
    /// Lines of the `.env` file that cannot be read.
    broken: Vec<BrokenLine>,
    /// Settings with several different values in the `.env` file, and the line that counts.
    repeated: BTreeMap<String, usize>,
    /// Why a `.env` file with settings of this program was not read.
    ignored_file: Option<String>,
    /// Raised when a person wants to stop the program.
    stop: Arc<AtomicBool>,
}

/// A line of the `.env` file that cannot be read.
#[derive(Debug, Clone)]
struct BrokenLine {
    /// The line number and the reason. It contains nothing of the value.
    message: String,
    /// The text in the place of the name.
    head: String,
}

/// Why a setting has no value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The value cannot be used. The text names the setting and says what to write. It never contains a secret.
    #[error("{0}")]
    Unusable(String),
    /// A person stopped the program while it waited for a secret.
    #[error("stopped")]
    Stopped,
}

impl Settings {
    /// Reads the environment and the `.env` file: `path`, or else `.env` in the current folder if it belongs to this
    /// program, or else `garminsync/.env` in the configuration folder.
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
        // `docker run --env-file` passes on everything after the `=`, including quotes that only other readers of the
        // file need.
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
            // Without the value the program would use another folder or another password.
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

    /// Settings from pairs of name and value only. Reads no environment and no file.
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
                    Ok(new) => self.take_line(name, line, &value, &new),
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

    /// Sets a value of a line; the last line of a name counts. `written`: the value before `${NAME}` is replaced.
    fn take_line(&mut self, name: String, line: usize, written: &str, value: &str) {
        let value = trim_line_ends(value).to_owned();
        // A value that contains the earlier one is meant to replace it.
        let is_meant = dotenv::references(written).contains(&name.as_str());
        let before = self.file.insert(name.clone(), value.clone());
        let is_other = before.is_some_and(|before| !before.trim().is_empty() && before != value);
        if !is_meant && (is_other || self.repeated.contains_key(&name)) {
            self.repeated.insert(name, line);
        }
    }

    /// A value of the file with each `${NAME}` replaced: by the environment, or else by an earlier line, as
    /// python-dotenv does for the older tools.
    ///
    /// # Errors
    /// The name is not set. Leaving it out would change the password.
    fn expanded(&self, name: &str, value: &str) -> Result<String, String> {
        let instead = "if it is part of the value, put the value into a file and name that with NAME_FILE";
        if names::parse(name).is_some_and(|(setting, source)| setting.is_secret() && source == Source::Value) {
            // A password may contain the text `${HOME}`, but no password is composed of such variables.
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

    /// The errors of the lines of the `.env` file that cannot be read. Commands fail with these errors, except those
    /// that only show them, because each line may set any setting.
    pub fn broken_lines(&self) -> impl Iterator<Item = Error> + '_ {
        self.broken.iter().map(|line| Error::Unusable(line.message.clone()))
    }

    /// Whether a line that cannot be read may set `name`.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|line| line.head.contains(name))
    }

    /// After this call, reading a secret stops as soon as `stop` is raised.
    pub fn stop_with(&mut self, stop: Arc<AtomicBool>) {
        self.stop = stop;
    }

    /// The variables of the environment whose settings the `.env` file does not set, or sets to another value. A
    /// program without this environment would not have them. Sorted by name.
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

    /// Why a `.env` file with settings of this program was not read, if there is such a file.
    pub fn ignored_file(&self) -> Option<&str> {
        self.ignored_file.as_deref()
    }

    /// The value of a variable that only the environment sets, such as `HOME` or `LANG`; `None` if it is empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The first of several names whose value is not empty, and the value. The environment has precedence over the
    /// file.
    pub fn first_of<'a>(&self, names: impl IntoIterator<Item = &'a str> + Clone) -> Option<(&'a str, &str)> {
        let in_environment = |name: &'a str| self.environment.get(name).map(|value| (name, value.as_str()));
        let in_file = |name: &'a str| self.file.get(name).map(|value| (name, value.as_str()));
        let is_set = |pair: &(&str, &str)| !pair.1.trim().is_empty();
        let of_environment = names.clone().into_iter().filter_map(in_environment).find(is_set);
        of_environment.or_else(|| names.into_iter().filter_map(in_file).find(is_set))
    }

    /// The value of one name, even if the table does not have the name.
    fn raw(&self, name: &str) -> Option<&str> {
        self.first_of([name]).map(|(_, value)| value)
    }

    /// The data folder: `DATA_DIR`, or else `garminsync` in the XDG data folder. Never the current folder.
    ///
    /// # Errors
    /// No variable names the folder, or the variable is not UTF-8.
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
        // The XDG specification requires programs to ignore a relative path.
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

/// Removes the line ends around a value and the byte order mark before it, which editors, shells and password managers
/// add.
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
