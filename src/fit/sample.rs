//! Small FIT files for tests, built message by message.
//!
//! `Sample::new().file_id().define(1, 20, &[(253, 4, UINT32)]).data(1, &[&time]).finish()`

use super::crc;

pub const ENUM: u8 = 0x00;
pub const SINT8: u8 = 0x01;
pub const UINT8: u8 = 0x02;
pub const UINT16: u8 = 0x84;
pub const SINT32: u8 = 0x85;
pub const UINT32: u8 = 0x86;
pub const UINT32Z: u8 = 0x8C;
pub const STRING: u8 = 0x07;
pub const BYTE: u8 = 0x0D;

/// 2026-01-08T14:10:21Z in FIT's seconds and in Unix seconds.
pub const START: u32 = 1_136_815_821;
pub const START_UNIX_S: i64 = 1_767_881_421;

/// A file in the making.
pub struct Sample {
    header_size: u8,
    big_endian: bool,
    data: Vec<u8>,
}

impl Sample {
    pub fn new() -> Sample {
        Sample { header_size: 14, big_endian: false, data: Vec::new() }
    }

    /// Uses the header without its own CRC.
    pub fn short_header(mut self) -> Sample {
        self.header_size = 12;
        self
    }

    /// Later definitions are big endian; the caller passes the values accordingly.
    pub fn big_endian(mut self) -> Sample {
        self.big_endian = true;
        self
    }

    /// A definition message: fields are (number, size, base type).
    pub fn define(self, local: u8, message: u16, fields: &[(u8, u8, u8)]) -> Sample {
        self.definition(0x40 | local, message, fields)
    }

    /// The same with developer fields: (number, size, index of the developer).
    pub fn define_with_developer(
        self,
        local: u8,
        message: u16,
        fields: &[(u8, u8, u8)],
        developer_fields: &[(u8, u8, u8)],
    ) -> Sample {
        let mut sample = self.definition(0x60 | local, message, fields);
        sample.triples(developer_fields);
        sample
    }

    fn definition(mut self, header: u8, message: u16, fields: &[(u8, u8, u8)]) -> Sample {
        self.data.extend([header, 0, u8::from(self.big_endian)]);
        self.data.extend(if self.big_endian { message.to_be_bytes() } else { message.to_le_bytes() });
        self.triples(fields);
        self
    }

    fn triples(&mut self, fields: &[(u8, u8, u8)]) {
        self.data.push(fields.len() as u8);
        let bytes = fields.iter().flat_map(|&(a, b, c)| [a, b, c]);
        self.data.extend(bytes);
    }

    /// A data message.
    pub fn data(mut self, local: u8, values: &[&[u8]]) -> Sample {
        self.data.push(local);
        self.data.extend(values.concat());
        self
    }

    /// A data message with the low five bits of its timestamp in the header.
    pub fn compressed(self, local: u8, seconds: u8, values: &[&[u8]]) -> Sample {
        self.data(0x80 | local << 5 | seconds, values)
    }

    /// The `file_id` of a watch, as local type 0.
    pub fn file_id(self) -> Sample {
        let fields = [(0, 1, ENUM), (1, 2, UINT16), (2, 2, UINT16), (3, 4, UINT32Z), (4, 4, UINT32)];
        self.define(0, 0, &fields).data(
            0,
            &[&[4], &294u16.to_le_bytes(), &812u16.to_le_bytes(), &123_456u32.to_le_bytes(), &START.to_le_bytes()],
        )
    }

    /// A `session` as local type 2.
    pub fn session(self, sport: u8, sub_sport: u8, start: u32) -> Sample {
        let fields = [(2, 4, UINT32), (5, 1, ENUM), (6, 1, ENUM), (7, 4, UINT32), (8, 4, UINT32), (9, 4, UINT32)];
        self.define(2, 18, &fields).data(
            2,
            &[
                &start.to_le_bytes(),
                &[sport],
                &[sub_sport],
                &2_225_400u32.to_le_bytes(),
                &2_223_300u32.to_le_bytes(),
                &426_120u32.to_le_bytes(),
            ],
        )
    }

    /// Header, data and CRC.
    pub fn finish(self) -> Vec<u8> {
        let mut file = vec![self.header_size, 0x20, 0x54, 0x08];
        file.extend((self.data.len() as u32).to_le_bytes());
        file.extend(b".FIT");
        if self.header_size == 14 {
            file.extend(crc::of(&file).to_le_bytes());
        }
        file.extend(self.data);
        file.extend(crc::of(&file).to_le_bytes());
        file
    }

    /// Where in [`Sample::activity`] the first message ends, which is a definition.
    pub const ACTIVITY_BOUNDARY: usize = 14 + 6 + 5 * 3;

    /// A trail run as a watch writes it: three records, a session, an activity.
    pub fn activity() -> Vec<u8> {
        let second = |n: u32| (START + n).to_le_bytes();
        let local_time = (START + 10 - 6 * 3600).to_le_bytes();
        Sample::new()
            .file_id()
            .define(1, 20, &[(253, 4, UINT32), (3, 1, 0x02)])
            .data(1, &[&second(1), &[100]])
            .data(1, &[&second(2), &[101]])
            .data(1, &[&second(3), &[102]])
            .session(1, 3, START)
            .define(3, 34, &[(253, 4, UINT32), (1, 2, UINT16), (5, 4, UINT32)])
            .data(3, &[&second(10), &1u16.to_le_bytes(), &local_time])
            .finish()
    }
}

/// Makes the file CRC right again after a change.
pub fn fix_crcs(file: &mut [u8]) {
    let end = file.len() - 2;
    let crc = crc::of(&file[..end]).to_le_bytes();
    file[end..].copy_from_slice(&crc);
}
