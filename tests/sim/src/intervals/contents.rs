//! What an uploaded file holds: a FIT, TCX or GPX file, or several of them, packed.

use super::text;
use crate::fit::{check, profile::FIT_EPOCH, scan};
use crate::unzip;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{Read, Write};

/// The first bytes of a gzip file.
pub const GZIP: [u8; 2] = [0x1F, 0x8B];

const MOST: u64 = 64 << 20;

/// One activity file.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// `fit`, `tcx` or `gpx`.
    pub extension: &'static str,
    /// The file, unpacked.
    pub bytes: Vec<u8>,
    /// Its sessions; several for multisport.
    pub sessions: Vec<Session>,
    /// Local time minus UTC in seconds, if the file has it.
    pub offset: Option<i32>,
    /// Why the file is broken.
    pub fault: Option<&'static str>,
}

/// The totals of one session of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Start, Unix time.
    pub start: i64,
    /// FIT sport and sub-sport.
    pub sport: (u8, u8),
    /// Seconds on the timer.
    pub seconds: u32,
    /// Seconds with pauses.
    pub elapsed: u32,
    /// Metres, if known.
    pub metres: Option<f64>,
}

/// The files in an upload; `Err` says why it holds none.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Contents>, &'static str> {
    if !bytes.starts_with(b"PK") {
        return Ok(vec![read(gunzip(bytes)?)?]);
    }
    let entries = unzip::entries(bytes).ok_or("the zip is broken")?;
    let files = entries.into_iter().filter(|(name, _)| !name.ends_with('/'));
    let files = files.map(|(_, bytes)| read(gunzip(&bytes)?)).collect::<Result<Vec<_>, _>>()?;
    if files.is_empty() { Err("the zip is empty") } else { Ok(files) }
}

/// The content of a gzip file; any other file unchanged.
fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes.to_vec());
    }
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes).take(MOST).read_to_end(&mut out).map_err(|_| "the gzip file is broken")?;
    Ok(out)
}

/// A gzip file with this content.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Reads an unpacked file. The format follows from the bytes, not from the name.
pub fn read(bytes: Vec<u8>) -> Result<Contents, &'static str> {
    if bytes.get(8..12) == Some(b".FIT") {
        return Ok(Contents {
            extension: "fit",
            sessions: sessions(&bytes),
            offset: scan::summary(&bytes).offset.filter(|offset| offset.abs() <= 14 * 3600),
            fault: check::fault(&bytes),
            bytes,
        });
    }
    let (extension, session) = text::read(&bytes)?;
    Ok(Contents { extension, fault: None, sessions: vec![session], offset: None, bytes })
}

fn sessions(fit: &[u8]) -> Vec<Session> {
    let found = scan::records(fit).into_iter().filter(|record| record.global == Some(18));
    found.filter_map(|record| session(&record.fields)).collect()
}

fn session(fields: &[(u8, i64)]) -> Option<Session> {
    let field = |number: u8| fields.iter().find(|(found, _)| *found == number).map(|(_, value)| *value);
    Some(Session {
        start: field(2)? + FIT_EPOCH,
        sport: (field(5).unwrap_or(0) as u8, field(6).unwrap_or(0) as u8),
        elapsed: (field(7).unwrap_or(0) / 1000) as u32,
        seconds: (field(8).unwrap_or(0) / 1000) as u32,
        metres: field(9).filter(|value| *value > 0).map(|value| value as f64 / 100.0),
    })
}
