//! When a service is asked about an upload again: the pauses double, so that a slow service is not asked again and again.

use std::time::Duration;

/// The first pause between two questions; the pause doubles each time, up to the longest.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between two questions.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The next moment for a question, by [`Clock::steady`](crate::clock::Clock::steady), and the pause that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    due: Duration,
    pause: Duration,
}

impl Backoff {
    /// The first question may be asked now.
    pub fn at_once(now: Duration) -> Backoff {
        Backoff { due: now, pause: FIRST_PAUSE }
    }

    /// The first question is asked after a pause: the service has just received the file.
    pub fn after_a_pause(now: Duration) -> Backoff {
        let mut backoff = Backoff::at_once(now);
        backoff.asked(now);
        backoff
    }

    /// Whether the next question may be asked now.
    pub fn is_due(&self, now: Duration) -> bool {
        self.due <= now
    }

    /// The question is asked now.
    pub fn asked(&mut self, now: Duration) {
        self.due = now + self.pause;
        self.pause = longer(self.pause);
    }
}

/// The pause that follows this one.
pub(super) fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_double_up_to_the_longest() {
        let second = Duration::from_secs(1);
        let times = |mut backoff: Backoff| -> Vec<u32> {
            let asks = |at: &u32| {
                let is_due = backoff.is_due(*at * second);
                if is_due {
                    backoff.asked(*at * second);
                }
                is_due
            };
            (0..62).filter(asks).collect()
        };
        assert_eq!(times(Backoff::at_once(Duration::ZERO)), [0, 1, 3, 7, 15, 30, 45, 60]);
        assert_eq!(times(Backoff::after_a_pause(Duration::ZERO)), [1, 3, 7, 15, 30, 45, 60]);
    }
}
