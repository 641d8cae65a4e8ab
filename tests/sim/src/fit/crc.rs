//! The 16-bit checksum of FIT files.

const TABLE: [u16; 16] = [
    0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01,
    0x8801, 0x4400,
];

/// The checksum of `bytes`, which a file has (little-endian) in its header and at its end.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let low = step(crc, byte & 0x0F);
        step(low, byte >> 4)
    })
}

fn step(crc: u16, nibble: u8) -> u16 {
    (crc >> 4) & 0x0FFF ^ TABLE[(crc & 0x0F) as usize] ^ TABLE[nibble as usize]
}
