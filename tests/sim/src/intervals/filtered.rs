//! The file that Garmin pushes to its partners: the original without the messages that are Garmin's own.

use crate::fit::{crc16, scan};

/// The messages that partners get, by their global number. Which ones Garmin removes is not published; that the file is
/// not the original, byte by byte, is reported (2026).
const PASSED_ON: [u16; 15] = [0, 12, 18, 19, 20, 21, 23, 26, 27, 34, 101, 132, 206, 207, 225];

/// The profile version in the header of a pushed file.
const PROFILE: u16 = 21_171;

/// The file as partners get it.
pub fn of(original: &[u8]) -> Vec<u8> {
    let kept = scan::records(original).into_iter().filter(|record| match record.global {
        Some(number) => PASSED_ON.contains(&number),
        None => true,
    });
    let data = kept.flat_map(|record| original[record.span.0..record.span.1].to_vec()).collect::<Vec<u8>>();
    let mut file = vec![14, 0x20];
    file.extend_from_slice(&PROFILE.to_le_bytes());
    file.extend_from_slice(&(data.len() as u32).to_le_bytes());
    file.extend_from_slice(b".FIT");
    file.extend_from_slice(&crc16(&file).to_le_bytes());
    file.extend_from_slice(&data);
    file.extend_from_slice(&crc16(&file).to_le_bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::{check, run, triathlon};

    #[test]
    fn a_pushed_file_is_valid_and_is_not_the_original() {
        for original in [run(1_790_000_000, 1800, 5000.0).build(), triathlon(1_790_000_000).build()] {
            let pushed = of(&original);
            assert_eq!(check::fault(&pushed), None);
            assert_ne!(pushed, original);
            assert_eq!(scan::summary(&pushed), scan::summary(&original));
            assert!(!scan::records(&pushed).iter().any(|record| record.global == Some(49)));
        }
    }
}
