//! Follows uploads: one look at the importer's queue settles all of them. Pure; `upload` sends.

use serde_json::Value;

use super::import_job::{Job, job};
use super::store::md5_hex;
use crate::platform::{Result, Sent, Uploaded};

/// The jobs in the queue's data; an empty queue has none.
pub fn jobs(data: &Value) -> Vec<Job> {
    data.as_array().into_iter().flatten().filter_map(job).collect()
}

/// What came of each.
///
/// The queue forgets what is old: what does not stand in it, with a ticket or without, is for the caller to look for in
/// the list.
pub fn settle(sent: &[Sent], jobs: &[Job]) -> Vec<Result<Uploaded>> {
    sent.iter().map(|one| find(one, jobs).map_or(Ok(Uploaded::Unknown), Job::outcome)).collect()
}

fn find<'a>(sent: &Sent, jobs: &'a [Job]) -> Option<&'a Job> {
    // Of several with the same sum, which failed but for the last, that one.
    let newest = |fits: &dyn Fn(&Job) -> bool| jobs.iter().rev().filter(|job| fits(job)).max_by_key(|job| job.created);
    if let Some(ticket) = sent.ticket {
        let (id, md5) = ticket.split_once(':').unwrap_or((ticket, ""));
        let by_id = jobs.iter().find(|job| job.id == id);
        return by_id.or_else(|| newest(&|job| !md5.is_empty() && job.md5 == md5));
    }
    let file = sent.file.as_ref()?;
    let md5 = md5_hex(file.bytes);
    if file.again {
        // Its sum was the zip's, made for that once; but no other job has its name and not the file's own sum.
        return newest(&|job| job.name == file.name && job.md5 != md5);
    }
    newest(&|job| job.md5 == md5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Error, Outgoing};
    use serde_json::json;

    const FILE: Outgoing<'static> = Outgoing {
        bytes: b"hello",
        format: "fit",
        name: "a.fit",
        start_time: None,
        utc_offset_s: None,
        again: false,
        not_after: None,
    };
    const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

    fn queue() -> Vec<Job> {
        jobs(&json!([
            {"id": 5, "md5": "other", "originalFilename": "b.fit", "status": 1, "createTime": 50},
            {"id": 4, "md5": "ofzip", "originalFilename": "a.fit", "status": 3, "createTime": 40},
            {"id": 2, "md5": MD5, "originalFilename": "a.fit", "status": -1, "createTime": 20},
            {"id": 3, "md5": MD5, "originalFilename": "a.fit", "status": 2, "createTime": 30},
            "strange",
        ]))
    }

    fn settled(ticket: Option<&str>, file: Option<Outgoing>) -> Result<Uploaded> {
        settle(&[Sent { ticket, file }], &queue()).remove(0)
    }

    #[test]
    fn by_its_ticket() {
        assert_eq!(settled(Some("5:other"), None).unwrap(), Uploaded::Pending("5:other".into()));
        assert!(matches!(settled(Some("2:x"), None), Err(Error::Refused(_))));
        // Its number is gone, its sum is there.
        assert_eq!(settled(Some("99:other"), None).unwrap(), Uploaded::Pending("5:other".into()));
        for forgotten in ["99:gone", "99:", "99", "", ":"] {
            assert_eq!(settled(Some(forgotten), Some(FILE)).unwrap(), Uploaded::Unknown, "{forgotten}");
        }
    }

    #[test]
    fn without_a_ticket_by_the_files_own_sum_and_the_newest_of_those() {
        assert_eq!(settled(None, Some(FILE)).unwrap(), Uploaded::Created(None));
        assert_eq!(settled(None, Some(Outgoing { bytes: b"else", ..FILE })).unwrap(), Uploaded::Unknown);
        assert_eq!(settled(None, None).unwrap(), Uploaded::Unknown);
    }

    #[test]
    fn a_file_sent_again_is_not_taken_for_the_job_it_was_before() {
        let again = Outgoing { again: true, ..FILE };
        assert_eq!(settled(None, Some(again)).unwrap(), Uploaded::Pending("4:ofzip".into()));
        assert_eq!(settled(None, Some(Outgoing { name: "c.fit", ..again })).unwrap(), Uploaded::Unknown);
    }

    #[test]
    fn an_empty_queue_has_no_data() {
        assert_eq!(jobs(&Value::Null), []);
        assert_eq!(jobs(&json!([])), []);
    }
}
