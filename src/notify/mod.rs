//! Tells people what a run came to: one [`Summary`], put into words once for each channel, sent, and the answer judged.
//!
//! ```text
//! records, judgment → Summary → speaks? → render → request → Http → judge
//! ```
//!
//! All is pure but for [`deliver`]; time is an argument. What the channels have in common stands in the code, and what
//! each has for itself in one table, [`CHANNELS`]: to teach it another one is a row there.

mod address;
mod answer;
mod channels;
mod cut;
mod deliver;
mod policy;
mod render;
mod report;
mod request;
mod sign;
mod summary;
mod words;

pub use crate::i18n::Lang;
pub use address::Address;
pub use answer::{ChannelRejection, Judge, RejectionCause};
pub use channels::{Also, Body, CHANNELS, Channel, Markdown, Proof, RequestForm};
pub use cut::{TextLimit, Unit, cut};
pub use deliver::{NotTaken, deliver};
pub use policy::{Marks, On, Tone, speaks};
pub use render::{Style, Text, render};
pub use report::report;
pub use request::{ChannelRequest, Keys, ping_address, request};
pub use summary::{FailureKind, FailureSummary, SkippedGroup, Summary, SummaryEntry};
