//! Archives sport activities of Garmin Connect as verified FIT files, and keeps a catalogue of what is there and what is
//! missing. Small commands speak records (one JSON object a line) to each other; this library is what they share.
//!
//! # The tour
//!
//! A command (`src/bin/gs-*.rs`) reads its flags and calls one operation of the engine, [`sync`]; [`cli`] is the terminal around
//! it. From there:
//!
//! ```text
//! bin → cli → docgen, sync → plan, catalogue, platform, archive, older, report, notify, settings
//!           → record, matching, status, http, fit → schedule, walk → fs → reason → i18n, exit, activity, sport, clock, hex
//! ```
//!
//! A room imports only from rooms to its right; `tests/it/rooms.rs` holds that. So:
//!
//! - [`activity`]: an entry on a platform, the one type that everybody knows; [`sport`]: services' types to FIT's.
//! - [`reason`]: why something is so, as a code with parameters, and its texts; [`exit`]: exit codes; [`i18n`]: languages.
//! - [`fs`]: locks, whole files, and what a failure of the file system means; [`clock`]: the time, and what a stored one is worth.
//! - [`record`]: the line format; [`fit`]: is this file whole, and what is it; [`http`]: the only room with sockets.
//! - [`matching`]: which activities are the same exercise, pure: values in, values out.
//! - [`platform`]: the services, each behind one trait; builds requests and reads answers, pure, and sends them by `http`.
//! - [`older`]: what other tools have left on a disk; [`walk`]: files in folders, in zip files, and in zip files inside those.
//! - [`catalogue`]: one SQLite file; [`archive`]: files on the disk; [`plan`]: decisions, pure; [`settings`]: `.env` and friends.
//! - [`sync`]: the engine, what the commands do, without a terminal: values and records in, records out, an observer is told.
//! - [`notify`]: what a run came to, in a few lines, and the table of the channels that are told.
//! - [`status`]: all that stands, as one value, and the one judgment of it: is all well, what is outstanding, what failed.
//! - [`report`]: the page, a view of that value.
//! - [`hex`]: bytes as hexadecimal digits.
//! - [`schedule`]: a cron expression in a time zone, and when it comes.
//! - [`docgen`]: man pages, completions and `.env.example`, from the definitions of commands and settings.
//! - [`cli`]: flags, messages, tables, progress, signals. Only here is anything printed.
//!
//! People type `garminsync`, whose words run these commands ([`cli::front`]); `scripts/sync` is the pipeline behind `sync`.
//!
//! To teach it a platform: one module in `platform`, one row in [`platform::Platforms`], one simulator.
//! To add a command: one file in `src/bin`, one test of the same name, one row in the README, and `scripts/generate`.

pub mod activity;
pub mod archive;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod docgen;
pub mod exit;
pub mod fit;
pub mod fs;
pub mod hex;
pub mod http;
pub mod i18n;
pub mod matching;
pub mod notify;
pub mod older;
pub mod plan;
pub mod platform;
pub mod reason;
pub mod record;
pub mod report;
pub mod schedule;
pub mod settings;
pub mod sport;
pub mod status;
pub mod sync;
pub mod walk;
