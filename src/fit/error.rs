//! Why a file is not an intact FIT file.
//!
//! The first word says what a person can do. `truncated` and `damaged`: bytes were lost or changed on the way, so
//! downloading again may help. `malformed` and `unfinished`: the device or program wrote the file like this; the CRC is
//! correct, or was never written. `not a FIT file`: another kind of file, often an error page.

use thiserror::Error;

/// The first error that [`scan`](super::scan) or [`read`](super::read) finds. Offsets and lengths are bytes from the start of the buffer, also in
/// later files of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FitError {
    /// Fewer bytes than the smallest header has.
    #[error("not a FIT file: only {bytes} bytes; a header has at least 12")]
    TooShort {
        /// How many there are.
        bytes: usize,
    },
    /// The signature is missing: another kind of file.
    #[error("not a FIT file: no `.FIT` at byte 8")]
    NotFit,
    /// The first byte of the header, its length, is neither 12 nor 14, and no later protocol explains that.
    #[error("damaged header at byte {at}: its size byte says {size}, and only 12 and 14 exist")]
    HeaderSize {
        /// Where the header starts.
        at: usize,
        /// The length that it claims.
        size: u8,
    },
    /// The header has a CRC and it is wrong.
    #[error("damaged header at byte {at}: its CRC is {stored:#06x}, its bytes give {computed:#06x}")]
    HeaderCrc {
        /// Where the header starts.
        at: usize,
        /// The CRC in the header.
        stored: u16,
        /// The CRC of the header's bytes.
        computed: u16,
    },
    /// The header declares no data at all: what a device leaves that could not close its file.
    #[error("unfinished: the header at byte {at} declares no data, and {follow} bytes follow it")]
    Unfinished {
        /// Where the header starts.
        at: usize,
        /// How many bytes follow the header.
        follow: usize,
    },
    /// The buffer ends before the file does.
    #[error("truncated: the header declares {declared} bytes, the file has {has}")]
    Truncated {
        /// Where the file should end; in a chain this counts the files before, too.
        declared: u64,
        /// How many bytes there are.
        has: usize,
    },
    /// Bytes were changed.
    #[error("damaged: the CRC at byte {at} is {stored:#06x}, the bytes before it give {computed:#06x}")]
    FileCrc {
        /// The position of the CRC.
        at: usize,
        /// The CRC in the file.
        stored: u16,
        /// The CRC of the file's bytes.
        computed: u16,
    },
    /// A data message without a definition.
    #[error("malformed: the message at byte {at} is of local type {local}, which was never defined")]
    Undefined {
        /// Where the message starts.
        at: usize,
        /// Its local message type, 0 to 15.
        local: u8,
    },
    /// A message that does not end within the data.
    #[error("malformed: the message at byte {at} runs to byte {runs_to}, the data ends at byte {data_end}")]
    Overrun {
        /// Where the message starts.
        at: usize,
        /// Where it would end, as far as known.
        runs_to: usize,
        /// Where the data of this file ends.
        data_end: usize,
    },
    /// More messages of a kind than a recording can have: reading them all might need more memory than there is.
    #[error("malformed: more than {limit} {message} messages; a recording has {limit} at most")]
    TooMany {
        /// FIT's name of the message.
        message: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// The file is intact, but the bytes after it are not a FIT file.
    #[error("malformed: the FIT file ends at byte {at}, and the {bytes} bytes after it are not a FIT file")]
    Trailing {
        /// Where the last whole file ends.
        at: usize,
        /// How many bytes follow it.
        bytes: usize,
    },
}
