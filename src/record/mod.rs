//! The records that commands exchange: one JSON object a line, with a `type`.
//!
//! [`Reader`] reads lines and reports the number of an invalid one; [`Record::write`] writes a line. New versions only add
//! fields, and commands pass unknown fields and types on unchanged, so commands of different versions and scripts can be
//! combined.

mod activity_line;
mod fit_message;
mod reader;

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use activity_line::ActivityLine;
pub use fit_message::FitMessageRecord;
pub use reader::{Line, Malformed, Numbered, Reader};

use crate::activity::{Activity, ActivityKey, Numbers};
use crate::exit::Exit;
use crate::i18n::Lang;
use crate::reason::Reason;

/// One line of the input or output.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// `"type":"activity"`
    Activity(Box<ActivityRecord>),
    /// `"type":"transfer"`
    Transfer(Box<TransferRecord>),
    /// Any other type: the line unchanged, without its line end.
    Other(Vec<u8>),
}

/// An activity, and what the commands so far found out about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityRecord {
    /// The activity itself; its fields stand at the top level of the record.
    #[serde(flatten)]
    pub activity: Activity,
    /// The numbers of the activity; its fields stand at the top level of the record.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// Whether the file of the activity is in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloaded: Option<bool>,
    /// The service has no file of the activity and will never have one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_original: bool,
    /// The service did not provide the file in several runs; the file is requested once a week.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unavailable: bool,
    /// The file in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// Set if the platform no longer lists the activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Deleted>,
    /// The activity on the same platform that this one duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<DuplicateOf>,
    /// The result of a change on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The same activity on other platforms; printed only by `gs-list --unique`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_on: Vec<ActivityKey>,
    /// The paths of the files that gs-export made of the activity: absolute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exported: Vec<String>,
    /// What failed. Later commands do not process a record with a problem and pass it on unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The planned upload of an activity to a platform.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TransferRecord {
    /// The platform that receives the upload.
    pub to: String,
    /// The activity to upload, with the fields of an activity record except `type`.
    pub activity: ActivityRecord,
    /// Why the activity is uploaded, or why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Explanation>,
    /// Upload even if the target may already have the activity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_possible_duplicate: bool,
    /// The file in the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
    /// The result of the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileRef {
    /// The path of the file: absolute, or relative to the data folder.
    pub path: String,
    /// The SHA-256 of the file, in lower-case hex.
    pub sha256: String,
    /// The size of the file.
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
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// Since when the platform no longer lists the activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Deleted {
    /// The first listing that should have contained the activity and did not.
    pub since: jiff::Timestamp,
    /// Whether a second listing did not contain the activity either: only then the activity counts as deleted.
    pub confirmed: bool,
    /// Fields that this version does not know.
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
    /// `same-file`, `match`, `two-devices`, `trimmed`, `shifted` or `start-only`.
    pub certainty: String,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The result of a change on a platform.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Outcome {
    /// `created`, `exists`, `pending`, `rejected` or `skipped`; of a deletion `deleted` or `skipped`.
    pub kind: String,
    /// The id on the platform, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Why nothing was deleted. A transfer has `reasons` of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Explanation>,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A reason in a record: its code, its parameters and an English text.
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
    /// Its text in English, for people. No code reads it.
    #[serde(default)]
    pub text: String,
}

impl Explanation {
    /// The reason; one of another version has its text only.
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

/// Several reasons as records have them.
pub fn explained(reasons: impl IntoIterator<Item = Reason>) -> Vec<Explanation> {
    reasons.into_iter().map(Explanation::from).collect()
}

/// Why a command could not process a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Problem {
    /// The command that failed.
    pub command: String,
    /// The kind of the problem.
    pub kind: ProblemKind,
    /// Why the command failed.
    pub reason: Explanation,
    /// Fields that this version does not know.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// The kind of a problem: what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The activity is no longer on the platform.
    NotFound,
    /// A login is needed.
    LoginRequired,
    /// Temporary failure; the next run may succeed.
    Retry,
    /// The file is corrupt: the response of the service, or the file in the archive.
    CorruptFile,
    /// The service rejected the file or the request and would reject it again.
    Rejected,
    /// A file, the disk or the proxy of this machine failed.
    Storage,
    /// The login and the data folder belong to different accounts.
    Account,
    /// A setting must be changed: on this machine, or of the account on the website of the service.
    Config,
    /// A kind of a later version.
    #[serde(untagged)]
    Other(String),
}

impl ProblemKind {
    /// The name of the kind in records.
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

    /// The exit code of a command that has such a problem.
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
    /// A failure of `command`.
    pub fn new(command: &str, kind: ProblemKind, reason: Reason) -> Problem {
        Problem { command: command.to_owned(), kind, reason: reason.into(), unknown: Map::new() }
    }

    /// Why the command failed.
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

/// The type is read first: an untagged union would treat an invalid activity as an unknown type and pass it on.
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

/// A line of an object, with a further field at its end, which it must not have yet. All other bytes stay as they are,
/// except that white space at the end of the line is removed.
///
/// # Errors
/// The value cannot be written as JSON.
pub fn with_field(line: &[u8], name: &str, value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let line = line.trim_ascii_end();
    let mut changed = Vec::with_capacity(line.len() + 256);
    changed.extend_from_slice(line.strip_suffix(b"}").unwrap_or(line));
    changed.push(b',');
    serde_json::to_writer(&mut changed, name)?;
    changed.push(b':');
    serde_json::to_writer(&mut changed, value)?;
    changed.push(b'}');
    Ok(changed)
}

impl Record {
    /// Reads one line that is passed on in any case: what cannot be read is kept unchanged.
    pub fn parse_or_other(line: &[u8]) -> Record {
        Record::parse(line).unwrap_or_else(|_| Record::Other(line.to_vec()))
    }

    /// Reads one line. An unknown type is kept unchanged; a known type with invalid fields is an error.
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

    /// The activity of the record, if it has one.
    fn activity_mut(&mut self) -> Option<&mut Activity> {
        match self {
            Record::Activity(record) => Some(&mut record.activity),
            Record::Transfer(record) => Some(&mut record.activity.activity),
            Record::Other(_) => None,
        }
    }

    /// The problem of an earlier command, if any.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Record::Activity(record) => record.problem.as_ref(),
            Record::Transfer(record) => record.problem.as_ref().or(record.activity.problem.as_ref()),
            Record::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod fit_message_schema_tests;
#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
