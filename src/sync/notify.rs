//! Sends notifications of the result of a run. The records contain the actions, the catalogue the current failures.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Exit, Failure, Level, Progress, Ready, Result, Worker, output_failure};
use crate::http::{Http, Request};
use crate::notify::{self, CHANNELS, ChannelRequest, Lang, Marks, Style, Summary, Text, Tone};
use crate::reason::Reason;
use crate::record::Reader;

/// How long to wait for a stage that has closed its output and still has to end its row in the log.
const GRACE: Duration = Duration::from_secs(2);

/// Options of notifications.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotifyOptions {
    /// When to notify; `None`: the setting.
    pub on: Option<notify::NotifyOn>,
    /// The language; `None`: the setting.
    pub lang: Option<Lang>,
    /// Show the summary in the terminal, too.
    pub show: bool,
}

impl NotifyOptions {
    fn on(&self, worker: &Worker) -> Result<notify::NotifyOn> {
        self.on.map_or_else(|| worker.notified_on(), Ok)
    }

    fn lang(&self, worker: &Worker) -> Result<Lang> {
        self.lang.map_or_else(|| worker.language(), Ok)
    }
}

/// Copies every line of `input` to `output` unchanged, and notifies every configured channel of the result of the run.
///
/// # Errors
/// Writing to `output` fails although it is still open. A failure of one channel is reported, and the other channels
/// are notified all the same.
pub fn notify(
    worker: &mut Worker,
    options: NotifyOptions,
    input: &mut Reader<impl BufRead>,
    output: &mut dyn Write,
    progress: &Progress,
) -> Result<()> {
    let mut summary = Summary::default();
    let passed = pass(worker, &mut summary, input, output, progress);
    if worker.is_stopped() {
        return passed;
    }
    progress.step("waiting for the other commands");
    let have_ended = wait_for_stages(worker)?;
    progress.step("reading the state");
    let health = worker.health(worker.command);
    let is_checked = have_ended && health.is_ok();
    let unknown = health.map(|health| summary.add_judged(health)).err();
    progress.step("sending messages");
    // If a setting is invalid, the channels that work are notified first.
    let (on, lang) = (options.on(worker), options.lang(worker));
    let mut notifier = Notifier {
        on: *on.as_ref().unwrap_or(&notify::NotifyOn::Change),
        lang: *lang.as_ref().unwrap_or(&Lang::En),
        marks: Marks::of(&summary),
        is_checked,
        summary,
        now: worker.now(),
        progress: progress.clone(),
        has_failed: false,
    };
    let (ready, wrong) = worker.channels();
    notifier.notify_all(worker, options.show, &ready);
    for failure in [on.err(), lang.err(), passed.err(), unknown].into_iter().flatten().chain(wrong) {
        worker.fail(&failure);
    }
    Ok(())
}

/// Copies every line and collects its record. An error of `output` is returned after all input was read.
fn pass(
    worker: &mut Worker,
    summary: &mut Summary,
    input: &mut Reader<impl BufRead>,
    output: &mut dyn Write,
    progress: &Progress,
) -> Result<()> {
    let mut result = Ok(());
    let mut malformed = None;
    loop {
        let line = match input.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => {
                malformed.get_or_insert(error);
                break;
            }
        };
        match line.record {
            Some(Ok(record)) => summary.add(&record),
            Some(Err(error)) => drop(malformed.get_or_insert(error)),
            None => {}
        }
        // If `output` is closed, the channels are notified all the same.
        if let Err(error) = output.write_all(&line.bytes).and_then(|()| output.flush()) {
            result = result.and(Err(output_failure(&error)));
        }
        progress.add(1);
    }
    if let Some(error) = malformed {
        let reason = Reason::InvalidInput { detail: error.to_string() };
        summary.add_stage(worker.command, Exit::BadInput.code(), Some(reason));
        worker.fail(&error.into());
    }
    result
}

/// Waits a little for commands that have closed their output to end their rows in the log. Returns whether all other
/// commands have ended, including those of other runs: until then, failures may be missing.
fn wait_for_stages(worker: &Worker) -> Result<bool> {
    let end = Instant::now() + GRACE;
    loop {
        if !worker.is_any_at_work(worker.command)? {
            return Ok(true);
        }
        if Instant::now() >= end || worker.is_stopped() {
            return Ok(false);
        }
        worker.sleep(Duration::from_millis(50));
    }
}

/// Notifies channels of the issues that were not reported to them.
struct Notifier {
    on: notify::NotifyOn,
    lang: Lang,
    summary: Summary,
    /// The current issues, and whether they could be determined.
    marks: Marks,
    is_checked: bool,
    now: Timestamp,
    progress: Progress,
    /// A channel did not accept its message. The ping comes last and then reports a failure.
    has_failed: bool,
}

impl Notifier {
    fn notify_all(&mut self, worker: &mut Worker, show: bool, ready: &[Ready]) {
        let shown = notify::render(&self.summary, self.lang, Style::Plain, Tone::default()).whole;
        worker.observer.show(if show { Level::Error } else { Level::Debug }, &shown);
        for one in ready {
            if worker.is_stopped() {
                return;
            }
            if let Err(failure) = self.notify_channel(worker, one) {
                self.has_failed = true;
                worker.fail(&failure.about(one.channel.name));
            }
        }
    }

