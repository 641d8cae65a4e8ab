//! The page for people and `status.json`: turns a [`Snapshot`] into HTML and JSON. No clock, no files, no network.
//!
//! Each section of the page is one file, in this order: `summary`, `platforms`, `differences`, `chart_section`, `log`,
//! `list`. `maud` escapes every text. `page.css` and `page.js` are inserted unchanged, and a policy in the head of the
//! page blocks all other styles and scripts. So no element may have a `style` attribute.

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
#[cfg(test)]
pub use status_json::status_json;
pub use status_json::write_status_json;

use crate::status::*;
