//! The engine: what the commands do, without a terminal.
//!
//! An operation gets a [`Worker`], values and a [`RecordSink`], and reports its progress to an [`Observer`]. It prints
//! nothing, knows no command-line flag and never exits the process.
//!
//! - `workspace`: the state that all operations of a run share; `shared_catalogue`: the catalogue for platforms;
//!   `observer`: progress and messages; `error`: how much a failure stops; `network`: how requests are sent.
//! - `connect` opens an account, and is the only place that checks its owner. `selection`: the selected platforms.
//! - Accounts: `login`, `ownership`.
//! - Reading: `fetch`, `listing`, `download`, `file_store`, `import`.
//! - Deciding: `diff`, `dedupe`, from `history` and `matching`.
//! - Writing: `write_connection`, `suspension`, `upload`, `delete`.
//! - Settings: `check`, `shown_settings`, `remarks`.
//! - Scheduling: `schedule`, `liveness`.
//! - Reporting: `list`, `fit_messages`, `overview`, `report` (the page), `notify`, `records`. Publishing: `export`.
//!   `recording_files`: the FIT files that a command reads.

mod accounts;
mod catalogue_input;
mod channels;
mod check;
mod comparisons;
mod connect;
mod contents;
mod data_dir;
mod dedupe;
mod delete;
mod diff;
mod download;
mod error;
mod export;
mod fetch;
mod file_quota;
mod file_store;
mod filter;
mod fit_messages;
mod history;
mod import;
mod list;
mod listing;
mod liveness;
mod login;
mod matching;
mod network;
mod notify;
mod number_range;
mod observer;
mod orphans;
mod overview;
mod ownership;
mod publish;
mod recording_files;
mod records;
mod remarks;
mod report;
mod schedule;
mod selection;
mod shared_catalogue;
mod shown_settings;
mod sink;
mod spool;
mod suspension;
mod upload;
mod workspace;
mod write_connection;

pub use catalogue_input::{CatalogueInput, Input};
pub use channels::Ready;
pub use contents::{IndexCounts, index};
pub use data_dir::DataDir;
pub use dedupe::{DedupeOptions, dedupe};
pub use delete::{DeleteOptions, delete};
pub use diff::{DiffOptions, diff};
pub use download::{DownloadOptions, download};
pub use error::{Error, Failure, ItemResult, Result};
pub use export::{ExportOptions, ExportTarget, export};
pub use fetch::{FetchOptions, fetch, fetch_platforms};
pub use file_store::{LocalFile, NotKept, StoreAs, StoreResult, is_due};
pub use filter::ActivityFilter;
pub use fit_messages::{FitOptions, FitSelection, fit_message_names, fit_messages};
pub use history::{Histories, History};
pub use import::import;
pub use list::{ListOptions, ListState, ListStats, SortKey, empty_list_text, is_downloaded, list, list_stats};
pub use listing::{Listed, Listing};
pub use liveness::RunningLock;
pub use login::{
    AccountStatus, KeyOptions, LoginOptions, Prompt, TokenSource, accounts, export_token, forget_account, import_token,
    login, logout, set_key,
};
pub use network::SharedHttp;
pub use notify::{NotifyOptions, notify, ping_start, test_channels};
pub use number_range::{NumberField, NumberRange};
pub use observer::{Collector, Item, Level, Message, Observer, Progress, Task};
pub use ownership::{Ownership, person};
pub use publish::OutputFolder;
pub use recording_files::RecordingInput;
pub use records::{file_ref, record_of};
pub use report::{ReportOptions, write_report};
pub use schedule::{ScheduleInfo, StoredSchedule, disable_schedule, enable_schedule, set_schedule, stored_schedule};
pub use selection::{names_of, selection_of_flag, selection_of_setting, split_raw};
pub use sink::{RecordSink, RecordSource, RecordStream, output_failure};
pub use upload::{UploadOptions, upload};
pub use workspace::{FirstError, Log, OpenedPlatforms, Worker, Workspace};
pub use write_connection::{TargetCheck, WriteConnection, WriteConnections};

pub use crate::exit::Exit;
