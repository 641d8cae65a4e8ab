//! The page gs-record(5), from the JSON Schema of the record.

use serde_json::{Map, Value};

use super::roff::{ManPage, bold, italic};
use crate::record::Record;

/// The parts of a record in the order of the page, each with its heading.
const PARTS: [(&str, &str); 8] = [
    ("ActivityRecord", "An activity"),
    ("TransferRecord", "A transfer"),
    ("FileRef", "file"),
    ("Deleted", "deleted"),
    ("DuplicateOf", "duplicate_of"),
    ("Outcome", "outcome"),
    ("Problem", "problem"),
    ("Explanation", "reason"),
];

/// The page.
pub fn page(schema: &Value) -> String {
    let mut page = ManPage::new("gs-record", 5, "the records that the commands of garminsync exchange");
    page.section("Description");
    page.text(schema["description"].as_str().unwrap_or_default());
    let examples: Vec<String> = schema["examples"].as_array().into_iter().flatten().map(written).collect();
    for (name, title) in PARTS {
        page.section(title);
        page.text(schema["$defs"][name]["description"].as_str().unwrap_or_default());
        fields(&mut page, schema, name, &examples.concat());
    }
    page.subsection("Codes");
    reasons(&mut page, schema);
    page.section("Examples");
    page.text("Each record is one line; the lines are broken here to fit the page.");
    for example in &examples {
        page.code(folded(example).iter().map(String::as_str));
    }
    page.section("Files");
    page.item(
        &italic("share/doc/garminsync/docs/record.schema.json"),
        "The JSON Schema (2020-12) of the record, for programs.",
    );
    page.section("See also");
    page.line("\\fBgs\\-list\\fR(1), \\fBgs\\-diff\\fR(1), \\fBjq\\fR(1)");
    page.finish()
}

/// A record as the commands write it, with the fields in their order, which people can follow.
fn written(example: &Value) -> String {
    let mut line = Vec::new();
    match Record::parse(example.to_string().as_bytes()).map(|record| record.write(&mut line)) {
        Ok(Ok(())) => String::from_utf8_lossy(&line).trim_end().to_owned(),
        _ => example.to_string(),
    }
}

/// The fields of a part: the required ones first, each in the order of the examples.
fn fields(page: &mut ManPage, schema: &Value, part: &str, examples: &str) {
    let none = Map::new();
    let part = &schema["$defs"][part];
    let fields = part["properties"].as_object().unwrap_or(&none);
    let required: Vec<&str> = part["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut names: Vec<&String> = fields.keys().collect();
    let place = |name: &str| examples.find(&format!("\"{name}\":")).unwrap_or(usize::MAX);
    names.sort_by_key(|name| (!required.contains(&name.as_str()), place(name)));
    for name in names {
        let field = &fields[name];
        let always = if required.contains(&name.as_str()) { ", always present" } else { "" };
        let tag = format!("{} ({}{always})", bold(name), kind(schema, field));
        let about = field["description"].as_str().unwrap_or_default();
        page.item(&tag, &format!("{about}{}{}", unit(name), values(schema, field)));
    }
}

/// Each code of a reason, with its text and its parameters.
fn reasons(page: &mut ManPage, schema: &Value) {
    let none = Map::new();
    for reason in schema["$defs"]["Reason"]["oneOf"].as_array().into_iter().flatten() {
        let fields = reason["properties"].as_object().unwrap_or(&none);
        let parameters = fields.iter().filter(|(name, _)| *name != "code").map(|(name, field)| {
            let about = field["description"].as_str().unwrap_or_default();
            format!(" `{name}` ({}): {about}", kind(schema, field))
        });
        let about = reason["description"].as_str().unwrap_or_default();
        let code = fields["code"]["const"].as_str().unwrap_or_default();
        page.item(&bold(code), &format!("{about}{}", parameters.collect::<String>()));
    }
}

/// The type of a field, in words.
fn kind(schema: &Value, field: &Value) -> String {
    if let Some(name) = name_of(field) {
        if name == "Reason" {
            return "a reason".to_owned();
        }
        let title = PARTS.iter().find(|(part, _)| *part == name).map(|(_, title)| *title);
        return title
            .map_or_else(|| kind(schema, &schema["$defs"][name]), |title| format!("see {}", title.to_uppercase()));
    }
    if let Some(some) = field["anyOf"].as_array() {
        let mut kinds: Vec<String> =
            some.iter().filter(|one| one["type"] != "null").map(|one| kind(schema, one)).collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    let kinds = field["type"].as_array().cloned().unwrap_or_else(|| vec![field["type"].clone()]);
    let name = kinds.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default();
    match (name, field["format"].as_str()) {
        (_, Some("date-time")) => "time".to_owned(),
        ("integer", _) => "whole number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => match (name_of(&field["items"]), kind(schema, &field["items"])) {
            (Some(_), kind) => format!("list of: {kind}"),
            (None, kind) => format!("list of {kind}s"),
        },
        (name, _) => name.to_owned(),
    }
}

fn name_of(field: &Value) -> Option<&str> {
    field["$ref"].as_str()?.rsplit('/').next()
}

/// The values of a field that has a short list of values.
fn values(schema: &Value, field: &Value) -> String {
    let some = name_of(field).and_then(|name| schema["$defs"][name]["anyOf"].as_array());
    let values = some.into_iter().flatten().filter_map(|one| {
        let about = one["description"].as_str()?.trim_end_matches('.');
        Some(format!(" `{}`: {}.", one["const"].as_str()?, about))
    });
    values.collect()
}

/// The unit that the suffix of a field name stands for.
fn unit(name: &str) -> &'static str {
    match name.rsplit('_').next() {
        Some("s") => " In seconds.",
        Some("m") => " In metres.",
        _ => "",
    }
}

/// JSON in lines that fit a page: broken after commas, never inside a string, and indented by its depth.
fn folded(json: &str) -> Vec<String> {
    let (mut lines, mut line, mut width) = (Vec::new(), String::new(), 0);
    for (depth, piece) in pieces(json) {
        let wide = piece.chars().count();
        if width > 0 && width + wide > 68 {
            lines.push(std::mem::take(&mut line));
            line = " ".repeat(depth);
            width = depth;
        }
        line.push_str(piece);
        width += wide;
    }
    lines.push(line);
    lines
}

/// The pieces of JSON between the commas outside of strings, each with its nesting depth.
fn pieces(json: &str) -> Vec<(usize, &str)> {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    let (mut begin, mut at_begin, mut pieces) = (0, 0, Vec::new());
    for (at, c) in json.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted => {
                pieces.push((at_begin, &json[begin..=at]));
                (begin, at_begin) = (at + 1, depth);
            }
            _ => {}
        }
    }
    pieces.push((at_begin, &json[begin..]));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_wrapped_only_after_commas() {
        let name = format!("{}, \\\" and {}", "a".repeat(60), "b".repeat(60));
        let json = format!("{{\"a\":1,\"name\":\"{name}\",\"c\":[1,2]}}");
        let lines = folded(&json);
        assert_eq!(lines, ["{\"a\":1,", &format!(" \"name\":\"{name}\","), " \"c\":[1,2]}"]);
    }
}
