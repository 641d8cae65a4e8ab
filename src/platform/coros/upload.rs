//! Uploads a file: store credentials, one PUT, one import, and the import queue. This module decides; the caller's
//! transport sends.
//!
//! All steps before the import can be repeated without harm, and if one fails, nothing was uploaded. The import is sent
//! once. If its response is lost, the queue shows its outcome.

use std::cell::Cell;

use jiff::Timestamp;

use super::import_job::{self, job};
use super::import_queue;
use super::response::ApiResult;
use super::store::{self, PutResult, StoreCredentials};
use super::store_credentials::{self, ACCOUNT, Transport};
use super::token::ApiSession;
use super::upload_zip::{self, UploadZip};
use crate::http;
use crate::platform::{Error, Result, UploadFile, UploadRef, UploadStatus};

/// The number of regions in which one upload is tried: the account's region, and the region to which the account has
/// moved.
const REGIONS: usize = 2;

/// Values that an upload leaves for the next one.
#[derive(Default)]
pub struct UploadCache {
    /// Credentials that worked: they are valid for an hour.
    pub credentials: Option<StoreCredentials>,
    /// Host and key of a zip that is in the store but was not imported, because the deadline of the import had passed.
    stored: Option<String>,
}

/// Uploads a file. `cache` has the values that earlier uploads left, and is updated.
pub fn upload(file: &UploadFile, transport: &Transport, cache: &mut UploadCache) -> Result<UploadStatus> {
    let upload_zip = upload_zip::pack(file, &salt((transport.now)()))?;
    let mut session = (transport.session)()?;
    for _ in 0..REGIONS {
        let credentials = put(transport, &mut session, &upload_zip, cache)?;
        let object = upload_zip.key(&session.user_id);
        let moved = Cell::new(false);
        let result = (transport.call)(&|now| {
            // A login in between may find the account in another region, whose importer reads another store. Then this
            // request only queries the account, and the upload starts again in that region.
            moved.set(now.region != session.region || now.user_id != session.user_id);
            match moved.get() {
                true => now.region.get(ACCOUNT),
                false => import_job::import_request(now.region, &credentials, &upload_zip, &object, file),
            }
        })?;
        if !moved.get() {
            cache.stored = None;
            return read(result, &upload_zip);
        }
        session = (transport.session)()?;
    }
    Err(Error::retry_platform(
        "COROS moved the account to another region during the upload; nothing was imported; try again later",
    ))
}

/// Reads the result of an import.
fn read(result: ApiResult, upload_zip: &UploadZip) -> Result<UploadStatus> {
    match result {
        ApiResult::Data(data) => match job(&data) {
            Some(mut job) => {
                if job.md5.is_empty() {
                    job.md5.clone_from(&upload_zip.md5);
                }
                // A job that finishes at once does not prove that an activity exists, either. Its id shows that the
                // import was accepted.
                match job.status()? {
                    UploadStatus::Created(None) => Ok(UploadStatus::Pending(job.status_ref())),
                    other => Ok(other),
                }
            }
            None => Err(Error::OutcomeUnknown(
                "COROS accepted the file without a job id; its status is looked up in the import queue".into(),
            )),
        },
        // The service reports an invalid file later, in the queue.
        ApiResult::Rejected { error, .. } => Err(Error::Unexpected(format!(
            "COROS rejected the import: {error}; nothing was imported; try again later; if it fails again, update garminsync"
        ))),
    }
}

/// The status of uploads: one request for the queue answers all of them.
pub fn status(sent: &[UploadRef], transport: &Transport) -> Result<Vec<Result<UploadStatus>>> {
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let data = (transport.call)(&|session| import_job::queue_request(session.region))?.expected("the import queue")?;
    Ok(import_queue::statuses(sent, &import_queue::jobs(&data)))
}

/// A text that makes the importer treat a reuploaded file as a new file. It is the same within an hour, so that a retry
/// after a lost response finds the existing job and makes no second activity.
fn salt(now: Timestamp) -> String {
    now.strftime("again, %Y-%m-%d %H h").to_string()
}

/// Puts the zip into the store of the session's region, and returns the credentials that worked.
fn put(
    transport: &Transport,
    session: &mut ApiSession,
    upload_zip: &UploadZip,
    cache: &mut UploadCache,
) -> Result<StoreCredentials> {
    let is_valid = |old: &StoreCredentials| store_credentials::is_valid(old, session, (transport.now)());
    let mut old = cache.credentials.take().filter(is_valid);
    loop {
        let is_old = old.is_some();
        let credentials = match old.take() {
            Some(credentials) => credentials,
            None => store_credentials::get(transport, session)?,
        };
        let key = upload_zip.key(&session.user_id);
        let location = format!("{}/{key}", credentials.host());
        let put = match cache.stored.as_ref() == Some(&location) {
            true => Ok(()),
            false => put_with(transport, &credentials, &key, &upload_zip.zip),
        };
        match put {
            Ok(()) => {
                *cache = UploadCache { credentials: Some(credentials.clone()), stored: Some(location) };
                return Ok(credentials);
            }
            // The stored credentials may have been revoked: new ones are requested, once.
            Err(PutError::CredentialsRejected(_)) if is_old => {}
            Err(PutError::Other(error)) => return Err(error),
            Err(PutError::CredentialsRejected(why)) => {
                return Err(Error::retry_platform(format!(
                    "{} rejected the credentials from COROS ({why}); nothing was uploaded; try again later; if it fails again, update garminsync",
                    credentials.host()
                )));
            }
        }
    }
}

/// Why a PUT stored nothing.
enum PutError {
    /// The store accepts no signature that was made with these credentials; its codes.
    CredentialsRejected(String),
    /// Other credentials would not help.
    Other(Error),
}

impl From<http::Error> for PutError {
    fn from(error: http::Error) -> PutError {
        PutError::Other(error.into())
    }
}

/// One PUT, with each signature version of the provider until one is accepted.
fn put_with(
    transport: &Transport,
    credentials: &StoreCredentials,
    key: &str,
    bytes: &[u8],
) -> std::result::Result<(), PutError> {
    let mut reasons = Vec::new();
    for signature in credentials.provider.signatures() {
        let response = (transport.send)(&store::put_request(*signature, credentials, key, bytes, (transport.now)()))?;
        match store::put_result(&response) {
            PutResult::Stored => return Ok(()),
            PutResult::SignatureRejected(why) => reasons.push(why),
            PutResult::Failed(failure) => return Err(PutError::Other(failure.into_error(&credentials.host()))),
        }
    }
    Err(PutError::CredentialsRejected(reasons.join("; ")))
}

#[cfg(test)]
#[path = "upload_tests.rs"]
mod tests;
