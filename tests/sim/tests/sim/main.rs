//! The simulator against requests as the real clients send them.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

mod api;
mod coros;
mod faults;
mod fit;
mod import;
mod legacy;
mod lies;
mod login;
mod meanwhile;
mod notify;
mod personal;
mod personal_data;
mod personal_health;
mod sign;
mod tls;
mod together;
mod tokens;
mod upload;
mod widget;
