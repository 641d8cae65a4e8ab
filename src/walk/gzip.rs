//! Decompresses single gzip files (`.fit.gz`, as Strava and TrainingPeaks export them), with a size limit.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::in_mebibytes;

/// The first bytes of every gzip file.
const MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];
/// The number of bytes at the beginning of a FIT file that contain its signature.
const HEAD: u64 = 14;

/// Whether these are the bytes of a gzip file.
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The name of a file without `.gz`.
pub fn without_gz(name: &str) -> &str {
    match name.len().checked_sub(3).and_then(|at| name.split_at_checked(at)) {
        Some((plain, end)) if end.eq_ignore_ascii_case(".gz") && !plain.is_empty() => plain,
        _ => name,
    }
}

/// Decompresses a gzip file of at most `limit` bytes.
///
/// # Errors
/// The file is corrupt or larger than the limit.
pub fn gunzip(bytes: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let unpacked = read(MultiGzDecoder::new(bytes), limit + 1)?;
    if unpacked.len() as u64 > limit {
        Err(format!("unpacks to more than {}", in_mebibytes(limit)))
    } else {
        Ok(unpacked)
    }
}

/// Like [`gunzip`], for a FIT file: of any other file only the first bytes are decompressed.
pub(super) fn gunzip_fit(bytes: &[u8], limit: u64) -> Result<Vec<u8>, String> {
    let head = read(MultiGzDecoder::new(bytes), HEAD)?;
    if head.get(8..12) == Some(b".FIT") { gunzip(bytes, limit) } else { Ok(head) }
}

fn read(unpacked: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    match unpacked.take(limit).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(format!("the gzip data is damaged: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_gzip_file_is_decompressed_completely_or_is_an_error() {
        let bytes: Vec<u8> = (0..5000_u32).flat_map(u32::to_le_bytes).collect();
        let whole = packed(&bytes);
        assert!(is_gzip(&whole) && gunzip(&whole, 20_000).unwrap() == bytes);
        assert!(gunzip(&whole, 19_999).unwrap_err().starts_with("unpacks to more than "));
        for cut in [0, 3, 12, whole.len() / 2, whole.len() - 1] {
            assert!(gunzip(&whole[..cut], 20_000).unwrap_err().contains("damaged"), "{cut}");
        }
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        assert!(gunzip(&flipped, 20_000).is_err());
        // Concatenated gzip files are one file, as in gzip itself.
        assert_eq!(gunzip(&[packed(b"a"), packed(b"b")].concat(), 10).unwrap(), b"ab");
        assert_eq!(gunzip_fit(&whole, 20_000).unwrap().len() as u64, HEAD, "no FIT file");
    }

    #[test]
    fn a_decompression_bomb_is_an_error() {
        let bomb = packed(&vec![0; 64 << 20]);
        assert!(bomb.len() < 1 << 20 && gunzip(&bomb, 1 << 20).is_err());
    }

    #[test]
    fn the_gz_extension_is_removed_from_a_name() {
        assert_eq!(
            ["a.fit.gz", "a.FIT.GZ", ".gz", "gz", "a.fit", "跑步.gz"].map(without_gz),
            ["a.fit", "a.FIT", ".gz", "gz", "a.fit", "跑步"]
        );
    }
}
