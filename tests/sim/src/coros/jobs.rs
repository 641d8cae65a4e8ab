//! The queue of imports.

use super::{exceptions, ok};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

const CODE: &str = "1F5B7D93";
/// The statuses of a pending job, one poll after the other.
const PENDING: [i32; 3] = [0, 1, 3];

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub id: u64,
    /// Its account.
    pub account: usize,
    /// MD5 in the import request.
    pub md5: String,
    /// File name in the import request.
    pub file: String,
    /// Key of the object.
    pub object: String,
    /// Size in the import request, or -1.
    pub size: i64,
    /// UTC offset in the import request, in quarter hours.
    pub timezone: i64,
    /// When it was created.
    pub since: i64,
    /// The number of queue requests.
    pub asked: u32,
    /// Final status: 2, or negative.
    pub result: i32,
    /// Files that the importer could not read.
    pub errors: u32,
    /// Whether it was removed from the queue's list.
    pub hidden: bool,
    /// The reason for its result, for tests that read the state.
    pub why: &'static str,
}

impl Job {
    /// Its status at a given time.
    pub fn status(&self, polls: u32, seconds: i64, now: i64) -> i32 {
        match self.asked <= polls || now < self.since + seconds {
            true => PENDING[(self.asked as usize).min(PENDING.len() - 1)],
            false => self.result,
        }
    }

    /// The job as in the queue and in the response to the import.
    pub fn show(&self, user: &str, status: i32) -> Value {
        let over = status == 2 || status < 0;
        let mut fields = json!({
            "id": self.id, "idString": self.id.to_string(), "userId": user, "md5": self.md5,
            "originalFilename": self.file, "fileUrl": self.object,
            "size": if over { self.size } else { self.size.max(0) },
            "finishSize": if status == 2 { self.size } else { 0 },
            "status": status, "source": 1, "timezone": self.timezone,
            "createTime": self.since * 1000, "updateTime": self.since * 1000,
            "unzipPredicateSeconds": 1, "taskImportPredicateSeconds": 3, "taskImportRemainSeconds": if over { 0 } else { 3 },
        });
        if over && self.errors > 0 {
            fields["errorSize"] = self.errors.into();
        }
        fields
    }
}

/// The newest jobs.
pub fn list(state: &mut State, account: usize, request: &Request) -> Response {
    let size = request.json().unwrap_or_default()["size"].as_u64();
    let Some(size) = size.filter(|size| (1..=100).contains(size)) else {
        return exceptions("size is not 1 to 100");
    };
    let now = state.now();
    let holder = &state.coros.accounts[account];
    let spec = &holder.spec.import;
    let own = state.coros.jobs.iter_mut().filter(|job| job.account == account && !job.hidden);
    let shown = own.rev().take(size as usize).map(|job| {
        job.asked += 1;
        job.show(&holder.user, job.status(spec.polls, spec.seconds, now))
    });
    ok(CODE, &Value::Array(shown.collect()))
}

/// Removes a job from the list; the activity stays.
pub fn remove(state: &mut State, account: usize, request: &Request) -> Response {
    let body = request.json().unwrap_or_default();
    let id = body["importId"].as_u64().or_else(|| body["importId"].as_str()?.parse().ok());
    let Some(id) = id else { return exceptions("importId is no number") };
    for job in state.coros.jobs.iter_mut().filter(|job| job.account == account && job.id == id) {
        job.hidden = true;
    }
    ok("2C8E4F06", &Value::Null)
}
