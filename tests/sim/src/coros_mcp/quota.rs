//! The quota of FIT files: downloads and addresses of an account in 24 hours.

use super::spec::QuotaWindow;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

/// The times of the requests that count, per account.
#[derive(Clone, Debug, Default)]
pub struct Quota(BTreeMap<usize, Vec<i64>>);

impl Quota {
    /// Counts a request. Failed ones count, too (a guess).
    pub fn count(&mut self, account: usize, now: i64) {
        self.0.entry(account).or_default().push(now);
    }

    /// The number of requests that count at a given time.
    pub fn used(&self, account: usize, now: i64, window: QuotaWindow) -> u32 {
        let times = self.0.get(&account).map(Vec::as_slice).unwrap_or_default();
        let since = match window {
            QuotaWindow::FromFirst => first_of_window(times, now),
            QuotaWindow::Rolling => now - DAY + 1,
            QuotaWindow::Day => now.div_euclid(DAY) * DAY,
        };
        times.iter().filter(|at| **at >= since).count() as u32
    }
}

/// When the current window began; `now` if none is open.
fn first_of_window(times: &[i64], now: i64) -> i64 {
    let begins = times.iter().fold(i64::MIN, |begin, at| if *at >= begin.saturating_add(DAY) { *at } else { begin });
    if now < begins.saturating_add(DAY) { begins } else { now + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_windows_end_at_different_times() {
        let mut quota = Quota::default();
        [100, 50_000, DAY + 50].iter().for_each(|at| quota.count(0, *at));
        let used = |now, window| quota.used(0, now, window);
        assert_eq!(used(DAY + 60, QuotaWindow::FromFirst), 3);
        assert_eq!(used(DAY + 100, QuotaWindow::FromFirst), 0);
        assert_eq!(used(DAY + 100, QuotaWindow::Rolling), 2);
        assert_eq!(used(DAY + 100, QuotaWindow::Day), 1);
        assert_eq!(quota.used(1, 200, QuotaWindow::Rolling), 0);
    }

    #[test]
    fn a_new_window_begins_with_the_next_request() {
        let mut quota = Quota::default();
        [0, 10, DAY + 5].iter().for_each(|at| quota.count(0, *at));
        assert_eq!(quota.used(0, DAY + 6, QuotaWindow::FromFirst), 1);
        assert_eq!(quota.used(0, 2 * DAY + 4, QuotaWindow::FromFirst), 1);
    }
}
