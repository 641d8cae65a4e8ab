//! Opens platforms: gives them the way out, their credentials, and the memory of refused logins.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::args::platforms_of_setting;
use super::{Bar, Exit, Failure, Run};
use crate::catalogue::{Catalogue, Pacing};
use crate::http::{Backoff, CaCertificates, Http, Loopback, Options, Proxies, Route};
use crate::platform::{
    self, Context, Credentials, LoginBlock, LoginGuard, PlatformId, PlatformLogin, PlatformReader, PlatformSelection,
    PlatformSpec, SettingSource,
};
use crate::settings::{self, Settings};
use crate::walk::Notice;

/// So long a service that accepted an upload may take to show it.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(6 * 3600);

impl Run {
    /// The platforms to work on: `--platform`, else `SYNC_PLATFORM`, else those with a token or a password, and those whose
    /// account the data folder belongs to: one whose token got lost must not drop out unnoticed.
    pub fn selected_platforms(&self) -> Result<Vec<Arc<PlatformSpec>>, Failure> {
        if let PlatformSelection::Only(specs) = self.named_platforms()? {
            return Ok(specs);
        }
        if let PlatformSelection::Only(specs) = self.synced_platforms()? {
            return Ok(specs);
        }
        let mut ready = Vec::new();
        for spec in self.platforms.services() {
            if self.has_token(spec) || self.has_credentials(spec) || self.catalogue.owner(&spec.id)?.is_some() {
                ready.push(spec.clone());
            }
        }
        if ready.is_empty() {
            let message =
                "no platform is set up; log in first: gs-auth login --platform garmin-com (or garmin-cn, or coros)";
            let file = if self.settings.file().is_none() { "; no settings file was found" } else { "" };
            return Err(Failure::new(Exit::Login, format!("{message}{file}")));
        }
        Ok(ready)
    }

    /// `--platform`: the platforms that are named.
    pub fn named_platforms(&self) -> Result<PlatformSelection, Failure> {
        self.common.named_platforms(&self.platforms)
    }

    /// `SYNC_PLATFORM`: the platforms that take part in a sync.
    pub fn synced_platforms(&self) -> Result<PlatformSelection, Failure> {
        platforms_of_setting(&self.platforms, "SYNC_PLATFORM", self.settings.get("SYNC_PLATFORM"))
    }

    /// `SYNC_TO`: the platforms that get uploads.
    pub fn targets(&self) -> Result<PlatformSelection, Failure> {
        platforms_of_setting(&self.platforms, "SYNC_TO", self.settings.get("SYNC_TO"))
    }

    fn tokens_dir(&self) -> PathBuf {
        self.data_dir.join("tokens")
    }

    /// Whether somebody is logged in, as far as that is known without a look at the token.
    pub fn has_token(&self, spec: &PlatformSpec) -> bool {
        self.tokens_dir().join(format!("{}.json", spec.id)).is_file()
    }

    /// What the settings hold for a platform: both halves, or nothing.
    pub fn credentials(&self, spec: &PlatformSpec) -> Result<Option<Credentials>, Failure> {
        Ok(credentials(&self.settings, spec)?)
    }

    /// Whether the settings name both halves, without asking for them: that may run a command.
    pub fn has_credentials(&self, spec: &PlatformSpec) -> bool {
        let any = |names: &[&str]| names.iter().any(|name| self.settings.names_secret(name));
        any(spec.user_settings()) && any(spec.password_settings())
    }

    /// The way out, for all platforms of this run. `bar` shows what it waits for.
    pub fn http(&self, bar: Option<Bar>) -> Result<Arc<Http>, Failure> {
        let loopback = self.loopback()?;
        let route = match loopback {
            Some(_) => Route::default(),
            None => Route { proxies: self.proxies()?, ca_certificates: self.ca_certificates()? },
        };
        self.http_by(loopback, route, bar)
    }

    /// The same, by this route.
    pub(super) fn http_by(
        &self,
        loopback: Option<Loopback>,
        route: Route,
        bar: Option<Bar>,
    ) -> Result<Arc<Http>, Failure> {
        let seconds = Duration::from_secs;
        let talk = self.talk.clone();
        let options = Options {
            route,
            loopback,
            timeout: self.settings.time_limit("GS_TIMEOUT", seconds(60))?,
            backoff: Backoff {
                first: self.settings.duration("GS_RETRY_WAIT", seconds(2))?,
                longest: seconds(120),
                tries: 4,
            },
            interval: self.settings.duration("GS_REQUEST_INTERVAL", seconds(2))?,
            max_retry_after: self.settings.duration("GS_PATIENCE", seconds(300))?,
            stop: self.stop.clone(),
            trace: Box::new(move |line| talk.trace(line)),
            waiting: Box::new(move |why, wait| {
                if let Some(bar) = &bar {
                    bar.pause(why, wait);
                }
            }),
        };
        let pacing = Pacing::new(Catalogue::open(&self.catalogue_path, self.lock_wait)?);
        Ok(Arc::new(Http::new(Arc::new(pacing), options)))
    }

