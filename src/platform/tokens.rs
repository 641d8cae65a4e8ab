//! Stores one token per access of a platform in a file, which only its owner can read: `tokens/<platform>.json` for the
//! login, `tokens/<platform>.key.json` and `tokens/<platform>.oauth.json` for the others.
//!
//! Renewing a token invalidates the old one. So a token is renewed under a lock that all processes share, and the new
//! token is on the disk before it is used.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::{AccessKind, Error, PlatformId, Result};
use crate::fs::{make_private, persist, unfinished};
use crate::http::Secret;
use crate::reason::Reason;

/// How long a process waits for the lock. Renewing takes one or two requests; a process that holds the lock longer is
/// waiting for a person.
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// The token of one access of a platform.
#[derive(Debug, Clone)]
pub struct TokenStore {
    dir: PathBuf,
    platform: PlatformId,
    access: AccessKind,
}

/// The space that is reserved for a token, in bytes: several times the size of a token.
const RESERVED: usize = 16 << 10;

/// Reserved disk space for the next token.
pub struct Reserved<'a> {
    store: &'a TokenStore,
    file: NamedTempFile,
}

impl Reserved<'_> {
    /// Saves the token durably, in place of the old one.
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

/// What every stored token tells about its end. It has no `Debug`: nothing prints it.
#[derive(Deserialize)]
pub struct Ended {
    /// Why it no longer works; `None`: it may work.
    #[serde(default)]
    dead: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

impl Ended {
    /// Whether it is this key.
    pub fn is_key(&self, key: &Secret) -> bool {
        self.key.as_deref() == Some(key.expose())
    }
}

/// The right to renew the token; ends when dropped.
#[derive(Debug)]
pub struct TokenLock {
    /// The lock is held while the file is open.
    _file: File,
}

impl TokenStore {
    /// The token of an access of `platform` in the folder `dir`.
    pub fn new(dir: PathBuf, platform: PlatformId, access: AccessKind) -> TokenStore {
        TokenStore { dir, platform, access }
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.dir.join(match self.access {
            AccessKind::Login => format!("{}.{ending}", self.platform),
            access => format!("{}.{}.{ending}", self.platform, access.name()),
        })
    }

    fn path(&self) -> PathBuf {
        self.file("json")
    }

    /// Whether there is a token. The token itself is not checked.
    pub fn exists(&self) -> bool {
        self.path().is_file()
    }

    fn failed(&self, doing: &str, error: &io::Error) -> Error {
        let path = self.path();
        Error::Storage(match (error.kind(), crate::fs::reason(&path, error)) {
            (ErrorKind::InvalidInput, _) => Reason::Storage { detail: error.to_string() },
            (_, Reason::Storage { detail }) => {
                Reason::Storage { detail: format!("{doing} {detail}; check that the data folder is writable") }
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
        // The parser's message could quote the token.
        serde_json::from_slice(&text).map(Some).map_err(|_| {
            Error::Login(format!(
                "{} is damaged; remove it with gs-auth logout --platform {} and log in again",
                self.path().display(),
                self.platform
            ))
        })
    }

    /// The stored token, if the service has rejected it for good. A damaged file tells nothing.
    pub fn ended(&self) -> Option<Ended> {
        let stored = self.load::<Ended>().ok().flatten()?;
        stored.dead.is_some().then_some(stored)
    }

    /// Reserves the disk space for a new token, before the old one is exchanged for it.
    ///
    /// The space is allocated now, because a full disk must not cost a login.
    pub fn reserve(&self) -> Result<Reserved<'_>> {
        let reserve = || -> io::Result<NamedTempFile> {
            make_private(&self.dir)?;
            // A temporary file has mode 0600, so other users can never read it.
            unfinished(&self.dir, ".token-", &[b' '; RESERVED])
        };
        let file = reserve().map_err(|error| self.failed("writing", &error))?;
        Ok(Reserved { store: self, file })
    }

    /// Saves a token durably.
    pub fn save<T: Serialize>(&self, token: &T) -> Result<()> {
        self.reserve()?.save(token)
    }

    /// Removes the token. Returns whether there was one.
    pub fn remove(&self) -> Result<bool> {
        match fs::remove_file(self.path()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("removing", &error)),
        }
    }

    /// Waits for the lock to renew the token.
    pub fn lock(&self) -> Result<TokenLock> {
        let path = self.file("lock");
        let open = || -> io::Result<File> {
            make_private(&self.dir)?;
            match regular(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            File::options().create(true).truncate(false).write(true).open(&path)
        };
        let file = open().map_err(|error| self.failed("locking", &error))?;
        match crate::fs::lock(&file, LOCK_TIMEOUT).map_err(|error| self.failed("locking", &error))? {
            true => Ok(TokenLock { _file: file }),
            false => Err(Error::retry_platform(format!(
                "another command has been logging in to {} for {} s; try again later",
                self.platform,
                LOCK_TIMEOUT.as_secs()
            ))),
        }
    }
}

/// Fails for anything but a regular file, because reading a named pipe would block.
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
