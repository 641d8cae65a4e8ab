//! Reads the zips that clients send, by their central directory.

use flate2::read::DeflateDecoder;
use std::io::Read;

const MOST: u64 = 64 << 20;

/// Names and contents of all entries; `None` if the bytes are not a valid zip.
pub fn entries(zip: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let end = zip.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = short(zip, end + 10)?;
    let mut at = long(zip, end + 16)?;
    let mut list = Vec::with_capacity(count);
    for _ in 0..count {
        if zip.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let (name, extra, comment) = (short(zip, at + 28)?, short(zip, at + 30)?, short(zip, at + 32)?);
        let text = String::from_utf8_lossy(zip.get(at + 46..at + 46 + name)?).into_owned();
        list.push((text, content(zip, at)?));
        at += 46 + name + extra + comment;
    }
    Some(list)
}

/// The content of the entry whose directory record is at `at`.
fn content(zip: &[u8], at: usize) -> Option<Vec<u8>> {
    let (method, crc) = (short(zip, at + 10)?, long(zip, at + 16)?);
    let (packed, size, local) = (long(zip, at + 20)?, long(zip, at + 24)?, long(zip, at + 42)?);
    if zip.get(local..local + 4)? != b"PK\x03\x04" {
        return None;
    }
    let start = local + 30 + short(zip, local + 26)? + short(zip, local + 28)?;
    let raw = zip.get(start..start.checked_add(packed)?)?;
    let bytes = match method {
        0 => raw.to_vec(),
        8 => {
            let mut out = Vec::new();
            DeflateDecoder::new(raw).take(MOST).read_to_end(&mut out).ok()?;
            out
        }
        _ => return None,
    };
    let mut sum = flate2::Crc::new();
    sum.update(&bytes);
    (bytes.len() == size && sum.sum() as usize == crc).then_some(bytes)
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(2)?)?;
    Some(usize::from(u16::from_le_bytes([raw[0], raw[1]])))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]) as usize)
}
