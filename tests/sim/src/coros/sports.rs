//! The service's numbers of sports.

/// The sport number of a recording by a watch of the service.
pub fn recorded(fit: (u8, u8)) -> u32 {
    match fit {
        (1, 1) => 101,
        (1, 3) => 102,
        (1, 4) => 103,
        (2, 6) => 201,
        (2, 46) => 203,
        (2, 8) => 204,
        (5, 18) => 301,
        (10, 43) => 904,
        (37, _) => 704,
        (sport, _) => imported(sport),
    }
}

/// The sport number of an imported file, which depends only on the first of its two sport fields.
pub fn imported(sport: u8) -> u32 {
    match sport {
        1 => 100,
        2 => 200,
        5 => 300,
        10 => 402,
        11 => 900,
        12 => 502,
        13 => 500,
        14 => 501,
        15 => 700,
        17 => 104,
        18 => 10_000,
        31 => 800,
        _ => 98,
    }
}

/// Whether a file of this sport is accepted and rejected later: sailing, surfing and snorkelling.
pub fn refused(sport: u8) -> bool {
    matches!(sport, 32 | 38 | 82)
}

/// Name of a sport, which is the name of new activities.
pub fn title(code: u32) -> &'static str {
    match code {
        100 => "Run",
        101 => "Indoor Run",
        102 => "Trail Run",
        103 => "Track Run",
        104 => "Hike",
        200 => "Road Bike",
        201 => "Indoor Bike",
        203 => "Gravel Bike",
        204 => "Mountain Bike",
        300 => "Pool Swim",
        301 => "Open Water Swim",
        402 => "Strength",
        403 | 904 => "Yoga",
        704 => "Flatwater",
        900 => "Walk",
        9807 => "Bike Commute",
        10_000 => "Triathlon",
        _ => "Custom Sport",
    }
}
