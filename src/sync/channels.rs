//! The configured notification channels, and the language of messages.

use super::{Exit, Failure, Result, Worker};
use crate::http::Secret;
use crate::notify::{CHANNELS, Channel, ExtraSetting, Keys, Lang, Markdown, NotifyOn, RequestForm};

/// A configured channel.
pub struct Ready {
    /// The channel.
    pub channel: &'static Channel,
    /// The form of its requests.
    pub form: RequestForm,
    /// Its settings.
    pub keys: Keys,
}

impl Worker {
    /// The configured channels, and the failures of those with invalid settings.
    pub fn channels(&self) -> (Vec<Ready>, Vec<Failure>) {
        let (mut ready, mut wrong) = (Vec::new(), Vec::new());
        for channel in CHANNELS {
            match self.channel(channel) {
                Ok(one) => ready.extend(one),
                Err(failure) => wrong.push(failure),
            }
        }
        (ready, wrong)
    }

    /// A channel, if it is configured.
    pub fn channel(&self, channel: &'static Channel) -> Result<Option<Ready>> {
        let named = |failure: Failure| failure.about(channel.name);
        self.set_up(channel).map_err(named)
    }

    fn set_up(&self, channel: &'static Channel) -> Result<Option<Ready>> {
        let key = channel.key;
        let second = match channel.extra {
            ExtraSetting::None => None,
            ExtraSetting::Required(name) | ExtraSetting::Optional(name) => {
                self.filled(name)?.map(|secret| (name, secret))
            }
        };
        let Some(address) = self.filled(key)? else {
            return match second {
                Some((name, _)) => unusable(format!("{name} is set, but {key} is not; set both")),
                None => Ok(None),
            };
        };
        if let (ExtraSetting::Required(name), None) = (channel.extra, &second) {
            return unusable(format!("{key} is set, but {name} is not; set both"));
        }
        if (channel.address)(address.expose()).is_none() {
            let takes = |value| (channel.address)(value).is_some();
            return unusable(match (takes("key"), takes("https://example.org/key")) {
                (true, true) => {
                    format!("{key} is neither a key nor an address that begins with https://; copy it again")
                }
                (true, false) => format!("{key} is not a key: it contains invalid characters; copy it again"),
                (false, _) => format!("{key} is not an address that begins with https://; copy it again"),
            });
        }
        let form = self.form(channel)?;
        Ok(Some(Ready { channel, form, keys: Keys { address, extra: second.map(|(_, secret)| secret) } }))
    }

    /// The form of a channel's requests: by its settings, if the channel has several forms.
    pub(super) fn form(&self, channel: &Channel) -> Result<RequestForm> {
        let Some(Markdown { setting, form }) = channel.markdown else { return Ok(channel.form) };
        Ok(if self.settings.choice(setting)? == Some("markdown") { form } else { channel.form })
    }

    fn filled(&self, name: &str) -> Result<Option<Secret>> {
        Ok(self.settings.secret(name)?.filter(|secret| !secret.expose().trim().is_empty()))
    }

    /// `GS_NOTIFY_ON`: when messages are sent.
    pub fn notified_on(&self) -> Result<NotifyOn> {
        Ok(match self.settings.choice("GS_NOTIFY_ON")? {
            Some("failure") => NotifyOn::Failure,
            Some("always") => NotifyOn::Always,
            _ => NotifyOn::Change,
        })
    }

    /// The language for messages: `GS_LANG`, else that of the locale, else English.
    pub fn language(&self) -> Result<Lang> {
        if let Some(text) = self.settings.get("GS_LANG") {
            return match Lang::of(text.trim()) {
                Some(lang) => Ok(lang),
                None => unusable(format!("GS_LANG={text:?}: unknown language; write en or zh")),
            };
        }
        // As in the C library, the first variable that is set decides.
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| self.settings.variable(name));
        Ok(locale.and_then(Lang::of).unwrap_or_default())
    }
}

fn unusable<T>(message: String) -> Result<T> {
    Err(Failure::new(Exit::Config, message))
}
