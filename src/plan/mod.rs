//! What is to be done, decided before anything is: pure, values in, values out.

pub mod attach;
pub mod deletion;
pub mod diff;
pub mod listing;
pub mod precheck;
pub mod resend;
