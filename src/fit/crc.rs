//! The CRC-16 of FIT files: `crc::of(header and data)` equals the last two bytes of a file.
//!
//! It is CRC-16/ARC (polynomial 0x8005, reflected, start value 0). It runs over every byte of every file, so it processes
//! eight bytes at a time with eight tables that are computed at compile time.

const TABLES: [[u16; 256]; 8] = tables();

/// The CRC of `bytes`.
pub(super) fn of(bytes: &[u8]) -> u16 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let mut crc = 0u16;
    for block in blocks {
        let [low, high] = (crc ^ u16::from_le_bytes([block[0], block[1]])).to_le_bytes();
        crc = TABLES[7][low as usize]
            ^ TABLES[6][high as usize]
            ^ TABLES[5][block[2] as usize]
            ^ TABLES[4][block[3] as usize]
            ^ TABLES[3][block[4] as usize]
            ^ TABLES[2][block[5] as usize]
            ^ TABLES[1][block[6] as usize]
            ^ TABLES[0][block[7] as usize];
    }
    rest.iter().fold(crc, |crc, &byte| {
        let [low, high] = crc.to_le_bytes();
        TABLES[0][(low ^ byte) as usize] ^ u16::from(high)
    })
}

/// `tables()[n][byte]`: what `byte` contributes to the CRC once `n` more bytes have passed.
const fn tables() -> [[u16; 256]; 8] {
    let mut tables = [[0u16; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (if crc & 1 == 1 { 0xA001 } else { 0 });
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut n = 1;
    while n < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[n - 1][byte];
            tables[n][byte] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            byte += 1;
        }
        n += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_crc_has_the_published_check_value() {
        assert_eq!(of(b"123456789"), 0xBB3D);
        assert_eq!(of(b""), 0);
    }

    #[test]
    fn the_fast_crc_equals_the_bitwise_crc() {
        let slow = |bytes: &[u8]| {
            bytes.iter().fold(0u16, |crc, &byte| {
                (0..8).fold(crc ^ u16::from(byte), |crc, _| (crc >> 1) ^ (if crc & 1 == 1 { 0xA001 } else { 0 }))
            })
        };
        let bytes: Vec<u8> = (0..100u8).map(|n| n.wrapping_mul(73) ^ 0x5A).collect();
        for length in 0..bytes.len() {
            assert_eq!(of(&bytes[..length]), slow(&bytes[..length]), "{length} bytes");
        }
    }

    #[test]
    fn a_crc_that_follows_its_bytes_gives_zero() {
        let mut bytes = b"any bytes at all".to_vec();
        bytes.extend(of(&bytes).to_le_bytes());
        assert_eq!(of(&bytes), 0);
    }
}
