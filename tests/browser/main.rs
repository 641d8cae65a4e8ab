//! The page in a real browser (Chromium). `scripts/test` installs what the checks need into `target/browser`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod checks;
mod node;
mod page;
#[allow(dead_code, reason = "shared with the other test programs")]
#[path = "../support/mod.rs"]
mod support;
