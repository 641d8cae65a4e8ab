//! Reads again the FIT files that a search has found.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{Place, Want, unpacked, zip_entry};

/// Reads files that were found, and keeps the zip that it opened last: the next file is most likely in it as well.
#[derive(Default)]
pub struct Shelf {
    open: Option<(PathBuf, Option<usize>, ZipArchive<File>)>,
}

impl Shelf {
    /// What stands there now, if anything can be read there.
    pub fn read(&mut self, place: &Place) -> Option<Vec<u8>> {
        match place.inside[..] {
            [] => unpacked(&place.file.to_string_lossy(), fs::read(&place.file).ok()?, Want::Fit).ok(),
            [index] => zip_entry::entry(self.zip(&place.file, None)?, index, Want::Fit).ok(),
            [nested, index] => zip_entry::entry(self.zip(&place.file, Some(nested))?, index, Want::Fit).ok(),
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
                    zip_entry::spooled(&mut outer, index).ok()?.ok()?
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
