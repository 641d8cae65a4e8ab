//! One token file a platform: `tokens/<platform>.json`, readable by its owner alone.
//!
//! Renewing a token spends the old one, so it happens under a lock that all processes share, and the new token is on the
//! disk before it is used.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use super::{Error, PlatformId, Result};
use crate::fs::{make_private, persist, unfinished};
use crate::reason::Reason;

/// Renewing takes one or two requests; somebody who holds the lock longer is asleep at a prompt.
const PATIENCE: Duration = Duration::from_secs(120);

/// The token of one platform.
#[derive(Debug, Clone)]
pub struct TokenStore {
    dir: PathBuf,
    platform: PlatformId,
}

/// Room for a token: several times what one takes.
const RESERVED: usize = 16 << 10;

/// Room on the disk for a token that is about to come.
pub struct Reserved<'a> {
    store: &'a TokenStore,
    file: NamedTempFile,
}

impl Reserved<'_> {
    /// Keeps the token, whole and durable, in place of the one before.
    pub fn save<T: Serialize>(mut self, token: &T) -> Result<()> {
        let store = self.store;
        let mut write = || -> io::Result<()> {
            let text = serde_json::to_vec_pretty(token)?;
            self.file.rewind()?;
            self.file.write_all(&text)?;
            self.file.as_file().set_len(text.len() as u64)?;
            self.file.as_file().sync_all()
        };
        write().and_then(|()| persist(self.file, &store.path())).map_err(|error| store.failed("writing", &error))
    }
}

/// The right to renew the token; ends when dropped.
#[derive(Debug)]
pub struct TokenLock {
    /// The lock lives as long as the file is open.
    _file: File,
}

impl TokenStore {
    /// The token of `platform` in the folder `dir`.
    pub fn new(dir: PathBuf, platform: PlatformId) -> TokenStore {
        TokenStore { dir, platform }
    }

    fn path(&self) -> PathBuf {
        self.dir.join(format!("{}.json", self.platform))
    }

    fn failed(&self, doing: &str, error: &io::Error) -> Error {
        let path = self.path();
        Error::Storage(match (error.kind(), crate::fs::reason(&path, error)) {
            (ErrorKind::InvalidInput, _) => Reason::Storage { detail: error.to_string() },
            (_, Reason::Storage { detail }) => {
                Reason::Storage { detail: format!("{doing} {detail}; check that the data folder may be written") }
            }
            (_, reason) => reason,
        })
    }

    /// The stored token, if there is one.
    pub fn load<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let text = match regular(&self.path()).and_then(|()| fs::read(self.path())) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("reading", &error)),
        };
        // The parser's words could quote the token.
        serde_json::from_slice(&text).map(Some).map_err(|_| {
            Error::Login(format!(
                "{} is damaged; remove it with gs-auth logout --platform {} and log in again",
                self.path().display(),
                self.platform
            ))
        })
    }

    /// Makes sure that a token can be kept, before the one that is there is spent on it.
    ///
    /// The room it will take is taken now: a full disk must not cost a login.
    pub fn reserve(&self) -> Result<Reserved<'_>> {
        let reserve = || -> io::Result<NamedTempFile> {
            make_private(&self.dir)?;
            // Made with mode 0600, so that the text is never readable by others, not for a moment.
            unfinished(&self.dir, ".token-", &[b' '; RESERVED])
        };
        let file = reserve().map_err(|error| self.failed("writing", &error))?;
        Ok(Reserved { store: self, file })
    }

    /// Keeps a token, whole and durable, before anybody uses it.
    pub fn save<T: Serialize>(&self, token: &T) -> Result<()> {
        self.reserve()?.save(token)
    }

    /// Forgets the token. Returns whether there was one.
    pub fn remove(&self) -> Result<bool> {
        match fs::remove_file(self.path()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("removing", &error)),
        }
    }

    /// Waits for the right to renew the token.
    pub fn lock(&self) -> Result<TokenLock> {
        let path = self.dir.join(format!("{}.lock", self.platform));
        let open = || -> io::Result<File> {
            make_private(&self.dir)?;
            match regular(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            File::options().create(true).truncate(false).write(true).open(&path)
        };
        let file = open().map_err(|error| self.failed("locking", &error))?;
        match crate::fs::lock(&file, PATIENCE).map_err(|error| self.failed("locking", &error))? {
            true => Ok(TokenLock { _file: file }),
            false => {
                let message =
                    format!("another command is logging in to {} and does not end; try again later", self.platform);
                Err(Error::Later { message, down: true })
            }
        }
    }
}

/// Fails for what is no regular file: a named pipe would be waited for without an end.
fn regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.is_file() {
        true => Ok(()),
        false => {
            let why =
                format!("{} is not a regular file; remove it, and log in again if it was the token", path.display());
            Err(io::Error::new(ErrorKind::InvalidInput, why))
        }
    }
}
