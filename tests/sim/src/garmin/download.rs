//! Original downloads and exports.

use super::account::Account;
use super::activity::{Activity, Source};
use super::{api, error, export};
use crate::http::{Original, Response};
use crate::zipfile;

/// Activities before this time (2020-01-01) have `<id>.fit` in their zip.
const RENAMED: i64 = 1_577_836_800;

/// The original of an activity; for a leg, the file of the whole activity.
pub fn original(account: &Account, id: u64) -> Response {
    let Some(activity) = account.find(id) else { return api::missing() };
    match activity.source {
        Source::Manual404 => return api::missing().note("entered by hand"),
        Source::Manual500 => return error(500, "NullPointerException").note("entered by hand"),
        Source::Corrupt403 => return error(403, "WebApplicationException").note("corrupt original"),
        Source::Failing(status) => return error(status, "WebApplicationException").note("always fails"),
        _ => {}
    }
    let (Some(bytes), Some(extension)) = (activity.original(), activity.extension()) else {
        return error(500, "InternalServerErrorException").note("the file cannot be read");
    };
    let entry = entry(activity, id, extension);
    let disposition = format!("attachment; filename=\"{id}.zip\"");
    Response {
        body: zipfile::zip_of(&entry, &bytes),
        original: Some(Box::new(Original { entry, bytes, raw: false })),
        ..Response::empty(200)
    }
    .with("content-type", "application/x-zip-compressed")
    .with("content-disposition", &disposition)
}

fn entry(activity: &Activity, id: u64, extension: &str) -> String {
    match activity.recording.start < RENAMED || extension != "fit" {
        true => format!("{id}.{extension}"),
        false => format!("{id}_ACTIVITY.fit"),
    }
}

/// An export as text. The two known odd responses alternate with the id, so that clients meet both.
pub fn export(account: &Account, format: &str, id: u64) -> Response {
    let Some(activity) = account.find(id) else { return api::missing() };
    let even = id.is_multiple_of(2);
    match (export_of(activity, format), format) {
        (Some(text), "gpx") => Response::text(200, "application/gpx+xml", &text),
        (Some(text), _) => Response::text(200, "application/vnd.garmin.tcx+xml", &text),
        (None, "gpx") if !activity.is_manual() && even => Response::empty(204).note("no positions"),
        (None, "tcx") if !activity.is_manual() && even => error(500, "InternalServerErrorException"),
        (None, _) => api::missing().note("there is no such export"),
    }
}

/// The text of an export; `None` if it is unavailable.
pub fn export_of(activity: &Activity, format: &str) -> Option<String> {
    let name = activity.name.as_deref().unwrap_or("Untitled");
    match format {
        _ if activity.is_manual() => None,
        "gpx" => activity.has_gps().then(|| export::gpx(activity, name)),
        "tcx" => (!matches!(activity.source, Source::Gpx)).then(|| export::tcx(activity, name)),
        _ => None,
    }
}
