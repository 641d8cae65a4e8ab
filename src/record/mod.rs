//! The record: one JSON object a line, with a `type`. What the commands say to each other.
//!
//! [`Reader`] takes lines in and names the number of a bad one; [`Record::write`] puts one out. Fields are only ever
//! added: a field or a type that this version does not know passes through unchanged, so any stage may be older than
//! its neighbours, or be replaced by a script.

mod reader;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use reader::{Line, Malformed, Numbered, Reader};

use crate::activity::{Activity, ActivityKey};
use crate::exit::Exit;
use crate::i18n::Lang;
use crate::reason::Reason;

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// `"type":"activity"`
    Activity(Box<ActivityRecord>),
    /// `"type":"transfer"`
    Transfer(Box<TransferRecord>),
    /// Any other type: the line as it came, without its line end.
    Other(Vec<u8>),
}

/// An activity, and what the stages so far have found out about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityRecord {
    /// The activity itself; its fields stand at the top level of the record.
    #[serde(flatten)]
    pub activity: Activity,
    /// Whether its file is in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloaded: Option<bool>,
    /// The service has no file of it, and never will.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_original: bool,
    /// The service has rejected its file several times, and is asked for it once a week.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unavailable: bool,
    /// The file in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// Since when listings have no longer shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Deleted>,
    /// The activity on the same platform that this one duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<DuplicateOf>,
    /// The result of a change on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The same activity on other platforms, as far as it is there; only `gs-list --unique` tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_on: Vec<ActivityKey>,
    /// What went wrong with it. A record with a problem passes all later stages untouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// One activity to be put on one platform.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TransferRecord {
    /// The platform it goes to.
    pub to: String,
    /// What is to be put there: an activity as it stands in a record of its own, without the `type`.
    pub activity: ActivityRecord,
    /// Why it is uploaded, or why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Explanation>,
    /// The target may have it already, and a person wants it uploaded anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_possible_duplicate: bool,
    /// The file in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// The result of the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What went wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileRef {
    /// Where it is: absolute, or relative to the data folder.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// `fit`, `gpx` or `tcx`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// `original`: the recorded file; `converted`: a file that the service computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Of a converted file: when the original is requested again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_original_at: Option<jiff::Timestamp>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// An activity that is no longer on its platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Deleted {
    /// The first listing that should have shown it and did not.
    pub since: jiff::Timestamp,
    /// Whether a second listing agreed: only then it is taken for deleted by a person.
    pub confirmed: bool,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The activity that another one duplicates, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DuplicateOf {
    /// The id of the activity that is kept, on the same platform.
    pub id: String,
    /// The evidence.
    pub reasons: Vec<Explanation>,
    /// `same-file`, `match`, `two-devices`, `shifted` or `start-only`.
    pub certainty: String,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The result of a change on a platform.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outcome {
    /// `created`, `exists`, `pending`, `rejected` or `skipped`; of a deletion `deleted` or `skipped`.
    pub kind: String,
    /// The id on the platform, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why nothing was deleted. A transfer has `reasons` of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Explanation>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A reason, as records carry it: its code, its parameters and an English text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Explanation {
    /// A reason of this version.
    Known(Explained),
    /// A reason of another version or program.
    Unknown(Map<String, Value>),
}

/// A reason of this version, and its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// The reason.
    #[serde(flatten)]
    pub reason: Reason,
    /// Its text in English. Nothing reads it again.
    #[serde(default)]
    pub text: String,
}

impl Explanation {
    /// The reason; one of another version in its own words.
    pub fn reason(&self) -> Reason {
        match self {
            Explanation::Known(explained) => explained.reason.clone(),
            Explanation::Unknown(fields) => {
                Reason::other(fields.get("text").and_then(Value::as_str).unwrap_or_default())
            }
        }
    }
}

impl From<Reason> for Explanation {
    fn from(reason: Reason) -> Explanation {
        let text = reason.text(Lang::En);
        Explanation::Known(Explained { reason, text })
    }
}

/// Several reasons, as records carry them.
pub fn explained(reasons: impl IntoIterator<Item = Reason>) -> Vec<Explanation> {
    reasons.into_iter().map(Explanation::from).collect()
}

