//! Exchanges at the same time.

use super::EXCHANGE;
use crate::sim::Sim;

impl Sim {
    /// The largest number of exchanges with a key that were open at the same time: from the arrival of the request until
    /// its response was ready. A fault `Latency` on the exchange keeps them open. Two processes that wait for each other
    /// have 1 here, and two that then use the same token have 1 in `State::personal_exchanges`, too.
    pub fn overlapping_exchanges(&self, key: &str) -> usize {
        let found = self.with(|state| state.personal.keys.iter().rposition(|one| one.text == key));
        let Some(index) = found else { return 0 };
        let own = format!("exchange of key {}", index + 1);
        let log = self.log();
        let open: Vec<(f64, f64)> = log
            .iter()
            .filter(|entry| entry.path == EXCHANGE && entry.note.ends_with(&own))
            .map(|entry| (entry.at_ms, entry.at_ms + entry.took_ms))
            .collect();
        // The number of open ones is largest at one of the arrivals.
        let at = |time: f64| open.iter().filter(|(from, to)| *from <= time && time <= *to).count();
        open.iter().map(|(from, _)| at(*from)).max().unwrap_or(0)
    }
}
