//! The quota of files of an access: its record in the catalogue, its state for a person, and the access that downloads
//! the rest when it is used up.

use std::sync::Arc;

use jiff::Timestamp;

use super::Worker;
use super::shared_catalogue::SharedCatalogue;
use crate::catalogue::{Catalogue, FileRequestRow};
use crate::clock::Clock;
use crate::http::Http;
use crate::platform::{self, Access, AccessKind, FileRequest, FileRequests, PlatformId, PlatformReader, PlatformSpec};
use crate::status::FileQuotaUsage;

impl Worker {
    /// The record of the requests for files of an access.
    pub(super) fn file_requests(
        &self,
        spec: &PlatformSpec,
        access: AccessKind,
        catalogue: Arc<SharedCatalogue>,
    ) -> impl FileRequests + use<> {
        FileLog { catalogue, platform: spec.id.clone(), access, clock: self.clock.clone() }
    }

    /// Opens another access of a platform by which files can be downloaded now, if one is set up. It is used when the
    /// access that lists gives no files, and `why`.
    pub(super) fn connect_for_files(
        &self,
        spec: &Arc<PlatformSpec>,
        http: &Arc<Http>,
        why: &str,
    ) -> Option<Box<dyn PlatformReader>> {
        let lists = self.read_access(spec);
        let other =
            spec.accesses().into_iter().find(|access| access.kind() != lists && self.is_set_up(spec, *access))?;
        let name = other.kind().name();
        let opened = self.connect_reader_by(spec, other.kind(), http.clone()).and_then(|platform| {
            // The next file shows whether the login works; without it, the quota is the reason to report.
            platform.identify(false).map(|_| platform)
        });
        match opened {
            Ok(platform) => {
                self.info(&format!("{}: {why}; the other files are downloaded by {name}", spec.id));
                Some(platform)
            }
            Err(error) => {
                self.warn(&format!("{}: the other files cannot be downloaded by {name}: {error}", spec.id));
                None
            }
        }
    }
}

/// The state of the quota of an access; `None`: it has none.
pub(super) fn file_quota(
    catalogue: &Catalogue,
    platform: &str,
    access: &dyn Access,
    now: Timestamp,
) -> crate::catalogue::Result<Option<FileQuotaUsage>> {
    let Some(quota) = access.file_quota() else { return Ok(None) };
    let rows = catalogue.file_requests((platform, access.kind().name()), quota.since(now))?;
    let state = quota.state(&rows.into_iter().map(request).collect::<Vec<_>>(), now);
    Ok(Some(FileQuotaUsage {
        access: access.kind(),
        used: state.used as u64,
        files: quota.files as u64,
        hours: quota.period.as_hours(),
        next: state.next,
    }))
}

fn request(row: FileRequestRow) -> FileRequest {
    FileRequest { at: row.at, gave_file: row.gave_file }
}

/// The record of the requests for files, in the catalogue.
struct FileLog {
    catalogue: Arc<SharedCatalogue>,
    platform: PlatformId,
    access: AccessKind,
    clock: Clock,
}

impl FileRequests for FileLog {
    fn since(&self, time: Timestamp) -> platform::Result<Vec<FileRequest>> {
        let rows =
            self.catalogue.with(|catalogue| catalogue.file_requests((&self.platform, self.access.name()), time))?;
        Ok(rows.into_iter().map(request).collect())
    }

    fn begin(&self) -> platform::Result<i64> {
        let now = self.clock.now();
        self.catalogue.with(|catalogue| catalogue.begin_file_request((&self.platform, self.access.name()), now))
    }

    fn end(&self, number: i64, gave_file: bool) -> platform::Result<()> {
        self.catalogue.with(|catalogue| catalogue.end_file_request(number, gave_file))
    }

    fn cancel(&self, number: i64) -> platform::Result<()> {
        self.catalogue.with(|catalogue| catalogue.cancel_file_request(number))
    }

    fn outstanding(&self) -> platform::Result<u64> {
        self.catalogue.with(|catalogue| catalogue.count_outstanding_files(&self.platform))
    }
}
