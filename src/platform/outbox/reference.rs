//! The reference of a delivery in the journal: the temporary file, and the name that it gets. Pure.

use std::fmt;

use serde_json::{Value, json};

use crate::name_pattern::FileName;

/// A file that is written, and published later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name of the temporary file.
    pub part: String,
    /// The final name.
    pub name: String,
}

impl Reference {
    /// Reads a reference from the journal; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Reference> {
        let value: Value = serde_json::from_str(text).ok()?;
        let field = |name: &str| Some(value.get(name)?.as_str().filter(|name| is_name(name))?.to_owned());
        Some(Reference { part: field("part")?, name: field("name")? })
    }

    /// The final name with room for a number.
    pub fn file_name(&self) -> FileName {
        FileName::of(&self.name)
    }
}

/// Whether a text is the name of a file in the folder, and not a path out of it.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && !text.contains(['/', '\0'])
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", json!({"part": self.part, "name": self.name}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written() {
        let reference = Reference { part: ".part-1".into(), name: "a \"b\" 跑步.fit".into() };
        assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
    }

    #[test]
    fn a_reference_never_leads_out_of_the_folder() {
        for text in [
            r#"{"part":"../x","name":"a.fit"}"#,
            r#"{"part":"x","name":"/etc/a.fit"}"#,
            r#"{"part":"x","name":".."}"#,
            r#"{"part":"x"}"#,
            "12",
            "",
        ] {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
    }
}
