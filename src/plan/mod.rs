//! Decides what to do before anything is done. Pure functions.

pub mod attach;
pub mod deletion;
pub mod diff;
pub mod listing;
pub mod precheck;
pub mod resend;
