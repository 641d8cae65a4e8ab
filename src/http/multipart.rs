//! Form bodies of the type `multipart/form-data` (RFC 7578).

/// A part of a form.
#[derive(Debug, Clone, Copy)]
pub struct FormPart<'a> {
    /// The name of the field.
    pub name: &'a str,
    /// The name of the file, if the part is a file. The type of such a part is `application/octet-stream`.
    pub file_name: Option<&'a str>,
    /// The content.
    pub content: &'a [u8],
}

/// The `Content-Type` and the body of a form. `boundary` is a text that occurs in no part.
pub fn multipart(boundary: &str, parts: &[FormPart]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for part in parts {
        let file = part
            .file_name
            .map(|name| format!("; filename=\"{}\"\r\nContent-Type: application/octet-stream", header_safe(name)));
        let name = header_safe(part.name);
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{}\r\n\r\n",
            file.unwrap_or_default()
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// Replaces each character of the name that could end the header.
fn header_safe(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_its_parts_between_boundaries_and_safe_file_names() {
        let parts = [
            FormPart { name: "order", file_name: None, content: b"{}" },
            FormPart { name: "file", file_name: Some("a\"\r\nb.fit"), content: b"\x00\xff" },
        ];
        let (content_type, body) = multipart("B", &parts);
        assert_eq!(content_type, "multipart/form-data; boundary=B");
        let expected = b"--B\r\nContent-Disposition: form-data; name=\"order\"\r\n\r\n{}\r\n\
            --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a___b.fit\"\r\n\
            Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n--B--\r\n";
        assert_eq!(body, expected);
    }
}
