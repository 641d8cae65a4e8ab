//! The checks that a service makes before it accepts a file.

use super::crc::crc16;
use super::scan;

/// Why a service would reject this file; `None` for a valid file.
pub fn fault(bytes: &[u8]) -> Option<&'static str> {
    if bytes.len() < 16 || bytes[0] < 12 || &bytes[8..12] != b".FIT" {
        return Some("not a FIT file");
    }
    let head = usize::from(bytes[0]);
    let size = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
    let Some(end) = head.checked_add(size).filter(|end| end + 2 <= bytes.len()) else {
        return Some("the file is shorter than its header says");
    };
    if crc16(&bytes[..end]) != u16::from_le_bytes([bytes[end], bytes[end + 1]]) {
        return Some("the checksum is wrong");
    }
    if scan::summary(bytes).start.is_none() {
        return Some("the file holds no session");
    }
    None
}

/// The numbers of the file_id message: type, manufacturer, product, serial number, creation time.
pub fn identity(bytes: &[u8]) -> Option<Vec<(u8, i64)>> {
    let records = scan::records(bytes);
    let mut fields = records.into_iter().find(|found| found.global == Some(0))?.fields;
    fields.sort_unstable();
    Some(fields)
}
