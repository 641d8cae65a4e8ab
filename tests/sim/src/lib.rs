//! The simulator of garminsync.
pub mod clock;
pub mod fit;
pub mod zipfile;
