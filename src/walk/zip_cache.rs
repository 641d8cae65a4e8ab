//! Reads FIT files again that a search has found.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{FileFilter, Location, decompress, zip_entry};

/// Reads files by their location, and keeps the last zip open: the next file is most likely in it as well.
#[derive(Default)]
pub struct ZipCache {
    open: Option<(PathBuf, Option<usize>, ZipArchive<File>)>,
}

impl ZipCache {
    /// The current content of the file; `None` if it cannot be read.
    pub fn read(&mut self, location: &Location) -> Option<Vec<u8>> {
        match location.inside[..] {
            [] => decompress(&location.file.to_string_lossy(), fs::read(&location.file).ok()?, FileFilter::Fit).ok(),
            [index] => zip_entry::entry(self.zip(&location.file, None)?, index, FileFilter::Fit).ok(),
            [nested, index] => zip_entry::entry(self.zip(&location.file, Some(nested))?, index, FileFilter::Fit).ok(),
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
                    zip_entry::spooled(&mut outer, index).ok()?
                }
            };
            self.open = Some((path.to_owned(), nested, zip));
        }
        self.open.as_mut().map(|(.., zip)| zip)
    }

    /// Closes the zip, because another file may have replaced it.
    pub fn close(&mut self) {
        self.open = None;
    }
}