/// What went wrong with one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The command that met it.
    pub command: String,
    /// What can be done about it.
    pub kind: ProblemKind,
    /// What went wrong.
    pub reason: Explanation,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What can be done about a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// It is no longer on the platform.
    NotFound,
    /// A person has to log in.
    LoginRequired,
    /// Nothing is wrong with it; the next run may succeed.
    Retry,
    /// What the service sent is not an intact file, or the one in the archive is not.
    CorruptFile,
    /// The service rejected it, and will again.
    Rejected,
    /// The archive could not be written.
    Storage,
    /// The login belongs to another account than the data folder.
    Account,
    /// A person has to change a setting here, or one of the account on its website.
    Config,
    /// A kind of a later version.
    #[serde(untagged)]
    Other(String),
}

impl ProblemKind {
    /// As it stands in records.
    pub fn name(&self) -> &str {
        match self {
            ProblemKind::NotFound => "not-found",
            ProblemKind::LoginRequired => "login-required",
            ProblemKind::Retry => "retry",
            ProblemKind::CorruptFile => "corrupt-file",
            ProblemKind::Rejected => "rejected",
            ProblemKind::Storage => "storage",
            ProblemKind::Account => "account",
            ProblemKind::Config => "config",
            ProblemKind::Other(name) => name,
        }
    }

    /// What a problem of one record means for the exit of its command.
    pub fn exit(&self) -> Exit {
        match self {
            ProblemKind::LoginRequired => Exit::LoginRequired,
            ProblemKind::Retry => Exit::TempFail,
            ProblemKind::Account | ProblemKind::Storage | ProblemKind::Config => Exit::Config,
            _ => Exit::Partial,
        }
    }
}

impl Problem {
    /// A problem that `command` met.
    pub fn new(command: &str, kind: ProblemKind, reason: Reason) -> Problem {
        Problem { command: command.to_owned(), kind, reason: reason.into(), unknown: Map::new() }
    }

    /// What went wrong.
    pub fn why(&self) -> Reason {
        self.reason.reason()
    }
}

impl From<ActivityRecord> for Record {
    fn from(record: ActivityRecord) -> Record {
        Record::Activity(Box::new(record))
    }
}

impl From<TransferRecord> for Record {
    fn from(record: TransferRecord) -> Record {
        Record::Transfer(Box::new(record))
    }
}

/// The type first: an untagged union would take a malformed activity for an unknown type and let it pass.
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(flatten)]
    body: &'a T,
}

impl Record {
    /// Reads one line. An unknown type is kept as it is; a known one that does not fit its shape is an error.
    pub fn parse(line: &[u8]) -> Result<Record, serde_json::Error> {
        let tag: Tag = serde_json::from_slice(line)?;
        match tag.kind.as_ref() {
            "activity" => {
                let mut record: ActivityRecord = serde_json::from_slice(line)?;
                record.unknown.remove("type");
                Ok(record.into())
            }
            "transfer" => {
                let mut record: TransferRecord = serde_json::from_slice(line)?;
                record.unknown.remove("type");
                Ok(record.into())
            }
            _ => Ok(Record::Other(line.to_vec())),
        }
    }

    /// Writes one line, its line end included.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        // One write a record: a reader at the other end of a pipe never sees half a line of ours.
        let mut line = match self {
            Record::Activity(body) => serde_json::to_vec(&Tagged { kind: "activity", body: body.as_ref() })?,
            Record::Transfer(body) => serde_json::to_vec(&Tagged { kind: "transfer", body: body.as_ref() })?,
            Record::Other(line) => line.clone(),
        };
        line.push(b'\n');
        out.write_all(&line)
    }

    /// The activity that it tells of, if it tells of one.
    fn activity_mut(&mut self) -> Option<&mut Activity> {
        match self {
            Record::Activity(record) => Some(&mut record.activity),
            Record::Transfer(record) => Some(&mut record.activity.activity),
            Record::Other(_) => None,
        }
    }

    /// The problem that an earlier stage met, if any.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Record::Activity(record) => record.problem.as_ref(),
            Record::Transfer(record) => record.problem.as_ref().or(record.activity.problem.as_ref()),
            Record::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
