//! What all commands share: flags, messages, exit codes, the run. Only here is anything printed.
//!
//! A command's `main` is one call of [`main`]; its work gets a [`Run`] and says how it ended.

mod accounts;
mod ahead;
mod args;
mod channels;
mod check;
mod compare;
pub mod csv;
mod delete;
mod download;
mod exit;
mod facts;
mod flags;
pub mod front;
mod generate;
mod histories;
mod identity;
mod import;
mod input;
mod keep;
mod life;
mod listing;
mod orphans;
mod output;
mod place;
mod platforms;
mod progress;
mod publish;
mod remarks;
mod run;
pub mod setup;
mod show;
mod signals;
mod table;
mod talk;
mod target;
mod upload;
mod zone;

pub use crate::lang::{clock as duration, size};
pub use args::{Common, Filter, HasCommon, named, names_of};
pub use channels::Ready;
pub use compare::{Rule, candidate};
pub use delete::{Deletions, MAX_DELETE};
pub use download::Downloads;
pub use exit::{Exit, Failure, Outcome};
pub use flags::{
    AccountsFlags, AccountsFormat, DeletionLimit, DiffFlags, DownloadFlags, ImportFlags, Language, ListFlags,
    ListFormat, ListState, ListingFlags, LoginFlags, LogoutFlags, NotifyFlags, NotifyWhen, ReportFlags, UploadLimit,
};
pub use histories::{Histories, History};
pub use identity::{Ownership, person};
pub use import::Import;
pub use input::{Records, all_records, ask_code, ask_hidden, ask_line, records, stdin_text};
pub use keep::{Known, NotKept, Origin, is_due};
pub use listing::{Listed, Listing};
pub use output::Output;
pub use progress::Bar;
pub use publish::Folder;
pub use run::{Log, Run, main};
pub use show::{file_ref, record_of, time_left};
pub use table::{Align, Table, table};
pub use talk::Talk;
pub use target::{Target, Targets};
pub use upload::{Timing, Uploads};
pub use zone::{MachineZone, machine_zone};
