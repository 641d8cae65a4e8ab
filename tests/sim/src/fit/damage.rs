//! Corrupts a finished file on purpose.

use super::crc::crc16;
use super::scan;

/// The file with one bit flipped, so that the checksum is wrong.
pub fn flip_bit(file: &[u8], byte: usize, bit: u8) -> Vec<u8> {
    let mut out = file.to_vec();
    if let Some(target) = out.get_mut(byte) {
        *target ^= 1 << (bit % 8);
    }
    out
}

/// The file truncated after `bytes` bytes.
pub fn truncate_at(file: &[u8], bytes: usize) -> Vec<u8> {
    file[..bytes.min(file.len())].to_vec()
}

/// The file truncated exactly before its record number `record` (definitions count, too).
pub fn truncate_at_record(file: &[u8], record: usize) -> Vec<u8> {
    let end = scan::records(file).get(record).map_or(file.len(), |found| found.span.0);
    truncate_at(file, end)
}

/// The file with `delta` added to the data size in its header. Both checksums stay correct, so that only the length
/// reveals the fault.
pub fn wrong_data_size(file: &[u8], delta: i32) -> Vec<u8> {
    let mut out = file.to_vec();
    let size = u32::from_le_bytes([out[4], out[5], out[6], out[7]]).wrapping_add_signed(delta);
    out[4..8].copy_from_slice(&size.to_le_bytes());
    if out[0] >= 14 && out[12..14] != [0, 0] {
        let head = crc16(&out[..12]);
        out[12..14].copy_from_slice(&head.to_le_bytes());
    }
    seal(out)
}

/// The file with a wrong checksum at the end.
pub fn wrong_crc(file: &[u8]) -> Vec<u8> {
    flip_bit(file, file.len().saturating_sub(1), 0)
}

/// The file with the right checksum at its end, after another change.
pub fn seal(mut file: Vec<u8>) -> Vec<u8> {
    let end = file.len() - 2;
    let crc = crc16(&file[..end]);
    file[end..].copy_from_slice(&crc.to_le_bytes());
    file
}
