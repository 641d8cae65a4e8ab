//! Opens platforms with the HTTP client, the credentials and the record of rejected logins.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Worker;
use super::shared_catalogue::SharedCatalogue;
use crate::activity::{Activity, ActivityKeyRef};
use crate::clock::Clock;
use crate::http::{Http, Secret};
use crate::platform::{
    self, Access, AccessKind, Context, Credentials, LoginBlock, LoginGuard, PlatformId, PlatformLogin, PlatformReader,
    PlatformSpec, SettingSource, TokenStore,
};
use crate::reason::Reason;
use crate::settings::{self, Settings};
use crate::walk::Notice;

impl Worker {
    fn tokens_dir(&self) -> PathBuf {
        self.data_dir.join("tokens")
    }

    /// Whether a token of the platform exists, for any access. The token itself is not checked.
    pub fn has_token(&self, spec: &PlatformSpec) -> bool {
        spec.accesses().iter().any(|access| self.has_token_of(spec, access.kind()))
    }

    /// Whether a token of this access exists. The token itself is not checked.
    pub fn has_token_of(&self, spec: &PlatformSpec, kind: AccessKind) -> bool {
        TokenStore::new(self.tokens_dir(), spec.id.clone(), kind).exists()
    }

    /// Whether the settings have the credential of an access of the platform. Their values are not read: that may run a
    /// command.
    pub fn has_credentials(&self, spec: &PlatformSpec) -> bool {
        spec.accesses().into_iter().any(|access| self.has_credentials_of(access))
    }

    /// Whether the settings have the credential of an access. Their values are not read: that may run a command.
    pub fn has_credentials_of(&self, access: &dyn Access) -> bool {
        let any = |names: &[&str]| names.iter().any(|name| self.settings.has_secret(name));
        (access.user_settings().is_empty() || any(access.user_settings())) && any(access.secret_settings())
    }

    /// Whether an access has a token or a credential.
    pub fn is_set_up(&self, spec: &PlatformSpec, access: &dyn Access) -> bool {
        self.has_token_of(spec, access.kind()) || self.has_credentials_of(access)
    }

    /// The access that reads from a platform: the preferred one of those that are set up and have not ended, else the
    /// preferred one that is set up, else the one that a login is for.
    pub fn read_access(&self, spec: &PlatformSpec) -> AccessKind {
        let mut set_up: Vec<_> = spec.accesses().into_iter().filter(|access| self.is_set_up(spec, *access)).collect();
        if set_up.len() > 1 {
            set_up.sort_by_key(|access| self.has_ended(spec, *access));
        }
        set_up.first().copied().or(spec.main_access()).map_or(AccessKind::Login, Access::kind)
    }

    /// Whether the service has rejected the stored token or key for good, and the settings have no other key in its
    /// place. A key that a command prints or that comes from a pipe is not read here, so it does not count as another
    /// one.
    pub(super) fn has_ended(&self, spec: &PlatformSpec, access: &dyn Access) -> bool {
        let store = TokenStore::new(self.tokens_dir(), spec.id.clone(), access.kind());
        let Some(ended) = store.ended() else { return false };
        if access.kind() != AccessKind::ApiKey {
            return !self.has_credentials_of(access);
        }
        readable_secret(&self.settings, access).is_none_or(|key| ended.is_key(&key))
    }

    /// The access that writes to a platform, whether it is set up or not.
    pub fn write_access(&self, spec: &PlatformSpec) -> AccessKind {
        spec.main_access().map_or(AccessKind::Login, Access::kind)
    }

    /// Whether the account can be read, and the access that writes is not set up. Then nothing is uploaded to it.
    pub fn is_read_only(&self, spec: &PlatformSpec) -> bool {
        let is_any_set_up = |writes: bool| {
            spec.accesses().into_iter().any(|access| access.can_write() == writes && self.is_set_up(spec, access))
        };
        is_any_set_up(false) && !is_any_set_up(true)
    }

