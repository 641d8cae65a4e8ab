//! Whose account it is: compared before anything is listed or written, so that nobody's activities reach somebody else.
//!
//! The first login decides whose data folder it is. From then on three things must name the same person: the stored token,
//! the catalogue, and the e-mail address of the settings where its account is known.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::Worker;
use crate::catalogue::{Catalogue, Owner};
use crate::clock::Clock;
use crate::hex;
use crate::http::Http;
use crate::platform::{
    self, Error, Identity, OwnerGuard, PlatformReader, PlatformSpec, PlatformWriter, describe_person, mask_email,
};
use crate::reason::Reason;
use crate::settings::Settings;

/// So many entries of a list are looked at for their owner.
const FEW: u32 = 20;

/// What the account of one platform is compared with.
pub struct Ownership {
    catalogue: PathBuf,
    wait: Duration,
    clock: Clock,
    spec: Arc<PlatformSpec>,
    /// Whether there is a token or a password.
    is_set_up: bool,
    /// The e-mail address of the settings, in lower case, if it stands there as a text; and the setting in front of it.
    email: Option<(&'static str, String)>,
}

impl Worker {
    /// What the account of `spec` is compared with.
    pub fn ownership(&self, spec: &Arc<PlatformSpec>) -> Ownership {
        Ownership {
            catalogue: self.catalogue_path.clone(),
            wait: self.lock_timeout,
            clock: self.clock.clone(),
            spec: spec.clone(),
            is_set_up: self.has_token(spec) || self.has_credentials(spec),
            email: settings_email(&self.settings, spec),
        }
    }

    /// Opens a platform to read from it, once its account is known to be the one that the data folder belongs to.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] for another account. No login and no request is made with it before that.
    pub fn connect_reader(
        &self,
        spec: &Arc<PlatformSpec>,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformReader>> {
        let platform = self.open_reader(spec, http)?;
        self.ownership(spec).check(platform.as_ref(), false)?;
        Ok(platform)
    }

    /// Opens a platform to write to it, once the service has said now that its account is the one that the data folder
    /// belongs to.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] for another account. No login and no request is made with it before that.
    pub fn connect_writer(
        &self,
        spec: &Arc<PlatformSpec>,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformWriter>> {
        let platform = spec.open_writer(self.context(spec, http))?;
        self.ownership(spec).check(platform.as_ref(), true)?;
        Ok(platform)
    }
}

/// The e-mail address that the settings name. One that a command would print is not asked for: it may take long, or a
/// person. Nor is one that comes through a pipe, which gives it once.
fn settings_email(settings: &Settings, spec: &PlatformSpec) -> Option<(&'static str, String)> {
    let is_named = |name: &&&str| settings.has_secret(name);
    let name = spec.user_settings().iter().find(is_named)?;
    let email = settings.is_available(name).then(|| settings.secret(name).ok().flatten()).flatten()?;
    Some((name, email.expose().trim().to_lowercase()))
}

impl Ownership {
    /// Compares the settings, the token and the catalogue.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] if they name different accounts; others if whose account it is cannot be found out.
    pub fn check(&self, platform: &dyn PlatformReader, fresh: bool) -> platform::Result<()> {
        if !self.spec.has_login() {
            return Ok(());
        }
        self.check_settings()?;
        let owned = self.is_owned()?;
        // As long as nobody owns the data folder, a new answer has nothing to be compared with.
        let known = match platform.identify(fresh && owned) {
            Ok(None) if owned && !fresh => platform.identify(true),
            known => known,
        };
        match known {
            Ok(Some(identity)) => self.admit(&identity, None),
            // A service that does not tell is as good as any, as long as nobody owns the data folder; one that cannot tell now
            // may be read.
            Ok(None) if !owned => Ok(()),
            Ok(None) => Err(self.unknown()),
            Err(Error::Retry { .. }) if !owned && !fresh => Ok(()),
            Err(Error::Login(why)) if owned && !self.is_set_up => Err(Error::Login(format!(
                "{why}. To sync without this platform, name the others in SYNC_PLATFORM, or remove the account from this data folder: gs-auth logout --forget-account --platform {}",
                self.spec.id
            ))),
            Err(error) => Err(error),
        }
    }

    /// Whether the catalogue knows no owner, because the service did not name one so far, and holds what was listed from
    /// somebody else's account.
    fn holds_another(&self, user_id: &str) -> platform::Result<bool> {
        let raw = self.with(|catalogue| match catalogue.owner(&self.spec.id)? {
            Some(_) => Ok(Vec::new()),
            None => catalogue.newest_service_json(&self.spec.id, FEW),
        })?;
        let owners: Vec<String> = raw.iter().filter_map(|raw| self.spec.listed_owner(raw)).collect();
        Ok(!owners.is_empty() && owners.iter().all(|owner| owner != user_id))
    }

    fn unknown(&self) -> Error {
        Error::Retry { message: Reason::AccountUnknown.to_string(), platform_wide: true }
    }

    /// Compares the settings with the catalogue, without a request.
    ///
    /// # Errors
    /// [`Error::OtherAccount`] if they name different accounts.
    pub fn check_settings(&self) -> platform::Result<()> {
        let owner = self.with(|catalogue| catalogue.owner(&self.spec.id))?;
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

    fn with<T>(&self, work: impl FnOnce(&mut Catalogue) -> crate::catalogue::Result<T>) -> platform::Result<T> {
        let result = Catalogue::open(&self.catalogue, self.wait).and_then(|mut catalogue| work(&mut catalogue));
        result.map_err(|error| Error::Retry { message: error.to_string(), platform_wide: true })
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
        let owner = self.with(|catalogue| {
            catalogue.claim(&self.spec.id, &account, identity.name.as_deref(), &emails, self.clock.now())
        })?;
        if owner.account == account { Ok(()) } else { Err(other(Some(person(&owner)))) }
    }

    fn is_owned(&self) -> platform::Result<bool> {
        Ok(self.with(|catalogue| catalogue.owner(&self.spec.id))?.is_some())
    }
}

/// The owner in words.
pub fn person(owner: &Owner) -> String {
    describe_person(owner.name.as_deref(), owner.emails.first().map(String::as_str))
}

/// What stands in the catalogue for a service's id of a person. The id itself would be half a key to the files at COROS.
fn digest(platform: &str, user_id: &str) -> String {
    hex::encode(&Sha256::digest(format!("{platform} {user_id}")))
}
