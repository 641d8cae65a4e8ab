//! Writes messages as a FIT file, in any of the layouts that readers must understand.

use super::crc::crc16;
use super::message::Message;

const COMPRESSED_LOCALS: usize = 4;
const LOCALS: usize = 16;
const MAX_ROLLOVER: u32 = 31;

/// Collects messages and writes them as one FIT file.
#[derive(Clone, Debug)]
pub struct FitBuilder {
    messages: Vec<Message>,
    big_endian: bool,
    short_header: bool,
    zero_header_crc: bool,
    compressed: bool,
}

impl Default for FitBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl FitBuilder {
    /// An empty file: little-endian, 14-byte header with its checksum, plain timestamps.
    pub fn new() -> Self {
        FitBuilder {
            messages: Vec::new(),
            big_endian: false,
            short_header: false,
            zero_header_crc: false,
            compressed: false,
        }
    }

    /// Definitions and values in big-endian order.
    #[must_use]
    pub fn big_endian(mut self) -> Self {
        self.big_endian = true;
        self
    }

    /// The old 12-byte header, which has no checksum of its own.
    #[must_use]
    pub fn header_12(mut self) -> Self {
        self.short_header = true;
        self
    }

    /// A 14-byte header whose checksum is zero, which means "not computed".
    #[must_use]
    pub fn zero_header_crc(mut self) -> Self {
        self.zero_header_crc = true;
        self
    }

    /// Records have their time in the record header where the format allows it.
    #[must_use]
    pub fn compressed_timestamps(mut self) -> Self {
        self.compressed = true;
        self
    }

    /// Appends a message.
    #[must_use]
    pub fn push(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// Appends several messages.
    #[must_use]
    pub fn extend(mut self, messages: impl IntoIterator<Item = Message>) -> Self {
        self.messages.extend(messages);
        self
    }

    /// The messages so far, to read or to change.
    pub fn messages_mut(&mut self) -> &mut Vec<Message> {
        &mut self.messages
    }

    /// The finished file.
    pub fn build(&self) -> Vec<u8> {
        let mut writer = Writer::new(self.big_endian);
        for message in &self.messages {
            writer.message(message, self.compressed);
        }
        self.frame(&writer.out)
    }

    fn frame(&self, data: &[u8]) -> Vec<u8> {
        let mut file = header(data.len() as u32, self.short_header, self.zero_header_crc);
        file.extend_from_slice(data);
        let crc = crc16(&file);
        file.extend_from_slice(&crc.to_le_bytes());
        file
    }
}

/// A file header for `data_size` bytes of records.
pub(super) fn header(data_size: u32, short: bool, zero_crc: bool) -> Vec<u8> {
    let mut header = vec![if short { 12 } else { 14 }, 0x20];
    header.extend_from_slice(&2132u16.to_le_bytes());
    header.extend_from_slice(&data_size.to_le_bytes());
    header.extend_from_slice(b".FIT");
    if !short {
        let crc = if zero_crc { 0 } else { crc16(&header) };
        header.extend_from_slice(&crc.to_le_bytes());
    }
    header
}

/// The content of a definition message; messages of the same layout share one.
#[derive(Clone, PartialEq)]
struct Layout {
    global: u16,
    fields: Vec<(u8, u8, u8)>,
    developer: Vec<(u8, u8, u8)>,
}

struct Writer {
    out: Vec<u8>,
    big_endian: bool,
    defined: Vec<Option<Layout>>,
    next_low: usize,
    next_high: usize,
    last_time: Option<u32>,
}

impl Writer {
    fn new(big_endian: bool) -> Self {
        Writer {
            out: Vec::new(),
            big_endian,
            defined: vec![None; LOCALS],
            next_low: 0,
            next_high: COMPRESSED_LOCALS,
            last_time: None,
        }
    }

    fn message(&mut self, message: &Message, compressed: bool) {
        let time = message.timestamp();
        let compress = compressed && message.global == 20 && self.reachable(time);
        let skip = if compress { Some(253) } else { None };
        let layout = layout(message, skip);
        let local = self.define(&layout, compress);
        match time {
            Some(at) if compress => self.out.push(0x80 | (local << 5) | (at & 0x1F) as u8),
            _ => self.out.push(local),
        }
        for (number, value) in &message.fields {
            if Some(*number) != skip {
                value.write(self.big_endian, &mut self.out);
            }
        }
        for field in &message.developer {
            field.value.write(self.big_endian, &mut self.out);
        }
        self.last_time = time.or(self.last_time);
    }

    /// Whether a compressed header can express this time: its five bits reach 31 seconds past the last full time.
    fn reachable(&self, time: Option<u32>) -> bool {
        match (self.last_time, time) {
            (Some(last), Some(at)) => at >= last && at - last <= MAX_ROLLOVER,
            _ => false,
        }
    }

    /// Writes a definition if needed, and returns its local number. Local numbers 0 to 3 are reserved for compressed
    /// records, whose header has two bits for the number.
    fn define(&mut self, layout: &Layout, compress: bool) -> u8 {
        let range = if compress { 0..COMPRESSED_LOCALS } else { COMPRESSED_LOCALS..LOCALS };
        for local in range {
            if self.defined[local].as_ref() == Some(layout) {
                return local as u8;
            }
        }
        let local = self.take_local(compress);
        self.write_definition(local as u8, layout);
        self.defined[local] = Some(layout.clone());
        local as u8
    }

    fn take_local(&mut self, compress: bool) -> usize {
        if compress {
            let local = self.next_low;
            self.next_low = (local + 1) % COMPRESSED_LOCALS;
            local
        } else {
            let local = self.next_high;
            self.next_high = if local + 1 == LOCALS { COMPRESSED_LOCALS } else { local + 1 };
            local
        }
    }

    fn write_definition(&mut self, local: u8, layout: &Layout) {
        let developer = if layout.developer.is_empty() { 0 } else { 0x20 };
        self.out.extend_from_slice(&[0x40 | developer | local, 0, u8::from(self.big_endian)]);
        let global = match self.big_endian {
            true => layout.global.to_be_bytes(),
            false => layout.global.to_le_bytes(),
        };
        self.out.extend_from_slice(&global);
        self.triples(&layout.fields);
        if developer != 0 {
            self.triples(&layout.developer);
        }
    }

    fn triples(&mut self, triples: &[(u8, u8, u8)]) {
        self.out.push(triples.len() as u8);
        for (a, b, c) in triples {
            self.out.extend_from_slice(&[*a, *b, *c]);
        }
    }
}

fn layout(message: &Message, skip: Option<u8>) -> Layout {
    let fields = message
        .fields
        .iter()
        .filter(|(number, _)| Some(*number) != skip)
        .map(|(number, value)| (*number, value.size(), value.base_type()))
        .collect();
    let developer = message.developer.iter().map(|field| (field.number, field.value.size(), field.index)).collect();
    Layout { global: message.global, fields, developer }
}
