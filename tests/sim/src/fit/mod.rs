//! Makes FIT 2.0 activity files from scratch, valid and corrupt ones.
//!
//! ```
//! let file = gs_sim::fit::run(1_700_000_000, 1800, 5000.0).build();
//! assert_eq!(&file[8..12], b".FIT");
//! ```

mod builder;
pub mod check;
mod crc;
pub mod damage;
mod message;
pub mod profile;
mod recording;
pub mod scan;
pub(crate) mod track;

pub use builder::FitBuilder;
pub use crc::crc16;
pub use message::{DeveloperValue, Message, Value};
pub use recording::{Leg, Recording, Style, ride, run, strength, swim, treadmill, triathlon, triathlon_legs};

/// Several files, one after the other, as the format allows.
pub fn chain(files: &[Vec<u8>]) -> Vec<u8> {
    files.concat()
}
