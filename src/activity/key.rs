//! The key of an activity: its platform and its id on that platform.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Activity, PlatformId};

/// Names one activity: its platform and the service's id. It is shown as `coros 123`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ActivityKey {
    /// The platform.
    pub platform: PlatformId,
    /// The service's id, as text.
    pub id: String,
}

/// [`ActivityKey`], borrowed: for arguments, and for maps that live no longer than what they refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivityKeyRef<'a> {
    /// The platform.
    pub platform: &'a str,
    /// The service's id, as text.
    pub id: &'a str,
}

impl ActivityKey {
    /// The activity with this id on this platform.
    pub fn new(platform: impl Into<PlatformId>, id: impl Into<String>) -> ActivityKey {
        ActivityKey { platform: platform.into(), id: id.into() }
    }

    /// The borrowed key.
    pub fn as_key(&self) -> ActivityKeyRef<'_> {
        ActivityKeyRef { platform: &self.platform, id: &self.id }
    }
}

impl<'a> ActivityKeyRef<'a> {
    /// The activity with this id on this platform.
    pub fn new(platform: &'a str, id: &'a str) -> ActivityKeyRef<'a> {
        ActivityKeyRef { platform, id }
    }

    /// The same key with texts of its own.
    pub fn to_owned(&self) -> ActivityKey {
        ActivityKey::new(self.platform, self.id)
    }
}

impl Activity {
    /// The key of the activity.
    pub fn key(&self) -> ActivityKey {
        ActivityKey { platform: self.platform.clone(), id: self.id.clone() }
    }

    /// The key of the activity, borrowed.
    pub fn as_key(&self) -> ActivityKeyRef<'_> {
        ActivityKeyRef { platform: &self.platform, id: &self.id }
    }
}

impl fmt::Display for ActivityKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.as_key().fmt(f)
    }
}

impl fmt::Display for ActivityKeyRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.platform, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_as_platform_and_id() {
        let activity = Activity { platform: "coros".into(), id: "7".into(), ..Activity::default() };
        assert_eq!(activity.key().to_string(), "coros 7");
        assert_eq!(activity.key().as_key(), activity.as_key());
    }
}
