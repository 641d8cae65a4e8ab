//! The record of one message of a FIT file, as `gs-fit` prints it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// One message of a FIT file.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FitMessageRecord {
    /// The FIT name of the message, such as `session` or `record`; `unknown_233` if the profile has no name for it. The
    /// message `activity` has the type `fit_activity`, because `activity` is another record.
    #[serde(rename = "type")]
    pub kind: String,
    /// The platform of the activity, if its record was the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The id of the activity on its platform, if its record was the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The path of the file; `-` for standard input. In a zip file, the path goes on below the zip.
    pub file: String,
    /// The number of the message among those of the same type in the file, from 0.
    pub index: u64,
    /// When the message was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// The other fields that the FIT profile names.
    #[serde(flatten)]
    pub named: Map<String, Value>,
    /// The fields that an app on the device described, by their names.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub developer_fields: Map<String, Value>,
    /// With `--raw`: all fields as they are stored, by their number; developer fields by the index of their
    /// developer and their number, such as `0.7`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}
