//! Finds files below a path: in folders, in zip files, and in zip files inside those (as in a service's account
//! export). Every step has a limit, because the files come from other people and programs.
//!
//! A gzip file is decompressed. Hidden files and folders are skipped (macOS leaves some on a watch), and so are recycle
//! bins and the system folders of NAS devices and Windows. Links are not followed. Skipped files are reported as
//! [`SearchEntry::Skipped`], corrupt ones as [`SearchEntry::Corrupt`], unreadable ones as [`SearchEntry::Unreadable`],
//! so that a file does not count as deleted because of a loose cable.

mod gzip;
mod skipped;
mod zip_cache;
mod zip_entry;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

pub use gzip::{gunzip, is_gzip, without_gz};
pub use skipped::{Notice, Skip, Skipped};
pub use zip_cache::ZipCache;
use zip_entry::NestedZipError;

/// The largest file, in bytes. The longest real recordings have about ten megabytes.
const FILE: u64 = 128 << 20;
/// The largest list in an account export, in bytes. Some real lists have more than a hundred megabytes.
const TEXT: u64 = 512 << 20;
/// The most bytes unpacked in one search.
const UNPACKED: u64 = 64 << 30;
/// The most files in one search.
const FILES: usize = 100_000;
/// The greatest depth of nested folders.
const DEPTH: usize = 16;

/// Why a search ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path that a person gave cannot be searched.
    #[error("{0}")]
    Input(String),
    /// The path cannot be read now: a disk is not mounted, or a permission is missing.
    #[error("{0}")]
    Unreadable(String),
    /// The disk has too little space to unpack a zip.
    #[error("{0}")]
    NoSpace(String),
}

/// What the search does with a file of a given name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFilter {
    /// The file is skipped.
    Skip,
    /// The file is read if it begins like a FIT file. Of other files in a zip only the first bytes are unpacked.
    Fit,
    /// The file is read, whatever its content.
    Any,
    /// The file is read, up to the size limit for lists in account exports.
    Text,
    /// The file is a zip and is searched.
    SearchZip,
}

/// Where a file is: on the disk or in a zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file on the disk: the file itself, or the zip that holds it.
    file: PathBuf,
    /// The indexes of the zip entries that lead to it: one in the zip, and a second one in a zip inside that zip.
    inside: Vec<usize>,
    /// Its path below the root of the search, through zip files too.
    pub shown: String,
}

impl Location {
    /// A file on the disk, below `root`.
    pub fn on_disk(root: &Path, file: PathBuf) -> Location {
        Location { shown: relative(root, &file), file, inside: Vec::new() }
    }
}

/// A result of the search.
pub enum SearchEntry {
    /// A file that the filter selected.
    File(Location, Vec<u8>),
    /// A file or folder that is skipped: why, and its path.
    Skipped(Skip, String),
    /// A file or zip that is corrupt: its path, and why.
    Corrupt(String, String),
    /// A file or folder that cannot be read: its path, and why. Its content is unknown.
    Unreadable(String, Error),
}

/// The filter of a search for FIT files.
pub fn fit_filter(name: &str) -> FileFilter {
    match extension(name).as_str() {
        "fit" => FileFilter::Fit,
        "zip" => FileFilter::SearchZip,
        _ => FileFilter::Skip,
    }
}

/// The file name extension, in lower case.
pub fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Searches below `root`, a folder or a zip file, in the order of names. `filter` receives the path of each file below
/// `root` (of a gzip file without `.gz`). `each` receives every result, and its error ends the search. Folders in
/// `except` are not searched.
pub fn search<E: From<Error>>(
    root: &Path,
    except: &[PathBuf],
    filter: &mut dyn FnMut(&str) -> FileFilter,
    each: &mut dyn FnMut(SearchEntry) -> Result<(), E>,
) -> Result<(), E> {
    let meta = fs::metadata(root).map_err(|error| unreadable(root, &error))?;
    let mut search = Search { root, except, filter, each, files: 0, unpacked: 0 };
    if meta.is_dir() {
        let entries = entries(root).map_err(|error| unreadable(root, &error))?;
        return search.folder(entries, 0);
    }
    let shown = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if !meta.is_file() || extension(&shown) != "zip" {
        return Err(Error::Input(format!("{} is neither a folder nor a zip file", root.display())).into());
    }
    let file = File::open(root).map_err(|error| unreadable(root, &error))?;
    let broken = |error| {
        Error::Unreadable(format!("{}: cannot read the zip: {error}; check that it is complete", root.display()))
    };
    let zip = ZipArchive::new(file).map_err(broken)?;
    search.zip(root, zip, None, "")
}

