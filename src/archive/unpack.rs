//! Finds the files in a response: in a zip, or a single file, which may be compressed with gzip. Anything else is an error.

use std::io::{Cursor, Read};

use super::CheckedFile;
use crate::activity::Format;
use crate::{fit, walk};

/// The most entries in one zip; services send one.
const ENTRIES: usize = 64;
/// The most bytes that a zip may contain unpacked. The longest real recordings have some ten megabytes.
const UNPACKED: u64 = 256 << 20;
/// The extension of zip files.
const ZIP: &str = "zip";

/// Why a response contains no intact file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{why}")]
pub struct BadBody {
    why: String,
    /// The reason for a file that no service sent, if it differs.
    of_file: Option<String>,
    recording: Option<&'static str>,
}

impl BadBody {
    /// A response without a recording: an error page, an empty body, or one that is unsafe to open.
    fn nothing(why: impl Into<String>) -> BadBody {
        BadBody { why: why.into(), of_file: None, recording: None }
    }

    /// A recording that is broken.
    fn broken(why: String, ending: &'static str) -> BadBody {
        BadBody { why, of_file: None, recording: Some(ending) }
    }

    /// The reason in words, for a file that no service sent.
    pub fn of_file(&self) -> &str {
        self.of_file.as_deref().unwrap_or(&self.why)
    }

    /// The reason in words.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The extension under which the body is kept: it is a corrupt recording, or a zip that may contain one.
    pub fn recording(&self) -> Option<&'static str> {
        self.recording
    }
}

/// The files in `body`: all FIT files of a zip, or else its first GPX or TCX file; or the body itself.
pub fn unpack(body: &[u8]) -> Result<Vec<CheckedFile>, BadBody> {
    if body.starts_with(b"PK") {
        return unzip(body);
    }
    check_file(ungzipped(body.to_vec(), UNPACKED)?).map(|file| vec![file])
}

/// Decompresses gzip; other bytes are returned unchanged.
fn ungzipped(bytes: Vec<u8>, most: u64) -> Result<Vec<u8>, BadBody> {
    let broken = |why| BadBody::broken(why, "gz");
    if walk::is_gzip(&bytes) { walk::gunzip(&bytes, most).map_err(broken) } else { Ok(bytes) }
}

fn unzip(body: &[u8]) -> Result<Vec<CheckedFile>, BadBody> {
    let broken = |error: zip::result::ZipError| BadBody::broken(format!("the zip file is corrupt: {error}"), ZIP);
    // The central directory is read, never the local headers: those hold no sizes in what Garmin sends.
    let mut archive = zip::ZipArchive::new(Cursor::new(body)).map_err(broken)?;
    if archive.len() > ENTRIES {
        let why = format!("the zip has {} files, more than the limit of {ENTRIES}", archive.len());
        return Err(BadBody::nothing(why));
    }
    let mut left = UNPACKED;
    let mut fits = Vec::new();
    let mut others = Vec::new();
    let mut strange = None;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(broken)?;
        if entry.is_dir() {
            continue;
        }
        if entry.enclosed_name().is_none() {
            return Err(BadBody::nothing("the zip has a file whose path leads out of it"));
        }
        let mut bytes = Vec::new();
        // The size in the directory is not trusted: the bytes are counted.
        let read = (&mut entry).take(left + 1).read_to_end(&mut bytes);
        read.map_err(|error| BadBody::broken(format!("the zip file is corrupt: {error}"), ZIP))?;
        let mut spend = |bytes: &[u8]| {
            left = left.checked_sub(bytes.len() as u64)?;
            Some(left)
        };
        let too_much = || {
            BadBody::nothing(format!("the zip unpacks to more than {} MiB, the limit of this program", UNPACKED >> 20))
        };
        let most = spend(&bytes).ok_or_else(too_much)?;
        if walk::is_gzip(&bytes) {
            bytes = ungzipped(bytes, most)?;
            spend(&bytes).ok_or_else(too_much)?;
        }
        match check_file(bytes) {
            Ok(piece) if piece.format == Format::Fit => fits.push(piece),
            Ok(piece) => others.push(piece),
            // A note beside the track is no harm; a track that is none is.
            Err(bad) if entry.name().is_ok_and(|name| is_track(&name)) => return Err(in_zip(bad)),
            Err(bad) => strange = Some(in_zip(bad)),
        }
    }
    if fits.is_empty() {
        others.truncate(1);
        fits = others;
    }
    if fits.is_empty() { Err(strange.unwrap_or(BadBody::nothing("the zip is empty"))) } else { Ok(fits) }
}

