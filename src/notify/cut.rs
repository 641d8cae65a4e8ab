//! Truncates a text to the limit of a channel, between lines if possible, and never within a character.

/// The size limit of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimit {
    /// So many.
    pub most: usize,
    /// The unit of the limit.
    pub unit: Unit,
}

/// What a channel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// UTF-16 units: what services call characters, or more than they count.
    Utf16,
}

impl TextLimit {
    /// A limit in bytes of UTF-8.
    pub const fn bytes(most: usize) -> TextLimit {
        TextLimit { most, unit: Unit::Bytes }
    }

    /// So many characters.
    pub const fn characters(most: usize) -> TextLimit {
        TextLimit { most, unit: Unit::Utf16 }
    }

    fn size(self, text: &str) -> usize {
        match self.unit {
            Unit::Bytes => text.len(),
            Unit::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// As many complete lines of `text` as fit, and a last line from `left_out` with the number of missing ones. If the first
/// line does not fit, its beginning.
pub fn cut(text: &str, limit: TextLimit, left_out: impl Fn(usize) -> String) -> String {
    if limit.size(text) <= limit.most {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    // The line for all lines is the longest one.
    let reserved = limit.size(&left_out(lines.len())) + 1;
    let room = limit.most.saturating_sub(reserved);
    let mut kept = String::new();
    let mut count = 0;
    let mut size = 0;
    for line in &lines {
        let more = limit.size(line) + usize::from(count > 0);
        if size + more > room {
            break;
        }
        if count > 0 {
            kept.push('\n');
        }
        kept.push_str(line);
        (count, size) = (count + 1, size + more);
    }
    if kept.trim().is_empty() {
        return clip(text.trim_start().lines().next().unwrap_or(""), limit);
    }
    let missing = lines[count..].iter().filter(|line| !line.is_empty()).count();
    format!("{}\n{}", kept.trim_end(), left_out(missing))
}

/// The beginning of a line, with `…` if it is truncated.
pub fn clip(line: &str, limit: TextLimit) -> String {
    if limit.size(line) <= limit.most {
        return line.to_owned();
    }
    let room = limit.most.saturating_sub(limit.size("…"));
    let mut kept = String::new();
    let mut size = 0;
    for c in line.chars() {
        size += limit.size(c.encode_utf8(&mut [0; 4]));
        if size > room {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn more(count: usize) -> String {
        format!("… {count} more")
    }

    #[test]
    fn a_short_text_is_unchanged() {
        assert_eq!(cut("a\n\nb\n", TextLimit::bytes(5), more), "a\n\nb\n");
    }

    #[test]
    fn complete_lines_are_kept_and_the_others_are_counted() {
        let text = "first\n\nsecond\nthird\n\nfourth";
        assert_eq!(cut(text, TextLimit::bytes(24), more), "first\n\nsecond\n… 2 more");
        assert_eq!(cut(text, TextLimit::bytes(23), more), "first\n… 3 more", "no empty line before the last");
    }

    #[test]
    fn a_text_is_truncated_within_the_limit_and_between_characters() {
        let texts = [
            "新增活动：晨跑 🏃\n".repeat(400),
            "跑步".repeat(3000),
            format!("\n\n{}", "é".repeat(5000)),
            "x\n".repeat(3000),
        ];
        for text in texts {
            for most in [20, 33, 34, 35, 2047, 2048, 4096] {
                let bytes = cut(&text, TextLimit::bytes(most), more);
                assert!(bytes.len() <= most && !bytes.is_empty(), "{most}: {}", bytes.len());
                let characters = cut(&text, TextLimit::characters(most), more);
                assert!(characters.encode_utf16().count() <= most && !characters.is_empty());
            }
        }
    }

    #[test]
    fn a_line_is_clipped_at_a_character() {
        assert_eq!(clip("跑步跑步", TextLimit::bytes(9)), "跑步…");
        assert_eq!(clip("跑步跑步", TextLimit::bytes(11)), "跑步…");
        assert_eq!(clip("🏃🏃🏃", TextLimit::characters(5)), "🏃🏃…");
        assert_eq!(clip("abc", TextLimit::characters(3)), "abc");
    }
}
