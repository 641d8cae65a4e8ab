//! Settings: flags come first (the commands see to that), then the environment, then a `.env` file.
//!
//! An empty value counts as none, as `docker run --env-file` passes them on. A secret may also be given as
//! `NAME_FILE` (a file that holds it) or `NAME_COMMAND` (a shell command that prints it).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;

use crate::http::Secret;

/// With this in the environment, as in the container, the other values there may stand in quotes that are none of theirs:
/// `docker run --env-file` passes on all that stands behind the `=`.
const UNQUOTE: &str = "GS_UNQUOTE";

/// What a setting says, and from where.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    environment: HashMap<String, String>,
    file: HashMap<String, String>,
    /// The `.env` file, if there is one.
    file_path: Option<PathBuf>,
    /// The folder of the `.env` file: relative paths in it are meant from there, wherever cron starts us.
    file_dir: PathBuf,
}

/// A setting that cannot be used. The text names the setting and what it may be, and never holds a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Settings {
    /// Reads the environment and the `.env` file: `path`, else `.env` here, else `garminsync/.env` in the
    /// configuration folder.
    pub fn load(path: Option<&Path>) -> Result<Settings, Error> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut settings =
            Settings { environment: std::env::vars_os().filter_map(text).collect(), ..Settings::default() };
        if settings.get(UNQUOTE).is_some() {
            settings.environment.values_mut().for_each(unquote);
        }
        let file = match path {
            Some(path) => Some(path.to_owned()),
            None => settings.default_env_file(),
        };
        if let Some(file) = file {
            settings.read_file(&file)?;
            settings.file_path = Some(std::path::absolute(&file).unwrap_or(file));
        }
        Ok(settings)
    }

    /// Settings from pairs alone: for tests.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
        let environment = pairs.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        Settings { environment, ..Settings::default() }
    }

    fn default_env_file(&self) -> Option<PathBuf> {
        let config = self.xdg("XDG_CONFIG_HOME", ".config").map(|dir| dir.join("garminsync/.env"));
        [Some(PathBuf::from(".env")), config].into_iter().flatten().find(|path| path.is_file())
    }

    fn read_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error(format!("{}: {error}; check --env-file", path.display())))?;
        let text = literal(&text);
        let entries = dotenvy::from_read_iter(text.as_bytes());
        for (number, entry) in entries.enumerate() {
            // The parser's message would show the line, which may hold a password.
            let (name, value) = entry.map_err(|_| {
                Error(format!(
                    "{}: setting number {} cannot be read; write NAME=value, the value in quotes if it spans lines",
                    path.display(),
                    number + 1
                ))
            })?;
            self.file.insert(name, value);
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.file_dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        Ok(())
    }

    /// The `.env` file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file_path.as_deref()
    }

    /// The value of `name`, if there is one that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let layers = [&self.environment, &self.file];
        layers.into_iter().filter_map(|map| map.get(name)).map(String::as_str).find(|value| !value.trim().is_empty())
    }

    /// A path; one from the `.env` file is meant from that file's folder, and `~/` is the home folder: no shell has read
    /// it there.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let text = self.get(name)?;
        if let Some((home, rest)) = self.home().zip(text.strip_prefix("~/")) {
            return Some(home.join(rest));
        }
        let value = PathBuf::from(text);
        let from_file = self.environment.get(name).is_none_or(|v| v.trim().is_empty());
        Some(if from_file && value.is_relative() { self.file_dir.join(value) } else { value })
    }

    /// A secret: `NAME`, else what `NAME_FILE` holds, else what `NAME_COMMAND` prints; without the last line end.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        if let Some(value) = self.get(name) {
            return Ok(Some(Secret::new(value)));
        }
        let (file, command) = (format!("{name}_FILE"), format!("{name}_COMMAND"));
        let text = if let Some(path) = self.path(&file) {
            std::fs::read_to_string(&path).map_err(|error| Error(format!("{file}: {}: {error}", path.display())))?
        } else if let Some(line) = self.get(&command) {
            let output = Command::new("sh").arg("-c").arg(line).output();
            let output = output.map_err(|error| Error(format!("{command}: {error}")))?;
            if !output.status.success() {
                return Err(Error(format!("{command} failed ({}); run it by hand to see why", output.status)));
            }
            String::from_utf8(output.stdout).map_err(|_| Error(format!("{command} printed no UTF-8 text")))?
        } else {
            return Ok(None);
        };
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Ok((!text.is_empty()).then(|| Secret::new(text)))
    }

    /// Whether [`Settings::secret`] would look anywhere.
    pub fn names_secret(&self, name: &str) -> bool {
        ["", "_FILE", "_COMMAND"].iter().any(|ending| self.get(&format!("{name}{ending}")).is_some())
    }

    /// A time span: humantime (`2s`, `1h 30m`); a bare number is seconds.
    pub fn duration(&self, name: &str, default: Duration) -> Result<Duration, Error> {
        self.get(name).map_or(Ok(default), |text| {
            duration(text).map_err(|why| Error(format!("{name}={text:?}: {why}; write for example 2s, 500ms or 0")))
        })
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Error> {
        self.get(name)
            .map(|text| text.trim().parse().map_err(|_| Error(format!("{name}={text:?} is not a whole number"))))
            .transpose()
    }

    /// Yes or no: `1` or `0`, or the words that people use for them.
    pub fn yes(&self, name: &str) -> Result<Option<bool>, Error> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Some(true)),
            "0" | "false" | "no" | "off" => Ok(Some(false)),
            _ => Err(Error(format!("{name}={text:?} is neither yes nor no; write 1 or 0"))),
        }
    }

    /// The data folder: `DATA_DIR`, else `garminsync` in the XDG data folder; never the current folder.
    pub fn data_dir(&self) -> Result<PathBuf, Error> {
        self.path("DATA_DIR")
            .or_else(|| self.xdg("XDG_DATA_HOME", ".local/share").map(|dir| dir.join("garminsync")))
            .ok_or_else(|| {
                Error("no place for the data: neither DATA_DIR, XDG_DATA_HOME nor HOME is set; set DATA_DIR".into())
            })
    }

    fn xdg(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        // The XDG specification: a relative path there is to be ignored.
        let own = self.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        own.or_else(|| self.home().map(|home| home.join(below_home)))
    }

    /// The home folder.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

