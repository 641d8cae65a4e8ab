//! Original downloads.

use super::account::Item;
use super::contents::gzip;
use super::error;
use super::spec::{FileForm, IntervalsSpec};
use crate::http::{Original, Request, Response};

/// The file as it was received; for a leg of a multisport activity, the whole file.
pub fn original(spec: &IntervalsSpec, item: &Item, request: &Request) -> Response {
    let Some((extension, bytes)) = item.original() else {
        return error(spec.no_file_status, "The activity has no file");
    };
    let accepts = request.header("accept-encoding").unwrap_or_default().contains("gzip");
    let name = format!("activity.{extension}");
    let encoded = spec.file_form == FileForm::Encoded && accepts;
    let packed = spec.file_form == FileForm::Gzip;
    let shown = if packed { format!("{name}.gz") } else { name.clone() };
    let media = if packed { "application/gzip" } else { "application/octet-stream" };
    let response = Response {
        body: if packed || encoded { gzip(&bytes) } else { bytes.clone() },
        original: Some(Box::new(Original { entry: name, bytes, raw: true })),
        ..Response::empty(200)
    }
    .with("content-type", media)
    .with("content-disposition", &format!("attachment; filename=\"{shown}\""));
    if encoded { response.with("content-encoding", "gzip") } else { response }
}
