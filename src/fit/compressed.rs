//! Numbers that a file stores with fewer bits than they have: growing numbers by their low bits, and
//! `compressed_speed_distance`, which old watches write.

/// A growing number. The file stores its low bits, and messages are so frequent that the others follow from the message before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AccumulatedNumber(u32);

impl AccumulatedNumber {
    /// Continues from a number that the file stores with all its bits.
    pub fn set(&mut self, number: u32) {
        self.0 = number;
    }

    /// The next number whose low `bits` bits are those of `low`.
    pub fn advance(&mut self, low: u32, bits: u32) -> u32 {
        let growth = low.wrapping_sub(self.0) & ((1 << bits) - 1);
        self.0 = self.0.wrapping_add(growth);
        self.0
    }
}

/// A `compressed_speed_distance`: three bytes with two values of 12 bits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CompressedSpeedDistance {
    /// Hundredths of a metre a second; `None` if FIT marks it as invalid.
    pub speed: Option<u16>,
    /// Metres since the start.
    pub distance_m: f64,
}

impl CompressedSpeedDistance {
    const NO_SPEED: u16 = 0xFFF;

    /// Reads the value of one message. `distance` is that of the messages before, in units of 1/16 m. `None`: not three bytes.
    pub fn read(bytes: &[u8], distance: &mut AccumulatedNumber) -> Option<Self> {
        let &[low, middle, high] = bytes else { return None };
        let bits = u32::from_le_bytes([low, middle, high, 0]);
        let speed = (bits & 0xFFF) as u16;
        let distance = distance.advance(bits >> 12, 12);
        Some(CompressedSpeedDistance {
            speed: (speed != CompressedSpeedDistance::NO_SPEED).then_some(speed),
            distance_m: f64::from(distance) / 16.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_grows_by_less_than_its_low_bits_can_count() {
        let mut number = AccumulatedNumber::default();
        assert_eq!([250, 4, 4, 3].map(|low| number.advance(low, 8)), [250, 260, 260, 515]);
        number.set(u32::MAX);
        assert_eq!(number.advance(3, 8), 3, "it rolls over");
    }

    #[test]
    fn a_speed_with_all_bits_is_invalid() {
        let mut distance = AccumulatedNumber::default();
        let mut read = |bytes: &[u8]| CompressedSpeedDistance::read(bytes, &mut distance);
        assert_eq!(read(&[0x23, 0x01, 0x01]), Some(CompressedSpeedDistance { speed: Some(0x123), distance_m: 1.0 }));
        assert_eq!(read(&[0xFF, 0x0F, 0x02]), Some(CompressedSpeedDistance { speed: None, distance_m: 2.0 }));
        assert_eq!(read(&[1, 2]), None);
    }
}
