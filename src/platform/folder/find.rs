//! Finds FIT files below a path: in folders, in zip files, and in zip files inside those (a service's export of
//! everything is built so). Everything is bounded: what lies there was not made by us.
//!
//! Hidden files and folders are passed over: trash folders, and the shadows that a Mac leaves on a watch. Links are not
//! followed. What is broken is told and passed over; what cannot be read at all ends the search, so that nothing is ever
//! taken for gone because a cable was loose.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::platform::{Error, Result};

/// The longest real recordings have some ten megabytes.
const FILE: u64 = 128 << 20;
/// The parts of a service's export have some hundred megabytes each.
const NESTED_ZIP: u64 = 4 << 30;
/// Bytes unpacked in one search.
const UNPACKED: u64 = 64 << 30;
/// FIT files in one search.
const FILES: usize = 100_000;
/// Folders in folders.
const DEPTH: usize = 16;

/// Where a file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file on the disk: it itself, or the zip that it is in.
    file: PathBuf,
    /// Entries by number: in the zip, or in a zip inside that one.
    inside: Vec<usize>,
    /// Its path below the one searched, through zip files too.
    pub shown: String,
}

impl Place {
    /// A file on the disk, below `root`.
    pub fn on_disk(root: &Path, file: PathBuf) -> Place {
        Place { shown: below(root, &file), file, inside: Vec::new() }
    }
}

/// What the search meets.
pub enum Met {
    /// A file called `.fit`.
    File(Place, Vec<u8>),
    /// Something that should have been one, or a zip, and cannot be read: where, and why.
    Bad(String, String),
}

/// Is told of everything met; an error ends the search.
pub type Each<'a> = &'a mut dyn FnMut(Met) -> Result<()>;

/// Searches below `root`, a folder or a zip file, in the order of names.
pub fn search(root: &Path, each: Each) -> Result<()> {
    let meta = fs::metadata(root).map_err(|error| unreadable(root, &error))?;
    let mut search = Search { root, each, files: 0, unpacked: 0 };
    if meta.is_dir() {
        return search.folder(root, 0);
    }
    let shown = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !meta.is_file() || ending(&shown) != Ending::Zip {
        return Err(Error::Input(format!("{} is neither a folder nor a zip file; name one", root.display())));
    }
    let file = File::open(root).map_err(|error| unreadable(root, &error))?;
    let zip = ZipArchive::new(file).map_err(|error| Error::Later {
        message: format!("{}: the zip cannot be read: {error}; is it whole?", root.display()),
        down: true,
    })?;
    search.zip(root, zip, None, "")
}

struct Search<'a> {
    root: &'a Path,
    each: Each<'a>,
    files: usize,
    unpacked: u64,
}

