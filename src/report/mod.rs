//! The page: what people look at. Facts in, HTML and JSON out; no clock, no files, no network.
//!
//! [`Facts`] is everything that is shown; `cli` reads it from the catalogue. [`page`] and [`status`] are two views of it.
//!
//! The page is one section a file, in its order: `glance`, `platforms`, `differences`, `pictures`, `log`, `list`. Every
//! text goes through maud, which escapes it; `page.css` and `page.js` are put in as they are, and a policy in the
//! page's head lets the browser heed nothing else. So no element may have a `style` attribute.

mod charts;
mod clean;
mod differences;
mod facts;
mod glance;
mod list;
mod log;
mod page;
mod pictures;
mod platforms;
#[cfg(test)]
mod sample;
mod show;
pub mod state;
mod status;
mod word;
mod words;

pub use clean::Clean;
pub use facts::*;
pub use page::{Look, page};
pub use status::status;
pub use word::{flag, word};
