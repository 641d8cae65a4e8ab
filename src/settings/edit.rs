//! Changes settings in a `.env` file. Unchanged lines stay as they are, and the file is replaced atomically.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::dotenv::{self, Statement};
use super::shown::holds_secret;
use crate::fs::{is_open_to_others, is_own, make_private, persist, sweep, unfinished};

/// Why a settings file is not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file cannot be read or written. The text names the file and says what to do.
    #[error("{0}")]
    File(String),
    /// The file format cannot hold a value. The text names the setting and contains nothing of the value.
    #[error("{0}")]
    Value(String),
    /// Another program has changed the file since it was read.
    #[error("{0} was changed by another program meanwhile; run it again")]
    Changed(String),
}

/// A `.env` file and the changes of its settings.
#[derive(Debug)]
pub struct EnvFile {
    /// The path that a person gave.
    path: PathBuf,
    /// The path of the file itself, with links resolved.
    place: PathBuf,
    /// The content of the file when it was read; `None` if there was no file.
    before: Option<Vec<u8>>,
    text: String,
    changes: Vec<String>,
}

impl EnvFile {
    /// Reads a file. A file that does not exist counts as empty.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, belongs to another user, or has invalid lines.
    pub fn open(path: &Path) -> Result<EnvFile, EditError> {
        let failed = |what: &str| EditError::File(format!("{}: {what}", path.display()));
        let place = match fs::canonicalize(path) {
            Ok(place) => place,
            // A dangling link is not replaced by a file.
            Err(_) if path.is_symlink() => return Err(failed("this link leads to no file; remove it")),
            Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(failed(&error.to_string())),
        };
        let before = match fs::read(&place) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error.to_string())),
        };
        let text = String::from_utf8(before.clone().unwrap_or_default())
            .map_err(|_| failed("it is not UTF-8; save it as UTF-8"))?;
        if fs::metadata(&place).is_ok_and(|meta| !is_own(&meta)) {
            return Err(failed("it belongs to another user; run this as that user"));
        }
        let unreadable = dotenv::read(&text).into_iter().find_map(|statement| match statement {
            Statement::Unreadable { line, why, .. } => Some((line, why)),
            Statement::Assignment { .. } => None,
        });
        if let Some((line, why)) = unreadable {
            return Err(failed(&format!("line {line}: {why}; correct that line first")));
        }
        Ok(EnvFile { path: path.to_owned(), place, before, text, changes: Vec::new() })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file existed before.
    pub fn existed(&self) -> bool {
        self.before.is_some()
    }

    /// Whether other users may read or write the file.
    pub fn is_open(&self) -> bool {
        fs::metadata(&self.place).is_ok_and(|meta| is_open_to_others(&meta))
    }

    /// The lines changed so far, for display: secrets are `***`.
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// Whether the file sets `name` to a value that is not empty.
    pub fn sets(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| !value.trim().is_empty())
    }

    /// Sets a value: in the last line that sets it, otherwise below a line `#NAME=…` of an example, otherwise at the
    /// end.
    ///
    /// # Errors
    /// The file format cannot hold the value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), EditError> {
        if self.value(name).as_deref() == Some(value) {
            return Ok(());
        }
        let written = format!("{name}={}", quoted(name, value)?);
        let mut lines = lines(&self.text);
        match self.places(name).pop() {
            Some((first, last)) => {
                let end = ending(lines[last]).to_owned();
                lines.drain(first + 1..=last);
                let line = written.clone() + &end;
                self.text = replaced(&lines, first, &line);
            }
            None => {
                let example = format!("#{name}=");
                let below = lines.iter().rposition(|line| line.starts_with(&example));
                let end = lines.iter().map(|line| ending(line)).find(|end| !end.is_empty()).unwrap_or("\n").to_owned();
                let at = below.map_or(lines.len(), |below| below + 1);
                let mut before = lines[..at].concat();
                if !before.is_empty() && ending(&before).is_empty() {
                    before.push_str(&end);
                }
                self.text = format!("{before}{written}{end}{}", lines[at..].concat());
            }
        }
        self.changes.push(if holds_secret(name, value) { format!("{name}=***") } else { written });
        Ok(())
    }

    /// Turns the lines that set `name` into comments, because another setting replaces it.
    pub fn disable(&mut self, name: &str) {
        while let Some((first, last)) = self.places(name).pop() {
            let lines = lines(&self.text);
            let commented: String = lines[first..=last].iter().map(|line| format!("#{line}")).collect();
            self.text = lines[..first].concat() + &commented + &lines[last + 1..].concat();
            self.changes.push(format!("#{name}=… (now a comment)"));
        }
    }

    /// Replaces the file atomically, readable for its owner only.
    ///
    /// # Errors
    /// The file cannot be written, or another program has changed it meanwhile.
    pub fn save(&mut self) -> Result<(), EditError> {
        let failed =
            |error: io::Error| EditError::File(format!("{}: {error}; nothing was changed", self.path.display()));
        let now = match fs::read(&self.place) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        if now != self.before {
            return Err(EditError::Changed(self.path.display().to_string()));
        }
        write(&self.place, self.text.as_bytes()).map_err(failed)?;
        self.before = Some(self.text.clone().into_bytes());
        self.changes.clear();
        Ok(())
    }

    /// The value in the last line that sets `name`, as written: `${NAME}` is not replaced.
    pub fn value(&self, name: &str) -> Option<String> {
        let mut values = dotenv::read(&self.text).into_iter().filter_map(|statement| match statement {
            Statement::Assignment { name: other, value, .. } if other == name => value,
            _ => None,
        });
        values.next_back()
    }

    /// The lines that set `name`: the first and the last line of each statement, counted from 0.
    fn places(&self, name: &str) -> Vec<(usize, usize)> {
        let lines = lines(&self.text);
        let mut places = Vec::new();
        for statement in dotenv::read(&self.text) {
            let Statement::Assignment { line, name: other, value: Some(value) } = statement else { continue };
            if other != name {
                continue;
            }
            let first = line - 1;
            // A quoted value may continue over several lines: as many as it takes until the statement has the same
            // value.
            let is_whole = |last: &usize| {
                let read = dotenv::read(&lines[first..=*last].concat());
                matches!(read.as_slice(), [Statement::Assignment { name: other, value: Some(same), .. }]
                    if other == name && *same == value)
            };
            if let Some(last) = (first..lines.len()).find(is_whole) {
                places.push((first, last));
            }
        }
        places
    }
}

