//! The quota of files of an access: its record in the catalogue, its state for a person, and the access that downloads
//! the rest when it is used up.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::shared_catalogue::SharedCatalogue;
use super::{Result, Worker};
use crate::activity::Activity;
use crate::catalogue::{Catalogue, FileRequestRow};
use crate::clock::{self, Clock};
use crate::http::Http;
use crate::platform::{self, Access, AccessKind, FileRequest, FileRequests, PlatformId, PlatformReader, PlatformSpec};
use crate::reason::Reason;
use crate::status::FileQuotaUsage;

/// Why files are downloaded by another access than the one that lists.
#[derive(Debug, Clone, Copy)]
pub(super) enum OtherAccess {
    /// The quota of files is used up.
    QuotaUsedUp,
    /// The service gave no file.
    NoFile,
}

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

    /// Why an activity is left out of the downloads now, so that the few requests that may give no file go to others.
    ///
    /// If no file is archived yet, nothing shows whether the quota is used up or the newest activities have no file. So
    /// those that gave none wait longer, the more of them there are, and each day reaches activities that were not tried.
    pub(super) fn left_out(&self, activity: &Activity) -> Result<Option<Reason>> {
        let Ok(spec) = self.platforms.require(&activity.platform) else { return Ok(None) };
        let access = spec.access(self.read_access(&spec));
        let Some(quota) = access.and_then(|access| access.file_quota()) else { return Ok(None) };
        // Another access gives the files that this one does not.
        if self.other_access(&spec).is_some() {
            return Ok(None);
        }
        let problem = self.catalogue.problem(activity.as_key(), "gs-download")?;
        let Some(problem) = problem.filter(|problem| problem.reason == Reason::NoFileGiven) else { return Ok(None) };
        if !self.catalogue.archived_originals(&activity.platform, 1)?.is_empty() {
            return Ok(None);
        }
        let tried = self.catalogue.count_problems(&activity.platform, "gs-download")?;
        let periods = i32::try_from(tried.div_ceil(quota.most_empty as u64)).unwrap_or(i32::MAX);
        let wait = quota.period.checked_mul(periods.saturating_add(1)).unwrap_or(SignedDuration::MAX);
        Ok(clock::is_within(problem.last, self.now(), wait).then_some(problem.reason))
    }

    /// An access that is set up and has not ended, besides the one that lists.
    fn other_access<'s>(&self, spec: &'s PlatformSpec) -> Option<&'s dyn Access> {
        let lists = self.read_access(spec);
        let works = |access: &&dyn Access| self.is_set_up(spec, *access) && !self.has_ended(spec, *access);
        spec.accesses().into_iter().filter(|access| access.kind() != lists).find(works)
    }

    /// Opens another access of a platform by which files can be downloaded now, if one is set up. It is used when the
    /// access that lists gives no files, and `why`.
    pub(super) fn connect_for_files(
        &self,
        spec: &Arc<PlatformSpec>,
        http: &Arc<Http>,
        why: OtherAccess,
    ) -> Option<Box<dyn PlatformReader>> {
        let other = self.other_access(spec)?;
        let name = other.kind().name();
        let opened = self.connect_reader_by(spec, other.kind(), http.clone()).and_then(|platform| {
            // The next file shows whether the login works; without it, the quota is the reason to report.
            platform.identify(false).map(|_| platform)
        });
        match opened {
            Ok(platform) => {
                let why = match why {
                    OtherAccess::QuotaUsedUp => "the quota of files is used up",
                    OtherAccess::NoFile => "no file arrived",
                };
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
