//! Finds files below a path: in folders, in zip files, and in zip files inside those (a service's export of everything
//! is built so). Everything is bounded: what lies there was not made by us.
//!
//! A file that was packed by gzip is read as what it was. Hidden files and folders are skipped (the shadows that a Mac
//! leaves on a watch), and so are recycle bins and the system folders of NAS devices and Windows: what lies there was
//! deleted, or is nobody's. Links are not followed. Whatever is left out is met as [`Met::Skipped`]; what is broken is told,
//! too; what cannot be read at all is told as such, so that nobody takes anything for gone because a cable was loose.

mod gzip;
mod skipped;
mod zip_cache;
mod zip_entry;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

pub use gzip::{gunzip, is_gzip, plain};
pub use skipped::{Notice, Skip, Skipped};
pub use zip_cache::Shelf;

/// The longest real recordings have some ten megabytes.
const FILE: u64 = 128 << 20;
/// The list in a service's export has more than a hundred megabytes for some people.
const TEXT: u64 = 512 << 20;
/// Bytes unpacked in one search.
const UNPACKED: u64 = 64 << 30;
/// Files in one search.
const FILES: usize = 100_000;
/// Folders in folders.
const DEPTH: usize = 16;

/// Why a search ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What a person gave is not to be searched.
    #[error("{0}")]
    Input(String),
    /// It cannot be read now.
    #[error("{0}")]
    Later(String),
    /// There is no room to unpack it.
    #[error("{0}")]
    Full(String),
}

/// What is to be done with a file of some name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Nothing.
    Nothing,
    /// It is met, if it begins as a FIT file does; of others in a zip only the first bytes are unpacked.
    Fit,
    /// It is met, whatever it holds.
    Whole,
    /// The same, and it may be as large as lists are.
    Text,
    /// It is a zip, and is searched.
    Open,
}

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
    /// A file that was wanted.
    File(Place, Vec<u8>),
    /// Something that is left out: why, and where.
    Skipped(Skip, String),
    /// Something that should have been one, or a zip, and is broken: where, and why.
    Bad(String, String),
    /// A file or a folder that cannot be read: where, and why. What is in it is not known.
    Unreadable(String, Error),
}

/// What FIT files and zip files are to a search for FIT files.
pub fn fits(name: &str) -> Want {
    match ending(name).as_str() {
        "fit" => Want::Fit,
        "zip" => Want::Open,
        _ => Want::Nothing,
    }
}

/// What stands behind the last point of a name, in small letters.
pub fn ending(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Searches below `root`, a folder or a zip file, in the order of names. `want` is asked for each name, with the path
/// below `root` (of a gzip file without that ending); `each` is told of everything met, and an error of it ends the search.
/// Folders among `except` are not looked into.
pub fn search<E: From<Error>>(
    root: &Path,
    except: &[PathBuf],
    want: &mut dyn FnMut(&str) -> Want,
    each: &mut dyn FnMut(Met) -> Result<(), E>,
) -> Result<(), E> {
    let meta = fs::metadata(root).map_err(|error| unreadable(root, &error))?;
    let mut search = Search { root, except, want, each, files: 0, unpacked: 0 };
    if meta.is_dir() {
        let entries = entries(root).map_err(|error| unreadable(root, &error))?;
        return search.folder(entries, 0);
    }
    let shown = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !meta.is_file() || ending(&shown) != "zip" {
        return Err(Error::Input(format!("{} is neither a folder nor a zip file; name one", root.display())).into());
    }
    let file = File::open(root).map_err(|error| unreadable(root, &error))?;
    let broken = |error| Error::Later(format!("{}: the zip cannot be read: {error}; is it whole?", root.display()));
    let zip = ZipArchive::new(file).map_err(broken)?;
    search.zip(root, zip, None, "")
}

struct Search<'a, E> {
    root: &'a Path,
    except: &'a [PathBuf],
    want: &'a mut dyn FnMut(&str) -> Want,
    each: &'a mut dyn FnMut(Met) -> Result<(), E>,
    files: usize,
    unpacked: u64,
}

