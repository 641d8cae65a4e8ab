//! The frame of one FIT file: header, length and CRC, checked before its messages are read.
//!
//! `frame::check(bytes, at)` checks the file that starts at byte `at` and returns the position of its messages. The checks
//! are ordered so that the first error is the most helpful one: a truncated file is reported as truncated, although its CRC
//! is wrong too. `frame::unchecked(bytes, at)` finds the messages of a corrupt file.

use std::ops::Range;

use super::{FitError, Protocol, crc};

const SIGNATURE: &[u8] = b".FIT";
const SMALLEST_HEADER: usize = 12;
/// The size of a header with its own CRC.
const USUAL_HEADER: usize = 14;
/// The position of the header's own CRC, if it has one. Additions of later protocols follow it.
const OWN_CRC: Range<usize> = 12..14;
const CRC_BYTES: usize = 2;

/// The parts of a file.
pub(super) struct Frame {
    /// The messages.
    pub data: Range<usize>,
    /// The first byte after the file, CRC included.
    pub end: usize,
    /// The protocol version in the header.
    pub protocol: Protocol,
}

/// Checks the file at `at`.
///
/// # Errors
/// All errors except those of messages. A later file of a chain without a FIT header is [`FitError::Trailing`].
pub(super) fn check(bytes: &[u8], at: usize) -> Result<Frame, FitError> {
    let rest = &bytes[at..];
    let header = header(rest, at)?;
    // Saturating, for machines where `usize` has 32 bits.
    let data = header.len()..header.len().saturating_add(data_size(header));
    let end = data.end.saturating_add(CRC_BYTES);
    if data.is_empty() {
        let follow = rest.len() - header.len();
        return Err(FitError::Unfinished { at, follow });
    }
    let Some(stored) = rest.get(data.end..end) else {
        return Err(truncated(header, at, bytes.len()));
    };
    // The CRC of the file covers the header, with or without its own CRC.
    let computed = crc::of(&rest[..data.end]);
    let stored = u16::from_le_bytes([stored[0], stored[1]]);
    if stored != computed {
        let at = at + data.end;
        return Err(FitError::FileCrc { at, stored, computed });
    }
    Ok(Frame { data: at + data.start..at + data.end, end: at + end, protocol: Protocol::of(header[1]) })
}

/// The frame of the file at `at` as far as its header can be believed, for the messages of a corrupt file: CRCs are ignored, a
/// wrong size of the header is taken for 14, and the data of a truncated or unfinished file ends with the buffer.
///
/// `None` if there is no signature.
pub(super) fn unchecked(bytes: &[u8], at: usize) -> Option<Frame> {
    let header = bytes.get(at..)?.get(..SMALLEST_HEADER)?;
    if &header[8..] != SIGNATURE {
        return None;
    }
    let start = (at + header_size(header).unwrap_or(USUAL_HEADER)).min(bytes.len());
    let declared = start.checked_add(data_size(header)).filter(|end| *end > start && *end <= bytes.len());
    let (data_end, end) = declared.map_or((bytes.len(), bytes.len()), |end| (end, end + CRC_BYTES));
    Some(Frame { data: start..data_end, end, protocol: Protocol::of(header[1]) })
}

/// The header at the start of `rest`, which itself starts at byte `at` of the buffer.
fn header(rest: &[u8], at: usize) -> Result<&[u8], FitError> {
    let bytes = rest.len();
    let signed = rest.get(8..SMALLEST_HEADER) == Some(SIGNATURE);
    match (signed, at) {
        (true, _) => {}
        (false, 0) if bytes < SMALLEST_HEADER => return Err(FitError::TooShort { bytes }),
        (false, 0) => return Err(FitError::NotFit),
        (false, _) => return Err(FitError::Trailing { at, bytes }),
    }
    let Some(size) = header_size(rest) else {
        return Err(FitError::HeaderSize { at, size: rest[0] });
    };
    let Some(header) = rest.get(..size) else {
        return Err(truncated(rest, at, at + bytes));
    };
    check_own_crc(header, at)?;
    Ok(header)
}

/// The size that a header has by its first byte; `None` if no header has this size.
fn header_size(header: &[u8]) -> Option<usize> {
    let size = usize::from(header[0]);
    // FIT allows later protocols to extend the header. The extension is skipped, and the CRC of the file covers it.
    let is_longer = size > USUAL_HEADER && Protocol::of(header[1]).is_newer();
    (size == SMALLEST_HEADER || size == USUAL_HEADER || is_longer).then_some(size)
}

/// Checks the CRC of the header, which all but the shortest have. Zero means that the writer omitted it, which is allowed.
fn check_own_crc(header: &[u8], at: usize) -> Result<(), FitError> {
    let Some(&[low, high]) = header.get(OWN_CRC) else {
        return Ok(());
    };
    let stored = u16::from_le_bytes([low, high]);
    let computed = crc::of(&header[..OWN_CRC.start]);
    if stored == 0 || stored == computed {
        return Ok(());
    }
    Err(FitError::HeaderCrc { at, stored, computed })
}

/// The error for a file at byte `at` whose `header` announces more than the `has` bytes that exist.
fn truncated(header: &[u8], at: usize, has: usize) -> FitError {
    let parts = [at, usize::from(header[0]), data_size(header), CRC_BYTES];
    let declared = parts.map(|bytes| bytes as u64).iter().sum();
    FitError::Truncated { declared, has }
}

