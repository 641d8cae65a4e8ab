//! Checks the owner of an account before anything is listed or written, so that activities never reach another person's
//! account.
//!
//! The first login determines the owner of the data folder. From then on the stored token, the catalogue, and the
//! e-mail address in the settings (if the e-mail address of the account is known) must name the same person.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Worker;
use super::shared_catalogue::SharedCatalogue;
use crate::catalogue::Owner;
use crate::clock::Clock;
use crate::hex;
use crate::http::Http;
use crate::platform::{
    self, AccessKind, Error, Identity, OwnerGuard, PlatformReader, PlatformSpec, PlatformWriter, describe_person,
    mask_email,
};
use crate::reason::Reason;
use crate::settings::Settings;

/// How many activities of a list are searched for their owner.
const FEW: u32 = 20;

/// The known owner of an account, for comparison.
pub struct Ownership {
    catalogue: SharedCatalogue,
    clock: Clock,
    spec: Arc<PlatformSpec>,
    /// Whether a token or a password exists.
    is_set_up: bool,
    /// The e-mail address in the settings, in lower case, if it is set as text, with the name of its setting.
    email: Option<(&'static str, String)>,
}

impl Worker {
    /// The known owner of the account of `spec`.
    pub fn ownership(&self, spec: &Arc<PlatformSpec>) -> Ownership {
        Ownership {
            catalogue: self.shared_catalogue(),
            clock: self.clock.clone(),
            spec: spec.clone(),
            is_set_up: self.has_token(spec) || self.has_credentials(spec),
            email: settings_email(&self.settings, spec),
        }
    }

