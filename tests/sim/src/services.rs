//! All services together.

use crate::http::{Request, Response};
use crate::state::State;
use crate::{coros, coros_mcp, garmin, intervals, notify, personal, store};

/// Every simulated host.
pub fn hosts() -> Vec<String> {
    let garmin = [garmin::hosts(), personal::hosts()].concat();
    let coros = [coros::hosts(), coros_mcp::hosts(), store::hosts()].concat();
    [garmin, coros, intervals::hosts(), notify::hosts()].concat()
}

/// Responds to a request to one of [`hosts`]; `None` for any other host.
pub fn answer(state: &mut State, request: &Request) -> Option<Response> {
    garmin::answer(state, request)
        .or_else(|| coros::answer(state, request))
        .or_else(|| coros_mcp::answer(state, request))
        .or_else(|| intervals::answer(state, request))
        .or_else(|| store::answer(state, request))
        .or_else(|| notify::answer(state, request))
        .or_else(|| personal::answer(state, request))
}