    /// The stand-in on this machine, if the settings name one.
    pub fn loopback(&self) -> Result<Option<Loopback>, Failure> {
        let loopback = self.settings.get("GS_LOOPBACK").map(Loopback::parse).transpose();
        loopback.map_err(|why| Failure::new(Exit::Config, why))
    }

    /// The proxy, wherever the settings name it.
    pub fn proxies(&self) -> Result<Proxies, Failure> {
        Proxies::read(|names| self.settings.any(names)).map_err(|why| Failure::new(Exit::Config, why))
    }

    /// The certificate authorities, if the settings name others than the system's.
    pub fn ca_certificates(&self) -> Result<Option<CaCertificates>, Failure> {
        let (file, folders) = (self.settings.path("SSL_CERT_FILE"), self.settings.paths("SSL_CERT_DIR"));
        let has_own = file.is_some() || !folders.is_empty();
        let certificates = has_own.then(|| CaCertificates::read(file.as_deref(), &folders)).transpose();
        certificates.map_err(|why| Failure::new(Exit::Config, why))
    }

    /// `GS_CONFIRM_WAIT`: how long to wait before a second look at a list that nobody has ever seen filled, or at one that
    /// does not show an upload whose answer was lost.
    pub fn confirm_wait(&self) -> Result<Duration, Failure> {
        Ok(self.settings.duration("GS_CONFIRM_WAIT", Duration::from_secs(10))?)
    }

    /// `GS_LOST_AFTER`: how long a service that accepted an upload may take to show it.
    pub fn lost_after(&self) -> Result<Duration, Failure> {
        Ok(self.settings.duration("GS_LOST_AFTER", LOST_AFTER)?)
    }

    /// Opens a platform to read from it, whoever its account belongs to: [`Run::connect_reader`] checks that.
    ///
    /// # Errors
    /// [`Config`](platform::Error::Config): a setting that this platform alone reads cannot be used.
    pub fn open_reader(&self, spec: &Arc<PlatformSpec>, http: Arc<Http>) -> platform::Result<Box<dyn PlatformReader>> {
        spec.open_reader(self.context(spec, http))
    }

    /// Opens a platform to log in, or to look at its token.
    ///
    /// # Errors
    /// [`Config`](platform::Error::Config): a setting that this platform alone reads cannot be used.
    pub fn open_login(&self, spec: &Arc<PlatformSpec>, http: Arc<Http>) -> platform::Result<Box<dyn PlatformLogin>> {
        spec.open_login(self.context(spec, http))
    }

    /// What a platform is opened with.
    pub(super) fn context(&self, spec: &Arc<PlatformSpec>, http: Arc<Http>) -> Context {
        let id = spec.id.clone();
        let guard = Guard {
            path: self.catalogue_path.clone(),
            wait: self.lock_wait,
            platform: id.clone(),
            run: self.id.clone(),
        };
        self.opened.borrow_mut().insert(id.clone(), (spec.clone(), http.clone()));
        let (talk, name) = (self.talk.clone(), id.clone());
        let (settings, row) = (self.settings.clone(), spec.clone());
        let skipped = self.skipped(id.clone());
        // What a login gives would be lost with the folder.
        let is_kept = !self.place.is_stand_in();
        let (path, wait, listed) = (self.catalogue_path.clone(), self.lock_wait, id.clone());
        let known_start = move |id: &str| {
            let entry = Catalogue::open(&path, wait).and_then(|catalogue| catalogue.entry(&listed, id));
            entry.ok().flatten()?.activity.start_time
        };
        Context {
            platform: id,
            http,
            tokens: self.tokens_dir(),
            credentials: Box::new(move || {
                let found = if is_kept { credentials(&settings, &row) } else { Ok(None) };
                found.map_err(setting_error)
            }),
            settings: self.setting_source(),
            guard: Arc::new(guard),
            owner: Arc::new(self.ownership(spec)),
            notice: Arc::new(move |text| talk.warning(&format!("{name}: {text}"))),
            skipped: Arc::new(skipped),
            known_start: Arc::new(known_start),
        }
    }

    /// The settings, as platforms ask for those that they alone read.
    pub(super) fn setting_source(&self) -> Arc<dyn SettingSource> {
        Arc::new(self.settings.clone())
    }

