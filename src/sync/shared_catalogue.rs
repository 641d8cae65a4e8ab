//! The catalogue for what a platform asks in the middle of its work.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::Workspace;
use crate::catalogue::{self, Catalogue};
use crate::platform::{Error, Result};

/// One connection to the catalogue, opened when it is first needed and used from any thread.
///
/// The calls must not be nested: the second one would wait for the first.
pub(super) struct SharedCatalogue {
    path: PathBuf,
    wait: Duration,
    opened: Mutex<Option<Catalogue>>,
}

impl Workspace {
    /// A connection of its own, which is opened when it is first needed.
    pub(super) fn shared_catalogue(&self) -> SharedCatalogue {
        SharedCatalogue { path: self.catalogue_path.clone(), wait: self.lock_timeout, opened: Mutex::new(None) }
    }
}

impl SharedCatalogue {
    /// Does `work` in the catalogue.
    ///
    /// # Errors
    /// [`Error::Retry`] if the catalogue is locked for now, else [`Error::Storage`].
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Catalogue) -> catalogue::Result<T>) -> Result<T> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let catalogue = match opened.take() {
            Some(catalogue) => Ok(catalogue),
            None => Catalogue::open(&self.path, self.wait),
        };
        catalogue.and_then(|catalogue| work(opened.insert(catalogue))).map_err(|error| match error.passes() {
            true => Error::Retry { message: error.to_string(), platform_wide: true },
            false => Error::Storage(error.reason()),
        })
    }
}
