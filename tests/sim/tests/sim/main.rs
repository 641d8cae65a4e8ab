//! The simulator against requests as the real clients send them.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

mod api;
mod coros;
mod faults;
mod fit;
mod four;
mod import;
mod intervals;
mod intervals_faults;
mod intervals_files;
mod intervals_push;
mod intervals_upload;
mod legacy;
mod lies;
mod login;
mod meanwhile;
mod notify;
mod sign;
mod tls;
mod together;
mod tokens;
mod upload;
mod widget;
