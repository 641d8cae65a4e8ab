//! Tests that mount file systems, change host names and ports, or replace the crontab: each test runs itself again in
//! private namespaces of mounts and network.
//!
//! They require `unshare` (util-linux), and root or a kernel that lets users create namespaces.
//! A test of one command that needs a mount is with the other tests of that command, in `tests/it`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod daemon;
mod disk;
mod proxy;
mod proxy_server;
mod read_only;
#[allow(dead_code, reason = "shared with the other test programs")]
#[path = "../support/mod.rs"]
mod support;

mod tls;
