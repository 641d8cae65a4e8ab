//! A service's limit for the number of files in a period, and the record of the requests that count.

use jiff::{SignedDuration, Timestamp};

use super::Result;
use crate::clock::SLACK;

/// A limit for files. The period ends for each request separately, which satisfies any other way to count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileQuota {
    /// The most requests for files in the period; failed ones count, too.
    pub files: usize,
    /// The period.
    pub period: SignedDuration,
    /// From this number of requests on, a response without a file means that the quota is used up: other programs of
    /// the person may use it, too.
    pub nearly: usize,
    /// After this many requests in a row without a file, no other one is sent for a period: somebody else may have
    /// used the quota.
    pub most_empty: usize,
}

/// A request for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRequest {
    /// When it was sent.
    pub at: Timestamp,
    /// Whether a file arrived; `None` if the program ended before the response, or the response says nothing about the
    /// quota.
    pub gave_file: Option<bool>,
}

/// How much of a quota is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaState {
    /// The number of requests that count.
    pub used: usize,
    /// When the next file can be requested; `None`: now.
    pub next: Option<Timestamp>,
    /// One more response without a file would end the requests for a period.
    pub is_doubtful: bool,
}

/// The record of the requests for files of one access, which all processes share.
pub trait FileRequests: Send + Sync {
    /// The requests at this time or later, oldest first.
    fn since(&self, time: Timestamp) -> Result<Vec<FileRequest>>;
    /// Records that a request is about to be sent. Returns its number.
    fn begin(&self) -> Result<i64>;
    /// Records whether the response to a request had a file.
    fn end(&self, number: i64, gave_file: bool) -> Result<()>;
    /// Removes a request that was not sent, or cannot count.
    fn cancel(&self, number: i64) -> Result<()>;
    /// The number of activities whose file is not in the archive.
    fn outstanding(&self) -> Result<u64>;
}

impl FileQuota {
    /// The state, from the requests of the last period.
    pub fn state(&self, requests: &[FileRequest], now: Timestamp) -> QuotaState {
        let since = self.since(now);
        // A time in the future comes from a wrong clock.
        let latest = now.checked_add(SLACK).unwrap_or(Timestamp::MAX);
        let counted: Vec<&FileRequest> =
            requests.iter().filter(|request| request.at > since && request.at <= latest).collect();
        let used = counted.len();
        // How many of the last responses had no file. A request without a known outcome says nothing.
        let outcomes = counted.iter().rev().filter_map(|request| request.gave_file);
        let empty = outcomes.take_while(|gave_file| !gave_file).count();
        let blocking = match used.checked_sub(self.files) {
            Some(over) => counted.get(over),
            None if empty > 0 && used >= self.nearly => counted.first(),
            None => counted.last().filter(|_| empty >= self.most_empty),
        };
        QuotaState {
            used,
            next: blocking.and_then(|request| request.at.checked_add(self.period).ok()),
            is_doubtful: empty + 1 >= self.most_empty,
        }
    }

    /// The beginning of the period that ends at `now`.
    pub fn since(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.period).unwrap_or(Timestamp::MIN)
    }

    /// How many periods are needed for this many files.
    pub fn periods(&self, files: u64) -> u64 {
        files.div_ceil(self.files.max(1) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: FileQuota = FileQuota { files: 4, period: SignedDuration::from_secs(100), nearly: 3, most_empty: 2 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn state(requests: &[(i64, Option<bool>)], now: i64) -> (usize, Option<i64>) {
        let requests: Vec<FileRequest> =
            requests.iter().map(|(second, gave_file)| FileRequest { at: at(*second), gave_file: *gave_file }).collect();
        let state = QUOTA.state(&requests, at(now));
        (state.used, state.next.map(Timestamp::as_second))
    }

    #[test]
    fn each_request_counts_for_one_period() {
        let file = Some(true);
        assert_eq!(state(&[], 50), (0, None));
        assert_eq!(state(&[(0, file), (10, None)], 50), (2, None));
        let four = [(0, file), (10, None), (20, file), (30, file)];
        assert_eq!(state(&four, 50), (4, Some(100)));
        assert_eq!(state(&[&four[..], &[(40, file)]].concat(), 50), (5, Some(110)), "one too many");
        assert_eq!(state(&four, 99), (4, Some(100)));
        assert_eq!(state(&four, 100), (3, None));
        assert_eq!(state(&[(5000, file), (5001, file), (5002, file)], 50), (0, None), "the clock was wrong");
    }

    #[test]
    fn requests_in_a_row_without_a_file_end_the_requests() {
        let (file, empty) = (Some(true), Some(false));
        assert_eq!(state(&[(0, empty), (10, empty)], 50), (2, Some(110)));
        assert_eq!(state(&[(0, empty), (10, None)], 50), (2, None));
        assert_eq!(state(&[(0, empty), (10, file)], 50), (2, None));
        assert_eq!(state(&[(0, empty), (10, empty)], 105), (1, None));
    }

    #[test]
    fn before_the_last_response_without_a_file_the_quota_is_doubtful() {
        let doubtful = |requests: &[Option<bool>]| {
            let requests: Vec<FileRequest> =
                requests.iter().map(|gave_file| FileRequest { at: at(10), gave_file: *gave_file }).collect();
            QUOTA.state(&requests, at(50)).is_doubtful
        };
        let (file, empty) = (Some(true), Some(false));
        assert_eq!([doubtful(&[]), doubtful(&[empty]), doubtful(&[empty, file])], [false, true, false]);
        assert!(doubtful(&[empty, None]), "a response that says nothing does not end the row");
    }

    #[test]
    fn a_response_without_a_file_counts_as_the_end_of_a_quota_that_is_nearly_used_up() {
        let (file, empty) = (Some(true), Some(false));
        assert_eq!(state(&[(0, file), (10, file), (20, empty)], 50), (3, Some(100)));
        assert_eq!(state(&[(0, file), (10, empty), (20, file)], 50), (3, None), "a file came after it");
        assert_eq!(state(&[(0, file), (10, file), (20, empty)], 101), (2, None));
    }

    #[test]
    fn a_rest_of_a_period_is_a_period() {
        assert_eq!([0, 1, 4, 5].map(|files| QUOTA.periods(files)), [0, 1, 1, 2]);
    }
}
