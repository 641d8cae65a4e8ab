//! The page: what people look at. Facts in, HTML and JSON out; no clock, no files, no network.
//!
//! [`Facts`] is everything that is shown; `cli` reads it from the catalogue.

mod clean;
mod facts;

pub use clean::Clean;
pub use facts::*;