struct Search<'a, E> {
    root: &'a Path,
    except: &'a [PathBuf],
    filter: &'a mut dyn FnMut(&str) -> FileFilter,
    each: &'a mut dyn FnMut(SearchEntry) -> Result<(), E>,
    files: usize,
    unpacked: u64,
}

impl<E: From<Error>> Search<'_, E> {
    fn folder(&mut self, entries: Vec<fs::DirEntry>, depth: usize) -> Result<(), E> {
        for entry in entries {
            let path = entry.path();
            if let Some(skip) = Skip::by_name(&entry.file_name().to_string_lossy()) {
                (self.each)(SearchEntry::Skipped(skip, relative(self.root, &path)))?;
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
                self.subfolder(&path, depth + 1)?;
            } else if kind.is_symlink() {
                (self.each)(SearchEntry::Skipped(Skip::Link, relative(self.root, &path)))?;
            } else {
                let shown = relative(self.root, &path);
                match self.filter_of(&shown) {
                    // Pipes and devices are never opened.
                    filter if filter == FileFilter::Skip || !kind.is_file() => {
                        (self.each)(SearchEntry::Skipped(Skip::of(&shown), shown))?
                    }
                    FileFilter::SearchZip => self.zip_file(&path)?,
                    filter => self.file(&path, filter)?,
                }
            }
        }
        Ok(())
    }

    /// The filter for a file of that path.
    fn filter_of(&mut self, shown: &str) -> FileFilter {
        match (self.filter)(without_gz(shown)) {
            // Zip files compressed with gzip do not occur in practice.
            FileFilter::SearchZip if without_gz(shown) != shown => FileFilter::Skip,
            filter => filter,
        }
    }

    fn subfolder(&mut self, dir: &Path, depth: usize) -> Result<(), E> {
        if self.except.iter().any(|except| except == dir) {
            return Ok(());
        }
        if depth > DEPTH {
            let why = format!("folders are nested deeper than {DEPTH} levels");
            return (self.each)(SearchEntry::Corrupt(relative(self.root, dir), why));
        }
        match entries(dir) {
            Ok(entries) => self.folder(entries, depth),
            Err(error) => self.unreadable(dir, &error),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) -> Result<(), E> {
        (self.each)(SearchEntry::Unreadable(relative(self.root, path), unreadable(path, error)))
    }

    fn file(&mut self, path: &Path, filter: FileFilter) -> Result<(), E> {
        match read(path, filter) {
            Ok(bytes) => match decompress(&path.to_string_lossy(), bytes, filter) {
                Ok(bytes) => self.found(Location::on_disk(self.root, path.to_owned()), bytes, filter),
                Err(why) => (self.each)(SearchEntry::Corrupt(relative(self.root, path), why)),
            },
            // The file was deleted after the folder was read.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => self.unreadable(path, &error),
        }
    }

    fn zip_file(&mut self, path: &Path) -> Result<(), E> {
        let shown = relative(self.root, path);
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return self.unreadable(path, &error),
        };
        match ZipArchive::new(file) {
            Ok(zip) => self.zip(path, zip, None, &format!("{shown}/")),
            Err(error) => (self.each)(SearchEntry::Corrupt(shown, format!("corrupt zip: {error}"))),
        }
    }

    /// `nested`: the index of this zip's entry in the zip on the disk.
    fn zip(&mut self, file: &Path, mut zip: ZipArchive<File>, nested: Option<usize>, prefix: &str) -> Result<(), E> {
        for index in 0..zip.len() {
            // Entries that are not read may be encrypted or use an unknown compression.
            let name = match zip.name_for_index(index) {
                Some(Ok(name)) => name.into_owned(),
                Some(Err(error)) => {
                    (self.each)(SearchEntry::Corrupt(format!("{prefix}file {index}"), error.to_string()))?;
                    continue;
                }
                None => continue,
            };
            let shown = format!("{prefix}{name}");
            if name.ends_with('/') {
                continue;
            }
            // Some programs write `./` before every name.
            if let Some(skip) = name.split(['/', '\\']).filter(|part| *part != ".").find_map(Skip::by_name) {
                (self.each)(SearchEntry::Skipped(skip, shown))?;
                continue;
            }
            let inside: Vec<usize> = nested.into_iter().chain([index]).collect();
            match (self.filter_of(&shown), nested) {
                (FileFilter::Skip, _) => (self.each)(SearchEntry::Skipped(Skip::of(&shown), shown))?,
                (FileFilter::SearchZip, None) => match zip_entry::spooled(&mut zip, index) {
                    Ok(inner) => self.zip(file, inner, Some(index), &format!("{shown}/"))?,
                    Err(NestedZipError::Corrupt(why)) => (self.each)(SearchEntry::Corrupt(shown, why))?,
                    Err(NestedZipError::Unpack(error)) => return Err(error.into()),
                },
                (FileFilter::SearchZip, Some(_)) => (self.each)(SearchEntry::Corrupt(
                    shown,
                    "not searched: zip files are nested three levels deep".into(),
                ))?,
                (filter, _) => match zip_entry::entry(&mut zip, index, filter) {
                    Ok(bytes) => self.found(Location { file: file.to_owned(), inside, shown }, bytes, filter)?,
                    Err(why) => (self.each)(SearchEntry::Corrupt(shown, why))?,
                },
            }
        }
        Ok(())
    }

    fn found(&mut self, location: Location, bytes: Vec<u8>, filter: FileFilter) -> Result<(), E> {
        self.files += 1;
        self.unpacked += bytes.len() as u64;
        if self.files > FILES || self.unpacked > UNPACKED {
            let most = format!("{FILES} files or {} GiB", UNPACKED >> 30);
            let root = self.root.display();
            return Err(Error::Input(format!("{root} has more than {most}; name a folder below it")).into());
        }
        if bytes.len() as u64 > size_limit(filter) {
            return (self.each)(SearchEntry::Corrupt(
                location.shown,
                format!("larger than {}", in_mebibytes(size_limit(filter))),
            ));
        }
        (self.each)(SearchEntry::File(location, bytes))
    }
}

