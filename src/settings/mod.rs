//! Settings: flags come first (the commands see to that), then the environment, then a `.env` file.
//!
//! An empty value counts as none, as `docker run --env-file` passes them on. A secret may also be given as
//! `NAME_FILE` (a file that holds it) or `NAME_COMMAND` (a shell command that prints it).

pub mod dotenv;
pub mod edit;
mod find;
mod known;
mod secret;
mod time;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::http::Secret;
use dotenv::Statement;

pub use known::{closest, is_known, is_secret, names};
pub use time::{duration, moment};

/// With this in the environment, as in the container, the other values there may stand in quotes that are none of theirs:
/// `docker run --env-file` passes on all that stands behind the `=`.
const UNQUOTE: &str = "GS_UNQUOTE";
/// How long a `NAME_COMMAND`, or a `NAME_FILE` that is a pipe, may take, unless `GS_COMMAND_TIMEOUT` says otherwise: a person may have to unlock something.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// A secret is shorter; tokens of other tools have some kilobytes.
const SECRET_BYTES: u64 = 64 << 10;

/// What a setting says, and from where.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    environment: HashMap<String, String>,
    /// Variables of the environment that hold no UTF-8.
    no_text: BTreeSet<String>,
    file: BTreeMap<String, String>,
    /// The `.env` file, if there is one.
    file_path: Option<PathBuf>,
    /// The folder of the `.env` file: relative paths in it are meant from there, wherever cron starts us.
    file_dir: PathBuf,
    /// Lines of the `.env` file that cannot be read.
    broken: Vec<BrokenLine>,
    /// Why others can read the `.env` file.
    open_file: Option<String>,
    /// Why a `.env` file with settings of ours was not read.
    passed_over: Option<String>,
    /// Raised when a person wants the program to end.
    stop: Arc<AtomicBool>,
}

/// A line of the `.env` file that cannot be read.
#[derive(Debug, Clone)]
struct BrokenLine {
    /// Which line, and why; it holds nothing of the value.
    message: String,
    /// What stands where a name belongs.
    head: String,
}

/// Why a setting has no value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be used. The text names the setting and what it may be, and never holds a secret.
    #[error("{0}")]
    Unusable(String),
    /// A person ended the program while a secret was waited for.
    #[error("stopped")]
    Stopped,
}