/// Takes away the quotes around the whole of a value, as the file would have it.
fn unquote(value: &mut String) {
    let inner = ['\'', '"'].into_iter().find_map(|quote| value.trim().strip_prefix(quote)?.strip_suffix(quote));
    if let Some(inner) = inner {
        *value = inner.to_owned();
    }
}

/// The text of a `.env` file with every value quoted so that it means what it says: `$`, `\\` and quotes in the middle
/// stand for themselves, as `docker run --env-file` has it. The parser would put other settings in their place, and a
/// password with a `$` would become another one. A ` #` still begins a comment, unless the value is quoted.
fn literal(text: &str) -> String {
    let mut out = String::new();
    let mut open_quote = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let pair = line.split_once('=').filter(|(name, _)| open_quote.is_none() && !name.trim_start().starts_with('#'));
        let Some((name, value)) = pair else {
            // A comment, or the middle of a value of several lines.
            if open_quote.is_some_and(|quote| line.trim_end().ends_with(quote)) {
                open_quote = None;
            }
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let value = value.trim();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        match quote {
            Some(quote) if value.len() == 1 || !value[1..].contains(quote) => {
                open_quote = Some(quote);
                out.push_str(&format!("{name}={value}\n"));
            }
            Some('\'') => out.push_str(&format!("{name}={value}\n")),
            Some(_) => out.push_str(&format!("{name}={}\n", value.replace('$', "\\$"))),
            None => {
                let end = value.find(" #").unwrap_or(value.len());
                let plain = value[..end].trim_end();
                let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
                out.push_str(&format!("{name}=\"{escaped}\"\n"));
            }
        }
    }
    out
}

/// Reads a time span: humantime, or seconds as a bare number.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string());
    }
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

