//! The properties of a platform that are known without opening it.

use std::fmt;
use std::path::PathBuf;

use super::folder::Folder;
use super::outbox::{self, Outbox};
use super::{Access, AccessKind, Context, Error, PlatformLogin, PlatformReader, PlatformWriter, Result, SettingSource};
use crate::activity::{Format, Numbers, PlatformId};

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
    /// A service, a folder or an outbox.
    pub kind: PlatformKind,
}

/// The kind of a platform: a service, a folder or an outbox.
pub enum PlatformKind {
    /// An online service with an account.
    Service(Box<dyn Service>),
    /// A folder, or a zip file, at this absolute path. It has no login.
    Folder(PathBuf),
    /// A folder at this absolute path that another program empties. It is only written, and has no login.
    Outbox(PathBuf),
}

/// An online service: its accesses, and what is true of its account whatever the access. A new service is a module with
/// an implementation of this trait and one of [`Access`].
pub trait Service: Send + Sync {
    /// The ways to reach the account, the preferred one for reading first. All of them show the same activities under
    /// the same ids.
    fn accesses(&self) -> Vec<&dyn Access>;

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

    /// The user id of the owner of a listed activity, from the service's own JSON; `None` where lists do not name
    /// owners.
    fn listed_owner(&self, _raw: &str) -> Option<String> {
        None
    }

    /// The numbers of a listed activity, from the service's own JSON; none where lists do not have them.
    fn listed_numbers(&self, _raw: &str) -> Numbers {
        Numbers::default()
    }
}

impl PlatformSpec {
    /// The service; `None` for a folder or an outbox.
    pub fn service(&self) -> Option<&dyn Service> {
        match &self.kind {
            PlatformKind::Service(service) => Some(service.as_ref()),
            PlatformKind::Folder(_) | PlatformKind::Outbox(_) => None,
        }
    }

    /// Whether the platform has a login. A folder and an outbox have none.
    pub fn has_login(&self) -> bool {
        self.service().is_some()
    }

    /// Whether the platform only receives files: it has no activities of its own, is never listed or compared, and the
    /// journal alone tells what was delivered.
    pub fn is_write_only(&self) -> bool {
        matches!(self.kind, PlatformKind::Outbox(_))
    }

    /// The ways to reach the account, the preferred one for reading first; none for a folder or an outbox.
    pub fn accesses(&self) -> Vec<&dyn Access> {
        self.service().map(Service::accesses).unwrap_or_default()
    }

    /// The access of this kind, if the service has it.
    pub fn access(&self, kind: AccessKind) -> Option<&dyn Access> {
        self.accesses().into_iter().find(|access| access.kind() == kind)
    }

    /// The access that a login without another wish is for: the one that can write; `None` for a folder or an outbox.
    pub fn main_access(&self) -> Option<&dyn Access> {
        let accesses = self.accesses();
        accesses.iter().find(|access| access.can_write()).or(accesses.last()).copied()
    }

    /// Checks the settings that this platform alone reads.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting has an invalid value.
    pub fn check_settings(&self, settings: &dyn SettingSource) -> Result<()> {
        match &self.kind {
            PlatformKind::Service(service) => service.check_settings(settings),
            PlatformKind::Folder(_) => Ok(()),
            PlatformKind::Outbox(_) => outbox::DeliveryOptions::read(settings).map(drop),
        }
    }

    /// The user id of the owner of a listed activity, from the service's own JSON; `None` where lists do not name
    /// owners.
    pub fn listed_owner(&self, raw: &str) -> Option<String> {
        self.service()?.listed_owner(raw)
    }

    /// Opens it to read from it, with the access of the context.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this platform alone reads has an invalid value.
    pub fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        match &self.kind {
            PlatformKind::Service(_) => self.access_of(&context)?.open_reader(context),
            PlatformKind::Folder(path) => Ok(Box::new(Folder::new(path.clone(), context))),
            PlatformKind::Outbox(path) => {
                Ok(Box::new(Outbox::new(path.clone(), context, outbox::DeliveryOptions::default())))
            }
        }
    }

    /// Opens it to write to it, with the access of the context.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this platform alone reads has an invalid value, or the platform cannot be
    /// written to.
    pub fn open_writer(&self, context: Context) -> Result<Box<dyn PlatformWriter>> {
        match &self.kind {
            PlatformKind::Service(_) => self.access_of(&context)?.open_writer(context)?.ok_or_else(|| {
                Error::Config(format!("{} is read-only: no uploads or deletions with this version", self.id))
            }),
            PlatformKind::Folder(path) => Ok(Box::new(Folder::new(path.clone(), context))),
            PlatformKind::Outbox(path) => {
                let options = outbox::DeliveryOptions::read(context.settings.as_ref())?;
                Ok(Box::new(Outbox::new(path.clone(), context, options)))
            }
        }
    }

    /// Opens it to log in, with the access of the context.
    ///
    /// # Errors
    /// [`Error::Config`]: a setting that this platform alone reads has an invalid value. [`Error::Input`]: a folder or
    /// an outbox has no login.
    pub fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        self.access_of(&context)?.open_login(context)
    }

    fn access_of(&self, context: &Context) -> Result<&dyn Access> {
        if !self.has_login() {
            return Err(Error::Input(format!("{}: no login needed", self.id)));
        }
        let kind = context.access;
        self.access(kind).ok_or_else(|| Error::Input(format!("{}: no access by {}", self.id, kind.name())))
    }
}

impl fmt::Debug for PlatformKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PlatformKind::Service(_) => f.write_str("Service"),
            PlatformKind::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
            PlatformKind::Outbox(path) => f.debug_tuple("Outbox").field(path).finish(),
        }
    }
}
