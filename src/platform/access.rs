//! The ways to reach the account of a service.
//!
//! An account may have several: an API key that only reads, beside the login of the service's web page. Each has a
//! credential and a token of its own.

use std::io;
use std::path::{Path, PathBuf};

use super::{AccessKind, Context, LoginWays, PlatformLogin, PlatformReader, PlatformWriter, Result};
use crate::http::Secret;

/// One way to reach the account of a service. Every access can read.
pub trait Access: Send + Sync {
    /// Its credential.
    fn kind(&self) -> AccessKind;

    /// Whether it can upload and delete.
    fn can_write(&self) -> bool;

    /// Settings with the e-mail address, the first that is set wins; none for a key.
    fn user_settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Settings with the password or the key; the first that is set wins.
    fn secret_settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether its keys end on a day that the service does not tell, so that a person is asked for that day.
    fn asks_key_end(&self) -> bool {
        false
    }

    /// The ways to set it up, as texts for a person.
    fn login_ways(&self) -> LoginWays;

    /// The settings that may hold a token of another tool.
    fn token_settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// The files and folders in which other tools store tokens of this access. `setting` reads a setting that is a path.
    fn token_places(&self, _home: Option<&Path>, _setting: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The text to import from a file, or from a folder of another tool; `None` if the folder holds no token.
    ///
    /// # Errors
    /// The file or folder cannot be read.
    fn read_token(&self, path: &Path) -> io::Result<Option<Secret>> {
        std::fs::read_to_string(path).map(|text| Some(Secret::new(text)))
    }

    /// Opens the account to read from it.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): a setting that this service alone reads has an invalid value.
    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>>;

    /// Opens the account to write to it; `None` if this access cannot write.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): a setting that this service alone reads has an invalid value.
    fn open_writer(&self, context: Context) -> Result<Option<Box<dyn PlatformWriter>>>;

    /// Opens the account to log in.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): a setting that this service alone reads has an invalid value.
    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>>;
}
