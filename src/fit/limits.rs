//! How many messages of a kind are read: more than any device records, and few enough to fit into memory.
//!
//! Without a limit, a file of a few megabytes can need gigabytes, because a data message can have a single byte.

use super::FitError;

/// 23 days with a trackpoint each second; about 250 MB of memory.
pub(super) const RECORDS: MessageLimit = MessageLimit { message: "record", most: 2_000_000 };
/// The greatest number that `num_laps` of a session can have.
pub(super) const LAPS: MessageLimit = MessageLimit { message: "lap", most: 65_535 };
/// A multisport activity has about ten.
pub(super) const SESSIONS: MessageLimit = MessageLimit { message: "session", most: 1_000 };
/// A start or stop of the timer each 10 seconds, for 23 days.
pub(super) const TIMER_EVENTS: MessageLimit = MessageLimit { message: "event", most: 200_000 };

/// The greatest number of messages of one kind, in all chained files.
pub(super) struct MessageLimit {
    message: &'static str,
    most: usize,
}

impl MessageLimit {
    /// Adds what was read from a message, unless the message has no valid value at all, as the first `record` of a Garmin FR70.
    ///
    /// # Errors
    /// There are as many as the limit already.
    pub fn push_unless_empty<T: Default + PartialEq>(&self, values: &mut Vec<T>, value: T) -> Result<(), FitError> {
        if value == T::default() { Ok(()) } else { self.push(values, value) }
    }

    /// Adds what was read from a message.
    ///
    /// # Errors
    /// There are as many as the limit already.
    pub fn push<T>(&self, values: &mut Vec<T>, value: T) -> Result<(), FitError> {
        if values.len() == self.most {
            return Err(FitError::TooMany { message: self.message, limit: self.most });
        }
        values.push(value);
        Ok(())
    }
}
