//! Opens a platform as `src/sync/connect.rs` does, without a command, for operations that no command offers yet.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use garminsync::activity::{Activity, PlatformId};
use garminsync::clock::Moment;
use garminsync::http::{Backoff, Http, Loopback, Options, Permit, PermitError, RateLimiter, Route};
use garminsync::platform::{
    self, AccessKind, Context, Credentials, Download, FileRequest, FileRequests, Identity, ListEnd, LoginBlock,
    LoginGuard, OwnerGuard, Page, PlatformLogin, PlatformReader, PlatformSpec, PlatformWriter, Platforms, Result,
    SettingSource, UploadFile, UploadRef, UploadStatus, Window,
};
use garminsync::reason::Reason;
use jiff::Timestamp;

/// A platform and the folder of its tokens.
pub struct Opened {
    pub platform: Box<dyn PlatformWriter>,
    /// `None`: the platform has no login.
    pub login: Option<Box<dyn PlatformLogin>>,
    /// Its requests, as `--verbose` would show them.
    pub traced: Arc<Mutex<Vec<String>>>,
    _tokens: tempfile::TempDir,
}

/// Opens the platform with this name; its requests go to `loopback`.
pub fn open(name: &str, loopback: &str) -> Opened {
    open_with(name, loopback, None)
}

/// Like [`open`], with a password in the settings.
pub fn open_with(name: &str, loopback: &str, credentials: Option<Credentials>) -> Opened {
    open_spec(&Platforms::default().find(name).unwrap(), loopback, credentials)
}

/// Like [`open_with`], for a row of any table.
pub fn open_spec(spec: &PlatformSpec, loopback: &str, credentials: Option<Credentials>) -> Opened {
    let tokens = tempfile::tempdir().unwrap();
    let traced = Arc::new(Mutex::new(Vec::new()));
    let seen = traced.clone();
    let mut options = options(loopback);
    options.trace = Box::new(move |line| seen.lock().unwrap().push(line.to_owned()));
    let http = Arc::new(Http::new(Arc::new(AtOnce), options));
    let context = || Context {
        credentials: {
            let credentials = credentials.clone();
            Box::new(move || Ok(credentials.clone()))
        },
        access: spec.main_access().map_or(AccessKind::Login, |access| access.kind()),
        ..context(&spec.id, http.clone(), tokens.path())
    };
    let platform = spec.open_writer(context()).unwrap();
    let login = spec.has_login().then(|| spec.open_login(context()).unwrap());
    Opened { platform, login, traced, _tokens: tokens }
}

/// Like [`open_spec`], for an access that only reads: writes are rejected.
pub fn open_access(spec: &PlatformSpec, access: AccessKind, loopback: &str) -> Opened {
    let tokens = tempfile::tempdir().unwrap();
    let http = Arc::new(Http::new(Arc::new(AtOnce), options(loopback)));
    let context = || Context { access, ..context(&spec.id, http.clone(), tokens.path()) };
    let platform = Box::new(Reading(spec.open_reader(context()).unwrap()));
    let login = Some(spec.open_login(context()).unwrap());
    Opened { platform, login, traced: Arc::default(), _tokens: tokens }
}

/// A platform that is only read.
struct Reading(Box<dyn PlatformReader>);

impl PlatformReader for Reading {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        self.0.list(window, each_page)
    }

    fn count(&self) -> Result<Option<u64>> {
        self.0.count()
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        self.0.exists(activity)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        self.0.download(activity)
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.0.identify(fresh)
    }
}

impl PlatformWriter for Reading {
    fn upload(&self, _: &UploadFile) -> Result<UploadStatus> {
        Err(platform::Error::Rejected("this access only reads".into()))
    }

    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        Ok(sent.iter().map(|_| Ok(UploadStatus::Unknown)).collect())
    }

    fn delete(&self, _: &Activity, _: Option<Moment>) -> Result<()> {
        Err(platform::Error::Rejected("this access only reads".into()))
    }
}

