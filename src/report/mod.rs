//! The page: what people look at. Facts in, HTML and JSON out; no clock, no files, no network.
//!
//! [`Facts`] is everything that is shown; `cli` reads it from the catalogue. [`page`] and [`status`] are two views of it.

mod clean;
mod facts;
mod page;
pub mod state;
mod status;
mod word;

pub use clean::Clean;
pub use facts::*;
pub use page::{Look, page};
pub use status::status;
pub use word::{flag, word};
