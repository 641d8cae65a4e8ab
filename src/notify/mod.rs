//! Notifies people of the result of a run: builds one [`Summary`], renders it for each channel, sends it, and checks the
//! response.
//!
//! ```text
//! records, judgment → Summary → should_notify? → render → request → Http → response
//! ```
//!
//! Everything is pure except [`deliver`]; the time is an argument. The code has what the channels share, and the table
//! [`CHANNELS`] what differs: a new channel is one item there.

mod address;
mod channels;
mod cut;
mod deliver;
mod policy;
mod render;
mod report;
mod request;
mod response;
mod signature;
mod summary;
mod summary_text;

pub use crate::i18n::Lang;
pub use address::Address;
pub use channels::{Body, CHANNELS, Channel, ExtraSetting, Markdown, Proof, RequestForm};
pub use cut::{TextLimit, Unit, cut};
pub use deliver::{DeliveryError, deliver};
pub use policy::{Marks, NotifyOn, Tone, should_notify};
pub use render::{Style, Text, render};
pub use report::report;
pub use request::{ChannelRequest, Keys, ping_address, request};
pub use response::{ChannelRejection, RejectionCause, ResponseCheck};
pub use summary::{FailureKind, FailureSummary, SkippedGroup, Summary, SummaryEntry};