/// Replaces a file atomically, readable for its owner only: a reader sees the whole old or the whole new file.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private(folder)?;
    let prefix = format!("{}.new-", path.file_name().unwrap_or_default().to_string_lossy());
    // Files that a killed program left may contain passwords.
    sweep(folder, &prefix, Duration::ZERO);
    persist(unfinished(folder, &prefix, bytes)?, path)
}

/// The lines with their line ends. It counts the three kinds of line ends as the reader of `.env` files does.
fn lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        let end = at + if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        lines.push(&rest[..end]);
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

fn ending(line: &str) -> &str {
    &line[line.trim_end_matches(['\n', '\r']).len()..]
}

fn replaced(lines: &[&str], number: usize, line: &str) -> String {
    lines[..number].concat() + line + &lines[number + 1..].concat()
}

/// A value in the form of the file: without quotes if that has the same meaning, otherwise in single quotes.
fn quoted(name: &str, value: &str) -> Result<String, EditError> {
    let unfit = |why: &str| {
        EditError::Value(format!("{name}: {why}; put the value into a file, and set {name}_FILE to its path"))
    };
    if value.chars().any(char::is_control) {
        return Err(EditError::Value(format!(
            "{name}: the value has a line end or a control character; enter it again"
        )));
    }
    if !dotenv::references(value).is_empty() {
        return Err(unfit("the value contains ${…}, which a settings file would replace"));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@,+=%~^".contains(c);
    let written = match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
    };
    match dotenv::read(&format!("{name}={written}")).as_slice() {
        [Statement::Assignment { value: Some(read), .. }] if read == value => Ok(written),
        _ => Err(unfit("the value cannot stand in a settings file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str) -> (tempfile::TempDir, EnvFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env");
        fs::write(&path, text).unwrap();
        let file = EnvFile::open(&path).unwrap();
        (dir, file)
    }

    fn changed(text: &str, name: &str, value: &str) -> String {
        let (_dir, mut file) = file(text);
        file.set(name, value).unwrap();
        file.text
    }

    #[test]
    fn one_line_is_changed_and_all_others_stay() {
        for (before, after) in [
            ("", "B=2\n"),
            ("A=1", "A=1\nB=2\n"),
            ("# x\nA=1\n\nB=1 # one\nC=3", "# x\nA=1\n\nB=2\nC=3"),
            ("B=1\nB=3\n", "B=1\nB=2\n"),
            ("export B = '1\nA=5\n'\r\nC=3\r\n", "B=2\r\nC=3\r\n"),
            ("A=1\r\n#B=0\r\nC=3\r\n", "A=1\r\n#B=0\r\nB=2\r\nC=3\r\n"),
            ("A='\nB=1\n'\n", "A='\nB=1\n'\nB=2\n"),
            ("B=2\nC=3\n", "B=2\nC=3\n"),
        ] {
            assert_eq!(changed(before, "B", "2"), after, "{before:?}");
        }
    }

    #[test]
    fn a_disabled_setting_becomes_a_comment() {
        let (_dir, mut file) = file("A=1\nB='x\ny'\nB=2\nC=3\n");
        file.disable("B");
        assert_eq!(file.text, "A=1\n#B='x\n#y'\n#B=2\nC=3\n");
        assert!(!file.sets("B") && file.sets("C"));
    }

    #[test]
    fn changes_are_shown_without_secrets() {
        let (_dir, mut file) = file("");
        file.set("GARMIN_EMAIL", "a b@example.com").unwrap();
        file.set("GARMIN_PASSWORD", "hunter2").unwrap();
        file.set("COROS_PASSWORD_FILE", "/run/x").unwrap();
        file.set("COROS_PASSWORD_COMMAND", "echo hunter2").unwrap();
        assert_eq!(
            file.changes(),
            [
                "GARMIN_EMAIL='a b@example.com'",
                "GARMIN_PASSWORD=***",
                "COROS_PASSWORD_FILE=/run/x",
                "COROS_PASSWORD_COMMAND=***"
            ]
        );
    }

    #[test]
    fn invalid_values_are_rejected_and_not_shown() {
        let (_dir, mut file) = file("A=1\n");
        for value in ["a${HOME}b", "a\nb", "a\u{7}"] {
            let error = file.set("GARMIN_PASSWORD", value).unwrap_err().to_string();
            assert!(error.starts_with("GARMIN_PASSWORD: ") && !error.contains(value), "{error}");
        }
        assert_eq!((file.text.as_str(), file.changes().len()), ("A=1\n", 0));
    }

    #[test]
    fn a_save_keeps_links_restricts_access_and_never_overwrites_a_change() {
        let (dir, mut file) = file("A=1\n");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path().join(".env"), &link).unwrap();
        let mut by_link = EnvFile::open(&link).unwrap();
        by_link.set("B", "2").unwrap();
        by_link.save().unwrap();
        assert!(link.is_symlink());
        let path = dir.path().join(".env");
        assert_eq!(fs::read_to_string(&path).unwrap(), "A=1\nB=2\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        file.set("C", "3").unwrap();
        assert!(matches!(file.save(), Err(EditError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "A=1\nB=2\n");
        // A new file, with its folders.
        let new = dir.path().join("x/y/.env");
        let mut file = EnvFile::open(&new).unwrap();
        file.set("C", "3").unwrap();
        file.save().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&new), mode(&dir.path().join("x"))), (0o600, 0o700));
        assert_eq!(fs::read_dir(dir.path().join("x/y")).unwrap().count(), 1);
    }

    #[test]
    fn an_unreadable_file_is_an_error_that_shows_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env");
        for (text, says) in [(&b"A=1\nP hunter2\n"[..], "line 2"), (b"A=\xff\n", "UTF-8")] {
            fs::write(&path, text).unwrap();
            let error = EnvFile::open(&path).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_value_round_trips_and_the_other_lines_stay(
            value in "[ -~é日]{0,20}", before in "(A=1|B=2|# x|C='a b'|)", after in "(D=4|#E=5|)",
        ) {
            let text = format!("{before}\n{after}");
            let (_dir, mut file) = file(&text);
            let others = |text: &str| -> Vec<Statement> {
                dotenv::read(text).into_iter().filter(|s| !matches!(s, Statement::Assignment { name, .. } if name == "B"))
                    .map(|s| match s {
                        Statement::Assignment { name, value, .. } => Statement::Assignment { line: 0, name, value },
                        other => other,
                    }).collect()
            };
            let kept = others(&file.text);
            if file.set("B", &value).is_ok() {
                prop_assert_eq!(file.value("B"), Some(value));
            }
            prop_assert_eq!(others(&file.text), kept);
        }
    }
}
