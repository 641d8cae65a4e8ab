//! Bodies of `multipart/form-data`, read strictly.

use super::Request;

/// One part of a form.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Name of the field.
    pub name: String,
    /// Name of the file, if the part is a file.
    pub file: Option<String>,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The parts of a form, or why the body is not a valid form.
pub fn parts(request: &Request) -> Result<Vec<Part>, &'static str> {
    if !request.is_type("multipart/form-data") {
        return Err("not multipart/form-data");
    }
    let media = request.header("content-type").unwrap_or_default();
    let boundary = attribute(media, "boundary").filter(|text| !text.is_empty()).ok_or("no boundary")?;
    let mark = format!("--{boundary}");
    let mut rest = request.body.strip_prefix(mark.as_bytes()).ok_or("the body does not begin with its boundary")?;
    let mark = format!("\r\n{mark}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        let inside = rest.strip_prefix(b"\r\n").ok_or("no line end behind a boundary")?;
        let end = find(inside, mark.as_bytes()).ok_or("the last boundary is missing")?;
        parts.push(part(&inside[..end])?);
        rest = &inside[end + mark.len()..];
    }
}

fn part(bytes: &[u8]) -> Result<Part, &'static str> {
    let head = find(bytes, b"\r\n\r\n").ok_or("a part without a head")?;
    let text = String::from_utf8_lossy(&bytes[..head]);
    let line = text.lines().filter_map(|line| line.split_once(':'));
    let disposition = line.clone().find(|(key, _)| key.eq_ignore_ascii_case("content-disposition"));
    let (_, value) = disposition.ok_or("a part without Content-Disposition")?;
    let name = attribute(value, "name").ok_or("a part without a name")?;
    Ok(Part { name, file: attribute(value, "filename"), bytes: bytes[head + 4..].to_vec() })
}

/// `key=value` or `key="value"` among the attributes of a header.
fn attribute(value: &str, key: &str) -> Option<String> {
    let pairs = value.split(';').skip(1).filter_map(|pair| pair.trim().split_once('='));
    let (_, text) = pairs.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
    Some(text.trim_matches('"').to_owned())
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
