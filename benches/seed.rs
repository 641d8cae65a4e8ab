//! Makes a catalogue for `scripts/bench`: `seed FILE COUNT` writes COUNT activities on one platform, `seed FILE COUNT 3` on
//! three.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to say")]

#[path = "../tests/support/large_catalogue.rs"]
mod large_catalogue;

use jiff::Timestamp;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [file, count, rest @ ..] = arguments.as_slice() else { return };
    let platforms = rest.first().map_or(1, |platforms| platforms.parse().unwrap());
    let newest = Timestamp::from_second(gs_sim::HISTORY_END).unwrap();
    large_catalogue::make(file.as_ref(), count.parse().unwrap(), platforms, newest);
}
