//! Which entry of one exercise is kept, and which one is sent elsewhere.

use std::cmp::{Ordering, Reverse};

use super::Candidate;

/// The lesser is the better one: recorded by a device of the platform, then more data, then the older id.
///
/// A total order, so that the best of many is the same whichever two are compared first.
pub(super) fn order(a: &Candidate, b: &Candidate) -> Ordering {
    let data = |one: &Candidate| Reverse((records(one), bytes(one)));
    (Reverse(native(a)), data(a))
        .cmp(&(Reverse(native(b)), data(b)))
        // Ids of two platforms do not tell which is older.
        .then_with(|| a.activity.platform.cmp(&b.activity.platform))
        .then_with(|| id(a).cmp(&id(b)))
}

/// Why the first is better than the second, in words.
pub(super) fn reason(better: &Candidate, other: &Candidate) -> String {
    let (here, there) = (&better.activity.platform, &other.activity.platform);
    if native(better) != native(other) {
        let maker = better.native_manufacturer.unwrap_or_default();
        match native(better) {
            2 => format!("recorded by a {maker} device"),
            _ => format!("of a {maker} device"),
        }
    } else if other.file.is_none() && (records(better), bytes(better)) != (0, 0) {
        "its file is in the archive, the other's is not".to_owned()
    } else if records(better) != records(other) {
        format!("more data: {} records, not {}", records(better), records(other))
    } else if bytes(better) != bytes(other) {
        format!("more data: {} bytes, not {}", bytes(better), bytes(other))
    } else if here != there {
        format!("as good as on {there}")
    } else {
        "the older entry".to_owned()
    }
}

/// 2: a device of the platform's own maker, by name. 1: of that maker, but the platform knows no device: a file put
/// there by hand. 0: anything else.
fn native(candidate: &Candidate) -> u8 {
    let activity = candidate.activity;
    let maker = activity.manufacturer.as_deref().zip(candidate.native_manufacturer);
    let is_native = !activity.manual && maker.is_some_and(|(maker, native)| maker.eq_ignore_ascii_case(native));
    u8::from(is_native) + u8::from(is_native && activity.device.is_some())
}

fn records(candidate: &Candidate) -> u64 {
    candidate.file.and_then(|file| file.records).unwrap_or(0)
}

fn bytes(candidate: &Candidate) -> u64 {
    candidate.file.and_then(|file| file.bytes).unwrap_or(0)
}

/// Services count up: the shorter number is the older one.
fn id<'a>(candidate: &Candidate<'a>) -> (usize, &'a str) {
    (candidate.activity.id.len(), &candidate.activity.id)
}
