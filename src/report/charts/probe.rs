//! Looks into markup, for the tests.

/// Every value of the attribute `name`, in its order.
pub fn values<'a>(markup: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!(" {name}=\"");
    markup.split(&mark as &str).skip(1).map(|part| part.split('"').next().unwrap()).collect()
}

/// The same, as numbers; a percent sign is left out.
pub fn numbers(markup: &str, name: &str) -> Vec<f64> {
    values(markup, name).into_iter().map(|value| value.trim_end_matches('%').parse().unwrap()).collect()
}

/// The start tags of the element `name`, without their brackets.
pub fn tags<'a>(markup: &'a str, name: &str) -> Vec<&'a str> {
    let all = markup.split('<').skip(1).map(|part| part.split('>').next().unwrap());
    all.filter(|tag| tag.split(' ').next() == Some(name)).collect()
}

/// What stands in each element `name` up to the next tag.
pub fn texts<'a>(markup: &'a str, name: &str) -> Vec<&'a str> {
    let parts = markup.split('<').skip(1).filter_map(|part| part.split_once('>'));
    parts.filter(|(tag, _)| tag.split(' ').next() == Some(name)).map(|(_, text)| text).collect()
}