/// The context of a platform, without credentials. Its notices are dropped.
pub fn context(platform: &PlatformId, http: Arc<Http>, tokens: &Path) -> Context {
    Context {
        platform: platform.clone(),
        access: AccessKind::Login,
        http,
        tokens: tokens.to_owned(),
        credentials: Box::new(|| Ok(None)),
        readable_secret: Box::new(|| None),
        guard: Arc::new(AtOnce),
        owner: Arc::new(AtOnce),
        settings: Arc::new(AtOnce),
        notice: Arc::new(|_| ()),
        known: Arc::new(|_| None),
        files: Arc::new(AtOnce),
        is_delivered: Arc::new(|_| false),
        skipped: Arc::new(|_| ()),
    }
}

/// Requests are sent at once, and retried without waiting.
pub fn options(loopback: &str) -> Options {
    Options {
        loopback: Some(Loopback::parse(loopback).unwrap()),
        route: Route::default(),
        timeout: Duration::from_secs(20),
        backoff: Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(1), tries: 3 },
        interval: Duration::ZERO,
        max_retry_after: Duration::from_secs(1),
        stop: Arc::new(AtomicBool::new(false)),
        trace: Box::new(|_| ()),
        clock: garminsync::clock::Clock::System,
    }
}

/// Allows every request and every login at once.
pub struct AtOnce;

impl RateLimiter for AtOnce {
    fn acquire(&self, _: &str, _: Duration) -> std::result::Result<Permit, PermitError> {
        Ok(Permit::Now)
    }

    fn not_before(&self, _: &str, _: Timestamp) -> std::result::Result<(), PermitError> {
        Ok(())
    }
}

/// No setting is set, and logins do not pause.
impl SettingSource for AtOnce {
    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn flag(&self, _: &str) -> Result<bool> {
        Ok(false)
    }

    fn duration(&self, _: &str) -> Result<Duration> {
        Ok(Duration::ZERO)
    }
}

/// No request for a file is recorded.
impl FileRequests for AtOnce {
    fn since(&self, _: Timestamp) -> Result<Vec<FileRequest>> {
        Ok(Vec::new())
    }

    fn begin(&self) -> Result<i64> {
        Ok(0)
    }

    fn end(&self, _: i64, _: bool) -> Result<()> {
        Ok(())
    }

    fn cancel(&self, _: i64) -> Result<()> {
        Ok(())
    }

    fn outstanding(&self) -> Result<u64> {
        Ok(0)
    }
}

impl OwnerGuard for AtOnce {
    fn is_owned(&self) -> platform::Result<bool> {
        Ok(false)
    }

    fn admit(&self, _: &Identity, _: Option<&str>) -> platform::Result<()> {
        Ok(())
    }

    fn has_listed(&self) -> platform::Result<bool> {
        Ok(false)
    }

    fn replace_id(&self, _: &Identity, _: Option<&str>) -> platform::Result<()> {
        Ok(())
    }
}

impl LoginGuard for AtOnce {
    fn login_block(&self, _: bool) -> Result<Option<LoginBlock>> {
        Ok(None)
    }

    fn begin(&self) -> Result<()> {
        Ok(())
    }

    fn not_sent(&self) -> Result<()> {
        Ok(())
    }

    fn service_failed(&self, _: &Reason) -> Result<Timestamp> {
        Ok(Timestamp::now())
    }

    fn rate_limited(&self, _: &Reason) -> Result<Timestamp> {
        Ok(Timestamp::now())
    }

    fn rejected(&self, _: &Reason) -> Result<()> {
        Ok(())
    }

    fn succeeded(&self) -> Result<()> {
        Ok(())
    }
}

/// The status reference of a pending upload.
pub fn ticket(uploaded: Result<UploadStatus>) -> String {
    match uploaded {
        Ok(UploadStatus::Pending(ticket)) => ticket,
        other => panic!("{other:?}"),
    }
}