/// How many bytes of messages the header announces.
fn data_size(header: &[u8]) -> usize {
    u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, fix_crcs};
    use super::*;

    fn verdict(bytes: &[u8]) -> FitError {
        check(bytes, 0).map(|_| ()).expect_err("should be broken")
    }

    #[test]
    fn a_complete_file_with_either_header_is_valid() {
        for sample in [Sample::new(), Sample::new().short_header()] {
            let bytes = sample.file_id().finish();
            let frame = check(&bytes, 0).expect("a complete file");
            assert_eq!(frame.data, usize::from(bytes[0])..bytes.len() - 2);
            assert_eq!(frame.end, bytes.len());
        }
    }

    #[test]
    fn a_header_crc_of_zero_is_not_checked() {
        let mut bytes = Sample::new().file_id().finish();
        bytes[12..14].fill(0);
        fix_crcs(&mut bytes);
        assert!(check(&bytes, 0).is_ok());
        bytes[12] = 1;
        assert!(matches!(verdict(&bytes), FitError::HeaderCrc { at: 0, stored: 1, .. }));
    }

    #[test]
    fn headers_of_other_files_are_rejected() {
        assert_eq!(verdict(b""), FitError::TooShort { bytes: 0 });
        assert_eq!(verdict(b"{\"error\":1}"), FitError::TooShort { bytes: 11 });
        assert_eq!(verdict(b"<html><body>gone</body></html>"), FitError::NotFit);
        let mut bytes = Sample::new().file_id().finish();
        bytes[0] = 200;
        assert_eq!(verdict(&bytes), FitError::HeaderSize { at: 0, size: 200 });
    }

    #[test]
    fn a_newer_protocol_is_checked_and_may_have_a_longer_header() {
        let known = Sample::new().file_id().finish();
        assert!(!check(&known, 0).expect("a complete file").protocol.is_newer());
        for protocol in [0x2F, 0x30, 0x4A, 0xFF] {
            let mut bytes = known.clone();
            bytes[1] = protocol;
            assert!(
                matches!(verdict(&bytes), FitError::HeaderCrc { .. }),
                "a flipped bit is corruption and not a new protocol"
            );
            bytes[12..14].fill(0);
            fix_crcs(&mut bytes);
            let frame = check(&bytes, 0).expect("a complete file");
            assert_eq!(frame.protocol, Protocol::of(protocol));
            bytes.pop();
            assert!(matches!(verdict(&bytes), FitError::Truncated { .. }));
        }
        // Six unknown bytes between the header and the data.
        let mut longer = known.clone();
        (longer[0], longer[1]) = (20, 0x30);
        longer[12..14].fill(0);
        longer.splice(14..14, [1, 2, 3, 4, 5, 6]);
        fix_crcs(&mut longer);
        assert_eq!(check(&longer, 0).expect("a complete file").data, 20..longer.len() - 2);
        longer[16] ^= 1;
        assert!(matches!(verdict(&longer), FitError::FileCrc { .. }));
        longer[1] = 0x20;
        assert_eq!(verdict(&longer), FitError::HeaderSize { at: 0, size: 20 });
    }

    #[test]
    fn the_text_of_a_truncated_file_has_both_lengths() {
        let whole = Sample::new().file_id().finish();
        for length in 12..whole.len() {
            let (declared, has) = (whole.len() as u64, length);
            let broken = verdict(&whole[..length]);
            assert_eq!(broken, FitError::Truncated { declared, has });
        }
        assert_eq!(
            FitError::Truncated { declared: 88212, has: 4096 }.to_string(),
            "truncated: the header declares 88212 bytes, the file has 4096"
        );
    }

    #[test]
    fn a_file_that_was_never_closed_is_unfinished() {
        let mut bytes = Sample::new().short_header().file_id().finish();
        bytes[4..8].fill(0);
        let follow = bytes.len() - 12;
        assert_eq!(verdict(&bytes), FitError::Unfinished { at: 0, follow });
    }

    #[test]
    fn a_corrupt_file_has_the_data_up_to_its_end_or_that_of_the_buffer() {
        let whole = Sample::new().file_id().finish();
        let data = |bytes: &[u8]| unchecked(bytes, 0).map(|frame| (frame.data, frame.end));
        let end = whole.len() - 2;
        assert_eq!(data(&whole), Some((14..end, whole.len())));
        assert_eq!(data(&whole[..40]), Some((14..40, 40)), "truncated");
        assert_eq!(data(&whole[..12]), Some((12..12, 12)), "a header without its CRC");
        assert_eq!((data(&whole[..11]), data(b"<html><body>gone</body></html>")), (None, None));
        let mut unfinished = whole.clone();
        unfinished[4..8].fill(0);
        assert_eq!(data(&unfinished), Some((14..whole.len(), whole.len())));
        let mut wrong_size = whole.clone();
        wrong_size[0] = 77;
        assert_eq!(data(&wrong_size), Some((14..end, whole.len())));
        let mut longer = whole.clone();
        (longer[0], longer[1]) = (20, 0x30);
        longer.splice(14..14, [1, 2, 3, 4, 5, 6]);
        assert_eq!(data(&longer), Some((20..end + 6, whole.len() + 6)), "the header of a newer protocol");
    }

    #[test]
    fn every_flipped_bit_is_detected() {
        let whole = Sample::activity();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&bytes, 0).is_err(), "bit {bit}");
        }
    }
}
