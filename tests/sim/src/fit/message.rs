//! One FIT message: a global number and its fields, independent of how it is written.

/// A field's value together with its base type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An enumeration (base type 0x00).
    Enum(u8),
    /// Signed 8 bits.
    I8(i8),
    /// Unsigned 8 bits.
    U8(u8),
    /// Signed 16 bits.
    I16(i16),
    /// Unsigned 16 bits.
    U16(u16),
    /// Signed 32 bits.
    I32(i32),
    /// Unsigned 32 bits.
    U32(u32),
    /// Unsigned 32 bits whose invalid value is zero (serial numbers).
    U32z(u32),
    /// A 32-bit float.
    F32(f32),
    /// Text; written with a closing zero byte.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
}

impl Value {
    /// The base type byte of the definition message.
    pub fn base_type(&self) -> u8 {
        match self {
            Value::Enum(_) => 0x00,
            Value::I8(_) => 0x01,
            Value::U8(_) => 0x02,
            Value::I16(_) => 0x83,
            Value::U16(_) => 0x84,
            Value::I32(_) => 0x85,
            Value::U32(_) => 0x86,
            Value::U32z(_) => 0x8C,
            Value::F32(_) => 0x88,
            Value::Text(_) => 0x07,
            Value::Bytes(_) => 0x0D,
        }
    }

    /// The size of the value in bytes.
    pub fn size(&self) -> u8 {
        match self {
            Value::Enum(_) | Value::I8(_) | Value::U8(_) => 1,
            Value::I16(_) | Value::U16(_) => 2,
            Value::I32(_) | Value::U32(_) | Value::U32z(_) | Value::F32(_) => 4,
            Value::Text(text) => text.len().min(253) as u8 + 1,
            Value::Bytes(bytes) => bytes.len().min(255) as u8,
        }
    }

    /// Appends the value in the byte order of its definition.
    pub fn write(&self, big_endian: bool, out: &mut Vec<u8>) {
        let little: Vec<u8> = match self {
            Value::Enum(v) | Value::U8(v) => vec![*v],
            Value::I8(v) => v.to_le_bytes().to_vec(),
            Value::I16(v) => v.to_le_bytes().to_vec(),
            Value::U16(v) => v.to_le_bytes().to_vec(),
            Value::I32(v) => v.to_le_bytes().to_vec(),
            Value::U32(v) | Value::U32z(v) => v.to_le_bytes().to_vec(),
            Value::F32(v) => v.to_le_bytes().to_vec(),
            Value::Text(text) => {
                out.extend_from_slice(&text.as_bytes()[..text.len().min(253)]);
                out.push(0);
                return;
            }
            Value::Bytes(bytes) => {
                out.extend_from_slice(&bytes[..bytes.len().min(255)]);
                return;
            }
        };
        if big_endian {
            out.extend(little.iter().rev());
        } else {
            out.extend(little);
        }
    }
}

/// A developer field's value inside a message.
#[derive(Clone, Debug, PartialEq)]
pub struct DeveloperValue {
    /// Field number, as declared by a field description.
    pub number: u8,
    /// The developer data id to which it belongs.
    pub index: u8,
    /// The value.
    pub value: Value,
}

/// One message: global number, fields by number, developer fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Global message number of the FIT profile.
    pub global: u16,
    /// Field number and value, in the order in which they are written.
    pub fields: Vec<(u8, Value)>,
    /// Developer fields, after the ordinary ones.
    pub developer: Vec<DeveloperValue>,
}

impl Message {
    /// An empty message of this global number.
    pub fn new(global: u16) -> Self {
        Message { global, fields: Vec::new(), developer: Vec::new() }
    }

    /// Adds a field.
    #[must_use]
    pub fn with(mut self, number: u8, value: Value) -> Self {
        self.fields.push((number, value));
        self
    }

    /// Adds a field if it has a value.
    #[must_use]
    pub fn maybe(self, number: u8, value: Option<Value>) -> Self {
        match value {
            Some(value) => self.with(number, value),
            None => self,
        }
    }

    /// Adds a developer field.
    #[must_use]
    pub fn developer(mut self, index: u8, number: u8, value: Value) -> Self {
        self.developer.push(DeveloperValue { number, index, value });
        self
    }

    /// The timestamp (field 253), if the message has one.
    pub fn timestamp(&self) -> Option<u32> {
        self.fields.iter().find_map(|(number, value)| match (number, value) {
            (253, Value::U32(at)) => Some(*at),
            _ => None,
        })
    }
}
