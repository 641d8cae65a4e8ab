//! The table of platforms, and the lookup of names from people and from records.

use std::collections::HashSet;
use std::sync::Arc;

use super::spec::PlatformSpec;
use super::{coros, folder, garmin, intervals};
use crate::activity::PlatformId;
use crate::reason::Reason;

/// The platforms that this version supports: its services, in a fixed order, and any folder.
#[derive(Debug, Clone)]
pub struct Platforms {
    services: Arc<[Arc<PlatformSpec>]>,
}

/// A name that belongs to no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPlatform {
    /// No platform has this name.
    #[error("unknown platform {name:?}; known: {known}")]
    Name {
        /// The name.
        name: String,
        /// The names that can be given, separated by commas.
        known: String,
    },
    /// The name `folder` without a path.
    #[error("missing path; use folder:PATH, e.g. folder:/mnt/watch")]
    FolderWithoutPath,
}

impl UnknownPlatform {
    /// The reason, as in records and the catalogue.
    pub fn reason(&self) -> Reason {
        match self {
            UnknownPlatform::Name { name, known } => {
                Reason::UnknownPlatform { name: name.clone(), known: known.clone() }
            }
            UnknownPlatform::FolderWithoutPath => Reason::InvalidInput { detail: self.to_string() },
        }
    }
}

/// The platforms that a flag or a setting selects.
#[derive(Debug, Clone, Default)]
pub enum PlatformSelection {
    /// No platform is named: all platforms are selected.
    #[default]
    All,
    /// Only these.
    Only(Vec<Arc<PlatformSpec>>),
}

impl Default for Platforms {
    fn default() -> Platforms {
        Platforms::new([garmin::spec_com(), garmin::spec_cn(), coros::spec(), intervals::spec()])
    }
}

impl Platforms {
    /// A table with these services.
    pub fn new(services: impl IntoIterator<Item = PlatformSpec>) -> Platforms {
        Platforms { services: services.into_iter().map(Arc::new).collect() }
    }

    /// The services, in the order in which platforms are shown.
    pub fn services(&self) -> &[Arc<PlatformSpec>] {
        &self.services
    }

    /// The names that can be given, for messages and completions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.services.iter().map(|spec| spec.id.as_str()).chain(["folder:PATH"])
    }

    /// The platform that a person means: spellings such as `GARMINCOM` and `garmin_com` name a service, too. Each
    /// `folder:PATH` is a platform of its own; `folder` without a path is not a platform.
    pub fn find(&self, name: &str) -> Option<Arc<PlatformSpec>> {
        if let Some(folder) = folder::spec(name) {
            return Some(Arc::new(folder));
        }
        let plain =
            |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        self.services.iter().find(|spec| plain(&spec.id) == plain(name)).cloned()
    }

    /// The platform with exactly this name, as in records and in the catalogue.
    pub fn find_exact(&self, id: &str) -> Option<Arc<PlatformSpec>> {
        self.find(id).filter(|spec| spec.id == id)
    }

    /// [`Platforms::find`], with an error for an unknown name.
    pub fn require(&self, name: &str) -> Result<Arc<PlatformSpec>, UnknownPlatform> {
        self.find(name).ok_or_else(|| match name.trim_end_matches(':').eq_ignore_ascii_case("folder") {
            true => UnknownPlatform::FolderWithoutPath,
            false => self.unknown(name),
        })
    }

    /// [`Platforms::find_exact`], with an error for an unknown name.
    pub fn require_exact(&self, id: &str) -> Result<Arc<PlatformSpec>, UnknownPlatform> {
        self.find_exact(id).ok_or_else(|| self.unknown(id))
    }

    /// The manufacturer whose devices record for a platform, by its FIT name.
    pub fn native_manufacturer(&self, id: &str) -> Option<&'static str> {
        self.services.iter().find(|spec| spec.id == id)?.native_manufacturer
    }

    fn unknown(&self, name: &str) -> UnknownPlatform {
        UnknownPlatform::Name { name: name.to_owned(), known: self.names().collect::<Vec<_>>().join(", ") }
    }

    /// Each platform once: services in the order of the table, then folders in the given order.
    pub fn in_order(&self, specs: impl IntoIterator<Item = Arc<PlatformSpec>>) -> Vec<Arc<PlatformSpec>> {
        let mut seen: HashSet<PlatformId> = HashSet::new();
        let mut ordered: Vec<_> = specs.into_iter().filter(|spec| seen.insert(spec.id.clone())).collect();
        ordered.sort_by_key(|spec| self.services.iter().position(|one| one.id == spec.id).unwrap_or(usize::MAX));
        ordered
    }
}

impl PlatformSelection {
    /// Whether a platform is selected.
    pub fn includes(&self, id: &str) -> bool {
        self.named().is_none_or(|specs| specs.iter().any(|spec| spec.id == id))
    }

    /// The named platforms; `None` if all platforms are selected.
    pub fn named(&self) -> Option<&[Arc<PlatformSpec>]> {
        match self {
            PlatformSelection::All => None,
            PlatformSelection::Only(specs) => Some(specs),
        }
    }

    /// Whether a platform is named; `false` if no platform is named.
    pub fn names(&self, id: &str) -> bool {
        self.named().is_some() && self.includes(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_found_by_any_spelling_and_exactly_by_its_id_only() {
        let platforms = Platforms::default();
        for written in ["garmin-com", "GARMINCOM", "garmin_com", "Garmin.Com"] {
            assert_eq!(platforms.find(written).unwrap().id, "garmin-com");
        }
        assert!(platforms.find_exact("garmin-com").is_some() && platforms.find_exact("GARMINCOM").is_none());
        assert_eq!(platforms.find("folder:/a/../b").unwrap().id, "folder:/b");
        assert!(platforms.find_exact("folder:/a/../b").is_none());
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_the_known_names() {
        let platforms = Platforms::default();
        let told = |name: &str| platforms.require(name).unwrap_err().to_string();
        assert_eq!(
            told("polar"),
            r#"unknown platform "polar"; known: garmin-com, garmin-cn, coros, intervals, folder:PATH"#
        );
        assert_eq!(told("folder:"), "missing path; use folder:PATH, e.g. folder:/mnt/watch");
        assert_eq!(
            platforms.require_exact("COROS").unwrap_err().to_string(),
            r#"unknown platform "COROS"; known: garmin-com, garmin-cn, coros, intervals, folder:PATH"#
        );
    }

    #[test]
    fn platforms_are_listed_once_in_the_order_of_the_table() {
        let platforms = Platforms::default();
        let named =
            ["folder:/b", "coros", "folder:/a", "garmin-com", "coros"].map(|name| platforms.find(name).unwrap());
        let ids: Vec<String> = platforms.in_order(named).iter().map(|spec| spec.id.to_string()).collect();
        assert_eq!(ids, ["garmin-com", "coros", "folder:/b", "folder:/a"]);
    }

    #[test]
    fn a_selection_without_names_includes_every_platform() {
        let only = PlatformSelection::Only(vec![Platforms::default().find("coros").unwrap()]);
        assert!(only.includes("coros") && !only.includes("garmin-com") && only.names("coros"));
        assert!(PlatformSelection::All.includes("garmin-com") && !PlatformSelection::All.names("garmin-com"));
    }
}
