//! Reads the names of the files in the archive: which activity a file belongs to.

use std::io::{self, ErrorKind};

use jiff::Timestamp;

use super::{Archive, Error, folder_name};

/// The activity of a file, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFile {
    /// The id of the activity on its platform.
    pub id: String,
    /// Its start; `None` if it was unknown.
    pub start_time: Option<Timestamp>,
}

impl Archive {
    /// The activities that have files in the folder of `platform`, each once. Files with other names are ignored.
    pub fn named(&self, platform: &str) -> Result<Vec<NamedFile>, Error> {
        let dir = self.absolute("fit").join(folder_name(platform));
        let read = || -> io::Result<Vec<NamedFile>> {
            let mut all = Vec::new();
            for entry in std::fs::read_dir(&dir)? {
                all.extend(entry?.file_name().to_str().and_then(parse));
            }
            all.sort_by(|a, b| a.id.cmp(&b.id));
            all.dedup_by(|a, b| a.id == b.id);
            Ok(all)
        };
        match read() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(|source| Error { path: dir.clone(), source }),
        }
    }
}

/// Reads `activity_{id}_{start}….{format}`.
fn parse(name: &str) -> Option<NamedFile> {
    let (stem, _) = name.strip_prefix("activity_")?.rsplit_once('.')?;
    let (id, rest) = stem.split_once('_')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let start = rest.split('_').next().unwrap_or_default();
    let start_time = match start {
        "unknown" => None,
        start => Some(time(start)?),
    };
    is_id.then(|| NamedFile { id: id.to_owned(), start_time })
}

/// A time in a file name, with `-` instead of `:`.
fn time(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once('T')?;
    format!("{date}T{}", clock.replace('-', ":")).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::path_for;
    use super::*;
    use crate::activity::Activity;
    use crate::activity::{Format, Origin};

    #[test]
    fn file_names_round_trip() {
        for start in [Some("2026-01-08T14:10:21Z"), Some("1999-12-31T23:59:59Z"), None] {
            let start_time = start.map(|text| text.parse().unwrap());
            let activity = Activity {
                platform: "coros".into(),
                id: "479396244626636805".into(),
                start_time,
                ..Activity::default()
            };
            for (part, format, origin) in [
                (0, Format::Fit, Origin::Original),
                (2, Format::Fit, Origin::Original),
                (0, Format::Tcx, Origin::Converted),
            ] {
                let path = path_for(&activity, part, format, origin);
                let name = path.file_name().unwrap().to_str().unwrap();
                assert_eq!(parse(name), Some(NamedFile { id: activity.id.clone(), start_time }), "{name}");
            }
        }
    }

    #[test]
    fn other_file_names_are_ignored() {
        for name in [
            "activity_1.fit",
            "activity__2026-01-08T14-10-21Z.fit",
            "activity_1_soon.fit",
            "notes.txt",
            ".part-x",
            "activity_a b_unknown.fit",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
