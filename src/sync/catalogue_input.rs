//! The activities of the catalogue as an input: those that `gs-fetch` passes on. A command that needs all activities reads
//! them there, so that they need not go through every pipe of a sync.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{ActivityFilter, Result, Worker};
use crate::activity::{ActivityKeyRef, PlatformId};
use crate::catalogue::{ActivityRow, PlanRow, Query};
use crate::plan::listing::Limit;
use crate::platform::{PlatformSpec, Service};
use crate::record::Reader;

/// Where a command reads its activities.
pub enum Input<R> {
    /// Records, one a line.
    Records(Reader<R>),
    /// The catalogue.
    Catalogue(CatalogueInput),
}

/// The activities of some platforms, as `gs-fetch` passes them on.
#[derive(Debug, Clone, Default)]
pub struct CatalogueInput {
    /// The platforms.
    pub platforms: Vec<Arc<PlatformSpec>>,
    /// Only this many of each, the newest first; `None`: the setting of the platform.
    pub newest: Option<u64>,
}

/// Which activities of the input may be uploaded or compared.
#[derive(Default)]
pub(super) struct SelectedKeys {
    /// Single ones.
    keys: HashMap<PlatformId, HashSet<Box<str>>>,
    /// All that the lists of these platforms show.
    whole: HashSet<PlatformId>,
}

impl SelectedKeys {
    /// The activities of the catalogue.
    pub fn of_catalogue(worker: &Worker, input: &CatalogueInput) -> Result<SelectedKeys> {
        let mut selected = SelectedKeys::default();
        for spec in input.platforms.iter().filter(|spec| !spec.is_write_only()) {
            match limit(worker, spec, input.newest, &ActivityFilter::default())? {
                None => drop(selected.whole.insert(spec.id.clone())),
                limit => each_passed_on(worker, spec, limit, listed(spec), |row| {
                    selected.insert(row.activity.as_key());
                    Ok(())
                })?,
            }
        }
        Ok(selected)
    }

    pub fn insert(&mut self, key: ActivityKeyRef) {
        match self.keys.get_mut(key.platform) {
            Some(ids) => drop(ids.insert(key.id.into())),
            None => drop(self.keys.insert(key.platform.into(), HashSet::from([key.id.into()]))),
        }
    }

    pub fn contains(&self, row: &PlanRow) -> bool {
        let key = row.activity.key();
        let is_whole = self.whole.contains(key.platform) && row.is_listed && row.missing.is_none();
        is_whole || self.keys.get(key.platform).is_some_and(|ids| ids.contains(key.id))
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.whole.is_empty()
    }
}

/// How many of the newest activities to list and pass on: `newest`, the number of a flag, else that of the platform's
/// setting. The setting does not limit a period that the user selected.
pub(super) fn limit(
    worker: &Worker,
    spec: &PlatformSpec,
    newest: Option<u64>,
    filter: &ActivityFilter,
) -> Result<Option<Limit>> {
    let is_all = filter.since.is_none() && filter.until.is_none();
    let setting = spec.service().and_then(Service::newest_setting);
    // An invalid value is an error even if it is not used.
    let of_setting = setting.map(|name| worker.settings.number(name)).transpose()?;
    let count = newest.or(of_setting.filter(|_| is_all));
    Ok(count.filter(|count| *count > 0).map(|count| Limit { count, is_strict: newest.is_some() }))
}

/// The activities that the list of a platform shows. An activity that only an import added may no longer be there.
pub(super) fn listed(spec: &PlatformSpec) -> Query {
    Query { platforms: vec![spec.id.to_string()], missing: Some(false), listed: true, ..Query::default() }
}

/// Calls `each` with the activities that `query` selects, the newest first, as far as the limit allows.
pub(super) fn each_passed_on(
    worker: &Worker,
    spec: &PlatformSpec,
    limit: Option<Limit>,
    query: Query,
    mut each: impl FnMut(ActivityRow) -> Result<()>,
) -> Result<()> {
    let mut left = limit.map_or(u64::MAX, |limit| limit.count);
    // If the setting limited the first list, later new activities are all passed on: otherwise nothing would ever
    // upload them.
    let news = match limit {
        Some(Limit { is_strict: false, .. }) => worker.catalogue.first_listing_with_news(&spec.id)?,
        _ => None,
    };
    worker.catalogue.entries(&query, |row| {
        let is_news = news.is_some_and(|listing| row.first_listing > Some(listing));
        if left == 0 && !is_news {
            return Ok(());
        }
        left = left.saturating_sub(1);
        each(row)
    })
}
