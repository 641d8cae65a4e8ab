//! Reads single entries of zip files, with size limits: the sizes that a zip states are not trusted.

use std::fs::File;
use std::io::{self, Read, Seek};

use zip::ZipArchive;

use super::{Error, Filter, decompress, size_limit, without_gz};
use crate::fs;

/// The largest zip inside a zip, in bytes. The parts of an account export have some hundred megabytes each.
const NESTED_ZIP: u64 = 4 << 30;

/// The bytes of an entry, or why it cannot be read. Of a file that is no FIT file [`Filter::Fit`] reads only the
/// beginning.
pub fn entry(zip: &mut ZipArchive<File>, index: usize, filter: Filter) -> Result<Vec<u8>, String> {
    let mut entry = zip.by_index(index).map_err(|error| error.to_string())?;
    let name = entry.name().map(|name| name.into_owned()).unwrap_or_default();
    let mut bytes = Vec::new();
    if without_gz(&name) != name {
        entry.take(size_limit(filter)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        return decompress(&name, bytes, filter);
    }
    // The header says whether the rest is worth unpacking.
    entry.by_ref().take(14).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if filter != Filter::Fit || bytes.get(8..12) == Some(b".FIT") {
        entry.take(size_limit(filter)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

/// A zip inside a zip, unpacked into an unnamed temporary file. The outer error is one of this machine, the inner one
/// of the zip.
pub fn spooled(zip: &mut ZipArchive<File>, index: usize) -> Result<Result<ZipArchive<File>, String>, Error> {
    let no_room = |error: io::Error| {
        let message = format!("cannot unpack a zip: {error}; make room in the folder for temporary files");
        if fs::no_room(&error).is_some() { Error::NoSpace(message) } else { Error::Unreadable(message) }
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let entry = match zip.by_index(index) {
        Ok(entry) => entry,
        Err(error) => return Ok(Err(format!("corrupt zip: {error}"))),
    };
    match io::copy(&mut entry.take(NESTED_ZIP + 1), &mut file) {
        Ok(size) if size > NESTED_ZIP => return Ok(Err(format!("unpacks to more than {NESTED_ZIP} bytes"))),
        Ok(_) => {}
        Err(error) if fs::no_room(&error).is_some() => return Err(no_room(error)),
        Err(error) => return Ok(Err(format!("corrupt zip: {error}"))),
    }
    file.rewind().map_err(no_room)?;
    Ok(ZipArchive::new(file).map_err(|error| format!("corrupt zip: {error}")))
}
