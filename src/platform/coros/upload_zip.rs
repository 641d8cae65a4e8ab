//! What is put into the store: a zip with the file in it, and the sums that the importer knows it by.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::store::md5_hex;
use crate::platform::{Error, Outgoing, Result};

/// COROS names 200 MB as its limit; clients stop at 50, and no recording comes near it.
pub const LARGEST: usize = 50_000_000;

/// A file, ready to be sent.
#[derive(Debug)]
pub struct Parcel {
    /// The zip.
    pub zip: Vec<u8>,
    /// What the importer's queue knows it by: the same MD5 is the same job, and never a second activity.
    pub md5: String,
}

impl Parcel {
    /// Its key in the store.
    pub fn key(&self, user_id: &str) -> String {
        format!("fit_zip/{user_id}/{}.zip", self.md5)
    }
}

/// Packs a file, so that the same file always gives the same bytes.
///
/// The MD5 is the file's, as the web pages have it. But the importer would take a file that it knows for the job it had,
/// although its activity is gone: then it is the zip's own, which it takes as well (Sports Sync X never sent another), and
/// `salt` in the zip's comment makes that a new one.
pub fn pack(file: &Outgoing, salt: &str) -> Result<Parcel> {
    if file.bytes.len() > LARGEST {
        return Err(Error::Refused(format!(
            "the file has {} bytes; no more than {LARGEST} are sent to COROS",
            file.bytes.len()
        )));
    }
    if !matches!(file.format, "fit" | "tcx") {
        return Err(Error::Refused(format!("COROS takes FIT and TCX files, not {}", file.format.to_uppercase())));
    }
    let md5 = md5_hex(file.bytes);
    let comment = if file.again { salt } else { "" };
    let zip = zipped(&format!("{md5}/{}", file.name), file.bytes, comment).map_err(|error| {
        // In memory nothing but a want of it can go wrong.
        Error::Refused(format!("the file cannot be packed: {error}"))
    })?;
    let md5 = if file.again { md5_hex(&zip) } else { md5 };
    Ok(Parcel { zip, md5 })
}

fn zipped(name: &str, bytes: &[u8], comment: &str) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // A time of its own would make the same file another one each time.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    writer.start_file(name, options)?;
    writer.write_all(bytes)?;
    writer.set_comment(comment)?;
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn file(again: bool) -> Outgoing<'static> {
        Outgoing {
            bytes: b"a FIT file, a FIT file, a FIT file",
            format: "fit",
            name: "activity_7.fit",
            start_time: None,
            utc_offset_s: None,
            again,
            not_after: None,
        }
    }

    #[test]
    fn one_entry_in_a_folder_named_by_its_md5() {
        let parcel = pack(&file(false), "x").unwrap();
        assert_eq!(parcel.md5, md5_hex(file(false).bytes));
        assert_eq!(parcel.key("460001"), format!("fit_zip/460001/{}.zip", parcel.md5));
        let mut archive = zip::ZipArchive::new(Cursor::new(&parcel.zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), format!("{}/activity_7.fit", parcel.md5));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, file(false).bytes);
    }

    #[test]
    fn the_same_file_gives_the_same_bytes_and_again_gives_others() {
        let first = pack(&file(false), "x").unwrap();
        assert_eq!(pack(&file(false), "y").unwrap().zip, first.zip);
        let (one, other) = (pack(&file(true), "x").unwrap(), pack(&file(true), "y").unwrap());
        assert_eq!(one.md5, md5_hex(&one.zip));
        assert!(one.md5 != other.md5 && one.md5 != first.md5);
    }

    #[test]
    fn what_cannot_be_taken_is_refused_in_words() {
        let huge = vec![0; LARGEST + 1];
        for (file, words) in [
            (Outgoing { format: "gpx", ..file(false) }, "FIT and TCX"),
            (Outgoing { bytes: &huge, ..file(false) }, "50000001 bytes"),
        ] {
            assert!(matches!(pack(&file, ""), Err(Error::Refused(why)) if why.contains(words)));
        }
    }
}
