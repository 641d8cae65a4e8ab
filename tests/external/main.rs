//! Comparisons with independent programs: clients and a server of the services, readers of `.env`, cron, converters and
//! validators of exported files, and the validators of the files in `cron/`.
//!
//! `scripts/test` installs the packages of pip and npm.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod container;
mod corosexport;
mod cron;
mod cron_files;
mod dotenv;
mod export;
mod garminconnect;
mod moto;
mod python;
#[allow(dead_code, reason = "shared with the other test programs")]
#[path = "../support/mod.rs"]
mod support;
