//! Reads single entries of zip files, with size limits, because the sizes that a zip states are not trusted.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Seek};

use zip::ZipArchive;

use super::{Error, FileFilter, decompress, in_mebibytes, size_limit, without_gz};
use crate::fs;

/// The largest zip inside a zip, in bytes. The parts of an account export have a few hundred megabytes each.
const NESTED_ZIP: u64 = 4 << 30;

/// The bytes of an entry, or why it cannot be read. [`FileFilter::Fit`] reads only the beginning of a file that is not
/// a FIT file.
pub fn entry(zip: &mut ZipArchive<File>, index: usize, filter: FileFilter) -> Result<Vec<u8>, String> {
    let mut entry = zip.by_index(index).map_err(|error| error.to_string())?;
    let name = entry.name().map(|name| name.into_owned()).unwrap_or_default();
    let mut bytes = Vec::new();
    if without_gz(&name) != name {
        entry.take(size_limit(filter)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        return decompress(&name, bytes, filter);
    }
    // The header shows whether the file is a FIT file, so that the rest is worth unpacking.
    entry.by_ref().take(14).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if filter != FileFilter::Fit || bytes.get(8..12) == Some(b".FIT") {
        entry.take(size_limit(filter)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

/// Why a zip inside a zip cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum NestedZipError {
    /// The zip is corrupt or too large. The search continues without it.
    #[error("{0}")]
    Corrupt(String),
    /// This machine cannot unpack the zip now. The search ends.
    #[error(transparent)]
    Unpack(Error),
}

/// A zip inside a zip, unpacked into an unnamed temporary file.
pub fn spooled(zip: &mut ZipArchive<File>, index: usize) -> Result<ZipArchive<File>, NestedZipError> {
    let cannot_unpack = |error: io::Error| {
        let message = format!("cannot unpack a zip: {error}; make room in the folder for temporary files");
        NestedZipError::Unpack(match fs::no_room(&error) {
            Some(_) => Error::NoSpace(message),
            None => Error::Unreadable(message),
        })
    };
    let corrupt = |why: &dyn Display| NestedZipError::Corrupt(format!("corrupt zip: {why}"));
    let mut file = tempfile::tempfile().map_err(cannot_unpack)?;
    let entry = zip.by_index(index).map_err(|error| corrupt(&error))?;
    match io::copy(&mut entry.take(NESTED_ZIP + 1), &mut file) {
        Ok(size) if size > NESTED_ZIP => {
            return Err(NestedZipError::Corrupt(format!("unpacks to more than {}", in_mebibytes(NESTED_ZIP))));
        }
        Ok(_) => {}
        Err(error) if fs::no_room(&error).is_some() => return Err(cannot_unpack(error)),
        Err(error) => return Err(corrupt(&error)),
    }
    file.rewind().map_err(cannot_unpack)?;
    ZipArchive::new(file).map_err(|error| corrupt(&error))
}
