//! Which entry of the same activity is kept, and which one is sent elsewhere.

use std::cmp::{Ordering, Reverse};

use super::Candidate;
use crate::reason::Reason;

/// The lesser is the better one: recorded by a device of the platform, then more data, then the older id.
///
/// A total order, so that the best of many is the same whichever two are compared first.
pub(super) fn order(a: &Candidate, b: &Candidate) -> Ordering {
    (Reverse(native(a)), Reverse(bytes(a)))
        .cmp(&(Reverse(native(b)), Reverse(bytes(b))))
        // Ids of two platforms do not tell which is older.
        .then_with(|| a.activity.platform.cmp(&b.activity.platform))
        .then_with(|| id(a).cmp(&id(b)))
}

/// Why the first is better than the second.
pub(super) fn reason(better: &Candidate, other: &Candidate) -> Reason {
    let (here, there) = (&better.activity.platform, &other.activity.platform);
    if native(better) != native(other) {
        let manufacturer = better.native_manufacturer.unwrap_or_default().to_owned();
        match native(better) {
            2 => Reason::NativeDevice { manufacturer },
            _ => Reason::NativeFile { manufacturer },
        }
    } else if other.file.is_none() && bytes(better) != 0 {
        Reason::OnlyArchived
    } else if bytes(better) != bytes(other) {
        Reason::MoreData { bytes: bytes(better), other_bytes: bytes(other) }
    } else if here != there {
        Reason::EquallyGood { platform: there.to_string() }
    } else {
        Reason::Older
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

fn bytes(candidate: &Candidate) -> u64 {
    candidate.file.and_then(|file| file.bytes).unwrap_or(0)
}

/// Services count up: the shorter number is the older one.
fn id<'a>(candidate: &Candidate<'a>) -> (usize, &'a str) {
    (candidate.activity.id.len(), &candidate.activity.id)
}
