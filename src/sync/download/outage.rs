//! What a refusal of a file says: something of the file, or only of a service that gives nothing today.
//!
//! A file that its platform refuses in three runs is asked for once a week alone. On a day on which the service gives
//! nothing at all, a thousand files must not end like that. So a refusal counts only if the platform shows that it gives
//! files: one came whole in the same run, or one that is in the archive is given again. Where there is none to ask for, a
//! few refusals count, and none as soon as there are more.

use std::collections::HashMap;

use crate::activity::{Activity, ActivityKeyRef};
use crate::archive::unpack;
use crate::platform::{Download, Error, PlatformId, PlatformReader};
use crate::sync::{Result, Worker};

/// So many files that are in the archive are asked for at most.
const CONTROLS: usize = 2;
/// So many more, in place of those whose activity is gone meanwhile.
const SPARE: usize = 4;
/// So many refusals in one run count, where there is nothing to ask for.
const FEW: usize = 3;

/// What a refusal says.
#[derive(Debug, PartialEq, Eq)]
pub enum OutageVerdict {
    /// It is the file.
    Counts,
    /// Nobody knows.
    Unknown,
    /// The platform gives no files now; why not.
    Outage(String),
}

/// Which platforms give files in this run.
#[derive(Debug, Default)]
pub struct OutageGuard {
    known: HashMap<PlatformId, Control>,
    /// What counted although nobody knew.
    unsure: HashMap<PlatformId, Vec<String>>,
}

/// What came of asking for a file that is in the archive.
#[derive(Debug)]
enum Control {
    /// It came, or another one did.
    Given,
    /// There is none to ask for.
    None,
    /// It did not come.
    Refused(String),
}

impl OutageGuard {
    /// Nothing is known yet.
    pub fn new() -> OutageGuard {
        OutageGuard::default()
    }

    /// An original came whole.
    pub fn original_arrived(&mut self, platform: &str) {
        self.known.insert(platform.into(), Control::Given);
    }

    /// What it says that `platform` did not give the file of an activity.
    ///
    /// # Errors
    /// The command cannot go on.
    pub fn judge(
        &mut self,
        worker: &mut Worker,
        platform: &dyn PlatformReader,
        activity: &Activity,
    ) -> Result<OutageVerdict> {
        let name = activity.platform.as_str();
        // A folder is read as it is.
        if !worker.platforms.find_exact(name).is_some_and(|spec| spec.has_login()) {
            return Ok(OutageVerdict::Counts);
        }
        if !self.known.contains_key(name) {
            self.known.insert(name.into(), control(worker, platform, activity)?);
        }
        match self.known.get(name) {
            Some(Control::Given) => Ok(OutageVerdict::Counts),
            Some(Control::Refused(why)) => Ok(OutageVerdict::Outage(why.clone())),
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

/// Asks for files that are in the archive, until one comes.
fn control(worker: &Worker, platform: &dyn PlatformReader, refused: &Activity) -> Result<Control> {
    let most = u32::try_from(CONTROLS + SPARE).unwrap_or(u32::MAX);
    let ids = worker.catalogue.archived_originals(&refused.platform, most)?;
    let (mut outcome, mut asked) = (Control::None, 0);
    for id in ids.iter().filter(|id| **id != refused.id) {
        if asked == CONTROLS {
            break;
        }
        let Some(entry) = worker.catalogue.entry(ActivityKeyRef::new(&refused.platform, id))? else { continue };
        worker.debug(&format!(
            "{} {id}: requested again to check whether the service provides files now",
            refused.platform
        ));
        let why = match platform.download(&entry.activity) {
            Ok(Download::Original(bytes)) => match unpack(&bytes) {
                Ok(_) => return Ok(Control::Given),
                Err(bad) => bad.to_string(),
            },
            Ok(Download::Converted { why, .. } | Download::None { why }) => why,
            // What somebody deleted there says nothing of the service.
            Err(Error::NotFound(_)) => continue,
            Err(error @ Error::Stopped) => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        asked += 1;
        outcome = Control::Refused(why);
    }
    Ok(outcome)
}
