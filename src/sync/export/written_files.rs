//! The files that exports wrote to a folder: their names, contents and activities, in the file `.gs-export` of the folder.
//!
//! A later export replaces or removes only these files, and only if they are unchanged. Each activity keeps its name, whichever
//! activities a later export has. The file has a JSON object a line; of two lines with the same name, the last counts.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::walk::extension;

/// The name of the list.
pub(super) const LIST: &str = ".gs-export";

/// A file that an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WrittenFile {
    /// Its name in the folder.
    pub name: String,
    /// What it was made of: see [`ExportSource`].
    pub source: String,
    /// The SHA-256 of its content, in hex.
    pub sha256: String,
}

/// What a file is made of: an activity, or the file without a record; and one of its sessions.
#[derive(Debug, Clone, Copy)]
pub(super) struct ExportSource<'a> {
    /// The activity.
    pub activity: &'a str,
    /// The number of the session, if each one becomes a file.
    pub session: Option<usize>,
}

impl ExportSource<'_> {
    /// As the list has it.
    pub fn text(&self) -> String {
        match self.session {
            Some(number) => format!("{}#{number}", self.activity),
            None => self.activity.to_owned(),
        }
    }

    /// Whether a file of this source is made of it: of all sessions, if no session is named.
    fn has(&self, source: &str) -> bool {
        let rest = source.strip_prefix(self.activity);
        source == self.text() || (self.session.is_none() && rest.is_some_and(|rest| rest.starts_with('#')))
    }
}

/// The list of a folder.
pub(super) struct WrittenFiles {
    path: PathBuf,
    /// By [`same_name`].
    files: BTreeMap<String, WrittenFile>,
    /// The list, open to append; `None` until something is added.
    log: Option<File>,
}

impl WrittenFiles {
    /// Reads the list of a folder. Lines that cannot be read are ignored: their files are not replaced.
    pub fn open(folder: &Path) -> io::Result<WrittenFiles> {
        let path = folder.join(LIST);
        let text = match fs::read(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Vec::new(),
            read => read?,
        };
        let lines = text.split(|byte| *byte == b'\n');
        let files = lines.filter_map(|line| serde_json::from_slice::<WrittenFile>(line).ok());
        Ok(WrittenFiles { path, files: files.map(|file| (same_name(&file.name), file)).collect(), log: None })
    }

    /// Whether a name belongs to a file of another source.
    pub fn is_of_other(&self, name: &str, source: &ExportSource) -> bool {
        self.files.get(&same_name(name)).is_some_and(|file| file.source != source.text())
    }

    /// Whether an export wrote this content under this name.
    pub fn has(&self, name: &str, sha256: &str) -> bool {
        self.files.get(&same_name(name)).is_some_and(|file| file.sha256 == sha256)
    }

    /// The files of a source with this extension.
    pub fn of(&self, source: &ExportSource, ending: &str) -> Vec<WrittenFile> {
        let files = self.files.values().filter(|file| source.has(&file.source) && extension(&file.name) == ending);
        files.cloned().collect()
    }

    /// Adds a file, before or after it is written.
    pub fn add(&mut self, file: WrittenFile) -> io::Result<()> {
        let key = same_name(&file.name);
        if self.files.get(&key) == Some(&file) {
            return Ok(());
        }
        let line = serde_json::to_string(&file)?;
        let log = match &mut self.log {
            Some(log) => log,
            None => self.log.insert(File::options().append(true).create(true).mode(0o600).open(&self.path)?),
        };
        // A line feed before it ends a line that a killed run left incomplete; empty lines are ignored.
        log.write_all(format!("\n{line}\n").as_bytes())?;
        self.files.insert(key, file);
        Ok(())
    }
}

/// File systems may not distinguish capitals.
pub(super) fn same_name(name: &str) -> String {
    name.to_lowercase()
}

/// What has a name.
pub(super) enum Existing {
    /// Nothing.
    Nothing,
    /// A file with this SHA-256.
    File(String),
    /// A folder or a device.
    Other,
}

impl Existing {
    /// What is at this path.
    pub fn at(path: &Path) -> io::Result<Existing> {
        match fs::metadata(path) {
            Ok(meta) if !meta.is_file() => return Ok(Existing::Other),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Existing::Nothing);
            }
            found => found?,
        };
        let mut sha256 = Hashing::new(io::sink());
        io::copy(&mut File::open(path)?, &mut sha256)?;
        Ok(Existing::File(sha256.hex()))
    }
}

/// Passes on what is written, and hashes it.
pub(super) struct Hashing<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Hashing<W> {
    pub fn new(out: W) -> Hashing<W> {
        Hashing { out, hash: Sha256::new() }
    }

    /// The SHA-256 of what was written, in hex.
    pub fn hex(self) -> String {
        hex::encode(&self.hash.finalize())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, source: &str, sha256: &str) -> WrittenFile {
        WrittenFile { name: name.into(), source: source.into(), sha256: sha256.into() }
    }

    fn source(activity: &str, session: Option<usize>) -> ExportSource<'_> {
        ExportSource { activity, session }
    }

    #[test]
    fn the_list_survives_a_line_that_a_killed_run_left_incomplete() {
        let dir = tempfile::tempdir().unwrap();
        let mut list = WrittenFiles::open(dir.path()).unwrap();
        assert!(!dir.path().join(LIST).exists());
        list.add(file("Run.gpx", "coros 1", "aa")).unwrap();
        list.add(file("Run.gpx", "coros 1", "bb")).unwrap();
        let path = dir.path().join(LIST);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text + "{\"name\":\"half").unwrap();
        let mut list = WrittenFiles::open(dir.path()).unwrap();
        assert!(list.has("run.gpx", "bb") && !list.has("Run.gpx", "aa"));
        list.add(file("b.gpx", "coros 2", "cc")).unwrap();
        let list = WrittenFiles::open(dir.path()).unwrap();
        assert_eq!(list.files.len(), 2);
        assert!(
            list.is_of_other("B.gpx", &source("coros 1", None)) && !list.is_of_other("c.gpx", &source("coros 1", None))
        );
    }

    #[test]
    fn the_files_of_an_activity_include_those_of_its_sessions() {
        let dir = tempfile::tempdir().unwrap();
        let mut list = WrittenFiles::open(dir.path()).unwrap();
        for (name, of) in [("a.gpx", "coros 1"), ("b.gpx", "coros 1#2"), ("c.csv", "coros 1"), ("d.gpx", "coros 12")] {
            list.add(file(name, of, "aa")).unwrap();
        }
        let names = |source| list.of(&source, "gpx").into_iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names(source("coros 1", None)), ["a.gpx", "b.gpx"]);
        assert_eq!(names(source("coros 1", Some(2))), ["b.gpx"]);
    }
}