/// The body is the zip, so the whole zip is kept.
fn in_zip(bad: BadBody) -> BadBody {
    BadBody { recording: bad.recording.map(|_| ZIP), ..bad }
}

fn is_track(name: &str) -> bool {
    let name = walk::without_gz(name).to_ascii_lowercase();
    [".fit", ".gpx", ".tcx"].iter().any(|ending| name.ends_with(ending))
}

/// Checks one file by its content; its name and its declared type do not matter.
fn check_file(bytes: Vec<u8>) -> Result<CheckedFile, BadBody> {
    if bytes.is_empty() {
        let of_file = Some("the file is empty".to_owned());
        return Err(BadBody { of_file, ..BadBody::nothing("the service sent nothing") });
    }
    if bytes.get(8..12) == Some(b".FIT") {
        let broken = |broken| BadBody::broken(format!("the FIT file is corrupt: {broken}"), Format::Fit.name());
        let fit = fit::scan(&bytes).map_err(broken)?;
        return Ok(CheckedFile { format: Format::Fit, bytes, fit: Some(fit) });
    }
    match xml_root(&bytes) {
        Some((format, true)) => Ok(CheckedFile { format, bytes, fit: None }),
        Some((format, false)) => {
            Err(BadBody::broken(format!("the {} file is cut off", format.name().to_uppercase()), format.name()))
        }
        None => {
            let found = looks_like(&bytes);
            let of_file = Some(format!("not a FIT, GPX or TCX file: {found}"));
            Err(BadBody { of_file, ..BadBody::nothing(format!("the service sent {found} instead of a file")) })
        }
    }
}

/// The format of an XML track by its root element, and whether that element is closed at the end.
///
/// Ignores what old devices and converters write before and after it: a declaration, a document type, comments, a namespace
/// prefix, zero bytes. UTF-16 is decoded; in other encodings only the ASCII matters.
fn xml_root(bytes: &[u8]) -> Option<(Format, bool)> {
    let text = decoded(bytes);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<!") => ">",
            _ => break,
        };
        rest = rest.split_once(end)?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?.split(['>', '/']).next()?.split_whitespace().next()?;
    let format = match name.rsplit(':').next()? {
        "gpx" => Format::Gpx,
        "TrainingCenterDatabase" => Format::Tcx,
        _ => return None,
    };
    let filling = |c: char| c.is_whitespace() || c == '\0';
    let mut end = text.trim_end_matches(filling);
    while let Some((before, _)) = end.strip_suffix("-->").and_then(|inner| inner.rsplit_once("<!--")) {
        end = before.trim_end_matches(filling);
    }
    let is_closed = end.strip_suffix('>').is_some_and(|end| end.trim_end().ends_with(&format!("</{name}")));
    Some((format, is_closed))
}

fn decoded(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let units = |read: fn([u8; 2]) -> u16| bytes[2..].chunks_exact(2).map(move |pair| read([pair[0], pair[1]]));
    match bytes {
        [0xff, 0xfe, ..] => {
            char::decode_utf16(units(u16::from_le_bytes)).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into()
        }
        [0xfe, 0xff, ..] => {
            char::decode_utf16(units(u16::from_be_bytes)).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into()
        }
        _ => String::from_utf8_lossy(bytes),
    }
}

