//! Hexadecimal digits.

/// The bytes as lower-case hexadecimal digits, two each.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes that these hexadecimal digits stand for; `None` if they are not exactly `N` bytes.
pub fn decode<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    let pairs = digits.as_bytes().chunks_exact(2);
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_back_and_anything_else_is_none() {
        assert_eq!(decode(&encode(&[0, 15, 0xa9, 255])), Some([0, 15, 0xa9, 255]));
        assert_eq!(decode("A9"), Some([0xa9]));
        for wrong in ["", "a", "a9a", "a9a9", "g0", "é"] {
            assert_eq!(decode::<1>(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_byte_becomes_two_digits() {
        assert_eq!(encode(&[0x00, 0x0f, 0xa9, 0xff]), "000fa9ff");
    }
}