/// The entries of a folder, in the order of names.
fn entries(dir: &Path) -> io::Result<Vec<fs::DirEntry>> {
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    Ok(entries)
}

/// The bytes of a file with this name, decompressed if it is a gzip file.
fn decompress(name: &str, bytes: Vec<u8>, filter: FileFilter) -> Result<Vec<u8>, String> {
    match (without_gz(name) != name, filter) {
        (false, _) => Ok(bytes),
        (true, FileFilter::Fit) => gzip::gunzip_fit(&bytes, size_limit(filter)),
        (true, _) => gunzip(&bytes, size_limit(filter)),
    }
}

/// The bytes of a file on the disk. Of a file above the size limit, one byte more than the limit.
fn read(path: &Path, filter: FileFilter) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(size_limit(filter) + 1).read_to_end(&mut bytes).map(|_| bytes)
}

/// Reads one file on the disk, with the size limit of [`search`]; a gzip file is decompressed.
pub fn file(path: &Path) -> Result<Vec<u8>, String> {
    match read(path, FileFilter::Any) {
        Ok(bytes) if bytes.len() as u64 > FILE => Err(format!("larger than {}", in_mebibytes(FILE))),
        Ok(bytes) => decompress(&path.to_string_lossy(), bytes, FileFilter::Any),
        Err(error) => Err(error.to_string()),
    }
}

/// Why a stream is not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It exceeds the size limit.
    #[error("larger than {}", in_mebibytes(FILE))]
    TooLarge,
    /// It is a corrupt gzip file, or one that exceeds the size limit when it is decompressed.
    #[error("{0}")]
    Gzip(String),
}

/// Reads one file from a stream, with the size limit of [`search`]; a gzip file is decompressed.
pub fn stream(input: &mut dyn Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    input.take(FILE + 1).read_to_end(&mut bytes)?;
    match bytes {
        bytes if bytes.len() as u64 > FILE => Err(ReadError::TooLarge),
        bytes if is_gzip(&bytes) => gunzip(&bytes, FILE).map_err(ReadError::Gzip),
        bytes => Ok(bytes),
    }
}

/// The regular files in a folder, with their names, in the order of names. `skipped` counts hidden files, links, and
/// folders other than `known`.
pub fn files(dir: &Path, known: &[&str], skipped: &mut Skipped) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = Vec::new();
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
            None => found.push((name, path)),
        }
    }
    Ok(found)
}

/// The largest file that is read, in bytes.
fn size_limit(filter: FileFilter) -> u64 {
    if filter == FileFilter::Text { TEXT } else { FILE }
}

/// A limit in bytes, as messages have it.
fn in_mebibytes(limit: u64) -> String {
    format!("{} MiB, the limit of this program", limit >> 20)
}

/// The path below `root`.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

/// The error for a path that cannot be read, which does not mean that it is empty.
fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Unreadable(format!("{}: {error}; check that it is mounted and readable", path.display()))
}
