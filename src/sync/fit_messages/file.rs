//! The messages of one file.

use std::collections::HashMap;

use super::FitOptions;
use super::message_record::{FileSource, message_record};
use crate::activity::printable;
use crate::fit::{self, Fit, FitError, FitMessages, Protocol, SkippedFields};
use crate::i18n;
use crate::reason::Reason;
use crate::record::Record;
use crate::sync::recording_files::{Unread, shown};
use crate::sync::{Exit, Failure, Level, RecordSink, Result, Worker};

/// Passes on the messages of files, and reports each file that cannot be read.
pub(super) struct FileReader<'a> {
    pub worker: &'a Worker,
    options: &'a FitOptions,
    sink: &'a mut dyn RecordSink,
    /// The names of the messages so far.
    names: HashMap<u16, String>,
}

impl<'a> FileReader<'a> {
    pub fn new(worker: &'a Worker, options: &'a FitOptions, sink: &'a mut dyn RecordSink) -> FileReader<'a> {
        FileReader { worker, options, sink, names: HashMap::new() }
    }

    /// Whether to read no more: the user stopped the run, or the sink accepts no more.
    pub fn is_over(&self) -> bool {
        self.worker.is_stopped() || self.sink.is_closed()
    }

    /// Passes on a record that is not read.
    pub fn pass_on(&mut self, record: &Record) -> Result<()> {
        self.sink.record(record).map(drop)
    }

    /// Passes on the messages of a file, given its bytes or why it cannot be read.
    ///
    /// # Errors
    /// The sink failed. A file that cannot be read is reported.
    pub fn file(&mut self, source: FileSource, read: std::result::Result<Vec<u8>, Unread>) -> Result<()> {
        match read {
            Ok(bytes) => self.bytes(source, &bytes)?,
            Err(unread) => self.report_failure(source, &unread.message(source.file)),
        }
        self.sink.flush()
    }

    fn bytes(&mut self, source: FileSource, bytes: &[u8]) -> Result<()> {
        match fit::scan(bytes) {
            Ok(fit) => {
                self.report_newer_protocol(source, &fit);
                self.messages(source, FitMessages::of_complete(bytes)).map(drop)
            }
            Err(broken) if self.options.salvage => self.salvage(source, bytes, &broken),
            Err(broken) => {
                self.report_failure(source, &about(source, &refusal(&broken)));
                Ok(())
            }
        }
    }

    fn salvage(&mut self, source: FileSource, bytes: &[u8], broken: &FitError) -> Result<()> {
        match self.messages(source, FitMessages::of_corrupt(bytes))? {
            0 => self.report_failure(source, &about(source, &broken.to_string())),
            count => {
                let count = i18n::counted(count, "message", "messages");
                self.remark(source, Level::Warning, &format!("{broken}; {count} read"));
            }
        }
        Ok(())
    }

    /// Passes on the wanted messages. Returns how many there are, also of the others.
    fn messages(&mut self, source: FileSource, messages: FitMessages) -> Result<u64> {
        let options = self.options;
        let mut messages = messages.with_raw(options.raw);
        while !self.is_over() {
            let Some(message) = messages.next_of(&|number| options.messages.has(number)) else { break };
            let name = self.names.entry(message.number).or_insert_with_key(|number| fit::message_name(*number));
            let record = message_record(source, name, message);
            let line = serde_json::to_vec(&record).map_err(|error| Failure::new(Exit::Bug, error.to_string()))?;
            self.sink.line(&line)?;
            self.worker.count("messages", 1);
        }
        self.report_skipped(source, messages.skipped());
        self.worker.count("files", u64::from(messages.count() > 0));
        Ok(messages.count())
    }

    /// Reports a file that was not read.
    fn report_failure(&self, source: FileSource, text: &str) {
        self.worker.count("failed", 1);
        let text = printable(text);
        match source.activity {
            Some(key) => {
                self.worker.item_failed(key, None, key.platform, &Reason::other(text));
                self.worker.raise(Exit::Partial);
            }
            None => self.worker.fail(&Failure::new(Exit::Partial, text)),
        }
    }

    /// Reports a property of a file that was read.
    fn remark(&self, source: FileSource, level: Level, text: &str) {
        let text = printable(&about(source, text));
        match (source.activity, level) {
            (Some(key), _) => self.worker.item(level, key, &text),
            (None, Level::Warning) => self.worker.warn(&text),
            (None, _) => self.worker.debug(&text),
        }
    }

    fn report_newer_protocol(&self, source: FileSource, fit: &Fit) {
        if fit.protocol.is_newer() {
            let text =
                format!("FIT protocol {}, newer than {}; unknown content is omitted", fit.protocol, Protocol::NEWEST);
            self.remark(source, Level::Debug, &text);
        }
    }

    fn report_skipped(&self, source: FileSource, SkippedFields { misfits, undescribed, impossible }: SkippedFields) {
        let causes = [
            (misfits, "whose size does not fit the type"),
            (undescribed, "without a description"),
            (impossible, "with an impossible value"),
        ];
        let causes = causes.into_iter().filter(|(count, _)| *count > 0);
        let causes: Vec<String> =
            causes.map(|(count, cause)| format!("{} {cause}", i18n::counted(count, "field", "fields"))).collect();
        if !causes.is_empty() {
            let text = format!("skipped {}; --raw shows their content", causes.join(", "));
            self.remark(source, Level::Warning, &text);
        }
    }
}

/// A message about a file.
fn about(source: FileSource, text: &str) -> String {
    format!("{}: {text}", shown(source.file))
}

/// Why a corrupt file is not read, and how to read it all the same.
fn refusal(broken: &FitError) -> String {
    match broken {
        FitError::TooShort { .. } | FitError::NotFit => broken.to_string(),
        _ => format!("{broken}; --salvage reads it up to the break"),
    }
}
