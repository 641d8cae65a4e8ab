//! The zip that is uploaded to the store, and the MD5 by which the importer identifies it.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::store::md5_hex;
use crate::activity::Format;
use crate::platform::{Error, Result, UploadFile};

/// The largest file, in bytes. COROS states a limit of 200 MB; clients use 50 MB, and no recording is nearly that
/// large.
pub const LARGEST: usize = 50_000_000;

/// A packed file.
#[derive(Debug)]
pub struct UploadZip {
    /// The zip.
    pub zip: Vec<u8>,
    /// The MD5 by which the import queue identifies it. The same MD5 is the same job, so it never makes a second
    /// activity.
    pub md5: String,
}

impl UploadZip {
    /// Its key in the store.
    pub fn key(&self, user_id: &str) -> String {
        format!("fit_zip/{user_id}/{}.zip", self.md5)
    }
}

/// Packs a file, so that the same file always gives the same bytes.
///
/// The MD5 is that of the file, as on the web pages. But the importer returns the earlier job for a known MD5, even if
/// its activity was deleted. So a reupload has the MD5 of the zip, which is accepted as well (Sports Sync X always
/// sends it), and `salt` in the comment of the zip makes it a new MD5.
pub fn pack(file: &UploadFile, salt: &str) -> Result<UploadZip> {
    if file.bytes.len() > LARGEST {
        return Err(Error::Rejected(format!(
            "file too large for COROS: {} bytes, the limit is {LARGEST}",
            file.bytes.len()
        )));
    }
    if !matches!(file.format, Format::Fit | Format::Tcx) {
        return Err(Error::Rejected(format!(
            "unsupported format for COROS: {}; it accepts FIT and TCX",
            file.format.label()
        )));
    }
    let md5 = md5_hex(file.bytes);
    let comment = if file.reupload { salt } else { "" };
    let zip = zipped(&format!("{md5}/{}", file.name), file.bytes, comment).map_err(|error| {
        // Packing in memory fails only if memory runs out.
        Error::Rejected(format!("cannot pack the file: {error}"))
    })?;
    let md5 = if file.reupload { md5_hex(&zip) } else { md5 };
    Ok(UploadZip { zip, md5 })
}

fn zipped(name: &str, bytes: &[u8], comment: &str) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    // The current time would make the bytes different each time.
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

    fn file(reupload: bool) -> UploadFile<'static> {
        UploadFile {
            bytes: b"a FIT file, a FIT file, a FIT file",
            format: Format::Fit,
            name: "activity_7.fit",
            activity: None,
            start_time: None,
            utc_offset_s: None,
            reupload,
            not_after: None,
        }
    }

    #[test]
    fn the_zip_has_one_entry_in_a_folder_named_by_its_md5() {
        let upload_zip = pack(&file(false), "x").unwrap();
        assert_eq!(upload_zip.md5, md5_hex(file(false).bytes));
        assert_eq!(upload_zip.key("460001"), format!("fit_zip/460001/{}.zip", upload_zip.md5));
        let mut archive = zip::ZipArchive::new(Cursor::new(&upload_zip.zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).unwrap();
        assert_eq!(entry.name().unwrap(), format!("{}/activity_7.fit", upload_zip.md5));
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, file(false).bytes);
    }

    #[test]
    fn the_same_file_gives_the_same_bytes_and_a_reupload_others() {
        let first = pack(&file(false), "x").unwrap();
        assert_eq!(pack(&file(false), "y").unwrap().zip, first.zip);
        let (one, other) = (pack(&file(true), "x").unwrap(), pack(&file(true), "y").unwrap());
        assert_eq!(one.md5, md5_hex(&one.zip));
        assert!(one.md5 != other.md5 && one.md5 != first.md5);
    }

    #[test]
    fn unsupported_files_are_rejected_with_a_reason() {
        let huge = vec![0; LARGEST + 1];
        for (file, words) in [
            (UploadFile { format: Format::Gpx, ..file(false) }, "FIT and TCX"),
            (UploadFile { bytes: &huge, ..file(false) }, "50000001 bytes"),
        ] {
            assert!(matches!(pack(&file, ""), Err(Error::Rejected(why)) if why.contains(words)));
        }
    }
}