    /// Opens a platform to read from it, after checking that its account is the owner of the data folder.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] for another account. Before the check, no login and no request is made with it.
    pub fn connect_reader(
        &self,
        spec: &Arc<PlatformSpec>,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformReader>> {
        let access = self.read_access(spec);
        match self.connect_reader_by(spec, access, http.clone()) {
            // The service has just ended this access, and another one is set up.
            Err(Error::Login(why)) if self.read_access(spec) != access => {
                self.warn_of_access(spec, &why);
                self.connect_reader_by(spec, self.read_access(spec), http)
            }
            opened => opened,
        }
    }

    /// Says that an access has ended, and by which one the platform is read now.
    pub(super) fn warn_of_access(&self, spec: &PlatformSpec, why: &str) {
        self.warn(&format!("{}: {why}; reading with the {} instead", spec.id, self.read_access(spec).name()));
    }

    /// Like [`Worker::connect_reader`], by this access alone.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] for another account. Before the check, no login and no request is made with it.
    pub fn connect_reader_by(
        &self,
        spec: &Arc<PlatformSpec>,
        access: AccessKind,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformReader>> {
        let platform = self.open_reader_by(spec, access, http)?;
        self.ownership(spec).check(platform.as_ref(), false)?;
        Ok(platform)
    }

    /// Opens a platform to write to it, after the service has confirmed that its account is the owner of the data
    /// folder.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] for another account. Before the check, no login and no request is made with it.
    pub fn connect_writer(
        &self,
        spec: &Arc<PlatformSpec>,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformWriter>> {
        let platform = spec.open_writer(self.context(spec, self.write_access(spec), http))?;
        self.ownership(spec).check(platform.as_ref(), true)?;
        Ok(platform)
    }
}

/// The e-mail address in the settings. An address from a command is not read: the command may take long or need a
/// person. An address from a pipe is not read either: a pipe can be read only once.
fn settings_email(settings: &Settings, spec: &PlatformSpec) -> Option<(&'static str, String)> {
    let is_named = |name: &&&str| settings.has_secret(name);
    let accesses = spec.accesses();
    let name = accesses.iter().flat_map(|access| access.user_settings()).find(is_named)?;
    let email = settings.is_available(name).then(|| settings.secret(name).ok().flatten()).flatten()?;
    Some((name, email.expose().trim().to_lowercase()))
}

impl Ownership {
    /// Compares the settings, the token and the catalogue.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] if they name different accounts; other errors if the owner cannot be determined.
    pub fn check(&self, platform: &dyn PlatformReader, fresh: bool) -> platform::Result<()> {
        if !self.spec.has_login() {
            return Ok(());
        }
        self.check_settings()?;
        let owned = self.is_owned()?;
        // Without an owner, listed activities came from an account that the service did not name.
        let is_unnamed = !owned && self.has_listed()?;
        // While the data folder has no owner, a fresh response has nothing to be compared with.
        let known = match platform.identify(fresh && owned) {
            Ok(None) if owned && !fresh => platform.identify(true),
            known => known,
        };
        match known {
            Ok(_) if is_unnamed && platform.is_known_account()? == Some(false) => Err(self.unrelated()),
            // An access that names the owner by ids of its own shows the activities of the account.
            Ok(Some(identity)) => match self.admit(&identity, None) {
                Err(Error::OtherAccount(_)) if owned && platform.is_known_account()? == Some(true) => Ok(()),
                admitted => admitted,
            },
            // A service that does not name the owner is accepted while the data folder has no owner.
            Ok(None) if !owned => Ok(()),
            // Its activities show whether it is the same account, if they can be compared.
            Ok(None) => match platform.is_known_account()? {
                Some(true) => Ok(()),
                Some(false) => Err(self.unrelated()),
                None => Err(self.unknown()),
            },
            // If the service is temporarily unable to name the owner, reading is allowed.
            Err(Error::Retry { .. }) if !owned && !fresh => Ok(()),
            Err(Error::Login(why)) if owned && !self.is_set_up => Err(Error::Login(format!(
                "{why}. To sync without this platform, name the others in SYNC_PLATFORM, or remove the account from this data folder: gs-auth logout --forget-account --platform {}",
                self.spec.id
            ))),
            Err(error) => Err(error),
        }
    }

    /// Whether the catalogue has no owner, because the service did not name one so far, but has activities that were
    /// listed from another account.
    fn holds_another(&self, user_id: &str) -> platform::Result<bool> {
        let raw = self.catalogue.with(|catalogue| match catalogue.owner(&self.spec.id)? {
            Some(_) => Ok(Vec::new()),
            None => catalogue.newest_service_json(&self.spec.id, FEW),
        })?;
        let owners: Vec<String> = raw.iter().filter_map(|raw| self.spec.listed_owner(raw)).collect();
        Ok(!owners.is_empty() && owners.iter().all(|owner| owner != user_id))
    }

    fn unrelated(&self) -> Error {
        Error::OtherAccount(Reason::OtherAccount {
            platform: self.spec.id.to_string(),
            login: "an account without any known activity".to_owned(),
            owner: self.catalogue.with(|catalogue| catalogue.owner(&self.spec.id)).ok().flatten().as_ref().map(person),
        })
    }

    fn unknown(&self) -> Error {
        Error::Retry { message: Reason::AccountUnknown.to_string(), platform_wide: true }
    }

    /// Compares the settings with the catalogue, without a request.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] if they name different accounts.
    pub fn check_settings(&self) -> platform::Result<()> {
        let owner = self.catalogue.with(|catalogue| catalogue.owner(&self.spec.id))?;
        let (Some(owner), Some((setting, email))) = (owner, &self.email) else { return Ok(()) };
        if owner.emails.is_empty() || owner.emails.contains(email) {
            return Ok(());
        }
        Err(Error::OtherAccount(Reason::OtherAccountInSettings {
            platform: self.spec.id.to_string(),
            setting: (*setting).to_owned(),
            address: mask_email(email),
            owner: person(&owner),
        }))
    }
}

impl OwnerGuard for Ownership {
    fn admit(&self, identity: &Identity, email: Option<&str>) -> platform::Result<()> {
        let other = |owner: Option<String>| {
            Error::OtherAccount(Reason::OtherAccount {
                platform: self.spec.id.to_string(),
                login: describe_person(identity.name.as_deref(), identity.email.as_deref().or(email)),
                owner,
            })
        };
        if self.holds_another(&identity.user_id)? {
            return Err(other(None));
        }
        let account = digest(&self.spec.id, &identity.user_id);
        let emails: Vec<&str> = identity.email.as_deref().into_iter().chain(email).collect();
        let owner = self.catalogue.with(|catalogue| {
            catalogue.claim(&self.spec.id, &account, identity.name.as_deref(), &emails, self.clock.now())
        })?;
        if owner.account == account { Ok(()) } else { Err(other(Some(person(&owner)))) }
    }

    fn replace_id(&self, identity: &Identity, email: Option<&str>) -> platform::Result<()> {
        let account = digest(&self.spec.id, &identity.user_id);
        self.catalogue.with(|catalogue| catalogue.replace_owner_id(&self.spec.id, &account))?;
        self.admit(identity, email)
    }

    fn has_listed(&self) -> platform::Result<bool> {
        self.catalogue.with(|catalogue| catalogue.has_listed(&self.spec.id))
    }

    fn is_owned(&self) -> platform::Result<bool> {
        Ok(self.catalogue.with(|catalogue| catalogue.owner(&self.spec.id))?.is_some())
    }
}

/// The owner, in words.
pub fn person(owner: &Owner) -> String {
    describe_person(owner.name.as_deref(), owner.emails.first().map(String::as_str))
}

/// The hash of a service's user id, for the catalogue. At COROS, the id itself would be one half of the key to the
/// files.
fn digest(platform: &str, user_id: &str) -> String {
    hex::encode(&Sha256::digest(format!("{platform} {user_id}")))
}