impl<E: From<Error>> Search<'_, E> {
    fn folder(&mut self, entries: Vec<fs::DirEntry>, depth: usize) -> Result<(), E> {
        for entry in entries {
            let path = entry.path();
            if let Some(skip) = Skip::by_name(&entry.file_name().to_string_lossy()) {
                (self.each)(Met::Skipped(skip, below(self.root, &path)))?;
                continue;
            }
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) => {
                    self.unreadable(&path, &error)?;
                    continue;
                }
            };
            if kind.is_dir() {
                self.below(&path, depth + 1)?;
            } else if kind.is_symlink() {
                (self.each)(Met::Skipped(Skip::Link, below(self.root, &path)))?;
            } else {
                let shown = below(self.root, &path);
                match self.wanted(&shown) {
                    // Neither a pipe nor a device is ever opened.
                    want if want == Want::Nothing || !kind.is_file() => {
                        (self.each)(Met::Skipped(Skip::of(&shown), shown))?
                    }
                    Want::Open => self.zip_file(&path)?,
                    want => self.file(&path, want)?,
                }
            }
        }
        Ok(())
    }

    /// What is to be done with a file of that path.
    fn wanted(&mut self, shown: &str) -> Want {
        match (self.want)(plain(shown)) {
            // A zip that was packed once more is nothing that anybody makes.
            Want::Open if plain(shown) != shown => Want::Nothing,
            want => want,
        }
    }

    fn below(&mut self, dir: &Path, depth: usize) -> Result<(), E> {
        if self.except.iter().any(|except| except == dir) {
            return Ok(());
        }
        if depth > DEPTH {
            let why = format!("more than {DEPTH} folders lie in each other");
            return (self.each)(Met::Bad(below(self.root, dir), why));
        }
        match entries(dir) {
            Ok(entries) => self.folder(entries, depth),
            Err(error) => self.unreadable(dir, &error),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) -> Result<(), E> {
        (self.each)(Met::Unreadable(below(self.root, path), unreadable(path, error)))
    }

    fn file(&mut self, path: &Path, want: Want) -> Result<(), E> {
        match read(path, want) {
            Ok(bytes) => match unpacked(&path.to_string_lossy(), bytes, want) {
                Ok(bytes) => self.met(Place::on_disk(self.root, path.to_owned()), bytes, want),
                Err(why) => (self.each)(Met::Bad(below(self.root, path), why)),
            },
            // Taken away since the folder was read.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn zip_file(&mut self, path: &Path) -> Result<(), E> {
        let shown = below(self.root, path);
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return self.unreadable(path, &error),
        };
        match ZipArchive::new(file) {
            Ok(zip) => self.zip(path, zip, None, &format!("{shown}/")),
            Err(error) => (self.each)(Met::Bad(shown, format!("the zip is broken: {error}"))),
        }
    }

    /// `nested`: the entry of the zip on the disk that this one is.
    fn zip(&mut self, file: &Path, mut zip: ZipArchive<File>, nested: Option<usize>, prefix: &str) -> Result<(), E> {
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
            let shown = format!("{prefix}{name}");
            if name.ends_with('/') {
                continue;
            }
            // Some programs begin every name with `./`.
            if let Some(skip) = name.split(['/', '\\']).filter(|part| *part != ".").find_map(Skip::by_name) {
                (self.each)(Met::Skipped(skip, shown))?;
                continue;
            }
            let inside: Vec<usize> = nested.into_iter().chain([index]).collect();
            match (self.wanted(&shown), nested) {
                (Want::Nothing, _) => (self.each)(Met::Skipped(Skip::of(&shown), shown))?,
                (Want::Open, None) => match zip_entry::spooled(&mut zip, index)? {
                    Ok(inner) => self.zip(file, inner, Some(index), &format!("{shown}/"))?,
                    Err(why) => (self.each)(Met::Bad(shown, why))?,
                },
                (Want::Open, Some(_)) => {
                    (self.each)(Met::Bad(shown, "it is a zip in a zip in a zip, and is not opened".into()))?
                }
                (want, _) => match zip_entry::entry(&mut zip, index, want) {
                    Ok(bytes) => self.met(Place { file: file.to_owned(), inside, shown }, bytes, want)?,
                    Err(why) => (self.each)(Met::Bad(shown, why))?,
                },
            }
        }
        Ok(())
    }

    fn met(&mut self, place: Place, bytes: Vec<u8>, want: Want) -> Result<(), E> {
        self.files += 1;
        self.unpacked += bytes.len() as u64;
        if self.files > FILES || self.unpacked > UNPACKED {
            let most = format!("{FILES} files or {} GiB", UNPACKED >> 30);
            let root = self.root.display();
            return Err(Error::Input(format!("{root} holds more than {most}; name a folder below it")).into());
        }
        if bytes.len() as u64 > most(want) {
            return (self.each)(Met::Bad(place.shown, format!("it is larger than {} bytes", most(want))));
        }
        (self.each)(Met::File(place, bytes))
    }
}

/// What is in a folder, in the order of names.
fn entries(dir: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// The bytes of a file of that name as it was before it was packed by gzip, if it was.
fn unpacked(name: &str, bytes: Vec<u8>, want: Want) -> Result<Vec<u8>, String> {
    match (plain(name) != name, want) {
        (false, _) => Ok(bytes),
        (true, Want::Fit) => gzip::gunzip_fit(&bytes, most(want)),
        (true, _) => gunzip(&bytes, most(want)),
    }
}

/// The bytes of a file on the disk; one too many of one that is larger than it may be.
fn read(path: &Path, want: Want) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most(want) + 1).read_to_end(&mut bytes).map(|_| bytes)
}

/// Reads one file on the disk whole, with the bound of [`search`]; of one that was packed by gzip what it was.
pub fn file(path: &Path) -> Result<Vec<u8>, String> {
    match read(path, Want::Whole) {
        Ok(bytes) if bytes.len() as u64 > FILE => Err(format!("it is larger than {FILE} bytes")),
        Ok(bytes) => unpacked(&path.to_string_lossy(), bytes, Want::Whole),
        Err(error) => Err(error.to_string()),
    }
}

/// The plain files in a folder, by name, in their order. `skipped` counts hidden ones, links, and folders but for `known`.
pub fn files(dir: &Path, known: &[&str], skipped: &mut Skipped) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut plain = Vec::new();
    for entry in entries(dir).map_err(|error| unreadable(dir, &error))? {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let kind = entry.file_type().map_err(|error| unreadable(&path, &error))?;
        let skip = match Skip::by_name(&name) {
            Some(skip) => Some(skip),
            None if kind.is_symlink() => Some(Skip::Link),
            None if kind.is_dir() && known.contains(&name.as_str()) => continue,
            None if kind.is_dir() => Some(Skip::Folder),
            None if !kind.is_file() => Some(Skip::Other),
            None => None,
        };
        match skip {
            Some(skip) => skipped.add(skip, &name),
            None => plain.push((name, path)),
        }
    }
    Ok(plain)
}

/// The most bytes that are read of a file.
fn most(want: Want) -> u64 {
    if want == Want::Text { TEXT } else { FILE }
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// A path that cannot be read: never an empty one.
fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Later(format!("{}: {error}; is it mounted, and may it be read?", path.display()))
}
