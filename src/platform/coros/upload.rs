//! Uploads a file and follows it: keys, one PUT, one import, and the importer's queue. Decides; the caller's hands send.
//!
//! Up to the import everything may be done again without harm, and no failure says more than that nothing was uploaded.
//! The import is sent once. When its answer is lost the next look at the queue tells what became of it.

use std::cell::Cell;

use jiff::Timestamp;

use super::import_job::{self, job};
use super::import_queue;
use super::response::Answer;
use super::store::{self, Keys, Verdict};
use super::store_credentials::{self, ACCOUNT, Hands};
use super::token::Session;
use super::upload_zip::{self, Parcel};
use crate::platform::{Error, Outgoing, Result, Sent, Uploaded};

/// Regions in which one upload is tried: where the account was, and where it has moved to.
const REGIONS: usize = 2;

/// What an upload leaves for the next one.
#[derive(Default)]
pub struct Kept {
    /// Keys that served: they last for an hour.
    pub keys: Option<Keys>,
    /// The place in the store of a parcel that was put there and not imported, as the order came too late.
    stored: Option<String>,
}

/// Puts a file there. `kept` is what earlier ones left; what this one leaves is left in it.
pub fn upload(file: &Outgoing, hands: &Hands, kept: &mut Kept) -> Result<Uploaded> {
    let parcel = upload_zip::pack(file, &salt((hands.now)()))?;
    let mut session = (hands.session)()?;
    for _ in 0..REGIONS {
        let keys = put(hands, &mut session, &parcel, kept)?;
        let object = parcel.key(&session.user_id);
        let moved = Cell::new(false);
        let answer = (hands.call)(&|now| {
            // A login on the way may find the account in another region, whose importer reads another store: then this
            // asks for nothing but the account, and all begins again there.
            moved.set(now.region != session.region || now.user_id != session.user_id);
            match moved.get() {
                true => now.region.get(ACCOUNT),
                false => import_job::import_request(now.region, &keys, &parcel, &object, file),
            }
        })?;
        if !moved.get() {
            kept.stored = None;
            return read(answer, &parcel);
        }
        session = (hands.session)()?;
    }
    let message = "COROS moves the account from region to region; nothing was imported; try again later".into();
    Err(Error::Later { message, down: true })
}

/// Reads the answer to an import.
fn read(answer: Answer, parcel: &Parcel) -> Result<Uploaded> {
    match answer {
        Answer::Data(data) => match job(&data) {
            Some(mut job) => {
                if job.md5.is_empty() {
                    job.md5.clone_from(&parcel.md5);
                }
                // Finished at once it proves as little as later; with its number it is known that it was accepted.
                match job.outcome()? {
                    Uploaded::Created(None) => Ok(Uploaded::Pending(job.ticket())),
                    other => Ok(other),
                }
            }
            None => Err(Error::Unclear(
                "COROS took the file, and does not say under which number; its queue will tell what became of it"
                    .into(),
            )),
        },
        // That the file is at fault shows only later, in the queue.
        Answer::Refused { words, .. } => Err(Error::Strange(format!(
            "COROS refuses the import: {words}; nothing was imported; try again later, and if it stays so, look for a newer garminsync"
        ))),
    }
}

/// What became of uploads: one look at the queue for all of them.
pub fn settle(sent: &[Sent], hands: &Hands) -> Result<Vec<Result<Uploaded>>> {
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let data =
        (hands.call)(&|session| import_job::queue_request(session.region))?.expected("the queue of its imports")?;
    Ok(import_queue::settle(sent, &import_queue::jobs(&data)))
}

/// Makes a file that is sent again another one for the importer, but the same within the hour: whoever repeats it because
/// an answer was lost gets the job that is there, not a second activity.
fn salt(now: Timestamp) -> String {
    now.strftime("again, %Y-%m-%d %H h").to_string()
}

/// Puts the parcel into the store of the session's region, and returns the keys that opened it.
fn put(hands: &Hands, session: &mut Session, parcel: &Parcel, kept: &mut Kept) -> Result<Keys> {
    let mut old = kept.keys.take().filter(|keys| store_credentials::still_good(keys, session, (hands.now)()));
    loop {
        let is_old = old.is_some();
        let keys = match old.take() {
            Some(keys) => keys,
            None => store_credentials::get(hands, session)?,
        };
        let key = parcel.key(&session.user_id);
        let place = format!("{}/{key}", keys.host());
        let put = match kept.stored.as_ref() == Some(&place) {
            true => Ok(()),
            false => put_with(hands, &keys, &key, &parcel.zip)?,
        };
        match put {
            Ok(()) => {
                *kept = Kept { keys: Some(keys.clone()), stored: Some(place) };
                return Ok(keys);
            }
            // They may have been called back: new ones, once.
            Err(_) if is_old => {}
            Err(why) => {
                let message = format!(
                    "{} does not take the keys that COROS hands out for it ({why}); nothing was uploaded; try again later, and if it stays so, look for a newer garminsync",
                    keys.host()
                );
                return Err(Error::Later { message, down: true });
            }
        }
    }
}

/// One PUT, signed in each of the service's ways until one is taken. In the inner result: why none was.
fn put_with(hands: &Hands, keys: &Keys, key: &str, bytes: &[u8]) -> Result<std::result::Result<(), String>> {
    let mut told = Vec::new();
    for signature in keys.service.signatures() {
        let response = (hands.send)(&store::put_request(*signature, keys, key, bytes, (hands.now)()))?;
        match store::verdict(&response) {
            Verdict::Stored => return Ok(Ok(())),
            Verdict::Unsigned(why) => told.push(why),
            Verdict::Failed(failure) => return Err(failure.into_error(&keys.host())),
        }
    }
    Ok(Err(told.join("; ")))
}

#[cfg(test)]
#[path = "upload_tests.rs"]
mod tests;
