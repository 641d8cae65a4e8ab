//! Reads single entries of zip files, with bounds: what a zip says of sizes is not believed.

use std::fs::File;
use std::io::{self, Read, Seek};

use zip::ZipArchive;

use super::{Error, Want, most, plain, unpacked};
use crate::fs::is_full;

/// The parts of a service's export have some hundred megabytes each.
const NESTED_ZIP: u64 = 4 << 30;

/// The bytes of an entry, or why there are none. What was wanted as a FIT file and is none is not unpacked.
pub fn entry(zip: &mut ZipArchive<File>, index: usize, want: Want) -> Result<Vec<u8>, String> {
    let mut entry = zip.by_index(index).map_err(|error| error.to_string())?;
    let name = entry.name().map(|name| name.into_owned()).unwrap_or_default();
    let mut bytes = Vec::new();
    if plain(&name) != name {
        entry.take(most(want)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        return unpacked(&name, bytes, want);
    }
    // The header says whether the rest is worth unpacking.
    entry.by_ref().take(14).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if want != Want::Fit || bytes.get(8..12) == Some(b".FIT") {
        entry.take(most(want)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    }
    Ok(bytes)
}

/// A zip inside a zip, unpacked into a file without a name. The outer error is the machine's, the inner the zip's.
pub fn spooled(zip: &mut ZipArchive<File>, index: usize) -> Result<Result<ZipArchive<File>, String>, Error> {
    let no_room = |error: io::Error| {
        let message = format!("no room for unpacking a zip ({error}); make room in the folder for temporary files");
        if is_full(&error) { Error::Full(message) } else { Error::Later(message) }
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    let entry = match zip.by_index(index) {
        Ok(entry) => entry,
        Err(error) => return Ok(Err(format!("the zip is broken: {error}"))),
    };
    match io::copy(&mut entry.take(NESTED_ZIP + 1), &mut file) {
        Ok(size) if size > NESTED_ZIP => return Ok(Err(format!("it unpacks to more than {NESTED_ZIP} bytes"))),
        Ok(_) => {}
        Err(error) if is_full(&error) => return Err(no_room(error)),
        Err(error) => return Ok(Err(format!("the zip is broken: {error}"))),
    }
    file.rewind().map_err(no_room)?;
    Ok(ZipArchive::new(file).map_err(|error| format!("the zip is broken: {error}")))
}
