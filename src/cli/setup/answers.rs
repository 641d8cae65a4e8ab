//! Gathers all answers, from flags and from a person, before anything is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::flags::{SetupFlags, of_platform};
use super::person::{self, Person};
use super::{channels, login};
use crate::cli::Failure;
use crate::platform::{PlatformId, PlatformSelection, PlatformSpec, Platforms};
use crate::schedule::{DEFAULT, Schedule};
use crate::settings::Settings;
use crate::settings::edit::EnvFile;
use crate::sync::{names_of, selection_of_setting};

pub use super::flags::Way;

/// The state before the first question.
#[derive(Debug, Default)]
pub struct CurrentState {
    /// The account that is logged in, by platform; `None`: the service does not name it.
    pub accounts: BTreeMap<String, Option<String>>,
    /// The working accesses, each as platform and name of the access.
    pub accesses: BTreeSet<(String, String)>,
    /// The active schedule.
    pub schedule: Option<String>,
}

/// The actions of the setup. The settings file already contains the new settings, but is not saved yet.
#[derive(Default)]
pub struct Plan {
    /// The platforms.
    pub platforms: Vec<Arc<PlatformSpec>>,
    /// The logins to make.
    pub logins: Vec<PlannedLogin>,
    /// Platforms whose login is left for later.
    pub later: Vec<Arc<PlatformSpec>>,
    /// Whether at least one platform can be listed without another login.
    pub is_ready: bool,
    /// Whether every channel gets a test message.
    pub test_message: bool,
    /// The schedule to set.
    pub schedule: Option<String>,
    /// Whether the daemon is started.
    pub daemon: bool,
    /// Whether the platforms are listed.
    pub list: bool,
}

/// A login to make.
pub struct PlannedLogin {
    /// The platform.
    pub spec: Arc<PlatformSpec>,
    /// How to log in.
    pub way: Way,
    /// The path of another tool's token.
    pub token: Option<PathBuf>,
    /// Whether the settings have its key.
    pub has_key: bool,
}

/// Where an answer comes from if no flag gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A person is asked.
    Ask,
    /// The suggested answer is used.
    Suggest,
    /// There is no other source: the flag is required.
    Flags,
}

/// Whether a setting has a value, in any of its forms, now or after the file is written.
pub fn is_set(settings: &Settings, file: &EnvFile, name: &str) -> bool {
    settings.has_secret(name) || forms(name).iter().any(|form| file.sets(form))
}

/// The names under which a secret can be set.
pub fn forms(name: &str) -> [String; 3] {
    ["", "_FILE", "_COMMAND"].map(|ending| format!("{name}{ending}"))
}

/// Sets a value, and prints a message if the environment has precedence over it.
pub fn set(file: &mut EnvFile, person: &mut dyn Person, name: &str, value: &str) -> Result<(), Failure> {
    file.set(name, value)?;
    if std::env::var(name).is_ok_and(|other| !other.trim().is_empty() && other != value) {
        person.say(&format!("{name} is also set in the environment, which overrides the settings file."));
    }
    Ok(())
}

/// Gathers the answers.
pub struct Answers<'a> {
    pub flags: &'a SetupFlags,
    /// All known platforms.
    pub platforms: Platforms,
    /// The platforms of `--platform`.
    pub selection: PlatformSelection,
    pub settings: &'a Settings,
    pub current: &'a CurrentState,
    pub file: &'a mut EnvFile,
    pub person: &'a mut dyn Person,
    pub mode: Mode,
    /// Required flags that were not given.
    pub missing: Vec<String>,
}

