//! How requests are sent: proxy, certificate authorities and request rate, by the settings.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Exit, Failure, Level, Message, Progress, Result, Workspace};
use crate::catalogue::RateLimits;
use crate::http::{Backoff, CaCertificates, Http, Loopback, Options, Proxies, Route};

/// The HTTP client of a run, created with the first request.
#[derive(Default)]
pub struct SharedHttp(Mutex<Option<Arc<Http>>>);

impl Workspace {
    /// A handle to the HTTP client of this run. Platforms and channels share its connections, certificates, proxy, rate
    /// limits and trace. `progress` shows what this handle waits for.
    ///
    /// # Errors
    /// A network setting is invalid, or the catalogue cannot be opened.
    pub fn http(&self, progress: Progress) -> Result<Arc<Http>> {
        self.http_until(progress, Arc::default())
    }

    /// Like [`Workspace::http`]. When `over` is raised, the handle stops waiting and sends no further request.
    ///
    /// # Errors
    /// A network setting is invalid, or the catalogue cannot be opened.
    pub fn http_until(&self, progress: Progress, over: Arc<AtomicBool>) -> Result<Arc<Http>> {
        let mut shared = self.shared_http.0.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match &*shared {
            Some(client) => client.clone(),
            None => self.new_http()?,
        };
        *shared = Some(client.clone());
        Ok(Arc::new(client.with_waiting(Box::new(move |why, wait| progress.pause(why, wait)), over)))
    }

    fn new_http(&self) -> Result<Arc<Http>> {
        let loopback = self.loopback()?;
        let route = match loopback {
            Some(_) => Route::default(),
            None => Route { proxies: self.proxies()?, ca_certificates: self.ca_certificates()? },
        };
        let options = self.http_options(loopback, route)?;
        let rate_limits = RateLimits::new(self.open_catalogue()?, self.clock.clone());
        Ok(Arc::new(Http::new(Arc::new(rate_limits), options)))
    }

    /// The options of requests by this route.
    pub(super) fn http_options(&self, loopback: Option<Loopback>, route: Route) -> Result<Options> {
        let observer = self.observer.clone();
        Ok(Options {
            route,
            loopback,
            timeout: self.settings.duration("GS_TIMEOUT")?,
            backoff: Backoff {
                first: self.settings.duration("GS_RETRY_WAIT")?,
                longest: Duration::from_secs(120),
                tries: 4,
            },
            interval: self.settings.duration("GS_REQUEST_INTERVAL")?,
            max_retry_after: self.settings.duration("GS_MAX_RETRY_AFTER")?,
            stop: self.stop.clone(),
            trace: Box::new(move |text| observer.message(Message { level: Level::Trace, text, reason: None })),
            clock: self.clock.clone(),
        })
    }

    /// The stand-in server on this machine, if the settings name one.
    pub fn loopback(&self) -> Result<Option<Loopback>> {
        let loopback = self.settings.get("GS_LOOPBACK").map(Loopback::parse).transpose();
        loopback.map_err(|why| Failure::new(Exit::Config, why))
    }

    /// The proxies in the settings.
    pub fn proxies(&self) -> Result<Proxies> {
        Proxies::read(|names| self.settings.first_of(names.iter().copied()))
            .map_err(|why| Failure::new(Exit::Config, why))
    }

    /// The certificate authorities in the settings; `None`: those of the system.
    pub fn ca_certificates(&self) -> Result<Option<CaCertificates>> {
        let (file, folders) = (self.settings.path("SSL_CERT_FILE"), self.settings.paths("SSL_CERT_DIR"));
        let has_own = file.is_some() || !folders.is_empty();
        let ca_certificates = has_own.then(|| CaCertificates::read(file.as_deref(), &folders)).transpose();
        ca_certificates.map_err(|why| Failure::new(Exit::Config, why))
    }

    /// `GS_CONFIRM_WAIT`: the pause before the second request that confirms a listing, and before the second check for
    /// an upload whose response was lost.
    pub fn confirm_wait(&self) -> Result<Duration> {
        Ok(self.settings.duration("GS_CONFIRM_WAIT")?)
    }

    /// `GS_LOST_AFTER`: how long a service may take to list an upload that it accepted.
    pub fn lost_after(&self) -> Result<Duration> {
        Ok(self.settings.duration("GS_LOST_AFTER")?)
    }
}
