//! COROS.

mod store;
