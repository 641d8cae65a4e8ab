//! Which messages are read.

use std::collections::HashSet;

use super::names::record_type;
use crate::fit;
use crate::settings::closest;
use crate::sync::{Failure, Result};

/// All messages.
const ALL: &str = "all";
/// How many names an error suggests.
const SUGGESTED: usize = 5;
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
    /// The messages with these FIT names, or the names of their records; the usual ones if there is no name.
    ///
    /// # Errors
    /// A name is unknown; the failure has the nearest names.
    pub fn of_names(names: &[String]) -> Result<FitSelection> {
        if names.is_empty() {
            return Ok(FitSelection::default());
        }
        if names.iter().any(|name| name == ALL) {
            return Ok(FitSelection::All);
        }
        let known = fit::message_names();
        let number = |name: &String| {
            let found = known.iter().find(|(_, known)| known == name || record_type(known) == *name);
            let found = found.map(|(number, _)| *number).or_else(|| unnamed(name));
            found.ok_or_else(|| unknown(name))
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

/// The number of a message without a name: `unknown_104`.
fn unnamed(name: &str) -> Option<u16> {
    name.strip_prefix("unknown_")?.parse().ok()
}

/// The failure for a name that no message has.
fn unknown(name: &str) -> Failure {
    let all = fit_message_names();
    let small = name.to_lowercase();
    let has_part = |known: &&str| small.len() > 2 && (known.contains(&small) || small.contains(known));
    let names = || all.iter().map(String::as_str);
    let mut near: Vec<&str> = closest(name, names()).into_iter().chain(names().filter(has_part)).collect();
    near.dedup();
    near.truncate(SUGGESTED);
    let meant = if near.is_empty() { String::new() } else { format!("; similar: {}", near.join(", ")) };
    Failure::usage(format!("--messages: unknown message {name:?}{meant}; all names: man gs-fit"))
}

/// The names that select messages: `all`, the usual ones, and the others of the FIT profile.
pub fn fit_message_names() -> Vec<String> {
    let others = fit::message_names().into_iter().map(|(_, name)| name).filter(|name| !USUAL.contains(&name.as_str()));
    std::iter::once(ALL).chain(USUAL).map(str::to_owned).chain(others).collect()
}
