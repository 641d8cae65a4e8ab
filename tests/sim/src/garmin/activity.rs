//! One activity: its data on the service, and the content of its original download.

use super::sports::Sport;
use crate::fit::{FitBuilder, Recording};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// The source of the original, and the response to its download.
#[derive(Clone, Debug)]
pub enum Source {
    /// A FIT file in this layout.
    Fit(Layout),
    /// Uploaded as GPX.
    Gpx,
    /// Uploaded as TCX.
    Tcx,
    /// A real file, read when it is requested.
    File(PathBuf),
    /// Given bytes, with this extension.
    Bytes(&'static str, Vec<u8>),
    /// Entered by hand: 404.
    Manual404,
    /// Entered by hand: 500 with a NullPointerException.
    Manual500,
    /// Existing but corrupt: 403 with a WebApplicationException.
    Corrupt403,
    /// The download always fails with this status, while the exports work.
    Failing(u16),
}

/// Layouts of a generated FIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The usual layout of watches.
    Plain,
    /// A 12-byte header.
    Header12,
    /// No header checksum.
    ZeroHeaderCrc,
    /// Compressed timestamps.
    Compressed,
    /// Big-endian.
    BigEndian,
    /// Two files, one after the other.
    Chained,
}

/// The device in the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// A number.
    Id(u64),
    /// Zero.
    Zero,
    /// Null.
    Null,
}

/// One leg of a multisport activity, which has its own details.
#[derive(Clone, Debug)]
pub struct Child {
    /// Its id.
    pub id: u64,
    /// Its index among the legs of the recording.
    pub leg: usize,
}

/// An activity.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The service's number.
    pub id: u64,
    /// Current name.
    pub name: Option<String>,
    /// Name at the time of the recording: the original never changes.
    pub first_name: String,
    /// Type.
    pub sport: Sport,
    /// Key of the type in the list.
    pub type_key: String,
    /// The recording.
    pub recording: Recording,
    /// Time zone: the service's number and name.
    pub zone: (u32, String),
    /// Metres, as listed.
    pub distance: Option<f64>,
    /// Device, as listed.
    pub device: Device,
    /// Listed in the shape of 2018 to 2021.
    pub old_shape: bool,
    /// Listed without the start in GMT.
    pub without_gmt: bool,
    /// Legs of a multisport activity.
    pub children: Vec<Child>,
    /// The original.
    pub source: Source,
    /// Uploaded as an import, which is not passed on to connected services.
    pub imported: bool,
    /// Its oddities.
    pub oddities: Vec<String>,
    /// Its group, if it is on several services.
    pub group: Option<String>,
}

impl Activity {
    /// Start in local time, as seconds since 1970.
    pub fn start_local(&self) -> i64 {
        self.recording.start + i64::from(self.recording.offset)
    }

    /// Entered by hand, without any file.
    pub fn is_manual(&self) -> bool {
        matches!(self.source, Source::Manual404 | Source::Manual500)
    }

    /// Whether it has positions.
    pub fn has_gps(&self) -> bool {
        !self.is_manual() && self.recording.has_gps()
    }

    /// Extension of the original; `None` if it is unavailable.
    pub fn extension(&self) -> Option<&'static str> {
        match &self.source {
            Source::Fit(_) | Source::File(_) => Some("fit"),
            Source::Bytes(extension, _) => Some(extension),
            Source::Gpx => Some("gpx"),
            Source::Tcx => Some("tcx"),
            _ => None,
        }
    }

    /// The file in the original download.
    pub fn original(&self) -> Option<Vec<u8>> {
        match &self.source {
            Source::Fit(layout) => Some(encode(&self.recording, *layout)),
            Source::File(path) => std::fs::read(path).ok(),
            Source::Bytes(_, bytes) => Some(bytes.clone()),
            Source::Gpx => Some(super::export::gpx(self, &self.first_name).into_bytes()),
            Source::Tcx => Some(super::export::tcx(self, &self.first_name).into_bytes()),
            _ => None,
        }
    }

    /// Number and name of the file format in the details.
    pub fn format(&self) -> Option<(u32, &'static str)> {
        match self.extension() {
            Some("gpx") => Some((2, "gpx")),
            Some("tcx") => Some((3, "tcx")),
            _ if self.is_manual() => None,
            _ => Some((7, "fit")),
        }
    }
}

/// The file of a recording in a layout.
pub fn encode(recording: &Recording, layout: Layout) -> Vec<u8> {
    let builder: FitBuilder = recording.builder();
    match layout {
        Layout::Plain => builder.build(),
        Layout::Header12 => builder.header_12().build(),
        Layout::ZeroHeaderCrc => builder.zero_header_crc().build(),
        Layout::Compressed => builder.compressed_timestamps().build(),
        Layout::BigEndian => builder.big_endian().build(),
        Layout::Chained => crate::fit::chain(&[builder.build(), builder.build()]),
    }
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
}
