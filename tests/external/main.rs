//! Ours against programs that others wrote: clients and a server of the services, readers of `.env`, cron, and the
//! validators of each kind of file in `cron/`.
//!
//! `scripts/test` installs what pip and npm bring.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod container;
mod corosexport;
mod cron;
mod cron_files;
mod dotenv;
mod garminconnect;
mod moto;
mod python;
#[allow(dead_code, reason = "shared with the other test programs")]
#[path = "../support/mod.rs"]
mod support;
