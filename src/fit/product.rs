//! The names of Garmin's products, from the FIT profile.

use fitparser::profile::field_types::GarminProduct;

/// The manufacturer number of Garmin.
const GARMIN: u16 = 1;

/// The name of a product as people know it: manufacturer 1 and product 4315 are `Forerunner 965`. `None` unless the profile
/// names it: other manufacturers do not publish their numbers.
pub fn product_name(manufacturer: u16, product: u16) -> Option<String> {
    let is_known = manufacturer == GARMIN && GarminProduct::is_named_variant(i64::from(product));
    is_known.then(|| readable(&GarminProduct::from(product).to_string()))
}

/// `fenix5s_plus` becomes `Fenix 5s Plus`, `fr965` becomes `Forerunner 965`.
fn readable(name: &str) -> String {
    let words: Vec<String> = name.split('_').filter(|word| !word.is_empty()).flat_map(parts).collect();
    words.join(" ")
}

/// A word of letters and the number behind it are two words.
fn parts(word: &str) -> Vec<String> {
    let digits = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let (letters, rest) = word.split_at(digits);
    let letters = match (letters, rest) {
        ("fr", _) => "Forerunner".to_owned(),
        _ => capitalized(letters),
    };
    [letters, rest.to_owned()].into_iter().filter(|part| !part.is_empty()).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_the_names_that_people_know() {
        let of = |product| product_name(GARMIN, product).unwrap_or_default();
        assert_eq!(
            [of(4315), of(3906), of(2900), of(3121)],
            ["Forerunner 965", "Fenix 7", "Fenix 5s Plus", "Edge 530"]
        );
        assert_eq!((product_name(GARMIN, 65_000), product_name(294, 4315)), (None, None));
    }
}
