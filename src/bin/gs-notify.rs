//! Tells people what a run came to: one summary to every channel that is set up.
//!
//! ```text
//! gs-diff | gs-download | gs-upload | gs-notify > /dev/null     tell what was added, and what failed
//! gs-notify --start                                             tell a Healthchecks-style watcher that a run begins
//! gs-notify -n < run.ndjson                                     show it, send nothing
//! gs-notify --test                                              send a test message, and say what each channel answers
//! ```
//!
//! Every line of its input comes out as it went in, a malformed one too. What was added and deleted is known of the records;
//! what fails is judged from the catalogue, as the page has it, so no channel is told that all is well while the page says
//! otherwise. The channels, their settings and when each is told are in `docs/notify.md`.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use garminsync::cli::{self, Bar, Common, Exit, Failure, HasCommon, Outcome, Output, Ready, Run};
use garminsync::http::{Http, Request};
use garminsync::notify::{self, CHANNELS, Lang, Marks, Message, Style, Summary, Text, Tone};
use jiff::Timestamp;

const NAME: &str = "gs-notify";
/// A stage whose output has ended still has its row to finish.
const GRACE: Duration = Duration::from_secs(2);

/// Send one summary of the run to every channel that is set up, and pass all records on
///
/// It tells what was added and deleted and where, what failed and why, what needs a person, and what is outstanding, all as
/// the page has it. The same failure is told once until it changes. Channels: Enterprise WeChat, ntfy, Telegram, Slack, Discord, Bark,
/// ServerChan, DingTalk, Feishu, a JSON webhook, and a Healthchecks-style ping; docs/notify.md has their settings.
#[derive(Parser)]
#[command(
    name = "gs-notify",
    version,
    after_help = "Examples:
  gs-diff | gs-download | gs-upload | gs-notify > /dev/null   tell what was done
  gs-notify --on failure --lang zh < run.ndjson    only failures, in Chinese
  gs-notify -n --show < run.ndjson > /dev/null     show it, send nothing
  gs-notify --start                                a run begins
  gs-notify --test                                 does every channel work?

Settings: QYWX_BOT_KEY, NTFY_URL, TELEGRAM_BOT_TOKEN, WEBHOOK_URL, HEALTHCHECKS_URL, GS_RUN

Exit codes: 0 all well, whatever the other stages came to, 1 a channel was not told, 65 a bad record, 78 set-up"
)]
struct Args {
    /// When to tell [default: $GS_NOTIFY_ON, else change]
    #[arg(long, value_name = "WHEN")]
    on: Option<On>,
    /// The language of the message [default: $GS_LANG, else that of LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_name = "LANG")]
    lang: Option<Lang>,
    /// Say that a run begins: pings HEALTHCHECKS_URL, reads and tells nothing else
    #[arg(long)]
    start: bool,
    /// Send a test message to every channel that is set up, and say what each answers; reads nothing
    #[arg(long, conflicts_with = "start")]
    test: bool,
    /// Print the summary on standard error too
    #[arg(long, conflicts_with_all = ["start", "test"])]
    show: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    /// Something was added or deleted, or the failures changed.
    Change,
    /// There are failures, and not those that were told last.
    Failure,
    /// After every run.
    Always,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::Yes, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    if args.start {
        // What is wrong with the settings is said before anything is done, not when there is something to tell.
        when(args, run)?;
        run.language()?;
        run.channels().1.into_iter().try_for_each(Err)?;
        return start(run);
    }
    if args.test {
        let lang = args.lang.map_or_else(|| run.language(), Ok)?;
        return test(run, lang);
    }
    let mut summary = Summary::default();
    let bar = Bar::counting(&run.talk, NAME);
    let passed = pass(run, &mut summary, &bar)?;
    if run.is_stopped() {
        return passed;
    }
    bar.say("waits for the other stages to end");
    let have_ended = wait_for_stages(run)?;
    bar.say("looks how things stand");
    let judged = run.judged(NAME);
    let is_checked = have_ended && judged.is_ok();
    let unknown = judged.map(|judged| summary.add_judged(judged)).err();
    bar.say("tells what the run came to");
    // Whatever is wrong with a setting, the channels that can be told are told first.
    let (on, lang) = (when(args, run), args.lang.map_or_else(|| run.language(), Ok));
    let mut teller = Teller {
        on: on.as_ref().map_or(notify::On::Change, |on| *on),
        lang: lang.as_ref().map_or(Lang::En, |lang| *lang),
        marks: Marks::of(&summary),
        is_checked,
        summary,
        now: Timestamp::now(),
        http: None,
        bar,
        has_failed: false,
    };
    let (ready, wrong) = run.channels();
    teller.tell_all(args, run, &ready);
    for failure in [on.err(), lang.err(), passed.err(), unknown].into_iter().flatten().chain(wrong) {
        run.fail(&failure);
    }
    Ok(())
}