/// Reads a point in time: a date (its midnight UTC), an RFC 3339 time, or how long ago (`30d`, by humantime).
pub fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC);
        return midnight.map(|zoned| zoned.timestamp()).map_err(|error| error.to_string());
    }
    let ago = humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is neither a date (2026-01-31) nor a time span (30d)"))?;
    now.checked_sub(ago).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, pairs: &[(&str, &str)]) -> Result<Settings, Error> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env");
        std::fs::write(&path, text).unwrap();
        let mut settings = Settings::from_pairs(pairs.iter().copied());
        settings.read_file(&path).map(|()| settings)
    }

    #[test]
    fn the_environment_goes_before_the_file_and_empty_is_none() {
        let settings = with_file("A=file\nB=file\n", &[("A", "env"), ("B", "")]).unwrap();
        assert_eq!(settings.get("A"), Some("env"));
        assert_eq!(settings.get("B"), Some("file"));
        assert_eq!(settings.get("C"), None);
    }

    #[test]
    fn a_relative_path_in_the_file_is_meant_from_its_folder() {
        let settings = with_file("DATA_DIR=data\n", &[]).unwrap();
        assert!(settings.data_dir().unwrap().is_absolute());
        assert!(settings.data_dir().unwrap().ends_with("data"));
        let settings = with_file("DATA_DIR=~/sport data\n", &[("HOME", "/home/a")]).unwrap();
        assert_eq!(settings.data_dir().unwrap(), Path::new("/home/a/sport data"));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_not_shown() {
        let error = with_file("A=1\nGARMIN_PASSWORD hunter2\n", &[]).unwrap_err().to_string();
        assert!(error.contains("setting number 2") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_value_means_what_it_says() {
        let written = [
            ("pa$word", "pa$word"),
            ("pa$HOME", "pa$HOME"),
            ("a${b}c", "a${b}c"),
            ("pass$", "pass$"),
            ("correct horse", "correct horse"),
            ("it's", "it's"),
            ("a\\b", "a\\b"),
            ("a\"b", "a\"b"),
            ("a#b", "a#b"),
            ("a # not this", "a"),
            ("'a $b # c'", "a $b # c"),
            ("\"a $b # c\"", "a $b # c"),
            ("\"a\\\"b\"", "a\"b"),
            ("  spaced  ", "spaced"),
        ];
        for (value, meant) in written {
            let settings = with_file(&format!("\u{feff}# P=comment\nexport A=1\nP={value}\r\nB=2\n"), &[]);
            let settings = settings.unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!(
                [settings.get("A"), settings.get("P"), settings.get("B")],
                [Some("1"), Some(meant), Some("2")],
                "{value}"
            );
        }
    }

    #[test]
    fn quotes_around_a_whole_value_are_none_of_it_in_the_container() {
        let pairs = [("'a b'", "a b"), ("\"a'b\"", "a'b"), ("it's", "it's"), ("'", "'"), ("''", ""), ("'a\"", "'a\"")];
        for (value, meant) in pairs {
            let mut value = value.to_owned();
            unquote(&mut value);
            assert_eq!(value, meant);
        }
    }

    #[test]
    fn secrets_come_from_files_and_commands() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "s p\n").unwrap();
        let settings = Settings::from_pairs([
            ("A_FILE", path.to_str().unwrap()),
            ("B_COMMAND", "printf 'x y\\n'"),
            ("C_COMMAND", "exit 3"),
        ]);
        assert_eq!(settings.secret("A").unwrap().unwrap().expose(), "s p");
        assert_eq!(settings.secret("B").unwrap().unwrap().expose(), "x y");
        assert!(settings.secret("C").is_err());
        assert!(settings.secret("D").unwrap().is_none());
    }

    #[test]
    fn spans_and_moments() {
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert!(duration("-1").is_err() && duration("soon").is_err());
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        assert_eq!(moment("30d", now).unwrap().to_string(), "2026-03-01T12:00:00Z");
        assert_eq!(moment("2026-01-31", now).unwrap().to_string(), "2026-01-31T00:00:00Z");
        assert!(moment("31.1.2026", now).is_err());
    }

    #[test]
    fn the_data_folder_is_never_the_current_one() {
        let home = Settings::from_pairs([("HOME", "/home/a"), ("XDG_DATA_HOME", "relative")]);
        assert_eq!(home.data_dir().unwrap(), Path::new("/home/a/.local/share/garminsync"));
        assert!(Settings::default().data_dir().is_err());
    }
}
