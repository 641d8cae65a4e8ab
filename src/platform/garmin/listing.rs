//! Reads a list of activities page by page, by either access.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::Timestamp;

use super::list::{self, Pages};
use crate::http::Response;
use crate::platform::{Context, ListEnd, Page, Result};

/// The maximum number of activities in one listing whose start is requested. If more have no start, the list itself is
/// broken.
const MOST_DETAILS: u32 = 20;

/// The requests of a listing.
pub trait ListAccess {
    /// Requests a page; `path` has its query.
    fn page(&self, path: &str) -> Result<Response>;

    /// Requests the details of an activity.
    fn details(&self, id: &str) -> Result<Response>;

    /// Checks the owners of the entries so far: a token that suddenly opens another account must not add activities to
    /// this account.
    fn check_owners(&self, owners: &BTreeSet<String>) -> Result<()>;
}

/// Reads the list. See [`PlatformReader::list`](crate::platform::PlatformReader::list).
pub fn read(
    access: &dyn ListAccess,
    context: &Context,
    mut pages: Pages,
    each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>,
) -> Result<ListEnd> {
    let mut details = 0;
    while let Some(path) = pages.next_path()? {
        let response = access.page(&path)?;
        let requested = context.http.last_sent(&context.platform);
        if response.status == 500 && pages.shrink() {
            continue;
        }
        let page = pages.read(&response)?;
        access.check_owners(pages.owners())?;
        // A page without new entries is not passed on, because the caller could not stop on it.
        let Some(mut page) = page else { continue };
        for item in pages.take_without_start() {
            let id = list::id(&item["activityId"]);
            let start = id.map_or(Ok(None), |id| start_of(access, context, &id, &mut details))?;
            pages.resolve(&mut page, item, start);
        }
        page.requested = requested;
        if each_page(page)? == ControlFlow::Break(()) {
            return Ok(ListEnd::Stopped);
        }
    }
    Ok(ListEnd::Complete)
}

/// The start of an activity whose list entry has none: the known start, else the one in its details. `details` counts
/// the requests.
fn start_of(access: &dyn ListAccess, context: &Context, id: &str, details: &mut u32) -> Result<Option<Timestamp>> {
    if let Some(start) = (context.known)(id).and_then(|known| known.start_time) {
        return Ok(Some(start));
    }
    *details += 1;
    if *details > MOST_DETAILS {
        return Ok(None);
    }
    Ok(list::start_of_details(&access.details(id)?))
}
