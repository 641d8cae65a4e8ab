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

use crate::activity::Activity;

/// An activity whose service holds no file of it.
pub const NO_FILE: &str = "none";
/// An activity whose file the service does not give.
pub const UNAVAILABLE: &str = "unavailable";

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
    /// `none`: the service holds no file of it, and never will; `unavailable`: the service has refused its file several
    /// times, and is asked for it once a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    /// The file in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// Since when listings have no longer shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Deleted>,
    /// The entry this one is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<CopyOf>,
    /// What an effect on the platform came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
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
    /// Why it is to go there, or why not, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The target may have it already, and a person wants it sent all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubtful: bool,
    /// The file in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// What the upload came to.
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
    /// `original`, or `export` when the service could only give what it computed itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Of an export: when the original is asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_again: Option<jiff::Timestamp>,
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

/// The entry that another is a copy of, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CopyOf {
    /// The id of the entry that is kept, on the same platform.
    pub id: String,
    /// The evidence, in words.
    pub why: Vec<String>,
    /// `same-file`, `same-exercise`, `two-devices`, `shifted` or `start-only`.
    pub certainty: String,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What an effect on a platform came to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outcome {
    /// `created`, `already-there`, `pending`, `refused` or `skipped`; of a deletion `deleted` or `skipped`.
    pub kind: String,
    /// The id on the platform, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why nothing was deleted. A transfer has its own `why`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A reason, or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Why {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// What went wrong with one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The command that met it.
    pub stage: String,
    /// What can be done about it.
    pub kind: ProblemKind,
    /// What went wrong, and what to try.
    pub message: String,
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
    Gone,
    /// A person has to log in.
    Login,
    /// Nothing is wrong with it; the next run may succeed.
    RetryLater,
    /// What the service sent is not a whole file.
    BadFile,
    /// The service refused it, and will again.
    Refused,
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

impl Problem {
    /// A problem met by the command `stage`.
    pub fn new(stage: &str, kind: ProblemKind, message: impl Into<String>) -> Problem {
        Problem { stage: stage.to_owned(), kind, message: message.into(), unknown: Map::new() }
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