impl Answers<'_> {
    /// All answers.
    ///
    /// # Errors
    /// Flags are missing and there is no person to ask, or a person has stopped the setup.
    pub fn gather(mut self) -> Result<Plan, Failure> {
        let mut plan = Plan { platforms: self.chosen_platforms()?, ..Plan::default() };
        for spec in plan.platforms.clone().into_iter().filter(|spec| spec.has_login()) {
            for login in login::ask(&mut self, &spec)? {
                match login.way {
                    Way::Later => plan.later.push(login.spec),
                    _ => plan.logins.push(login),
                }
            }
        }
        let is_ready =
            |spec: &Arc<PlatformSpec>| !spec.has_login() || self.current.accounts.contains_key(spec.id.as_str());
        plan.is_ready = plan.platforms.iter().any(is_ready);
        plan.test_message = channels::ask(&mut self)?;
        self.schedule(&mut plan)?;
        // Without a login no platform can be listed.
        plan.list = (plan.is_ready || !plan.logins.is_empty() || self.mode == Mode::Flags) && self.list()?;
        if self.missing.is_empty() {
            return Ok(plan);
        }
        let flags: Vec<String> = self.missing.iter().map(|flag| format!("\n  {flag}")).collect();
        let why = match self.mode {
            Mode::Flags => "no terminal to ask on; add these flags, or --yes for the suggested answers",
            Mode::Suggest | Mode::Ask => "no answer can be suggested for these; add the flags",
        };
        Err(Failure::usage(format!("{why}:{}", flags.concat())))
    }

    /// Whether a setting has a value, in any of its forms, now or after the file is written.
    pub fn is_set(&self, name: &str) -> bool {
        is_set(self.settings, self.file, name)
    }

    /// Sets a value, and prints a message if the environment has precedence over it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        set(self.file, self.person, name, value)
    }

    fn chosen_platforms(&mut self) -> Result<Vec<Arc<PlatformSpec>>, Failure> {
        let text = self.settings.get("SYNC_PLATFORM");
        let before = match selection_of_setting(&self.platforms, "SYNC_PLATFORM", text)? {
            PlatformSelection::Only(specs) => Some(specs),
            PlatformSelection::All => None,
        };
        let chosen = match (self.selection.named(), &before, self.mode) {
            (Some(named), ..) => named.to_vec(),
            (None, _, Mode::Ask) => self.ask_platforms(before.as_deref().unwrap_or_default())?,
            (None, Some(before), _) => before.clone(),
            (None, None, _) => {
                self.missing.push("--platform NAME, such as garmin-com,coros".into());
                return Ok(Vec::new());
            }
        };
        let names = |specs: &[Arc<PlatformSpec>]| specs.iter().map(|spec| spec.id.clone()).collect::<Vec<PlatformId>>();
        if before.is_none_or(|before| names(&before) != names(&chosen)) {
            self.set("SYNC_PLATFORM", &names_of(&chosen))?;
        }
        Ok(chosen)
    }

    fn ask_platforms(&mut self, before: &[Arc<PlatformSpec>]) -> Result<Vec<Arc<PlatformSpec>>, Failure> {
        let mut options: Vec<(String, Option<Arc<PlatformSpec>>)> =
            self.platforms.services().iter().map(|spec| (spec.title.to_string(), Some(spec.clone()))).collect();
        let folders = before.iter().filter(|spec| !spec.has_login());
        options.extend(folders.map(|spec| (spec.id.to_string(), Some(spec.clone()))));
        options.push(("a folder of FIT files, such as that of a watch".into(), None));
        // Without a setting, the platforms that are logged in are suggested.
        let is_before = |(_, spec): &&(String, Option<Arc<PlatformSpec>>)| {
            spec.as_ref().is_some_and(|spec| match before {
                [] => self.current.accounts.contains_key(spec.id.as_str()),
                _ => before.iter().any(|other| other.id == spec.id),
            })
        };
        let mut default: Vec<usize> =
            (0..).zip(&options).filter(|(_, option)| is_before(option)).map(|(number, _)| number).collect();
        if default.is_empty() {
            default.push(0);
        }
        let titles: Vec<String> = options.iter().map(|(title, _)| title.clone()).collect();
        let chosen = person::choose_some(self.person, "Which platforms do you use?", &titles, &default)?;
        let mut specs = Vec::new();
        for number in chosen {
            match &options[number].1 {
                Some(spec) => specs.push(spec.clone()),
                None => specs.push(self.ask_folder()?),
            }
        }
        Ok(self.platforms.in_order(specs))
    }

    fn ask_folder(&mut self) -> Result<Arc<PlatformSpec>, Failure> {
        loop {
            let path = person::line(self.person, "Path of the folder", None)?;
            let path = std::path::absolute(self.settings.expanded_home(&path)).unwrap_or_else(|_| path.clone().into());
            match self.platforms.find(&format!("folder:{}", path.display())) {
                Some(spec) => return Ok(spec),
                None => self.person.say("Not a valid folder path."),
            }
        }
    }

    fn schedule(&mut self, plan: &mut Plan) -> Result<(), Failure> {
        plan.schedule.clone_from(&self.flags.schedule);
        plan.daemon = self.flags.daemon;
        if plan.schedule.is_some() || plan.daemon || self.flags.no_schedule {
            return Ok(());
        }
        match (self.mode, &self.current.schedule) {
            (Mode::Ask, _) => self.ask_schedule(plan)?,
            (_, Some(_)) => {}
            (Mode::Suggest, None) => plan.schedule = Some(DEFAULT.to_owned()),
            (Mode::Flags, None) => {
                self.missing.push("--schedule CRON, --daemon or --no-schedule".into());
            }
        }
        Ok(())
    }

    fn ask_schedule(&mut self, plan: &mut Plan) -> Result<(), Failure> {
        let mut options = vec![
            format!("every six hours, by cron ({DEFAULT})"),
            "every six hours, and show the page at http://127.0.0.1:8080/".to_owned(),
            "at other times".to_owned(),
            "never: I run garminsync sync myself".to_owned(),
        ];
        let keeps = self
            .current
            .schedule
            .as_ref()
            .map(|cron| options.insert(0, format!("keep the current schedule ({cron})")))
            .is_some();
        let chosen = person::choose(self.person, "When should a sync run?", &options, 0)?;
        match chosen.checked_sub(usize::from(keeps)) {
            None => return Ok(()),
            Some(0) => plan.schedule = Some(DEFAULT.to_owned()),
            Some(1) => (plan.schedule, plan.daemon) = (Some(DEFAULT.to_owned()), true),
            Some(2) => plan.schedule = Some(self.ask_cron()?),
            Some(_) => return Ok(()),
        }
        if plan.platforms.len() > 1 {
            let options = [
                "sync: upload to each platform what is missing there, and archive all files".to_owned(),
                "download: only archive all files; nothing is uploaded".to_owned(),
            ];
            let before = usize::from(self.settings.choice("GS_SCHEDULE_COMMAND")? == Some("download"));
            let chosen = person::choose(self.person, "What should a scheduled run do?", &options, before)?;
            if chosen != before {
                self.set("GS_SCHEDULE_COMMAND", ["sync", "download"][chosen])?;
            }
        }
        Ok(())
    }

    fn ask_cron(&mut self) -> Result<String, Failure> {
        let prompt = "Minute, hour, day of month, month, day of week, such as 30 7,19 * * *";
        loop {
            let text = person::line(self.person, prompt, None)?;
            match Schedule::parse(&text, "UTC") {
                Ok(schedule) => return Ok(schedule.cron().to_owned()),
                Err(why) => self.person.say(&why.to_string()),
            }
        }
    }

    fn list(&mut self) -> Result<bool, Failure> {
        match (self.flags.fetch || self.flags.no_fetch, self.mode) {
            (true, _) => Ok(self.flags.fetch),
            (false, Mode::Ask) => {
                self.person.say("");
                person::yes(self.person, "List the activities of the platforms now?", true)
            }
            (false, Mode::Suggest) => Ok(true),
            (false, Mode::Flags) => {
                self.missing.push("--fetch or --no-fetch".into());
                Ok(false)
            }
        }
    }

    /// The way to log in to a platform that the flags give.
    pub fn way(&self, spec: &PlatformSpec) -> Option<Way> {
        of_platform(&self.flags.login, spec).copied()
    }

    /// The path of another tool's token that the flags give.
    pub fn token(&self, spec: &PlatformSpec) -> Option<PathBuf> {
        of_platform(&self.flags.token, spec).cloned()
    }
}
