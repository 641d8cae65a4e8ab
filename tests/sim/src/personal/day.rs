//! Invented health data of one day, always the same for the same account and day.

use crate::clock::{self, SHANGHAI, ZONES, Zone};
use crate::garmin::account::Account;
use crate::state::State;
use fastrand::Rng;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The values of a day.
#[derive(Clone, Debug)]
pub struct Day {
    /// Days since 1970.
    pub number: i64,
    /// Local midnight, Unix time.
    pub midnight: i64,
    /// Local time minus UTC, in seconds.
    pub offset: i64,
    /// Steps.
    pub steps: u32,
    /// The resting heart rate, which some days lack.
    pub resting: Option<u32>,
    /// The lowest heart rate.
    pub lowest: u32,
    /// The highest heart rate.
    pub highest: u32,
    /// The mean stress.
    pub stress: u32,
    /// Seconds of sleep in the night before.
    pub asleep: i64,
    /// The heart rate variability of the night in milliseconds, which some days lack.
    pub variability: Option<u32>,
}

/// The zone of a domain's accounts, in which their days begin.
pub fn home(domain: &str) -> Zone {
    if domain.ends_with(".cn") { SHANGHAI } else { ZONES[0] }
}

/// The day of an account; `None` if the watch was not worn, as on every ninth day.
pub fn of(state: &State, account: usize, number: i64) -> Option<Day> {
    let holder: &Account = &state.accounts[account];
    let end = state.scenario.clock_base.div_euclid(DAY);
    let has_data = number < end && number >= end - state.scenario.personal.health_days;
    if !has_data || number.rem_euclid(9) == 4 {
        return None;
    }
    let mut rng = Rng::with_seed(holder.profile << 20 ^ number as u64);
    let offset = i64::from(home(&holder.spec.domain).offset(number * DAY));
    let lowest = rng.u32(41..46);
    Some(Day {
        number,
        midnight: number * DAY - offset,
        offset,
        steps: rng.u32(3000..18_000),
        resting: (number % 5 != 0).then(|| lowest + rng.u32(2..6)),
        lowest,
        highest: rng.u32(120..178),
        stress: rng.u32(18..45),
        asleep: i64::from(rng.u32(330..520)) * 60,
        variability: (number % 7 != 0).then(|| rng.u32(38..75)),
    })
}

impl Day {
    /// `2026-10-31`.
    pub fn date(&self) -> String {
        date(self.number)
    }

    /// A time of the day with the form of most health data: no offset, tenths of seconds.
    pub fn gmt(&self, seconds: i64) -> String {
        clock::stamp(self.midnight + seconds, "T") + ".0"
    }

    /// The same in local time.
    pub fn local(&self, seconds: i64) -> String {
        clock::stamp(self.midnight + self.offset + seconds, "T") + ".0"
    }
}

/// The date of a day's number.
pub fn date(number: i64) -> String {
    clock::stamp(number * DAY, "T")[..10].to_owned()
}
