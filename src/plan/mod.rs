//! Decides what to do before anything is done. Pure functions.
//!
//! - `diff.rs`: which activities are missing on which platform, and which of them are uploaded
//! - `precheck.rs`: whether the target already has an activity, directly before its upload
//! - `resend.rs`: when an upload whose response was lost is repeated
//! - `deletion.rs`: whether a duplicate may be deleted
//! - `listing.rs`: how far a listing goes, and whether it is accepted
//! - `attach.rs`: which file of an export belongs to which activity

pub mod attach;
pub mod deletion;
pub mod diff;
pub mod listing;
pub mod precheck;
pub mod resend;
