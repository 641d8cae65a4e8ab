//! Reads the contents of archived files, and the numbers in services' JSON, into the catalogue.

use super::{Result, Worker};
use crate::platform::PlatformSpec;

impl Worker {
    /// Takes the numbers of activities from the JSON of their service, where that was not done yet.
    pub(super) fn read_service_numbers(&mut self, spec: &PlatformSpec) -> Result<()> {
        let Some(service) = spec.service() else { return Ok(()) };
        if !self.dry_run {
            self.catalogue.read_service_numbers(&spec.id, &|raw| service.listed_numbers(raw))?;
        }
        Ok(())
    }
}
