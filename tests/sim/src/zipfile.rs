//! Writes zips like the download service: one deflated entry, whose sizes are only after the
//! data and in the central directory (flags 0x0808). Also writes corrupt zips.

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};
use std::io::Write;

const FLAGS: u16 = 0x0808;
const DEFLATE: u16 = 8;
const MIB: usize = 1 << 20;

struct Entry {
    name: String,
    crc: u32,
    packed: Vec<u8>,
    size: u32,
}

/// A zip with one entry.
pub fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    assemble(&[pack(name, bytes)])
}

/// A zip with several entries.
pub fn zip_of_many(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let packed: Vec<Entry> = entries.iter().map(|(name, bytes)| pack(name, bytes)).collect();
    assemble(&packed)
}

/// A zip without any entry.
pub fn empty_zip() -> Vec<u8> {
    assemble(&[])
}

/// A zip whose packed data has one flipped bit; names, sizes and checksums are unchanged.
pub fn zip_with_flipped_data(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut entry = pack(name, bytes);
    let middle = entry.packed.len() / 2;
    if let Some(byte) = entry.packed.get_mut(middle) {
        *byte ^= 0x10;
    }
    assemble(&[entry])
}

/// A small zip whose one entry unpacks to `mebibytes` MiB of zeros.
pub fn zip_bomb(name: &str, mebibytes: u32) -> Vec<u8> {
    let count = mebibytes.clamp(1, 4095) as usize;
    let zeros = vec![0u8; MIB];
    let block = flushed(&zeros);
    let mut packed = block.repeat(count);
    // An empty last block with fixed codes ends the stream.
    packed.extend_from_slice(&[0x03, 0x00]);
    let mut one = Crc::new();
    one.update(&zeros);
    let mut crc = Crc::new();
    for _ in 0..count {
        crc.combine(&one);
    }
    let entry = Entry { name: name.to_owned(), crc: crc.sum(), packed, size: (count * MIB) as u32 };
    assemble(&[entry])
}

/// Deflated data that ends on a byte boundary and refers to no earlier data, so that it can be
/// repeated.
fn flushed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(64 * 1024);
    // The buffer is much larger than a MiB of compressed zeros.
    let _ = packer.compress_vec(bytes, &mut out, FlushCompress::Full);
    out
}

fn pack(name: &str, bytes: &[u8]) -> Entry {
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default();
    Entry { name: name.to_owned(), crc: crc.sum(), packed, size: bytes.len() as u32 }
}

fn assemble(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut central = Vec::new();
    for entry in entries {
        let at = out.len() as u32;
        local(&mut out, entry);
        directory(&mut central, entry, at);
    }
    let start = out.len() as u32;
    out.extend_from_slice(&central);
    let count = entries.len() as u16;
    out.extend_from_slice(b"PK\x05\x06");
    shorts(&mut out, &[0, 0, count, count]);
    longs(&mut out, &[central.len() as u32, start]);
    shorts(&mut out, &[0]);
    out
}

fn local(out: &mut Vec<u8>, entry: &Entry) {
    out.extend_from_slice(b"PK\x03\x04");
    shorts(out, &[20, FLAGS, DEFLATE, 0, 0x5821]);
    longs(out, &[0, 0, 0]);
    shorts(out, &[entry.name.len() as u16, 0]);
    out.extend_from_slice(entry.name.as_bytes());
    out.extend_from_slice(&entry.packed);
    out.extend_from_slice(b"PK\x07\x08");
    longs(out, &[entry.crc, entry.packed.len() as u32, entry.size]);
}

fn directory(out: &mut Vec<u8>, entry: &Entry, at: u32) {
    out.extend_from_slice(b"PK\x01\x02");
    shorts(out, &[20, 20, FLAGS, DEFLATE, 0, 0x5821]);
    longs(out, &[entry.crc, entry.packed.len() as u32, entry.size]);
    shorts(out, &[entry.name.len() as u16, 0, 0, 0, 0]);
    longs(out, &[0, at]);
    out.extend_from_slice(entry.name.as_bytes());
}

fn shorts(out: &mut Vec<u8>, values: &[u16]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

fn longs(out: &mut Vec<u8>, values: &[u32]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}
