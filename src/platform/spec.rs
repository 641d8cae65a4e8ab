//! The properties of a platform that are known without opening it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::{Context, Error, LoginWays, PlatformLogin, PlatformReader, PlatformWriter, Result, SettingSource};
use crate::activity::{Format, PlatformId};
use crate::http::Secret;

/// A row of the table of platforms: the properties that are known without opening the platform.
#[derive(Debug)]
pub struct PlatformSpec {
    /// Its name in records and on the command line.
    pub id: PlatformId,
    /// Its name for people.
    pub title: &'static str,
    /// The manufacturer whose devices record for it, by its FIT name.
    pub native_manufacturer: Option<&'static str>,
    /// Formats of files that can be uploaded; empty: no uploads. Services accept GPX and TCX, too, but convert them
    /// into a recording that differs from the uploaded one.
    pub upload_formats: &'static [Format],
    /// Sports, by their FIT names, whose files it always rejects: it accepts such a file but never makes an activity of
    /// it.
    pub rejected_sports: &'static [&'static str],
    /// Whether a different file of a recording that the platform has already becomes a second activity. If not, the
    /// response to the upload names the existing activity.
    pub allows_duplicates: bool,
    /// Whether activities can be deleted.
    pub can_delete: bool,
    /// A service or a folder.
    pub kind: PlatformKind,
}

/// The kind of a platform: a service or a folder.
pub enum PlatformKind {
    /// An online service with an account.
    Service(Box<dyn Service>),
    /// A folder, or a zip file, at this absolute path. It has no login.
    Folder(PathBuf),
}

/// An online service: the settings that name its account, and how it is opened. A new service is a module with an
/// implementation of this trait.
pub trait Service: Send + Sync {
    /// Settings with the e-mail address; the first that is set wins.
    fn user_settings(&self) -> &'static [&'static str];

    /// Settings with the password; the first that is set wins.
    fn password_settings(&self) -> &'static [&'static str];

    /// Checks the settings that this service alone reads.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting has an invalid value.
    fn check_settings(&self, _settings: &dyn SettingSource) -> Result<()> {
        Ok(())
    }

    /// The setting with the number of newest activities that its first listing shows; `None`: the listing shows all.
    fn newest_setting(&self) -> Option<&'static str> {
        None
    }

    /// The ways to log in, as texts for a person.
    fn login_ways(&self) -> LoginWays {
        LoginWays::default()
    }

    /// The settings that may hold a token of another tool.
    fn token_settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// The files and folders in which other tools store tokens of this service. `setting` reads a setting that is a path.
    fn token_places(&self, _home: Option<&Path>, _setting: &dyn Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The text to import from a file, or from a folder of another tool; `None` if the folder holds no token.
    ///
    /// # Errors
    /// The file or folder cannot be read.
    fn read_token(&self, path: &Path) -> io::Result<Option<Secret>> {
        std::fs::read_to_string(path).map(|text| Some(Secret::new(text)))
    }

    /// The user id of the owner of a listed activity, from the service's own JSON; `None` where lists do not name
    /// owners.
    fn listed_owner(&self, _raw: &str) -> Option<String> {
        None
    }

    /// Opens the account to read from it.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this service alone reads has an invalid value.
    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>>;

    /// Opens the account to write to it; `None`: this version can neither upload to it nor delete from it.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this service alone reads has an invalid value.
    fn open_writer(&self, context: Context) -> Result<Option<Box<dyn PlatformWriter>>>;

    /// Opens the account to log in.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this service alone reads has an invalid value.
    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>>;
}

impl PlatformSpec {
    /// The service; `None` for a folder.
    pub fn service(&self) -> Option<&dyn Service> {
        match &self.kind {
            PlatformKind::Service(service) => Some(service.as_ref()),
            PlatformKind::Folder(_) => None,
        }
    }

    /// Whether the platform has a login. A folder has none.
    pub fn has_login(&self) -> bool {
        self.service().is_some()
    }

    /// Settings with the e-mail address, the first that is set wins; none for a folder.
    pub fn user_settings(&self) -> &'static [&'static str] {
        self.service().map_or(&[], Service::user_settings)
    }

    /// Settings with the password, the first that is set wins; none for a folder.
    pub fn password_settings(&self) -> &'static [&'static str] {
        self.service().map_or(&[], Service::password_settings)
    }

    /// Checks the settings that this platform alone reads.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting has an invalid value.
    pub fn check_settings(&self, settings: &dyn SettingSource) -> Result<()> {
        self.service().map_or(Ok(()), |service| service.check_settings(settings))
    }

    /// The user id of the owner of a listed activity, from the service's own JSON; `None` where lists do not name
    /// owners.
    pub fn listed_owner(&self, raw: &str) -> Option<String> {
        self.service()?.listed_owner(raw)
    }

    /// Opens it to read from it.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this platform alone reads has an invalid value.
    pub fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        match &self.kind {
            PlatformKind::Service(service) => service.open_reader(context),
            PlatformKind::Folder(path) => Ok(Box::new(Folder::new(path.clone(), context))),
        }
    }

    /// Opens it to write to it.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this platform alone reads has an invalid value, or the platform cannot be
    /// written to.
    pub fn open_writer(&self, context: Context) -> Result<Box<dyn PlatformWriter>> {
        match &self.kind {
            PlatformKind::Service(service) => service.open_writer(context)?.ok_or_else(|| {
                Error::Config(format!("{} is read-only: no uploads or deletions with this version", self.id))
            }),
            PlatformKind::Folder(path) => Ok(Box::new(Folder::new(path.clone(), context))),
        }
    }

    /// Opens it to log in.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this platform alone reads has an invalid value. [`Error::Input`]: a folder has
    /// no login.
    pub fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        match &self.kind {
            PlatformKind::Service(service) => service.open_login(context),
            PlatformKind::Folder(_) => Err(Error::Input(format!("{}: no login needed", self.id))),
        }
    }
}

impl fmt::Debug for PlatformKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PlatformKind::Service(_) => f.write_str("Service"),
            PlatformKind::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
        }
    }
}
