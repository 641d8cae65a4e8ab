//! Archives activities of Garmin Connect, COROS and intervals.icu as verified FIT files, and uploads missing activities between the platforms.
//!
//! Small commands exchange records (one JSON object a line). This library contains the code that they share. Its top-level
//! modules are called rooms.
//!
//! # The tour
//!
//! A command (`src/bin/gs-*.rs`) reads its flags and calls one operation of the engine, [`sync`]. [`cli`] connects both to the
//! terminal. The rooms, from the commands down:
//!
//! ```text
//! bin → cli → sync → { report, notify, importers, docgen, export } → status → { plan, catalogue, platform, archive, settings }
//!     → { record, matching, efforts, streams, privacy, track, fit, http } → walk
//!     → { fs, reason, i18n, exit, schedule, clock, shell, name_pattern, hex, activity, sport }
//! ```
//!
//! A room imports only from rooms to its right; `tests/it/rooms.rs` checks the imports. From left to right:
//!
//! - [`cli`]: flags, messages, tables, progress, signals. Only this room and the commands print. `garminsync` is the command for
//!   people; its subcommands run the other commands ([`cli::front`]). `garminsync sync` runs the pipeline `scripts/sync`.
//! - [`sync`]: the engine, which contains the operations of the commands without a terminal. An operation gets values and
//!   records, returns records, and sends messages to an observer.
//! - [`report`]: the page and `status.json`. [`notify`]: notifications of a run, and the table of the channels.
//! - [`importers`]: the files of other tools. [`docgen`]: man pages, completions and `.env.example`, from the definitions of
//!   commands and settings. [`export`]: recordings as GPX, TCX, CSV and GeoJSON.
//! - [`status`]: a snapshot of the state, and its judgment: whether everything is OK, which work is outstanding, and which actions
//!   a person must take.
//! - [`plan`]: decisions, in pure functions. [`catalogue`]: the SQLite file with all data. [`archive`]: the files on the disk.
//!   [`settings`]: the environment and the `.env` file, defined in one table.
//! - [`platform`]: the services, each behind the same traits; pure functions build requests and parse responses.
//! - [`record`]: the lines that commands exchange. [`matching`]: decides which activities are the same, in pure functions.
//!   [`fit`]: checks FIT files and reads them. [`efforts`]: the fastest distances of runs and the highest powers of rides.
//!   [`streams`]: compares what two files recorded in the same seconds. [`privacy`]: zones that no published track enters.
//!   [`track`]: the area and a small drawing of a track. [`http`]: the only room with sockets.
//! - [`walk`]: files in folders, in zip files, and in zip files inside those.
//! - [`activity`]: an activity on a platform. [`sport`]: the services' types and FIT's sports. [`reason`]: the reason of a result or
//!   failure, as a code with parameters, and its text in each language. [`exit`]: exit codes. [`i18n`]: languages and units.
//!   [`fs`]: locks and atomic writes. [`schedule`]: cron expressions. [`clock`]: the time, and whether a stored time is
//!   reliable. [`shell`]: command lines that people copy. [`name_pattern`]: names of files by a pattern. [`hex`]: hexadecimal digits.
//!
//! `CONTRIBUTING.md` names the files to change to add a platform, a command, a setting, a reason, a channel, a column.

pub mod activity;
pub mod archive;
pub mod catalogue;
pub mod cli;
pub mod clock;
pub mod docgen;
pub mod efforts;
pub mod exit;
pub mod export;
pub mod fit;
pub mod fs;
pub mod hex;
pub mod http;
pub mod i18n;
pub mod importers;
pub mod matching;
pub mod name_pattern;
pub mod notify;
pub mod plan;
pub mod platform;
pub mod privacy;
pub mod reason;
pub mod record;
pub mod report;
pub mod schedule;
pub mod settings;
pub mod shell;
pub mod sport;
pub mod status;
pub mod streams;
pub mod sync;
pub mod track;
pub mod walk;
