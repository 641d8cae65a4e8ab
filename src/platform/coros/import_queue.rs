//! The status of uploads: one request for the import queue answers all of them. Pure; `upload` sends.

use serde_json::Value;

use super::import_job::{Job, job};
use super::store::md5_hex;
use crate::platform::{Result, UploadRef, UploadStatus};

/// The jobs in the data of the queue; an empty queue has no data.
pub fn jobs(data: &Value) -> Vec<Job> {
    data.as_array().into_iter().flatten().filter_map(job).collect()
}

/// The status of each upload.
///
/// The queue drops old jobs. The caller looks in the list for an upload that is not in the queue.
pub fn statuses(sent: &[UploadRef], jobs: &[Job]) -> Vec<Result<UploadStatus>> {
    sent.iter().map(|one| find(one, jobs).map_or(Ok(UploadStatus::Unknown), Job::status)).collect()
}

fn find<'a>(sent: &UploadRef, jobs: &'a [Job]) -> Option<&'a Job> {
    // Of several jobs with the same MD5, all but the last failed.
    let newest =
        |matches: &dyn Fn(&Job) -> bool| jobs.iter().rev().filter(|job| matches(job)).max_by_key(|job| job.created);
    if let Some(status_ref) = sent.status_ref {
        let (id, md5) = status_ref.split_once(':').unwrap_or((status_ref, ""));
        let by_id = jobs.iter().find(|job| job.id == id);
        return by_id.or_else(|| newest(&|job| !md5.is_empty() && job.md5 == md5));
    }
    let file = sent.file.as_ref()?;
    let md5 = md5_hex(file.bytes);
    if file.reupload {
        // The job has the MD5 of the zip, which is different each time. No other job has this file name without the MD5
        // of the file.
        return newest(&|job| job.name == file.name && job.md5 != md5);
    }
    newest(&|job| job.md5 == md5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::Format;
    use crate::platform::{Error, UploadFile};
    use serde_json::json;

    const FILE: UploadFile<'static> = UploadFile {
        bytes: b"hello",
        format: Format::Fit,
        name: "a.fit",
        activity: None,
        start_time: None,
        utc_offset_s: None,
        reupload: false,
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

    fn status(status_ref: Option<&str>, file: Option<UploadFile>) -> Result<UploadStatus> {
        statuses(&[UploadRef { status_ref, file }], &queue()).remove(0)
    }

    #[test]
    fn an_upload_is_found_by_its_reference() {
        assert_eq!(status(Some("5:other"), None).unwrap(), UploadStatus::Pending("5:other".into()));
        assert!(matches!(status(Some("2:x"), None), Err(Error::Rejected(_))));
        // The queue no longer has its id, but has its MD5.
        assert_eq!(status(Some("99:other"), None).unwrap(), UploadStatus::Pending("5:other".into()));
        for forgotten in ["99:gone", "99:", "99", "", ":"] {
            assert_eq!(status(Some(forgotten), Some(FILE)).unwrap(), UploadStatus::Unknown, "{forgotten}");
        }
    }

    #[test]
    fn without_a_reference_the_newest_job_with_the_files_md5_counts() {
        assert_eq!(status(None, Some(FILE)).unwrap(), UploadStatus::Created(None));
        assert_eq!(status(None, Some(UploadFile { bytes: b"else", ..FILE })).unwrap(), UploadStatus::Unknown);
        assert_eq!(status(None, None).unwrap(), UploadStatus::Unknown);
    }

    #[test]
    fn a_reuploaded_file_is_not_found_as_its_earlier_job() {
        let again = UploadFile { reupload: true, ..FILE };
        assert_eq!(status(None, Some(again)).unwrap(), UploadStatus::Pending("4:ofzip".into()));
        assert_eq!(status(None, Some(UploadFile { name: "c.fit", ..again })).unwrap(), UploadStatus::Unknown);
    }

    #[test]
    fn an_empty_queue_has_no_data() {
        assert_eq!(jobs(&Value::Null), []);
        assert_eq!(jobs(&json!([])), []);
    }
}
