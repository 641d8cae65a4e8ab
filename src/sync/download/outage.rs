//! Decides whether a rejected file is a problem of the file or an outage of the service.
//!
//! After its platform rejects a file in three runs, the file is requested only once a week. An outage must not do this
//! to a thousand files. So a rejection counts only if the platform provides other files: an intact original arrived in
//! the same run, or a file of the archive can be downloaded again. If the archive has no file to request, a few
//! rejections count; as soon as there are more, none counts.

use std::collections::HashMap;

use crate::activity::{Activity, ActivityKeyRef};
use crate::archive::unpack;
use crate::platform::{Download, Error, PlatformId, PlatformReader};
use crate::reason::Reason;
use crate::sync::{Result, Worker};

/// How many files of the archive are requested at most.
const CONTROLS: usize = 2;
/// How many more files are requested in place of those whose activities were deleted meanwhile.
const SPARE: usize = 4;
/// How many rejections in one run count if the archive has no file to request.
const FEW: usize = 3;

/// The meaning of a rejection.
#[derive(Debug, PartialEq)]
pub enum OutageVerdict {
    /// The file is the cause; the rejection counts.
    Counts,
    /// The cause is unknown.
    Unknown,
    /// The platform provides no files now, with the reason.
    Outage(Reason),
}

/// Decides which platforms provide files in this run.
#[derive(Debug, Default)]
pub struct OutageGuard {
    known: HashMap<PlatformId, Control>,
    /// Ids of rejections that counted although the cause was unknown.
    unsure: HashMap<PlatformId, Vec<String>>,
}

/// The result of requesting files of the archive.
#[derive(Debug)]
enum Control {
    /// A file arrived: this one or another.
    Given,
    /// The archive has no file to request.
    None,
    /// The file did not arrive.
    Rejected(Reason),
}

impl OutageGuard {
    /// Creates a guard that knows no platform yet.
    pub fn new() -> OutageGuard {
        OutageGuard::default()
    }

    /// Records that an intact original arrived.
    pub fn original_arrived(&mut self, platform: &str) {
        self.known.insert(platform.into(), Control::Given);
    }

    /// Requests files of the archive, before the file of `activity`, to find out whether the platform provides files.
    ///
    /// # Errors
    /// The command cannot continue.
    pub fn check(&mut self, worker: &Worker, platform: &dyn PlatformReader, activity: &Activity) -> Result<()> {
        let control = control(worker, platform, activity)?;
        self.known.insert(activity.platform.as_str().into(), control);
        Ok(())
    }

    /// Decides whether the rejection of an activity's file by `platform` counts.
    ///
    /// # Errors
    /// The command cannot continue.
    pub fn judge(
        &mut self,
        worker: &mut Worker,
        platform: &dyn PlatformReader,
        activity: &Activity,
    ) -> Result<OutageVerdict> {
        let name = activity.platform.as_str();
        // A folder has no outages.
        if !worker.platforms.find_exact(name).is_some_and(|spec| spec.has_login()) {
            return Ok(OutageVerdict::Counts);
        }
        if !self.known.contains_key(name) {
            self.check(worker, platform, activity)?;
        }
        match self.known.get(name) {
            Some(Control::Given) => Ok(OutageVerdict::Counts),
            Some(Control::Rejected(why)) => Ok(OutageVerdict::Outage(why.clone())),
            Some(Control::None) | None => {
                let ids = self.unsure.entry(name.into()).or_default();
                if ids.len() < FEW {
                    ids.push(activity.id.clone());
                    return Ok(OutageVerdict::Counts);
                }
                let run_id = worker.run_id.clone();
                worker.catalogue.uncount_rejections(name, ids, &run_id)?;
                Ok(OutageVerdict::Unknown)
            }
        }
    }
}

/// Requests files of the archive until one arrives.
fn control(worker: &Worker, platform: &dyn PlatformReader, rejected: &Activity) -> Result<Control> {
    let most = u32::try_from(CONTROLS + SPARE).unwrap_or(u32::MAX);
    let ids = worker.catalogue.archived_originals(&rejected.platform, most)?;
    let (mut outcome, mut asked) = (Control::None, 0);
    for id in ids.iter().filter(|id| **id != rejected.id) {
        if asked == CONTROLS {
            break;
        }
        let Some(entry) = worker.catalogue.entry(ActivityKeyRef::new(&rejected.platform, id))? else { continue };
        worker.debug(&format!(
            "{} {id}: requested again to check whether the service provides files now",
            rejected.platform
        ));
        let why = match platform.download(&entry.activity) {
            Ok(Download::Original(bytes)) => match unpack(&bytes) {
                Ok(_) => return Ok(Control::Given),
                Err(bad) => bad.to_string(),
            },
            Ok(Download::Converted { why, .. } | Download::None { why }) => why,
            // An activity that a person deleted on the service says nothing about the service.
            Err(Error::NotFound(_)) => continue,
            Err(error @ Error::Stopped) => return Err(error.into()),
            // This is why no file arrives, and the next one would not, either: a rate limit, or a quota that is used up.
            Err(error @ Error::Retry { platform_wide: true, .. }) => return Ok(Control::Rejected(error.reason())),
            Err(error) => error.to_string(),
        };
        asked += 1;
        outcome = Control::Rejected(Reason::DownloadsDown { detail: why });
    }
    Ok(outcome)
}