impl Search<'_> {
    fn folder(&mut self, dir: &Path, depth: usize) -> Result<()> {
        if depth > DEPTH {
            let why = format!("more than {DEPTH} folders lie in each other; it is passed over");
            return (self.each)(Met::Bad(below(self.root, dir), why));
        }
        let read = || fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>();
        let mut entries = read().map_err(|error| unreadable(dir, &error))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if name.starts_with('.') {
                continue;
            }
            let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
            match ending(&name) {
                _ if kind.is_dir() => self.folder(&path, depth + 1)?,
                Ending::Fit if kind.is_file() => self.file(&path)?,
                Ending::Zip if kind.is_file() => self.zip_file(&path)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<()> {
        let read = || {
            let mut bytes = Vec::new();
            File::open(path)?.take(FILE + 1).read_to_end(&mut bytes).map(|_| bytes)
        };
        match read() {
            Ok(bytes) => self.met(Place::on_disk(self.root, path.to_owned()), bytes),
            // Taken away since the folder was read.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(unreadable(path, &error)),
        }
    }

    fn zip_file(&mut self, path: &Path) -> Result<()> {
        let shown = below(self.root, path);
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file.map_err(|error| unreadable(path, &error))?,
        };
        match ZipArchive::new(file) {
            Ok(zip) => self.zip(path, zip, None, &format!("{shown}/")),
            Err(error) => (self.each)(Met::Bad(shown, format!("the zip is broken: {error}"))),
        }
    }

    /// `nested`: the entry of the zip on the disk that this one is.
    fn zip(&mut self, file: &Path, mut zip: ZipArchive<File>, nested: Option<usize>, prefix: &str) -> Result<()> {
        for index in 0..zip.len() {
            // Entries that are not asked for may well be locked or packed in a way that nobody knows.
            let name = match zip.name_for_index(index) {
                Some(Ok(name)) => name.into_owned(),
                Some(Err(error)) => {
                    (self.each)(Met::Bad(format!("{prefix}entry {index}"), error.to_string()))?;
                    continue;
                }
                None => continue,
            };
            let is_hidden = name.split(['/', '\\']).any(|part| part.starts_with('.') || part == "__MACOSX");
            let (ending, shown) = (ending(&name), format!("{prefix}{name}"));
            if is_hidden || ending == Ending::Other {
                continue;
            }
            let inside: Vec<usize> = nested.into_iter().chain([index]).collect();
            match (ending, nested) {
                (Ending::Fit, _) => match entry(&mut zip, index) {
                    Ok(bytes) => self.met(Place { file: file.to_owned(), inside, shown }, bytes)?,
                    Err(why) => (self.each)(Met::Bad(shown, why))?,
                },
                (_, None) => match spooled(&mut zip, index)? {
                    Ok(inner) => self.zip(file, inner, Some(index), &format!("{shown}/"))?,
                    Err(why) => (self.each)(Met::Bad(shown, why))?,
                },
                (_, Some(_)) => {
                    (self.each)(Met::Bad(shown, "it is a zip in a zip in a zip, and is not opened".into()))?
                }
            }
        }
        Ok(())
    }

    fn met(&mut self, place: Place, bytes: Vec<u8>) -> Result<()> {
        self.files += 1;
        self.unpacked += bytes.len() as u64;
        if self.files > FILES || self.unpacked > UNPACKED {
            let most = format!("{FILES} FIT files or {} GiB", UNPACKED >> 30);
            return Err(Error::Input(format!(
                "{} holds more than {most}; name a folder below it",
                self.root.display()
            )));
        }
        if bytes.len() as u64 > FILE {
            return (self.each)(Met::Bad(place.shown, format!("it is larger than {FILE} bytes")));
        }
        (self.each)(Met::File(place, bytes))
    }
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// Reads files that were found, and keeps the zip that it opened last: the next file is most likely in it as well.
#[derive(Default)]
pub struct Shelf {
    open: Option<(PathBuf, Option<usize>, ZipArchive<File>)>,
}

impl Shelf {
    /// What stands there now, if anything can be read there.
    pub fn read(&mut self, place: &Place) -> Option<Vec<u8>> {
        match place.inside[..] {
            [] => fs::read(&place.file).ok(),
            [index] => entry(self.zip(&place.file, None)?, index).ok(),
            [nested, index] => entry(self.zip(&place.file, Some(nested))?, index).ok(),
            _ => None,
        }
    }

    fn zip(&mut self, path: &Path, nested: Option<usize>) -> Option<&mut ZipArchive<File>> {
        let is_open = self.open.as_ref().is_some_and(|(file, number, _)| file == path && *number == nested);
        if !is_open {
            let outer = ZipArchive::new(File::open(path).ok()?).ok()?;
            let zip = match nested {
                None => outer,
                Some(index) => {
                    let mut outer = outer;
                    spooled(&mut outer, index).ok()?.ok()?
                }
            };
            self.open = Some((path.to_owned(), nested, zip));
        }
        self.open.as_mut().map(|(.., zip)| zip)
    }

    /// Forgets the zip: another may stand in its place by now.
    pub fn close(&mut self) {
        self.open = None;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Fit,
    Zip,
    Other,
}

fn ending(name: &str) -> Ending {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("fit") => Ending::Fit,
        Some("zip") => Ending::Zip,
        _ => Ending::Other,
    }
}

/// The bytes of a FIT file in a zip, or why there are none. What is no FIT file is not unpacked.
fn entry(zip: &mut ZipArchive<File>, index: usize) -> std::result::Result<Vec<u8>, String> {
    let mut entry = zip.by_index(index).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    // The header says whether the rest is worth unpacking; what the zip says of the size is not believed.
    entry.by_ref().take(14).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.get(8..12) == Some(b".FIT") {
        entry.take(FILE).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

/// A zip inside a zip, unpacked into a file without a name. The outer error is the machine's, the inner the zip's.
fn spooled(zip: &mut ZipArchive<File>, index: usize) -> Result<std::result::Result<ZipArchive<File>, String>> {
    let no_room = |error: io::Error| Error::Later {
        message: format!("no room for unpacking a zip ({error}); make room in the folder for temporary files"),
        down: true,
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let entry = match zip.by_index(index) {
        Ok(entry) => entry,
        Err(error) => return Ok(Err(format!("the zip is broken: {error}"))),
    };
    match io::copy(&mut entry.take(NESTED_ZIP + 1), &mut file) {
        Ok(size) if size > NESTED_ZIP => return Ok(Err(format!("it unpacks to more than {NESTED_ZIP} bytes"))),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            return Err(no_room(error));
        }
        Err(error) => return Ok(Err(format!("the zip is broken: {error}"))),
    }
    file.rewind().map_err(no_room)?;
    Ok(ZipArchive::new(file).map_err(|error| format!("the zip is broken: {error}")))
}

/// A path that cannot be read: never an empty one.
fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Later { message: format!("{}: {error}; is it mounted, and may it be read?", path.display()), down: true }
}
