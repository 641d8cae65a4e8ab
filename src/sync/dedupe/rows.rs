//! The input as rows of the catalogue: only those that are passed on are read whole.

use super::{DedupeOptions, duplicates_and_kept, marks};
use crate::matching::Candidates;
use crate::sync::catalogue_input::{CatalogueInput, SelectedKeys};
use crate::sync::matching::candidate_of;
use crate::sync::records::each_row_of;
use crate::sync::{Progress, RecordSink, Result, Worker, record_of};

/// Marks the duplicates among the activities that `gs-fetch` passes on.
pub(super) fn dedupe(
    worker: &Worker,
    options: &DedupeOptions,
    input: &CatalogueInput,
    progress: &Progress,
    sink: &mut dyn RecordSink,
) -> Result<()> {
    let catalogue = &worker.catalogue;
    let selected = SelectedKeys::of_catalogue(worker, input)?;
    let mut candidates = Candidates::default();
    for spec in &input.platforms {
        catalogue.plan_rows(&[spec.id.to_string()], |row| {
            if selected.contains(row) {
                candidates.push(candidate_of(row, spec.native_manufacturer));
            }
        })?;
    }
    progress.step("comparing");
    let is_included = |at: usize| {
        let row = if options.filter.is_restricted() { catalogue.entry(candidates.key(at))? } else { None };
        Ok(row.is_none_or(|row| options.filter.includes(&row.activity)))
    };
    let mut marks = marks(worker, options, &candidates, &is_included)?;
    worker.warn_of_unknown_sports(&options.filter.sports)?;
    let shown = options.only_duplicates.then(|| duplicates_and_kept(&candidates, &marks));
    let keys = (0..candidates.len()).map(|at| (candidates.key(at), at));
    let shown = keys.filter(|(key, _)| shown.as_ref().is_none_or(|shown| shown.contains(&key.to_owned())));
    each_row_of(catalogue, shown, |at, row| {
        let mut record = record_of(row, &worker.archive, worker.now());
        record.duplicate_of = marks.remove(&at);
        sink.record(&record.into()).map(drop)
    })
}
