//! Original downloads that are gzip files: what the faults of zips are there.

use super::Effect;
use crate::fit::damage::flip_bit;
use crate::intervals::contents::{GZIP, gzip};
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// The body in place of a gzip file with this content; `None` for any other body, and for effects on other things.
pub fn repacked(effect: &Effect, content: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    if !body.starts_with(&GZIP) {
        return None;
    }
    Some(match effect {
        Effect::TruncatedZip { at } => body[..(*at).min(body.len())].to_vec(),
        Effect::FlipZip => flip_bit(body, body.len() / 2, 4),
        Effect::FlipFit => gzip(&flip_bit(content, content.len() * 2 / 3, 3)),
        Effect::EmptyZip => gzip(b""),
        Effect::ZipBomb { mebibytes } => named("activity.fit", &vec![0; 1 << 20], (*mebibytes).min(4095)),
        Effect::ZipTraversal => named("../../evil_activity.fit", content, 1),
        // A gzip file may have several members, one after the other.
        Effect::ZipExtraEntry => [gzip(b""), gzip(content)].concat(),
        _ => return None,
    })
}

/// A gzip file with a name in its header and this content, `times` over.
fn named(name: &str, content: &[u8], times: u32) -> Vec<u8> {
    let mut encoder = GzBuilder::new().filename(name).write(Vec::new(), Compression::default());
    for _ in 0..times {
        // Writing to memory cannot fail.
        let _ = encoder.write_all(content);
    }
    encoder.finish().unwrap_or_default()
}
