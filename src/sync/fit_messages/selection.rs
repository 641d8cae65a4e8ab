//! Which messages are read.

use std::collections::HashSet;

use crate::fit;
use crate::sync::{Failure, Result};

/// All messages.
const ALL: &str = "all";
/// The messages that describe an activity.
const USUAL: [&str; 7] = ["session", "lap", "length", "record", "event", "device_info", "hrv"];

/// The messages that are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FitSelection {
    /// All, also those that the FIT profile does not name.
    All,
    /// These numbers.
    Only(HashSet<u16>),
}

impl Default for FitSelection {
    fn default() -> FitSelection {
        let named = fit::message_names().into_iter().filter(|(_, name)| USUAL.contains(&name.as_str()));
        FitSelection::Only(named.map(|(number, _)| number).collect())
    }
}

impl FitSelection {
    /// The messages with these FIT names; the usual ones if there is no name.
    ///
    /// # Errors
    /// A name is unknown; the failure has all names.
    pub fn of_names(names: &[String]) -> Result<FitSelection> {
        if names.is_empty() {
            return Ok(FitSelection::default());
        }
        if names.iter().any(|name| name == ALL) {
            return Ok(FitSelection::All);
        }
        let known = fit::message_names();
        let number = |name: &String| {
            let found = known.iter().find(|(_, known)| known == name).map(|(number, _)| *number);
            found.ok_or_else(|| {
                Failure::usage(format!(
                    "--messages: unknown message {name:?}; known: {}",
                    fit_message_names().join(", ")
                ))
            })
        };
        Ok(FitSelection::Only(names.iter().map(number).collect::<Result<_>>()?))
    }

    /// Whether messages with this number are read.
    pub fn has(&self, number: u16) -> bool {
        match self {
            FitSelection::All => true,
            FitSelection::Only(numbers) => numbers.contains(&number),
        }
    }
}

/// The names that select messages: `all`, the usual ones, and the others of the FIT profile.
pub fn fit_message_names() -> Vec<String> {
    let others = fit::message_names().into_iter().map(|(_, name)| name).filter(|name| !USUAL.contains(&name.as_str()));
    std::iter::once(ALL).chain(USUAL).map(str::to_owned).chain(others).collect()
}
