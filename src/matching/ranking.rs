//! Which member of a group is the best: it is kept, and uploaded to other platforms.

use std::cmp::{Ordering, Reverse};

use super::Candidate;
use crate::reason::Reason;

/// Orders the better one first: no converted copy, then recorded by a device of the platform, then more data, then the
/// older id.
///
/// This is a total order: the best of many does not depend on which two are compared first.
pub(super) fn order(a: &Candidate, b: &Candidate) -> Ordering {
    (is_converted(a), Reverse(native(a)), Reverse(bytes(a)))
        .cmp(&(is_converted(b), Reverse(native(b)), Reverse(bytes(b))))
        // Ids of two platforms do not say which one is older.
        .then_with(|| a.activity.platform.cmp(b.activity.platform))
        .then_with(|| id(a).cmp(&id(b)))
}

/// Why the first is better than the second.
pub(super) fn reason(better: &Candidate, other: &Candidate) -> Reason {
    let (here, there) = (better.activity.platform, other.activity.platform);
    if is_converted(better) != is_converted(other) {
        Reason::OtherConverted
    } else if native(better) != native(other) {
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
        Reason::LowerId
    }
}

/// 2: recorded by a device of the platform's own manufacturer, which the platform names. 1: by that manufacturer, but the
/// platform names no device: a person uploaded the file. 0: anything else.
fn native(candidate: &Candidate) -> u8 {
    let maker = candidate.activity.manufacturer.zip(candidate.native_manufacturer);
    let is_native =
        !candidate.activity.manual && maker.is_some_and(|(maker, native)| maker.eq_ignore_ascii_case(native));
    u8::from(is_native) + u8::from(is_native && candidate.activity.device.is_some())
}

fn is_converted(candidate: &Candidate) -> bool {
    candidate.file.is_some_and(|file| file.is_converted)
}

fn bytes(candidate: &Candidate) -> u64 {
    candidate.file.and_then(|file| file.bytes).unwrap_or(0)
}

/// The id as a sort key. Services count upwards: the shorter number is the older one.
fn id<'a>(candidate: &Candidate<'a>) -> (usize, &'a str) {
    (candidate.activity.id.len(), candidate.activity.id)
}
