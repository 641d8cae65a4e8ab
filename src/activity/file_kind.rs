//! The format of an activity's file, and its origin: original or converted.

use std::fmt;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Garmin FIT.
    Fit,
    /// GPS Exchange Format.
    Gpx,
    /// Training Center XML.
    Tcx,
}

impl Format {
    /// All formats.
    pub const ALL: [Format; 3] = [Format::Fit, Format::Gpx, Format::Tcx];

    /// Its name in records and in the catalogue, which is also the extension of its files.
    pub fn name(self) -> &'static str {
        match self {
            Format::Fit => "fit",
            Format::Gpx => "gpx",
            Format::Tcx => "tcx",
        }
    }

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Format::Fit => "FIT",
            Format::Gpx => "GPX",
            Format::Tcx => "TCX",
        }
    }

    /// The format with this [`name`](Format::name).
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The origin of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The recorded file, as it was uploaded.
    Original,
    /// A file that the service computed from its own data.
    Converted,
}

impl Origin {
    /// Both origins.
    pub const ALL: [Origin; 2] = [Origin::Original, Origin::Converted];

    /// Its name in records and in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Original => "original",
            Origin::Converted => "converted",
        }
    }

    /// The origin with this [`name`](Origin::name).
    pub fn from_name(name: &str) -> Option<Origin> {
        Origin::ALL.into_iter().find(|origin| origin.name() == name)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}
