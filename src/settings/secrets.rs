//! Secrets and addresses: from `NAME`, from the file of `NAME_FILE`, or from the command of `NAME_COMMAND`.

use super::names::{Source, row};
use super::secret_source::{self, Defect};
use super::{Error, Settings, trim_line_ends};
use crate::http::Secret;

/// The largest secret, in bytes: tokens of other tools have a few kilobytes.
const MAX_BYTES: u64 = 64 << 10;

impl Settings {
    /// A password, a key or an address, from the first of `NAME`, `NAME_FILE` and `NAME_COMMAND` that is set. Line ends
    /// around it and a byte order mark before it are removed. Spaces are kept.
    ///
    /// # Errors
    /// The file cannot be read; the command fails, takes longer than `GS_COMMAND_TIMEOUT`, or prints too much (a pipe
    /// has the same limits); or the value has more than one line or a control character. [`Error::Stopped`] if a person
    /// stops the program meanwhile.
    pub fn secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        let found = self.multiline_secret(name)?;
        match found.as_ref().and_then(|secret| secret_source::defect(secret.expose())) {
            Some(defect) => Err(Error::Unusable(self.describe(name, defect))),
            None => Ok(found),
        }
    }

    /// A secret that may have several lines, such as the token of another tool. Otherwise like [`Settings::secret`].
    pub fn multiline_secret(&self, name: &str) -> Result<Option<Secret>, Error> {
        let Some(source) = self.source(name) else { return Ok(None) };
        let from = source.name(name);
        let Some(text) = self.raw(&from) else { return Ok(None) };
        let bytes = match source {
            Source::Value => return Ok(Some(Secret::new(text))),
            Source::File => secret_source::read_file(&from, &self.resolve(&from, text), &self.limits()?)?,
            Source::Command => secret_source::run_command(&from, text, &self.limits()?)?,
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::Unusable(format!("{from} is not valid UTF-8; save it as UTF-8")))?;
        let text = trim_line_ends(&text);
        Ok((!text.is_empty()).then(|| Secret::new(text)))
    }

    /// An e-mail address or another name of an account. It is read like a secret, and spaces around it are removed.
    ///
    /// # Errors
    /// As for [`Settings::secret`].
    pub fn address(&self, name: &str) -> Result<Option<String>, Error> {
        let found = self.secret(name)?.map(|secret| secret.expose().trim().to_owned());
        Ok(found.filter(|address| !address.is_empty()))
    }

    /// Whether a secret or an address is set, in any of the three ways.
    pub fn has_secret(&self, name: &str) -> bool {
        self.source(name).is_some()
    }

    /// Whether a secret is not set or can be read at once, without running a command or reading a pipe.
    pub fn is_available(&self, name: &str) -> bool {
        match self.source(name) {
            None | Some(Source::Value) => true,
            Some(Source::File) => {
                let from = Source::File.name(name);
                let path = self.raw(&from).map(|text| self.resolve(&from, text));
                path.is_some_and(|path| path.is_file() || !path.exists())
            }
            Some(Source::Command) => false,
        }
    }

    /// The name of the variable that gives a secret: `NAME`, `NAME_FILE` or `NAME_COMMAND`.
    pub fn source_name(&self, name: &str) -> Option<String> {
        self.source(name).map(|source| source.name(name))
    }

    /// The way in which a secret is set: value, file or command.
    pub(super) fn source(&self, name: &str) -> Option<Source> {
        let setting = row(name);
        Source::ALL.into_iter().find(|source| {
            (*source == Source::Value || setting.has_sources()) && self.raw(&source.name(name)).is_some()
        })
    }

    /// The message for a secret that cannot be used, and what to do. It contains nothing of the secret.
    fn describe(&self, name: &str, defect: Defect) -> String {
        let source = self.source(name).unwrap_or(Source::Value);
        let from = source.name(name);
        let (from, has, advice) = match (source, self.raw(&from)) {
            (Source::File, Some(text)) => {
                let path = self.resolve(&from, text);
                (format!("{from}: {}", path.display()), "has", "keep only that line in the file")
            }
            (Source::Command, _) => {
                (from, "printed", "let it print only that line, for example: pass show garmin | head -n1")
            }
            _ => (from, "has", "keep only that line"),
        };
        match defect {
            Defect::Lines(lines) => {
                format!("{from} {has} {lines} lines, but a password, key or address is a single line; {advice}")
            }
            Defect::Control(code) => {
                format!(
                    "{from} {has} a control character (U+{code:04X}) in the value; enter the value again without it"
                )
            }
        }
    }

    fn limits(&self) -> Result<secret_source::Limits<'_>, Error> {
        let time = self.duration("GS_COMMAND_TIMEOUT")?;
        Ok(secret_source::Limits { time, bytes: MAX_BYTES, stop: &self.stop })
    }
}
