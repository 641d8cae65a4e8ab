//! The effects of faults on a request or on its response.

use super::meanwhile::{Change, When};
use crate::garmin;
use crate::http::Response;
use crate::zipfile;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The effect of a fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// The response is delayed.
    Latency {
        /// The delay.
        ms: u64,
    },
    /// A different status instead of the response; the request has no effect.
    Status {
        /// The status.
        status: u16,
        /// Value of a Retry-After header.
        #[serde(default)]
        retry_after: Option<String>,
        /// Body; a JSON error of the service if absent.
        #[serde(default)]
        body: Option<String>,
        /// Type of the body, `application/json` if absent.
        #[serde(default)]
        content_type: Option<String>,
    },
    /// 200 with a web page instead of the response.
    Html,
    /// A web page of a proxy in front of the service instead of the response; the request has no effect.
    Challenge {
        /// The status, 403 if absent.
        #[serde(default = "forbidden")]
        status: u16,
    },
    /// 200 with a JSON error instead of the response.
    JsonError,
    /// 401 with the bearer challenge.
    Unauthorized,
    /// The body stops after `at` bytes although its head announced all; then the connection ends.
    Cut {
        /// The number of bytes of the body that are sent.
        at: usize,
    },
    /// The connection is reset before any response; the request has no effect.
    Reset,
    /// Nothing is sent for `ms`, then the connection ends; the request has no effect.
    Stall {
        /// The duration.
        ms: u64,
    },
    /// The request takes effect, but the response never arrives.
    AnswerLost,
    /// The request takes effect at once, and the response is sent only after `ms`.
    Held {
        /// The delay.
        ms: u64,
    },
    /// The response is sent in small pieces.
    Drip {
        /// Milliseconds before each piece.
        ms: u64,
        /// Bytes in a piece.
        #[serde(default = "one")]
        bytes: usize,
        /// The head is sent in pieces, too; else only the body.
        #[serde(default)]
        head: bool,
    },
    /// A JSON response grows to this many MiB and stays valid: an item or the object gets a field `padding`.
    Huge {
        /// Its size, uncompressed.
        mebibytes: usize,
    },
    /// The service responds as if the token belonged to another account of the scenario.
    AsAccount {
        /// Login name of the other account, of the same domain or on COROS.
        email: String,
    },
    /// Lists and counts show nothing.
    ListEmpty {
        /// Garmin: 204 instead of `[]`.
        #[serde(default)]
        no_content: bool,
        /// COROS: the list's `count` is still correct.
        #[serde(default)]
        count_true: bool,
    },
    /// No activity in a list has a readable start or end.
    ListWithoutStarts {
        /// The fields have invalid values; else they are absent.
        #[serde(default)]
        nonsense: bool,
    },
    /// Lists show activities without their ids.
    ListWithoutIds,
    /// Lists are in random order, the same for every page, so that all pages together are complete.
    ListShuffled {
        /// Seed of the order.
        #[serde(default)]
        seed: u64,
    },
    /// Lists and counts omit one activity.
    ListWithout {
        /// Its id.
        id: u64,
        /// COROS: the list's `count` is still correct.
        #[serde(default)]
        count_true: bool,
    },
    /// An upload or import is accepted, and never becomes an activity.
    Dropped {
        /// Garmin: the status of the upload is 404; else the status reports success.
        #[serde(default)]
        gone: bool,
    },
    /// Another client changes something during the request.
    Meanwhile {
        /// Before or after the request takes effect; "after" is still before its response is sent.
        #[serde(default)]
        when: When,
        /// The change.
        change: Change,
    },
    /// Original downloads: a zip truncated after `at` bytes, with a matching length.
    TruncatedZip {
        /// The remaining number of bytes.
        at: usize,
    },
    /// Original downloads: one bit of the packed data is flipped.
    FlipZip,
    /// Original downloads: a valid zip with a FIT file in which one bit is flipped.
    FlipFit,
    /// Original downloads: a zip without entries.
    EmptyZip,
    /// Original downloads: a zip that unpacks to this many MiB.
    ZipBomb {
        /// Unpacked size.
        mebibytes: u32,
    },
    /// Original downloads: the entry is named `../../evil_<name>`.
    ZipTraversal,
    /// Original downloads: the zip has an empty entry before the file.
    ZipExtraEntry,
}

