//! The name of a platform, as in records, in the catalogue and on the command line.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a platform: `garmin-com`, `garmin-cn`, `coros`, `folder:/mnt/watch`. A clone shares its text.
///
/// It is ordered, compared and hashed as its text, so that maps are searched with a `&str`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlatformId(Arc<str>);

impl PlatformId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The maximum number of shared names. No correct list has more; further names are not shared.
const MOST_SHARED: usize = 64;

/// The names of platforms so far, so that a long list of activities contains the text of each name only once.
#[derive(Debug, Default)]
pub struct PlatformIds(Vec<PlatformId>);

impl PlatformIds {
    /// The name; a name that occurred before shares its text.
    pub fn share(&mut self, name: &str) -> PlatformId {
        if let Some(known) = self.0.iter().find(|known| *known == name) {
            return known.clone();
        }
        let id = PlatformId::from(name);
        if self.0.len() < MOST_SHARED {
            self.0.push(id.clone());
        }
        id
    }
}

impl From<&str> for PlatformId {
    fn from(text: &str) -> PlatformId {
        PlatformId(text.into())
    }
}

impl From<String> for PlatformId {
    fn from(text: String) -> PlatformId {
        PlatformId(text.into())
    }
}

impl From<&String> for PlatformId {
    fn from(text: &String) -> PlatformId {
        PlatformId(text.as_str().into())
    }
}

impl From<PlatformId> for String {
    fn from(id: PlatformId) -> String {
        id.as_str().to_owned()
    }
}

impl Deref for PlatformId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for PlatformId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for PlatformId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl PartialEq<str> for PlatformId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for PlatformId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for PlatformId {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<PlatformId> for str {
    fn eq(&self, other: &PlatformId) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<PlatformId> for &str {
    fn eq(&self, other: &PlatformId) -> bool {
        *self == other.as_str()
    }
}

impl PartialEq<PlatformId> for String {
    fn eq(&self, other: &PlatformId) -> bool {
        self == other.as_str()
    }
}

impl Serialize for PlatformId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for PlatformId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PlatformId, D::Error> {
        String::deserialize(deserializer).map(PlatformId::from)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for PlatformId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::*;

    #[test]
    fn maps_can_be_searched_with_the_text() {
        let id = PlatformId::from("coros");
        assert_eq!(HashMap::from([(id.clone(), 1)]).get("coros"), Some(&1));
        assert_eq!(BTreeMap::from([(id.clone(), 1)]).get("coros"), Some(&1));
        assert_eq!(id, "coros");
        assert_eq!("coros", id);
    }

    #[test]
    fn equal_names_share_one_text() {
        let mut names = PlatformIds::default();
        let [one, other, again] = ["coros", "garmin-cn", "coros"].map(|name| names.share(name));
        assert!(Arc::ptr_eq(&one.0, &again.0) && one != other);
    }

    #[test]
    fn the_json_of_a_platform_id_is_its_text() {
        let id = PlatformId::from("folder:/a");
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""folder:/a""#);
        assert_eq!(serde_json::from_str::<PlatformId>(r#""folder:\u002fa""#).unwrap(), id);
    }
}