fn looks_like(bytes: &[u8]) -> &'static str {
    let start: String = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).trim_start().to_ascii_lowercase();
    match start.chars().next() {
        Some('{' | '[') => "a JSON text",
        Some('<') if start.contains("<html") || start.contains("<!doctype html") => "a web page",
        Some('<') => "an XML text",
        _ => "something unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn why(body: &[u8]) -> String {
        unpack(body).unwrap_err().to_string()
    }

    const GPX: &[u8] = b"<?xml version=\"1.0\"?>\n<!-- x --><gpx version=\"1.1\"></gpx>\n";

    #[test]
    fn a_body_without_a_file_is_an_error() {
        assert_eq!(why(b""), "the service sent nothing");
        assert_eq!(why(b"<!DOCTYPE html><html>Just a moment"), "the service sent a web page instead of a file");
        assert_eq!(why(b"{\"error\":\"x\"}"), "the service sent a JSON text instead of a file");
        assert_eq!(why(&zipped(&[])), "the zip is empty");
        assert_eq!(why(&zipped(&[("a.fit", b"<html></html>")])), "the service sent a web page instead of a file");
        assert_eq!(why(&GPX[..40]), "the GPX file is cut off");
    }

    #[test]
    fn a_zip_cannot_escape_its_folder_nor_exceed_the_limits() {
        assert!(why(&zipped(&[("../../x.gpx", GPX)])).contains("leads out of it"));
        let many: Vec<(String, &[u8])> = (0..65).map(|n| (format!("{n}.gpx"), GPX)).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), *b)).collect();
        assert!(why(&zipped(&many)).contains("65 files"));
        let bomb = vec![0_u8; (UNPACKED + 1) as usize];
        assert!(why(&zipped(&[("bomb.fit", &bomb)])).contains("unpacks to more than"));
    }

    #[test]
    fn a_gzip_file_is_read_alone_and_inside_a_zip() {
        let packed = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        for body in [packed(GPX), zipped(&[("a.gpx.gz", &packed(GPX))])] {
            let pieces = unpack(&body).unwrap();
            assert!(pieces.len() == 1 && pieces[0].bytes == GPX);
        }
        let cut = &packed(GPX)[..30];
        assert!(why(cut).contains("gzip") && why(&zipped(&[("a.gpx.gz", cut)])).contains("damaged"));
        let bomb = packed(&vec![0; (UNPACKED + 1) as usize]);
        assert!(
            why(&bomb).contains("unpacks to more")
                && why(&zipped(&[("bomb.fit.gz", &bomb)])).contains("unpacks to more")
        );
        assert!(unpack(&packed(&packed(GPX))).is_err(), "packed once, and no more");
    }

    #[test]
    fn a_corrupt_recording_differs_from_a_body_without_a_recording() {
        let recording = |body: &[u8]| unpack(body).unwrap_err().recording();
        let fit = [&[14, 0x20, 0, 0, 9, 0, 0, 0][..], b".FIT", &[0; 9]].concat();
        assert_eq!([recording(&fit), recording(&GPX[..40])], [Some("fit"), Some("gpx")]);
        let whole = zipped(&[("a.gpx", GPX)]);
        assert_eq!([recording(&zipped(&[("a.fit", &fit)])), recording(&whole[..50])], [Some("zip"), Some("zip")]);
        for none in [&b""[..], b"<html></html>", b"{}", b"something", &zipped(&[]), &zipped(&[("a.fit", b"")])] {
            assert_eq!(recording(none), None, "{}", String::from_utf8_lossy(none));
        }
        assert_eq!(recording(&zipped(&[("a.fit", b"<html></html>")])), None);
        assert_eq!(recording(&zipped(&[("../a.fit", &fit)])), None);
    }

    #[test]
    fn a_truncated_or_damaged_zip_is_corrupt() {
        let whole = zipped(&[("a.gpx", GPX)]);
        assert_eq!(unpack(&whole).unwrap()[0].format, Format::Gpx);
        assert!(unpack(&whole[..whole.len() - 5]).is_err());
        let mut flipped = whole;
        flipped[45] ^= 4;
        assert!(unpack(&flipped).is_err());
    }

    #[test]
    fn tcx_and_gpx_are_detected_by_their_root_element() {
        let tcx = b"\xef\xbb\xbf<?xml version='1.0'?><TrainingCenterDatabase xmlns='x'><A/></TrainingCenterDatabase>";
        assert_eq!(unpack(tcx).unwrap()[0].format, Format::Tcx);
        assert!(unpack(b"<kml></kml>").is_err());
    }

    #[test]
    fn tracks_of_old_devices_and_converters_are_complete() {
        let utf16 = |text: &str| {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>()
        };
        for whole in [
            b"<gpx></gpx>\n<!-- made by x -->\n".to_vec(),
            b"<gpx></gpx >\0\0".to_vec(),
            b"<?xml version='1.0' encoding='ISO-8859-1'?><gpx><name>Z\xfcrich</name></gpx>".to_vec(),
            b"<ns3:gpx xmlns:ns3='x'></ns3:gpx>".to_vec(),
            b"<!DOCTYPE TrainingCenterDatabase><TrainingCenterDatabase></TrainingCenterDatabase>".to_vec(),
            utf16("<?xml version='1.0'?><gpx></gpx>"),
        ] {
            assert!(unpack(&whole).is_ok(), "{}", String::from_utf8_lossy(&whole));
        }
        for cut in ["<gpx></gpx", "<gpx><!-- </gpx> -->", "<gpx>", "<gpx></trk>"] {
            assert!(why(cut.as_bytes()).contains("cut off"), "{cut}");
        }
    }
}
