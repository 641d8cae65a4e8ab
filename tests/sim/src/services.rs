//! All services together.

use crate::http::{Request, Response};
use crate::state::State;
use crate::{coros, garmin, intervals, notify, store};

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    [garmin::hosts(), coros::hosts(), intervals::hosts(), store::hosts(), notify::hosts()].concat()
}

/// Responds to a request to one of [`hosts`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    garmin::answer(state, request)
        .or_else(|| coros::answer(state, request))
        .or_else(|| intervals::answer(state, request))
        .or_else(|| store::answer(state, request))
        .or_else(|| notify::answer(state, request))
}
