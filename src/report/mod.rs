//! The page: what people look at. Facts in, HTML and JSON out; no clock, no files, no network.
//!
//! [`Snapshot`] is everything that is shown. [`page`] and [`status_json`] are two views of it.
//!
//! The page is one section a file, in its order: `glance`, `platforms`, `differences`, `pictures`, `log`, `list`. Every
//! text goes through maud, which escapes it; `page.css` and `page.js` are put in as they are, and a policy in the
//! page's head lets the browser heed nothing else. So no element may have a `style` attribute.

mod chart_section;
mod charts;
mod components;
mod differences;
mod labels;
mod list;
mod log;
mod page;
mod platforms;
#[cfg(test)]
mod sample;
mod status_json;
mod summary;

pub use page::{Look, page};
pub use status_json::status_json;

use crate::status::*;
