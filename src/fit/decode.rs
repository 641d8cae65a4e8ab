//! Decodes every message of a file with every field, with the `fitparser` crate, made safe to call.
//!
//! `fitparser` panics on some damaged headers and accepts a file that was truncated between two messages. So
//! [`scan`](super::scan) checks the file first, and panics are caught. Decoding is some hundred times slower than the scan:
//! it is for showing a file, not for checking it.

use std::panic;

use fitparser::FitDataRecord;
use thiserror::Error;

use super::{FitError, scan};

/// Why a file could not be decoded.
#[derive(Debug, Error)]
pub enum Undecodable {
    /// It is not a whole FIT file.
    #[error(transparent)]
    Corrupt(#[from] FitError),
    /// The file is intact, but a field has an impossible value.
    #[error("the file is intact, but its fields cannot be decoded: {0}")]
    Fields(String),
    /// It is whole, but the decoder gave up on it. The panic is printed by the process' own hook.
    #[error("the file is intact, but decoding it crashed: {0}")]
    Crashed(String),
}

/// Decodes all messages of all chained files.
///
/// Fields whose size does not fit their type are returned as bytes, and `fitparser` prints a line about each to stderr. Its
/// times are in the local zone of the process.
///
/// # Errors
/// [`Undecodable`]: the file is corrupt, or `fitparser` cannot decode it.
pub fn decode(bytes: &[u8]) -> Result<Vec<FitDataRecord>, Undecodable> {
    scan(bytes)?;
    match panic::catch_unwind(|| fitparser::from_bytes(bytes)) {
        Ok(Ok(messages)) => Ok(messages),
        Ok(Err(refusal)) => Err(Undecodable::Fields(refusal.to_string())),
        Err(crash) => Err(Undecodable::Crashed(words(&*crash))),
    }
}

/// The message of a panic, if it has one.
fn words(crash: &(dyn std::any::Any + Send)) -> String {
    let text = crash.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| crash.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;
    use fitparser::profile::MesgNum;

    #[test]
    fn all_messages_of_a_complete_file_are_decoded() {
        let messages = decode(&Sample::activity()).expect("a complete file");
        let of = |kind| messages.iter().filter(|m| m.kind() == kind).count();
        assert_eq!((of(MesgNum::FileId), of(MesgNum::Record)), (1, 3));
        assert_eq!((of(MesgNum::Session), of(MesgNum::Activity)), (1, 1));
    }

    #[test]
    fn a_header_that_makes_the_decoder_panic_is_corrupt() {
        let mut bytes = Sample::activity();
        bytes[0] = 255;
        let verdict = decode(&bytes).expect_err("damaged");
        let expected = FitError::HeaderSize { at: 0, size: 255 };
        assert!(matches!(verdict, Undecodable::Corrupt(b) if b == expected));
    }

    #[test]
    fn a_truncation_that_the_decoder_misses_is_corrupt() {
        let whole = Sample::activity();
        let cut = &whole[..Sample::ACTIVITY_BOUNDARY];
        assert!(fitparser::from_bytes(cut).is_ok(), "fitparser reports no error");
        let verdict = decode(cut).expect_err("truncated");
        assert!(matches!(verdict, Undecodable::Corrupt(FitError::Truncated { .. })));
    }

    #[test]
    fn a_complete_file_that_the_decoder_rejects_is_not_corrupt() {
        // A developer field that no message describes.
        let sample = Sample::new().file_id();
        let bytes = sample.define_with_developer(1, 20, &[], &[(0, 1, 0)]).data(1, &[&[7]]);
        let verdict = decode(&bytes.finish()).expect_err("undescribed");
        assert!(matches!(verdict, Undecodable::Fields(_)), "{verdict}");
    }
}
