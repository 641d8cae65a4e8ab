//! Uploaded files: the existing activity with the same file, or the new activity.

use super::account::Account;
use super::activity::{Activity, Device, Source};
use super::{history, sports};
use crate::fit::{check, scan};
use crate::state::{State, take_summary};

/// The service recognises an existing activity by its file; only activities with a start this close are compared, in
/// seconds.
const NEAR: i64 = 2 * 86_400;

/// The activity whose original is this file, or one with the same file_id.
pub fn existing(account: &Account, bytes: &[u8]) -> Option<u64> {
    let start = scan::summary(bytes).start?;
    let identity = check::identity(bytes);
    let near = account.activities.iter().filter(|activity| (activity.recording.start - start).abs() < NEAR);
    let mut fits = near.filter(|activity| activity.extension() == Some("fit"));
    fits.find(|activity| {
        let original = activity.original().unwrap_or_default();
        original == bytes || (identity.is_some() && check::identity(&original) == identity)
    })
    .map(|activity| activity.id)
}

/// The id that the activity of a file would get in the account.
pub fn next_id(state: &mut State, account: usize, bytes: &[u8]) -> u64 {
    let newest = state.accounts[account].highest_id();
    history::id_at(scan::summary(bytes).start.unwrap_or_default(), newest, &mut state.rng)
}

/// Adds the file as an activity of the account. Returns its id.
pub fn accept(state: &mut State, account: usize, bytes: &[u8], imported: bool) -> u64 {
    let domain = state.accounts[account].spec.domain.clone();
    let newest = state.accounts[account].highest_id();
    let summary = scan::summary(bytes);
    let start = summary.start.unwrap_or_default();
    let mut activity = history::ordinary(&domain, &mut state.rng, start, newest);
    // Values that are missing in the file are unknown, not invented.
    activity.recording.paused = 0;
    activity.recording.offset = 0;
    activity.device = Device::Null;
    activity.old_shape = false;
    activity.imported = imported;
    take_summary(&mut activity, &summary);
    if let [_, _, ..] = summary.sports.as_slice() {
        several(&mut activity, &summary);
    }
    activity.recording.legs[0].style = activity.sport.style;
    let title = activity.sport.title.to_owned();
    activity.name = Some(title.clone());
    activity.first_name = title;
    activity.source = Source::Bytes("fit", bytes.to_vec());
    activity.group = state.group_of(bytes, start);
    let id = activity.id;
    state.accounts[account].activities.push(activity);
    state.pass_on(account, id);
    id
}

/// Makes a multisport activity from several sessions; its legs are not separate activities.
fn several(activity: &mut Activity, summary: &scan::Summary) {
    activity.sport = sports::MULTI;
    activity.sport.key.clone_into(&mut activity.type_key);
    activity.recording.legs[0].seconds = summary.seconds as u32;
}
