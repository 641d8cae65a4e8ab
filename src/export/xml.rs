//! XML: elements in lines, indented by their depth.

use std::io::{self, Write};

/// Writes elements.
pub(super) struct XmlWriter<'w> {
    out: &'w mut dyn Write,
    open: Vec<&'static str>,
}

impl<'w> XmlWriter<'w> {
    pub fn new(out: &'w mut dyn Write) -> XmlWriter<'w> {
        XmlWriter { out, open: Vec::new() }
    }

    /// Writes the declaration of the file.
    pub fn declare(&mut self) -> io::Result<()> {
        self.out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    /// Begins an element.
    pub fn begin(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.indent()?;
        write!(self.out, "<{name}")?;
        for (name, value) in attributes {
            write!(self.out, " {name}=\"{}\"", escaped(value))?;
        }
        self.out.write_all(b">\n")?;
        self.open.push(name);
        Ok(())
    }

    /// Ends the element that was begun last.
    pub fn end(&mut self) -> io::Result<()> {
        let Some(name) = self.open.pop() else { return Ok(()) };
        self.indent()?;
        writeln!(self.out, "</{name}>")
    }

    /// Ends all elements, and passes on everything that was written.
    pub fn finish(&mut self) -> io::Result<()> {
        while !self.open.is_empty() {
            self.end()?;
        }
        self.out.flush()
    }

    /// Writes an element with a text.
    pub fn element(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.indent()?;
        writeln!(self.out, "<{name}>{}</{name}>", escaped(text))
    }

    /// Writes an element, if there is a text.
    pub fn optional(&mut self, name: &str, text: Option<impl AsRef<str>>) -> io::Result<()> {
        text.map_or(Ok(()), |text| self.element(name, text.as_ref()))
    }

    fn indent(&mut self) -> io::Result<()> {
        write!(self.out, "{:1$}", "", self.open.len())
    }
}

/// A text with its markup escaped, without the characters that XML 1.0 forbids and without further control characters, which
/// a terminal may obey.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => {}
            '\u{fffe}' | '\u{ffff}' => {}
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_nested_and_texts_escaped() {
        let mut out = Vec::new();
        let mut xml = XmlWriter::new(&mut out);
        xml.begin("a", &[("b", "\"1\" < 2")]).unwrap();
        xml.element("c", "x & y > z\u{0}\u{1f}\u{7f}\u{9b}\u{ffff}\t跑步").unwrap();
        xml.optional("d", None::<&str>).unwrap();
        xml.finish().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "<a b=\"&quot;1&quot; &lt; 2\">\n <c>x &amp; y &gt; z\t跑步</c>\n</a>\n");
    }
}
