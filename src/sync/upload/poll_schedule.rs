//! When a status or a list is requested again: the pauses double, so that a slow service gets few requests.

use std::time::Duration;

/// The first pause between two requests; the pause doubles each time, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two requests.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// When the next request is due, by [`Clock::steady`](crate::clock::Clock::steady), and the pause that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PollSchedule {
    due: Duration,
    pause: Duration,
}

impl PollSchedule {
    /// The first request is due now.
    pub fn at_once(now: Duration) -> PollSchedule {
        PollSchedule { due: now, pause: FIRST_PAUSE }
    }

    /// The first request is due after a pause: the service has just received the file.
    pub fn after_a_pause(now: Duration) -> PollSchedule {
        let mut schedule = PollSchedule::at_once(now);
        schedule.answered(now, now);
        schedule
    }

    /// When the next request is due.
    pub fn due(&self) -> Duration {
        self.due
    }

    /// Whether the next request is due.
    pub fn is_due(&self, now: Duration) -> bool {
        self.due <= now
    }

    /// A request was sent and answered. The pause is not shorter than that took: one request of many takes long if the
    /// service allows few requests.
    pub fn answered(&mut self, sent: Duration, answered: Duration) {
        self.due = answered + self.pause.max(answered.saturating_sub(sent));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_double_up_to_the_longest() {
        let second = Duration::from_secs(1);
        let times = |mut schedule: PollSchedule| -> Vec<u32> {
            let is_sent = |at: &u32| {
                let is_due = schedule.is_due(*at * second);
                if is_due {
                    schedule.answered(*at * second, *at * second);
                }
                is_due
            };
            (0..62).filter(is_sent).collect()
        };
        assert_eq!(times(PollSchedule::at_once(Duration::ZERO)), [0, 1, 3, 7, 15, 30, 45, 60]);
        assert_eq!(times(PollSchedule::after_a_pause(Duration::ZERO)), [1, 3, 7, 15, 30, 45, 60]);
    }
}