fn forbidden() -> u16 {
    403
}

fn one() -> usize {
    1
}

impl Effect {
    /// Whether other effects apply to the same request as well.
    pub fn combines(&self) -> bool {
        matches!(
            self,
            Effect::Latency { .. }
                | Effect::Drip { .. }
                | Effect::Huge { .. }
                | Effect::AsAccount { .. }
                | Effect::ListEmpty { .. }
                | Effect::ListWithoutStarts { .. }
                | Effect::ListWithoutIds
                | Effect::ListShuffled { .. }
                | Effect::ListWithout { .. }
                | Effect::Dropped { .. }
                | Effect::Meanwhile { .. }
        )
    }

    /// Its name in JSON.
    pub fn name(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value["kind"].as_str().unwrap_or("effect").to_owned()
    }

    /// The response in place of the service's, for effects that prevent the request from reaching the service.
    pub fn instead(&self) -> Option<Response> {
        match self {
            Effect::Status { status, retry_after, body, content_type } => {
                let default = format!("{{\"message\":\"HTTP {status}\",\"error\":\"Fault\"}}");
                let media = content_type.as_deref().unwrap_or("application/json");
                let response = Response::text(*status, media, body.as_deref().unwrap_or(&default));
                Some(match retry_after {
                    Some(value) => response.with("retry-after", value),
                    None => response,
                })
            }
            Effect::Html => Some(Response::html(200, "<!DOCTYPE html><html><title>Maintenance</title></html>")),
            Effect::Challenge { status } => Some(garmin::challenge(*status, "")),
            Effect::JsonError => {
                Some(Response::json(200, &json!({"message": "An error occurred", "error": "WebApplicationException"})))
            }
            Effect::Unauthorized => Some(garmin::unauthorized("invalid_token", "The token expired")),
            _ => None,
        }
    }

    /// Changes the service's response, for effects on its content.
    pub fn repack(&self, response: &mut Response) {
        if let Effect::Huge { mebibytes } = self {
            return swell(response, mebibytes << 20);
        }
        let Some(original) = response.original.clone() else { return };
        if let Some(body) = super::gzip::repacked(self, &original.bytes, &response.body) {
            response.body = body;
            return;
        }
        let (name, bytes) = (original.entry.as_str(), original.bytes.as_slice());
        response.body = match self {
            Effect::FlipFit if original.raw => crate::fit::damage::flip_bit(bytes, bytes.len() * 2 / 3, 3),
            Effect::TruncatedZip { at } => response.body[..(*at).min(response.body.len())].to_vec(),
            Effect::FlipZip => zipfile::zip_with_flipped_data(name, bytes),
            Effect::FlipFit => zipfile::zip_of(name, &crate::fit::damage::flip_bit(bytes, bytes.len() * 2 / 3, 3)),
            Effect::EmptyZip => zipfile::empty_zip(),
            Effect::ZipBomb { mebibytes } => zipfile::zip_bomb(name, *mebibytes),
            Effect::ZipTraversal => zipfile::zip_of(&format!("../../evil_{name}"), bytes),
            Effect::ZipExtraEntry => zipfile::zip_of_many(&[("readme.txt", b"".as_slice()), (name, bytes)]),
            _ => return,
        };
    }
}

/// Enlarges a JSON response to about this size by a field of many small objects. The other fields stay unchanged.
fn swell(response: &mut Response, size: usize) {
    const PIECE: &str = "{\"x\":{}},";
    const MARK: &str = "padding goes here";
    let Some(mut body) = response.parsed() else { return };
    let left = size.saturating_sub(response.body.len());
    match &mut body {
        Value::Array(items) if items.is_empty() => {
            response.body = format!("[{}]", " ".repeat(left)).into_bytes();
            return;
        }
        Value::Array(items) => items[0]["padding"] = MARK.into(),
        Value::Object(fields) => drop(fields.insert("padding".to_owned(), MARK.into())),
        _ => return,
    }
    let padding = format!("[{}{{}}]", PIECE.repeat(left / PIECE.len()));
    response.body = body.to_string().replacen(&format!("\"{MARK}\""), &padding, 1).into_bytes();
}
