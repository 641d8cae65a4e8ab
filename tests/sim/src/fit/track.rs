//! An invented track: smooth, reproducible, different for every seed.

use std::f64::consts::TAU;

const METRES_PER_DEGREE: f64 = 111_320.0;

fn share(seed: u64, salt: u64) -> f64 {
    let mixed = (seed ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 33) % 10_000) as f64 / 10_000.0
}

/// The position after a distance in metres: loops whose size and direction depend on the seed.
pub fn position(origin: (f64, f64), seed: u64, metres: f64) -> (f64, f64) {
    let radius = 150.0 + 600.0 * share(seed, 1);
    let turn = metres / radius + TAU * share(seed, 2);
    let wobble = 20.0 * (metres / 90.0).sin();
    let north = (radius + wobble) * turn.cos();
    let east = (radius + wobble) * turn.sin();
    let latitude = origin.0 + north / METRES_PER_DEGREE;
    let longitude = origin.1 + east / (METRES_PER_DEGREE * origin.0.to_radians().cos());
    (latitude, longitude)
}

/// The altitude in metres after a distance in metres.
pub fn altitude(seed: u64, metres: f64) -> f64 {
    200.0 + 900.0 * share(seed, 3) + 35.0 * (metres / 700.0).sin()
}

/// A heart rate that rises at first and then varies.
pub fn heart_rate(seed: u64, leg: u64, elapsed: u32) -> u8 {
    let base = 105.0 + 25.0 * share(seed, 4 + leg);
    let warm = 25.0 * (1.0 - (-f64::from(elapsed) / 240.0).exp());
    (base + warm + 6.0 * (f64::from(elapsed) / 47.0).sin()) as u8
}
