//! The names of Garmin's products, from the FIT profile.

use fitparser::profile::field_types::GarminProduct;

/// From this length of a word on, a number behind it is a separate word.
const LONG_WORD: usize = 3;
/// What the profile appends to numbers of one byte.
const ONE_BYTE: &str = "_single_byte_product_id";

/// The manufacturer number of Garmin.
const GARMIN: u16 = 1;

/// The name of a product: manufacturer 1 and product 4315 are `Forerunner 965`. `None` unless the profile has a name: other
/// manufacturers do not publish their numbers.
pub fn product_name(manufacturer: u16, product: u16) -> Option<String> {
    let is_known = manufacturer == GARMIN && GarminProduct::is_named_variant(i64::from(product));
    is_known.then(|| readable(GarminProduct::from(product).to_string().trim_end_matches(ONE_BYTE)))
}

/// `fenix5s_plus` becomes `Fenix 5s Plus`, `fr965` becomes `Forerunner 965`.
fn readable(name: &str) -> String {
    let words: Vec<String> = name.split('_').filter(|word| !word.is_empty()).flat_map(parts).collect();
    words.join(" ")
}

/// A long word and the number behind it are two words (`fenix7`); a letter or two belong to the number (`s60`, `mk2`).
fn parts(word: &str) -> Vec<String> {
    let digits = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    let (letters, rest) = word.split_at(digits);
    match letters {
        "fr" => vec!["Forerunner".to_owned(), rest.to_owned()],
        _ if letters.len() < LONG_WORD || rest.is_empty() => vec![capitalized(word)],
        _ => vec![capitalized(letters), rest.to_owned()],
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_have_their_usual_names() {
        let of = |product| product_name(GARMIN, product).unwrap_or_default();
        assert_eq!(
            [of(4315), of(3906), of(2900), of(3121)],
            ["Forerunner 965", "Fenix 7", "Fenix 5s Plus", "Edge 530"]
        );
        let names = ["approach_s60", "descent_mk2", "d2charlie", "venu_x1", "varia_ut800", "fr245_music"].map(readable);
        let wanted = ["Approach S60", "Descent Mk2", "D2charlie", "Venu X1", "Varia Ut800", "Forerunner 245 Music"];
        assert_eq!(names, wanted);
        assert_eq!((product_name(GARMIN, 65_000), product_name(294, 4315)), (None, None));
    }
}