    /// Opens a platform to read from it, without checking the owner of the account: [`Worker::connect_reader`] checks
    /// it.
    ///
    /// # Errors
    /// [`Config`](platform::Error::Config): a setting that only this platform reads is invalid.
    pub fn open_reader(&self, spec: &Arc<PlatformSpec>, http: Arc<Http>) -> platform::Result<Box<dyn PlatformReader>> {
        self.open_reader_by(spec, self.read_access(spec), http)
    }

    /// Like [`Worker::open_reader`], by this access.
    ///
    /// # Errors
    /// [`Config`](platform::Error::Config): a setting that only this platform reads is invalid.
    pub fn open_reader_by(
        &self,
        spec: &Arc<PlatformSpec>,
        access: AccessKind,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformReader>> {
        spec.open_reader(self.context(spec, access, http))
    }

    /// Opens an access of a platform to log in, or to inspect its token.
    ///
    /// # Errors
    /// [`Config`](platform::Error::Config): a setting that only this platform reads is invalid.
    pub fn open_login(
        &self,
        spec: &Arc<PlatformSpec>,
        access: AccessKind,
        http: Arc<Http>,
    ) -> platform::Result<Box<dyn PlatformLogin>> {
        spec.open_login(self.context(spec, access, http))
    }

    /// The context in which an access of a platform is opened.
    pub(super) fn context(&self, spec: &Arc<PlatformSpec>, access: AccessKind, http: Arc<Http>) -> Context {
        let id = spec.id.clone();
        let catalogue = Arc::new(self.shared_catalogue());
        let guard = Guard {
            catalogue: catalogue.clone(),
            platform: id.clone(),
            run: self.run_id.clone(),
            clock: self.clock.clone(),
        };
        self.log.set_opened(spec);
        let (workspace, name) = (self.workspace().clone(), id.clone());
        let (settings, row) = (self.settings.clone(), spec.clone());
        let (at_once, of_row) = (self.settings.clone(), spec.clone());
        let skipped = self.skipped(id.clone());
        // A token from a login would be lost with the temporary folder.
        let is_kept = !self.is_scratch;
        let (entries, listed) = (catalogue.clone(), id.clone());
        let known = move |id: &str| -> Option<Activity> {
            let entry = entries.with(|catalogue| catalogue.entry(ActivityKeyRef::new(&listed, id)));
            Some(entry.ok().flatten()?.activity)
        };
        let (uploads, to) = (catalogue.clone(), id.clone());
        // If the catalogue cannot be read, the upload fails anyway.
        let is_delivered = move |name: &str| {
            uploads.with(|catalogue| catalogue.was_uploaded(ActivityKeyRef::new(&to, name))).unwrap_or_default()
        };
        Context {
            platform: id,
            access,
            http,
            tokens: self.tokens_dir(),
            credentials: Box::new(move || {
                let found = if is_kept { credentials(&settings, row.access(access)) } else { Ok(None) };
                found.map_err(setting_error)
            }),
            readable_secret: Box::new(move || {
                of_row.access(access).filter(|_| is_kept).and_then(|access| readable_secret(&at_once, access))
            }),
            settings: self.setting_source(),
            guard: Arc::new(guard),
            owner: Arc::new(self.ownership(spec)),
            notice: Arc::new(move |text| workspace.warn(&format!("{name}: {text}"))),
            skipped: Arc::new(skipped),
            known: Arc::new(known),
            files: Arc::new(self.file_requests(spec, access, catalogue)),
            is_delivered: Arc::new(is_delivered),
        }
    }

    /// The settings, for the settings that only one platform reads.
    pub(super) fn setting_source(&self) -> Arc<dyn SettingSource> {
        Arc::new(self.settings.clone())
    }

    /// Reports the activities that a listing skipped: a new notice as a warning, a known one as a detail.
    fn skipped(&self, name: PlatformId) -> impl Fn(&[Notice]) + Send + Sync + use<> {
        let workspace = self.workspace().clone();
        move |all| {
            let catalogue = workspace.open_catalogue();
            let known = catalogue.as_ref().ok().and_then(|catalogue| catalogue.skipped(&name).ok()).unwrap_or_default();
            for notice in all {
                let line = format!("{name}: {}", notice.text);
                match notice.matters && !known.contains(&notice.key) {
                    true => workspace.warn(&line),
                    false => workspace.debug(&line),
                }
                notice.details.iter().for_each(|detail| workspace.debug(&format!("{name}: {detail}")));
            }
            let is_unchanged = known.len() == all.len() && all.iter().all(|notice| known.contains(&notice.key));
            if let Ok(mut catalogue) = catalogue
                && !is_unchanged
            {
                // If storing fails, the next run repeats the warning.
                let _ = catalogue.set_skipped(&name, all.iter().map(|notice| notice.key.as_str()), workspace.now());
            }
        }
    }
}

impl SettingSource for Settings {
    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn flag(&self, name: &str) -> platform::Result<bool> {
        self.yes(name).map_err(setting_error)
    }