    /// Tells what a listing of a platform skipped: the first time in any case, later for somebody who wants to know more.
    fn skipped(&self, name: PlatformId) -> impl Fn(&[Notice]) + Send + Sync + use<> {
        let (path, wait, talk) = (self.catalogue_path.clone(), self.lock_wait, self.talk.clone());
        move |all| {
            let catalogue = Catalogue::open(&path, wait);
            let told = catalogue.as_ref().ok().and_then(|catalogue| catalogue.skipped(&name).ok()).unwrap_or_default();
            for notice in all {
                let line = format!("{name}: {}", notice.text);
                match notice.matters && !told.contains(&notice.key) {
                    true => talk.warning(&line),
                    false => talk.detail(&line),
                }
                notice.details.iter().for_each(|detail| talk.detail(&format!("{name}: {detail}")));
            }
            let is_as_told = told.len() == all.len() && all.iter().all(|notice| told.contains(&notice.key));
            if let Ok(mut catalogue) = catalogue
                && !is_as_told
            {
                // If it cannot be remembered it is told once more.
                let _ = catalogue.set_skipped(&name, all.iter().map(|notice| notice.key.as_str()), Timestamp::now());
            }
        }
    }
}

impl SettingSource for Settings {
    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    fn flag(&self, name: &str) -> platform::Result<Option<bool>> {
        self.yes(name).map_err(setting_error)
    }

    fn duration(&self, name: &str, default: Duration) -> platform::Result<Duration> {
        Settings::duration(self, name, default).map_err(setting_error)
    }
}

fn setting_error(error: settings::Error) -> platform::Error {
    match error {
        settings::Error::Unusable(why) => platform::Error::Config(why),
        settings::Error::Stopped => platform::Error::Stopped,
    }
}

fn credentials(settings: &Settings, spec: &PlatformSpec) -> Result<Option<Credentials>, settings::Error> {
    let user = spec.user_settings().iter().find_map(|name| settings.address(name).transpose()).transpose()?;
    let password = spec.password_settings().iter().find_map(|name| settings.secret(name).transpose()).transpose()?;
    Ok(user.zip(password).map(|(user, password)| Credentials { user, password }))
}

/// Refused logins, remembered in the catalogue.
struct Guard {
    path: PathBuf,
    wait: Duration,
    platform: PlatformId,
    run: String,
}

impl Guard {
    fn with<T>(&self, work: impl FnOnce(&mut Catalogue) -> crate::catalogue::Result<T>) -> platform::Result<T> {
        let result = Catalogue::open(&self.path, self.wait).and_then(|mut catalogue| work(&mut catalogue));
        result.map_err(|error| match error.passes() {
            true => platform::Error::Retry { message: error.to_string(), platform_wide: true },
            false => platform::Error::Storage(error.to_string()),
        })
    }
}

impl LoginGuard for Guard {
    fn login_block(&self, by_hand: bool) -> platform::Result<Option<LoginBlock>> {
        let login = self.with(|catalogue| catalogue.login(&self.platform))?;
        let now = Timestamp::now();
        let barred = login.and_then(|login| match login.pause(now) {
            Some(until) => Some(LoginBlock::Cooldown(until, login.reason)),
            None if login.refused && !by_hand => Some(LoginBlock::AutomaticLoginBlocked(login.reason)),
            None => None,
        });
        if barred.is_some() || by_hand {
            return Ok(barred);
        }
        let has = self.with(|catalogue| catalogue.has_logged_in(&self.platform, &self.run, now))?;
        Ok(has.then_some(LoginBlock::OncePerRun))
    }

    fn begin(&self) -> platform::Result<()> {
        self.with(|catalogue| catalogue.login_begins(&self.platform, &self.run, Timestamp::now()).map(drop))
    }

    fn not_sent(&self) -> platform::Result<()> {
        self.with(|catalogue| catalogue.login_was_not_sent(&self.platform, &self.run))
    }

    fn service_failed(&self, reason: &str) -> platform::Result<Timestamp> {
        self.with(|catalogue| catalogue.login_in_trouble(&self.platform, reason, Timestamp::now()))
    }

    fn rate_limited(&self, reason: &str) -> platform::Result<Timestamp> {
        self.with(|catalogue| catalogue.login_turned_away(&self.platform, reason, Timestamp::now()))
    }

    fn rejected(&self, reason: &str) -> platform::Result<()> {
        self.with(|catalogue| catalogue.login_refused(&self.platform, reason, Timestamp::now()))
    }

    fn succeeded(&self) -> platform::Result<()> {
        self.with(|catalogue| catalogue.login_went_well(&self.platform))
    }
}
