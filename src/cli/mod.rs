//! The terminal: flags, messages, tables, progress, signals, input and output. No other module prints.
//!
//! A command's `main` is one call of [`run_command`], which passes the flags and a [`Worker`](crate::sync::Worker) to
//! its work.

mod accounts_output;
mod activity_text;
mod args;
pub mod csv;
mod flags;
pub mod front;
mod generate;
mod input;
mod list_output;
mod messages;
mod number_values;
mod output;
mod progress;
mod read_ahead;
mod record_output;
mod session;
pub mod setup;
mod signals;
mod status;
mod summary;
mod table;

pub use crate::i18n::{clock as duration, size};
pub use accounts_output::print_accounts;
pub use args::{Common, CommonArgs, Filter, OnSignal, RuleArg};
pub use flags::{
    AccountsFlags, AccountsFormat, CatalogueFlags, DeletionLimit, DiffFlags, DownloadFlags, ImportFlags, Language,
    ListFlags, ListFormat, ListingFlags, LoginFlags, LogoutFlags, NotifyFlags, NotifyWhen, PLATFORM_OF_FILES,
    ReportFlags, SortBy, StatusFlags, StatusFormat, Units, UploadLimit,
};
pub use input::{
    Records, TerminalPrompt, check_standard_input, piped_text, records, records_ahead, records_or_catalogue,
    stdin_text, token_source,
};
pub use list_output::{Field, ListColumns, ListOutput};
pub use messages::Messages;
pub use output::{Output, PipeOutput};
pub use record_output::{RecordFlags, RecordFormat, RecordOutput};
pub use session::{LogMode, run_command};
pub use status::status_text;
pub use summary::summary;
pub use table::{Align, Table, shown_platform, table};

pub use crate::sync::{Exit, Failure};