/// Passes every line on and takes it in. The inner error is told once everybody knows of the rest.
fn pass(run: &mut Run, summary: &mut Summary, bar: &Bar) -> Result<Outcome, Failure> {
    let mut reader = cli::records("gs-list --missing | gs-download | gs-notify", bar)?;
    let mut output = Output::prompt();
    let mut result = Ok(());
    let mut malformed = None;
    loop {
        let line = match reader.next_line() {
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
        // With nobody left to read, there still is somebody to tell.
        if let Err(error) = output.write_all(&line.bytes).and_then(|()| Write::flush(&mut output)) {
            result = result.and(Err(Output::failed(&error)));
        }
        bar.add(1);
    }
    if let Some(error) = malformed {
        summary.add_stage(NAME, Exit::Data as u8, &error.to_string());
        run.fail(&error.into());
    }
    Ok(result)
}

/// Waits a little for the commands whose output has ended, as their rows in the log still have to. Whether all others have
/// ended, also those of other runs: until then nobody can say that nothing fails.
fn wait_for_stages(run: &mut Run) -> Result<bool, Failure> {
    let end = Instant::now() + GRACE;
    loop {
        if !run.is_any_at_work(NAME)? {
            return Ok(true);
        }
        if Instant::now() >= end || run.is_stopped() {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn when(args: &Args, run: &Run) -> Result<notify::On, Failure> {
    match args.on {
        None => run.notified_on(),
        Some(On::Change) => Ok(notify::On::Change),
        Some(On::Failure) => Ok(notify::On::Failure),
        Some(On::Always) => Ok(notify::On::Always),
    }
}

/// Knows what there is to tell, and to whom it was told.
struct Teller {
    on: notify::On,
    lang: Lang,
    summary: Summary,
    /// What fails now, and whether that was found out.
    marks: Marks,
    is_checked: bool,
    now: Timestamp,
    http: Option<Arc<Http>>,
    bar: Bar,
    /// A channel did not take its message. The ping comes last, and is one of failure then.
    has_failed: bool,
}

impl Teller {
    fn tell_all(&mut self, args: &Args, run: &mut Run, ready: &[Ready]) {
        let shown = notify::render(&self.summary, self.lang, Style::Plain, Tone::default()).whole;
        run.talk.show(&shown, args.show);
        for one in ready {
            if run.is_stopped() {
                return;
            }
            if let Err(failure) = self.tell(run, one) {
                self.has_failed = true;
                run.fail(&Failure { message: format!("{}: {}", one.channel.name, failure.message), ..failure });
            }
        }
    }

    /// Tells one channel, if it has anything to hear.
    fn tell(&mut self, run: &mut Run, one: &Ready) -> Outcome {
        let name = one.channel.name;
        let told = if one.channel.is_ping { Marks::default() } else { Marks::parse(&run.catalogue.told(name)?) };
        let on = if one.channel.is_ping { notify::On::Always } else { self.on };
        let known = told.and_then(&self.marks, self.is_checked);
        let speaks = notify::speaks(on, self.summary.has_news(), self.is_checked, &self.marks, &told);
        // A channel that did not take the last message is told how things stand now, whatever that is.
        let Some(tone) = speaks.or(run.catalogue.is_undelivered(name)?.then(Tone::default)) else {
            // Who hears of failures only takes silence for an end of them: should they come back, they are told again.
            if known != told && !run.common.dry_run {
                run.catalogue.set_told(name, &known.to_text(), self.now)?;
            }
            run.talk.detail(&format!("{name}: there is nothing to tell"));
            return Ok(());
        };
        let text = notify::render(&self.summary, self.lang, one.form.style, tone);
        if run.common.dry_run {
            run.talk.warning(&format!("{name} would be told:"));
            run.talk.show(&text.whole, true);
            return Ok(());
        }
        let report = notify::report(&self.summary, &run.id, self.now, &text);
        let message = Message {
            text: &text,
            report: &report,
            is_failure: !self.marks.is_empty() || self.has_failed,
            lang: self.lang,
        };
        self.bar.say(&format!("tells {name}"));
        let http = self.http(run)?;
        let sent = send(&http, one, &message);
        run.catalogue.set_undelivered(name, sent.is_err(), self.now)?;
        sent?;
        run.count("told", 1);
        if !one.channel.is_ping {
            run.catalogue.set_told(name, &known.to_text(), self.now)?;
        }
        run.talk.detail(&format!("{name}: told"));
        Ok(())
    }

    fn http(&mut self, run: &Run) -> Result<Arc<Http>, Failure> {
        let http = match self.http.take() {
            Some(http) => http,
            None => run.http(Some(self.bar.clone()))?,
        };
        self.http = Some(http.clone());
        Ok(http)
    }
}

/// Brings a message to a channel; what the channel said to it.
fn send(http: &Http, one: &Ready, message: &Message) -> Result<String, Failure> {
    let request = notify::request(one.channel, &one.form, &one.keys, message, Timestamp::now())
        .ok_or_else(|| Failure::new(Exit::Bug, "no message could be built for it; please report this"))?;
    notify::deliver(http, one.channel, &request).map_err(|error| Failure::new(Exit::Partial, error.to_string()))
}

/// Sends a test message to every channel, whatever was told before. Only whether it takes messages is remembered.
fn test(run: &mut Run, lang: Lang) -> Outcome {
    let (ready, wrong) = run.channels();
    if ready.is_empty() && wrong.is_empty() {
        let message = "no channel is set up; docs/notify.md has the settings of each, such as NTFY_URL";
        return Err(Failure::new(Exit::Config, message));
    }
    let title = lang.pick("garminsync: a test message", "garminsync：测试消息").to_owned();
    let rest = lang.pick("Notifications of garminsync arrive here.", "garminsync 的通知会发送到这里。").to_owned();
    let text = Text { whole: format!("{title}\n{rest}"), title, rest };
    let report = serde_json::json!({
        "version": 1, "run": run.id, "time": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "test": true, "ok": true, "title": text.title, "text": text.whole,
    });
    let message = Message { text: &text, report: &report, is_failure: false, lang };
    let http = run.http(None)?;
    let mut output = Output::prompt();
    for one in &ready {
        let name = one.channel.name;
        if run.common.dry_run {
            run.talk.warning(&format!("{name} would get a test message"));
            continue;
        }
        let sent = send(&http, one, &message);
        run.catalogue.set_undelivered(name, sent.is_err(), Timestamp::now())?;
        match sent {
            Ok(said) => drop(output.text(&format!("{name}: accepted ({said})\n"))?),
            Err(failure) => run.fail(&Failure { message: format!("{name}: {}", failure.message), ..failure }),
        }
    }
    output.flush()?;
    wrong.iter().for_each(|failure| run.fail(failure));
    Ok(())
}

/// Pings the start of a run.
fn start(run: &mut Run) -> Outcome {
    let pings = CHANNELS.iter().filter(|channel| channel.is_ping);
    for channel in pings {
        let ready = run.channel(channel)?;
        let Some(address) = ready.and_then(|ready| (channel.address)(ready.keys.address.expose())) else { continue };
        if run.common.dry_run {
            run.talk.warning(&format!("{} would be told that a run begins", channel.name));
            continue;
        }
        let address = notify::ping_address(&address.url, "start");
        let mut request = Request::post(address, "text/plain; charset=utf-8", Vec::new());
        request.redact_url = true;
        notify::deliver(&*run.http(None)?, channel, &request)
            .map_err(|error| Failure::new(Exit::Partial, format!("{}: {error}", channel.name)))?;
    }
    Ok(())
}