impl Settings {
    /// Reads the environment and the `.env` file: `path`, else `.env` here if it is ours, else `garminsync/.env` in the
    /// configuration folder.
    ///
    /// What a line that cannot be read would set is not set: see [`Settings::broken_lines`].
    ///
    /// # Errors
    /// The file cannot be read, or a setting is no UTF-8.
    pub fn load(path: Option<&Path>) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for (name, value) in std::env::vars_os() {
            settings.take_variable(name, value)?;
        }
        if settings.get(UNQUOTE).is_some() {
            settings.environment.values_mut().for_each(unquote);
        }
        let file = match path {
            Some(path) => Some(path.to_owned()),
            None => settings.find_file()?,
        };
        if let Some(file) = file {
            settings.read_file(&file)?;
            settings.file_path = Some(std::path::absolute(&file).unwrap_or(file));
        }
        Ok(settings)
    }

    fn take_variable(&mut self, name: OsString, value: OsString) -> Result<(), Error> {
        let Ok(name) = name.into_string() else { return Ok(()) };
        match value.into_string() {
            Ok(value) => drop(self.environment.insert(name, clean(&value).to_owned())),
            // To leave it out would mean another folder, or another password.
            Err(_) if known::is_known(&name) => {
                return Err(Error::Unusable(format!(
                    "{name} in the environment is not valid UTF-8; {}",
                    rename_advice(&name)
                )));
            }
            Err(_) => drop(self.no_text.insert(name)),
        }
        Ok(())
    }

    /// Settings from pairs alone: for tests.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
        let environment = pairs.into_iter().map(|(n, v)| (n.to_owned(), clean(v).to_owned())).collect();
        Settings { environment, ..Settings::default() }
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = find::text(path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.file_dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
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
                    Ok(value) => drop(self.file.insert(name, clean(&value).to_owned())),
                    Err(why) => {
                        self.file.remove(&name);
                        self.broken.push(broken(line, &name, &why));
                    }
                },
                Statement::Assignment { name, value: None, .. } => drop(self.file.remove(&name)),
            }
        }
        self.remark_on(path);
        Ok(())
    }

    /// A value of the file with each `${NAME}` replaced: by the environment, else by an earlier line, as python-dotenv does
    /// for the older tools. What is no such name is refused: to leave it out would make another password of it.
    fn expanded(&self, name: &str, value: &str) -> Result<String, String> {
        let instead = "if it is part of the value, put the value into a file and name that with NAME_FILE";
        let is_indirect = name.ends_with("_COMMAND") || name.ends_with("_FILE");
        if is_secret(name) && !is_indirect {
            // A password may hold ${HOME}; nobody composes one of such variables.
            let strange = |name: &&str| !self.file.contains_key(*name) && !known::is_known(name);
            if let Some(other) = dotenv::references(value).into_iter().find(strange) {
                return Err(format!("{name} contains ${{{other}}}, and {other} is not a setting; {instead}"));
            }
        }
        let lookup = |name: &str| self.environment.get(name).or_else(|| self.file.get(name)).cloned();
        dotenv::expand(value, lookup).map_err(|other| {
            format!("{name} contains ${{{other}}}, and {other} is not set; set it on an earlier line, or, {instead}")
        })
    }

    /// What is wrong with lines of the `.env` file that cannot be read. Whoever does more than to tell that ends with it: any
    /// setting may stand there.
    pub fn broken_lines(&self) -> impl Iterator<Item = Error> + '_ {
        self.broken.iter().map(|line| Error::Unusable(line.message.clone()))
    }

    /// Whether a line that cannot be read may have been meant to set `name`.
    pub fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|line| line.head.contains(name))
    }

    /// From now on nothing is waited for once `stop` is raised.
    pub fn heed(&mut self, stop: Arc<AtomicBool>) {
        self.stop = stop;
    }

    /// The settings that a program without this environment would not have, or not with this value; by name.
    pub fn only_in_environment(&self) -> Vec<&str> {
        let is_set = |(name, value): &(&String, &String)| !value.trim().is_empty() && known::is_known(name);
        let set = self.environment.iter().filter(is_set);
        let mut names: Vec<&str> =
            set.filter(|(name, value)| self.file.get(*name) != Some(value)).map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The `.env` file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file_path.as_deref()
    }

    /// Why a `.env` file with settings of ours was not read, if there is one.
    pub fn passed_over(&self) -> Option<&str> {
        self.passed_over.as_deref()
    }

    /// The value of `name`, if there is one that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.any(&[name]).map(|(_, value)| value)
    }

    /// The first of several names for one setting that has a value, and the value. The environment goes before the file.
    pub fn any<'a>(&self, names: &[&'a str]) -> Option<(&'a str, &str)> {
        let in_environment = |name: &&'a str| self.environment.get(*name).map(|value| (*name, value.as_str()));
        let in_file = |name: &&'a str| self.file.get(*name).map(|value| (*name, value.as_str()));
        let is_set = |pair: &(&str, &str)| !pair.1.trim().is_empty();
        let of_environment = names.iter().filter_map(in_environment).find(is_set);
        of_environment.or_else(|| names.iter().filter_map(in_file).find(is_set))
    }

    /// A path; one from the `.env` file is meant from that file's folder, and `~/` is the home folder: no shell has read
    /// it there.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(|text| self.located(name, text))
    }

    /// Paths with colons between them, each read as [`Settings::path`] reads one.
    pub fn paths(&self, name: &str) -> Vec<PathBuf> {
        let words = self.get(name).into_iter().flat_map(|text| text.split(':'));
        words.filter(|word| !word.trim().is_empty()).map(|word| self.located(name, word)).collect()
    }

    /// A path as a person writes it, where no shell has read it: `~/` is the home folder.
    pub fn expanded_home(&self, text: &str) -> PathBuf {
        match self.home().zip(text.strip_prefix("~/")) {
            Some((home, rest)) => home.join(rest),
            None => PathBuf::from(text),
        }
    }

    fn located(&self, name: &str, text: &str) -> PathBuf {
        let value = self.expanded_home(text);
        let from_file = self.environment.get(name).is_none_or(|v| v.trim().is_empty());
        if from_file && value.is_relative() { self.file_dir.join(value) } else { value }
    }

    /// A password, a key or an address: `NAME`, else what `NAME_FILE` holds, else what `NAME_COMMAND` prints. Line ends around
    /// it and a byte order mark before it are none of it; blanks are.
    ///
    /// # Errors
    /// The file cannot be read, or the command fails, takes longer than `GS_COMMAND_TIMEOUT`, or prints too much; a file that
    /// is a pipe has the same limits. It has more than one line, or a control character: whatever is meant of it, all of it
    /// is wrong. [`Error::Stopped`] if a person ends the program meanwhile.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        let found = self.secret_text(name)?;
        match found.as_ref().and_then(|secret| secret::unfit(secret.expose())) {
            Some(why) => Err(Error::Unusable(self.unfit(name, why))),
            None => Ok(found),
        }
    }

    /// What to do about a secret that cannot be used; the text holds nothing of it.
    fn unfit(&self, name: &str, why: secret::Unfit) -> String {
        let (file, command) = (format!("{name}_FILE"), format!("{name}_COMMAND"));
        let is_from = |other: &str| self.get(name).is_none() && self.get(other).is_some();
        let (from, has, only) = match (self.path(&file), is_from(&file), is_from(&command)) {
            (Some(path), true, _) => (format!("{file}: {}", path.display()), "has", "keep only that line in the file"),
            (_, _, true) => {
                (command, "printed", "let it print only that line, for example: pass show garmin | head -n1")
            }
            _ => (name.to_owned(), "has", "keep only that line"),
        };
        match why {
            secret::Unfit::Lines(lines) => {
                format!("{from} {has} {lines} lines, but a password, key or address is a single line; {only}")
            }
            secret::Unfit::Control(code) => {
                format!(
                    "{from} {has} a control character (U+{code:04X}) in the value; enter the value again without it"
                )
            }
        }
    }

    /// A secret that may have several lines, such as the token of another tool; else as [`Settings::secret`].
    pub fn secret_text(&self, name: &str) -> Result<Option<Secret>, Error> {
        if let Some(value) = self.get(name) {
            return Ok(Some(Secret::new(value)));
        }
        let (file, command) = (format!("{name}_FILE"), format!("{name}_COMMAND"));
        let (from, bytes) = match (self.path(&file), self.get(&command)) {
            (Some(path), _) => (&file, secret::contents(&file, &path, &self.limits()?)?),
            (None, Some(line)) => (&command, secret::output(&command, line, &self.limits()?)?),
            (None, None) => return Ok(None),
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::Unusable(format!("{from} is not valid UTF-8; save it as UTF-8")))?;
        let text = clean(&text);
        Ok((!text.is_empty()).then(|| Secret::new(text)))
    }

    /// `GS_COMMAND_TIMEOUT`: how long a secret is waited for.
    pub fn command_timeout(&self) -> Result<Duration, Error> {
        self.time_limit("GS_COMMAND_TIMEOUT", COMMAND_TIMEOUT)
    }

    fn limits(&self) -> Result<secret::Limits<'_>, Error> {
        let time = self.command_timeout()?;
        Ok(secret::Limits { time, bytes: SECRET_BYTES, stop: &self.stop })
    }

    /// An e-mail address, given as a secret may be: without blanks around it.
    ///
    /// # Errors
    /// As [`Settings::secret`].
    pub fn address(&self, name: &str) -> Result<Option<String>, Error> {
        let found = self.secret(name)?.map(|secret| secret.expose().trim().to_owned());
        Ok(found.filter(|address| !address.is_empty()))
    }

    /// Whether [`Settings::secret`] would look anywhere.
    pub fn names_secret(&self, name: &str) -> bool {
        ["", "_FILE", "_COMMAND"].iter().any(|ending| self.get(&format!("{name}{ending}")).is_some())
    }

    /// Whether [`Settings::secret`] would have it at once: it runs no command for it, and reads no pipe, which gives it once.
    pub fn is_at_hand(&self, name: &str) -> bool {
        let file = self.path(&format!("{name}_FILE"));
        self.get(name).is_some() || file.is_some_and(|path| path.is_file() || !path.exists())
    }

    /// A time span: humantime (`2s`, `1h 30m`); a bare number is seconds.
    pub fn duration(&self, name: &str, default: Duration) -> Result<Duration, Error> {
        self.get(name).map_or(Ok(default), |text| {
            duration(text).map_err(|why| Error::Unusable(format!("{name}={text:?}: {why}")))
        })
    }

    /// The same, of a limit within which something has to happen: without any time nothing could.
    pub fn time_limit(&self, name: &str, default: Duration) -> Result<Duration, Error> {
        match self.duration(name, default)? {
            Duration::ZERO => {
                Err(Error::Unusable(format!("{name} is 0, and nothing comes within no time; write for example 1m")))
            }
            time => Ok(time),
        }
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        self.get(name)
            .map(|text| {
                text.trim().parse().map_err(|_| Error::Unusable(format!("{name}={text:?} is not a whole number")))
            })
            .transpose()
    }

    /// Yes or no: `1` or `0`, or the words that people use for them.
    pub fn yes(&self, name: &str) -> Result<Option<bool>, Error> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Some(true)),
            "0" | "false" | "no" | "off" => Ok(Some(false)),
            _ => Err(Error::Unusable(format!("{name}={text:?} is neither yes nor no; write 1 or 0"))),
        }
    }

    /// The data folder: `DATA_DIR`, else `garminsync` in the XDG data folder; never the current folder.
    ///
    /// # Errors
    /// Nothing says where it is, or what does is no UTF-8.
    pub fn data_dir(&self) -> Result<PathBuf, Error> {
        if let Some(dir) = self.path("DATA_DIR") {
            return Ok(dir);
        }
        self.xdg("XDG_DATA_HOME", ".local/share")?.map(|dir| dir.join("garminsync")).ok_or_else(|| {
            Error::Unusable(
                "no place for the data: neither DATA_DIR, XDG_DATA_HOME nor HOME is set; set DATA_DIR".into(),
            )
        })
    }

    /// What a person should know about the settings, although each can be used: one sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let file = self.file_path.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
        let in_file = self.file.keys().filter_map(|name| known::is_unknown(name)).map(|text| format!("{file}: {text}"));
        let mut variables: Vec<String> = self
            .environment
            .keys()
            .filter_map(|name| known::is_misspelt(name))
            .map(|text| format!("{text} (in the environment)"))
            .collect();
        variables.sort_unstable();
        let blanks = names()
            .filter(|name| name.contains("PASSWORD") && !name.ends_with("_FILE") && !name.ends_with("_COMMAND"))
            .filter_map(|name| self.blank_around(name))
            .map(|from| format!("{from} begins or ends with a blank, which is sent as part of the password"));
        let files = [&self.passed_over, &self.open_file].into_iter().flatten().cloned();
        let open = names().filter_map(|name| self.open_secret(name));
        files.chain(open).chain(in_file).chain(variables).chain(blanks).collect()
    }

    /// The setting whose value has a blank at one of its ends. No command is run to know it, and no pipe is read.
    fn blank_around(&self, name: &str) -> Option<String> {
        let from = if self.get(name).is_some() { name.to_owned() } else { format!("{name}_FILE") };
        let value = if self.is_at_hand(name) { self.secret_text(name).ok()? } else { None }?;
        (value.expose().trim() != value.expose()).then_some(from)
    }

    fn xdg(&self, name: &str, below_home: &str) -> Result<Option<PathBuf>, Error> {
        let text_of = |name: &str| match self.no_text.contains(name) {
            true => Err(Error::Unusable(format!(
                "{name} in the environment is not valid UTF-8; name the data folder with DATA_DIR and the settings file with --env-file"
            ))),
            false => Ok(self.get(name).map(PathBuf::from)),
        };
        // The XDG specification: a relative path there is to be ignored.
        match text_of(name)?.filter(|path| path.is_absolute()) {
            Some(own) => Ok(Some(own)),
            None => Ok(text_of("HOME")?.map(|home| home.join(below_home))),
        }
    }

    /// The home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

fn rename_advice(name: &str) -> &'static str {
    match name {
        "DATA_DIR" | "DB_PATH" | "GS_REPORT_DIR" => {
            "paths in records have to be; rename the folder, or use a link with another name"
        }
        _ => "set it again in a terminal that uses UTF-8",
    }
}

/// A value without what editors, shells and stores of secrets put around it: line ends, and a byte order mark before it.
pub fn clean(value: &str) -> &str {
    value.trim_start_matches('\u{feff}').trim_matches(['\n', '\r'])
}

/// Takes away the quotes around the whole of a value, as the file would have it.
fn unquote(value: &mut String) {
    let inner = ['\'', '"'].into_iter().find_map(|quote| value.trim().strip_prefix(quote)?.strip_suffix(quote));
    if let Some(inner) = inner {
        *value = inner.to_owned();
    }
}

#[cfg(test)]
mod tests;
