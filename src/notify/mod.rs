//! Tells people what a run came to: one [`Summary`], put into words once for each channel, sent, and the answer judged.
//!
//! ```text
//! records, judgment → Summary → should_notify? → render → request → Http → judge
//! ```
//!
//! All is pure but for [`deliver`]; time is an argument. What the channels have in common stands in the code, and what
//! each has for itself in one table, [`CHANNELS`]: to teach it another one is a row there.

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
