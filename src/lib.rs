//! Archives sport activities of Garmin Connect as verified FIT files, and keeps a catalogue of what is there and what is
//! missing. Small commands speak records (one JSON object a line) to each other; this library is what they share.
//!
//! # The tour
//!
//! A command (`src/bin/gs-*.rs`) reads its flags and calls one operation of the engine, [`sync`]; [`cli`] is the terminal around
//! it. From there:
//!
//! ```text
//! bin → cli → sync → { report, notify, importers, docgen } → status → { plan, catalogue, platform, archive, settings }
//!     → { record, matching, fit, http } → walk
//!     → { fs, reason, i18n, exit, schedule, clock, shell, hex, activity, sport }
//! ```
//!
//! A room imports only from rooms to its right; `tests/it/rooms.rs` checks that. From the left:
//!
//! - [`cli`]: flags, messages, tables, progress, signals. Only this room and the commands print. People type `garminsync`, whose
//!   words run the other commands ([`cli::front`]); `scripts/sync` is the pipeline behind `sync`.
//! - [`sync`]: the engine, what the commands do, without a terminal: values and records in, records out, messages to an observer.
//! - [`report`]: the page and `status.json`. [`notify`]: messages about a run, and the table of the channels.
//! - [`importers`]: the files of other tools. [`docgen`]: man pages, completions and `.env.example`, from the definitions of
//!   commands and settings.
//! - [`status`]: a snapshot of everything, and its judgment: is everything OK, what is outstanding, what needs a person.
//! - [`plan`]: decisions, pure. [`catalogue`]: one SQLite file. [`archive`]: the files on the disk. [`settings`]: the environment
//!   and the `.env` file, by one table.
//! - [`platform`]: the services, each behind the same traits; pure functions build requests and parse responses.
//! - [`record`]: the lines that commands exchange. [`matching`]: which activities are the same, pure. [`fit`]: whether a file is
//!   whole, and what it says. [`http`]: the only room with sockets.
//! - [`walk`]: files in folders, in zip files, and in zip files inside those.
//! - [`activity`]: an activity on a platform. [`sport`]: the services' types and FIT's sports. [`reason`]: why something is so, as a
//!   code with parameters, and its texts in each language. [`exit`]: exit codes. [`i18n`]: languages and units. [`fs`]: locks and
//!   atomic writes. [`schedule`]: cron expressions. [`clock`]: the time, and how far a stored time is reliable. [`shell`]: command
//!   lines that people copy. [`hex`]: digits.
//!
//! `CONTRIBUTING.md` names the files to change to add a platform, a command, a setting, a reason, a channel, a column.

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
pub mod importers;
pub mod matching;
pub mod notify;
pub mod plan;
pub mod platform;
pub mod reason;
pub mod record;
pub mod report;
pub mod schedule;
pub mod settings;
pub mod shell;
pub mod sport;
pub mod status;
pub mod sync;
pub mod walk;
