//! The commands as real programs, and the library where no command shows a thing, against the simulator in `tests/sim`.
//!
//! One program: `cargo test --test it upload::` runs the modules of a folder, `cargo test --test it upload::killed` one.
//! Tests run in parallel in one process; each works in a folder of its own, and none changes the process itself: its
//! environment, current directory, umask or limits.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fit_reader;
mod fit_scanner;
mod gs_export;
mod gs_fit;
mod gs_notify;
mod outstanding;
mod progress;
mod rooms;
mod source_code;
#[path = "../support/mod.rs"]
mod support;
mod texts;
mod worlds;

mod catalogue {
    mod damaged;
    mod lost;
    mod no_threads_or_locks;
    mod numbers;
    mod wrong_clock;
}

mod delete {
    mod gs_delete;
    mod unsettled;
}

mod docs {
    mod manual;
    mod outbox;
    mod recipes;
    mod record_schema;
    mod statistics;
    mod words;
}

mod download {
    mod coros_oauth;
    mod gs_download;
    mod parallel;
    mod replaced_files;
    mod unavailable;
}

mod engine {
    mod dedupe;
    mod delete;
    mod download;
    mod fetch;
    mod import;
    mod random_worlds;
    mod upload;
}

mod fetch {
    mod coros;
    mod first_listing;
    mod gs_fetch;
}

mod front {
    mod gs_setup;
    mod gs_status;
    mod subcommands;
}

mod http {
    mod blocking_pages;
    mod rate_limit;
    mod slow_responses;
    mod user_agent;
}

mod import {
    mod garmin_export;
    mod gs_import;
    mod many_files;
}

mod list {
    mod csv;
    mod gs_list;
}

mod login {
    mod account_identity;
    mod coros;
    mod coros_oauth;
    mod gs_auth;
    mod token_lifetime;
}

mod plan {
    mod catalogue_input;
    mod cost;
    mod file_contents;
    mod gs_dedupe;
    mod gs_diff;
    mod matching;
    mod recordings;
}

mod platform {
    mod contract;
    mod coros_delete;
    mod coros_oauth;
    mod coros_upload;
    mod folder;
    mod garmin_upload;
    mod intervals;
    mod names;
    mod outbox;
    mod personal;
}

mod report {
    mod comparison;
    mod counts;
    mod fix_commands;
    mod gs_report;
    mod hostile_text;
    mod log;
}

mod schedule {
    mod gs_schedule;
}

mod scripts {
    mod documented_commands;
    mod install;
    mod toolchain;
}

mod settings {
    mod files;
    mod gs_settings;
    mod secrets;
}

mod sync {
    mod gs_sync;
    mod killed;
    mod pipeline;
    mod random_worlds;
}

mod upload {
    mod coros;
    mod garmin;
    mod gs_upload;
    mod killed;
    mod lost_response;
    mod precheck;
    mod records;
    mod system_calls;
}