    /// Notifies one channel, if there is anything to report.
    fn notify_channel(&mut self, worker: &mut Worker, one: &Ready) -> Result<()> {
        let name = one.channel.name;
        let reported = if one.channel.is_ping {
            Marks::default()
        } else {
            Marks::parse(&worker.catalogue.last_notification(name)?)
        };
        let on = if one.channel.is_ping { notify::NotifyOn::Always } else { self.on };
        let known = reported.and_then(&self.marks, self.is_checked);
        let should_notify = notify::should_notify(on, self.summary.has_news(), self.is_checked, &self.marks, &reported);
        // A channel that did not accept the last message gets the current state, whatever it is.
        let Some(tone) = should_notify.or(worker.catalogue.is_undelivered(name)?.then(Tone::default)) else {
            // A channel that only reports failures treats silence as success: a failure that returns is reported again.
            if known != reported && !worker.dry_run {
                worker.catalogue.set_last_notification(name, &known.to_text(), self.now)?;
            }
            worker.debug(&format!("{name}: nothing to report"));
            return Ok(());
        };
        let text = notify::render(&self.summary, self.lang, one.form.style, tone);
        if worker.dry_run {
            worker.warn(&format!("{name} would receive:"));
            worker.observer.show(Level::Error, &text.whole);
            return Ok(());
        }
        let report = notify::report(&self.summary, &worker.run_id, self.now, &text);
        let message = ChannelRequest {
            text: &text,
            report: &report,
            is_failure: !self.marks.is_empty() || self.has_failed,
            lang: self.lang,
        };
        self.progress.step(&format!("notifying {name}"));
        let http = worker.http(self.progress.clone())?;
        let sent = send(&http, one, &message, worker.now());
        worker.catalogue.set_undelivered(name, sent.is_err(), self.now)?;
        sent?;
        worker.count("notified", 1);
        if !one.channel.is_ping {
            worker.catalogue.set_last_notification(name, &known.to_text(), self.now)?;
        }
        worker.debug(&format!("{name}: notified"));
        Ok(())
    }
}

/// Sends a message to a channel and returns its response.
fn send(http: &Http, one: &Ready, message: &ChannelRequest, now: Timestamp) -> Result<String> {
    let request = notify::request(one.channel, &one.form, &one.keys, message, now)
        .ok_or_else(|| Failure::new(Exit::Bug, "no message could be built for it; please report this"))?;
    notify::deliver(http, one.channel, &request).map_err(|error| Failure::new(Exit::Partial, error.to_string()))
}

/// Sends a test message to every channel, whatever was reported before. Only its acceptance is stored. `accepted` is
/// called with the response of a channel.
///
/// # Errors
/// No channel is configured, or `accepted` failed. A failure of one channel is reported.
pub fn test_channels(
    worker: &mut Worker,
    options: NotifyOptions,
    accepted: &mut dyn FnMut(&str, &str) -> Result<()>,
) -> Result<()> {
    let lang = options.lang(worker)?;
    let (ready, wrong) = worker.channels();
    if ready.is_empty() && wrong.is_empty() {
        let message = "no channel is set up; docs/notifications.md has the settings of each, such as NTFY_URL";
        return Err(Failure::new(Exit::Config, message));
    }
    let title = lang.pick("garminsync: a test message", "garminsync：测试消息").to_owned();
    let rest = lang.pick("Notifications of garminsync arrive here.", "garminsync 的通知会发送到这里。").to_owned();
    let text = Text { whole: format!("{title}\n{rest}"), title, rest };
    let report = serde_json::json!({
        "version": 1, "run": worker.run_id, "time": worker.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "test": true, "ok": true, "title": text.title, "text": text.whole,
    });
    let message = ChannelRequest { text: &text, report: &report, is_failure: false, lang };
    let http = worker.http(Progress::hidden())?;
    for one in &ready {
        let name = one.channel.name;
        if worker.dry_run {
            worker.warn(&format!("{name} would get a test message"));
            continue;
        }
        let sent = send(&http, one, &message, worker.now());
        worker.catalogue.set_undelivered(name, sent.is_err(), worker.now())?;
        match sent {
            Ok(answer) => accepted(name, &answer)?,
            Err(failure) => worker.fail(&failure.about(name)),
        }
    }
    wrong.iter().for_each(|failure| worker.fail(failure));
    Ok(())
}

/// Notifies the channels that monitor runs that a run starts.
///
/// # Errors
/// A setting of any channel is invalid (reported here, before the run does anything, rather than at its end), or a
/// channel cannot be notified.
pub fn ping_start(worker: &mut Worker, options: NotifyOptions) -> Result<()> {
    options.on(worker)?;
    options.lang(worker)?;
    worker.channels().1.into_iter().try_for_each(Err)?;
    let pings = CHANNELS.iter().filter(|channel| channel.is_ping);
    for channel in pings {
        let ready = worker.channel(channel)?;
        let Some(address) = ready.and_then(|ready| (channel.address)(ready.keys.address.expose())) else { continue };
        if worker.dry_run {
            worker.warn(&format!("{} would be notified that a run starts", channel.name));
            continue;
        }
        let address = notify::ping_address(&address.url, "start");
        let mut request = Request::post(address, "text/plain; charset=utf-8", Vec::new());
        request.redact_url = true;
        notify::deliver(&*worker.http(Progress::hidden())?, channel, &request)
            .map_err(|error| Failure::new(Exit::Partial, format!("{}: {error}", channel.name)))?;
    }
    Ok(())
}
