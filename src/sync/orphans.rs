//! Adds files of the archive to the catalogue whose activity no list shows. After the catalogue was lost, these files
//! are the only evidence that an activity was on a platform and that a person may have deleted it there: it must not be
//! uploaded again.

use super::{Result, Worker};
use crate::activity::{Activity, Format, Origin};
use crate::archive::{NamedFile, path_for};
use crate::i18n;
use crate::platform::PlatformSpec;

impl Worker {
    /// Adds the files of unknown activities to the catalogue, if listings cover their starts, and reports their number.
    /// Known ones are not reported again.
    ///
    /// Planning calls this, too: the listing may have been killed right after its end.
    pub fn adopt_orphans(&mut self, spec: &PlatformSpec) -> Result<()> {
        let knowledge = self.catalogue.listing_coverage(&spec.id, &self.run_id)?;
        if knowledge.unusable_reason.is_some() || self.catalogue.is_read_only() {
            return Ok(());
        }
        let is_covered = |start| knowledge.spans.iter().any(|span| span.contains(start));
        let known = self.catalogue.ids(&spec.id)?;
        let mut adopted = 0_u64;
        for named in self.archive.named(&spec.id)? {
            let is_orphan = !known.contains(&named.id) && is_covered(named.start_time);
            if is_orphan && self.adopt_orphan(spec, &named)? {
                adopted += 1;
            }
        }
        if adopted > 0 {
            self.warn(&format!(
                "{}: {} missing from the list, probably deleted on the platform; the files are kept; upload them again: gs-diff --restore-deleted",
                &spec.id,
                i18n::counted(adopted, "archived activity", "archived activities")
            ));
            self.count("orphans", adopted);
        }
        Ok(())
    }

    fn adopt_orphan(&mut self, spec: &PlatformSpec, named: &NamedFile) -> Result<bool> {
        // The start in the file name is that of the list; the other fields are as recorded.
        let named_as = |recorded: Activity| Activity {
            platform: spec.id.clone(),
            id: named.id.clone(),
            start_time: named.start_time,
            ..recorded
        };
        let path = path_for(&named_as(Activity::default()), 0, Format::Fit, Origin::Original);
        let piece = self.archive.read_whole(&path)?.and_then(|checked| checked.ok()).map(|(piece, _)| piece);
        let recorded = piece.and_then(|piece| piece.fit).map(|fit| fit.activity()).unwrap_or_default();
        Ok(self.adopt_existing(&named_as(recorded))?.is_some())
    }
}