    fn duration(&self, name: &str) -> platform::Result<Duration> {
        Settings::duration(self, name).map_err(setting_error)
    }
}

fn setting_error(error: settings::Error) -> platform::Error {
    match error {
        settings::Error::Unusable(why) => platform::Error::Config(why),
        settings::Error::Stopped => platform::Error::Stopped,
    }
}

/// The credential of an access in the settings: e-mail address and password, or a key. `None` unless it is complete.
pub(super) fn credentials(
    settings: &Settings,
    access: Option<&dyn Access>,
) -> std::result::Result<Option<Credentials>, settings::Error> {
    let Some(access) = access else { return Ok(None) };
    let user = match access.user_settings() {
        [] => Some(String::new()),
        names => names.iter().find_map(|name| settings.address(name).transpose()).transpose()?,
    };
    let password = access.secret_settings().iter().find_map(|name| settings.secret(name).transpose()).transpose()?;
    Ok(user.zip(password).map(|(user, password)| Credentials { user, password }))
}

/// The password or key of an access in the settings, if it can be read at once, without running a command or reading a
/// pipe.
fn readable_secret(settings: &Settings, access: &dyn Access) -> Option<Secret> {
    let names = access.secret_settings().iter().filter(|name| settings.has_secret(name));
    let readable = names.filter(|name| settings.is_available(name));
    readable.filter_map(|name| settings.secret(name).ok().flatten()).next()
}

/// The record of rejected logins, in the catalogue.
struct Guard {
    catalogue: Arc<SharedCatalogue>,
    platform: PlatformId,
    run: String,
    clock: Clock,
}

impl LoginGuard for Guard {
    fn login_block(&self, by_hand: bool) -> platform::Result<Option<LoginBlock>> {
        let login = self.catalogue.with(|catalogue| catalogue.login_failure(&self.platform))?;
        let now = self.clock.now();
        let block = login.and_then(|login| match login.cooldown(now) {
            Some(until) => Some(LoginBlock::Cooldown(until, login.reason)),
            None if login.is_rejected() && !by_hand => Some(LoginBlock::AutomaticLoginBlocked(login.reason)),
            None => None,
        });
        if block.is_some() || by_hand {
            return Ok(block);
        }
        let has = self.catalogue.with(|catalogue| catalogue.has_logged_in(&self.platform, &self.run, now))?;
        Ok(has.then_some(LoginBlock::OncePerRun))
    }

    fn begin(&self) -> platform::Result<()> {
        self.catalogue.with(|catalogue| catalogue.begin_login(&self.platform, &self.run, self.clock.now()).map(drop))
    }

    fn not_sent(&self) -> platform::Result<()> {
        self.catalogue.with(|catalogue| catalogue.cancel_login(&self.platform, &self.run))
    }

    fn service_failed(&self, reason: &Reason) -> platform::Result<Timestamp> {
        self.catalogue.with(|catalogue| catalogue.login_failed(&self.platform, reason, self.clock.now()))
    }

    fn rate_limited(&self, reason: &Reason) -> platform::Result<Timestamp> {
        self.catalogue.with(|catalogue| catalogue.login_rate_limited(&self.platform, reason, self.clock.now()))
    }

    fn rejected(&self, reason: &Reason) -> platform::Result<()> {
        self.catalogue.with(|catalogue| catalogue.login_rejected(&self.platform, reason, self.clock.now()))
    }

    fn succeeded(&self) -> platform::Result<()> {
        self.catalogue.with(|catalogue| catalogue.login_succeeded(&self.platform))
    }
}
