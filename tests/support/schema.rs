//! Validates records against `docs/record.schema.json`.
//!
//! It supports the part of JSON Schema that the file uses, and panics at any other keyword: then the keyword has to be
//! added here.

use std::sync::OnceLock;

use serde_json::Value;

/// The schema of the messages that `gs-fit` prints.
fn fit_message_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| serde_json::from_str(include_str!("../../docs/fit-message.schema.json")).unwrap())
}

/// The faults of a message that `gs-fit` has printed; empty if it is valid.
pub fn fit_message_faults(message: &Value) -> Vec<String> {
    let mut check = Check { our_own: false, faults: Vec::new() };
    check.value(fit_message_schema(), message, "message");
    check.faults
}

/// The schema.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| serde_json::from_str(include_str!("../../docs/record.schema.json")).unwrap())
}

/// The faults of a record; empty if it is valid. A field that the schema does not describe is only a fault if our own
/// commands wrote the record (`our_own`).
pub fn faults(record: &Value, our_own: bool) -> Vec<String> {
    let mut check = Check { our_own, faults: Vec::new() };
    check.value(schema(), record, "record");
    check.faults
}

struct Check {
    our_own: bool,
    faults: Vec<String>,
}

impl Check {
    fn fault(&mut self, at: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{at}: {what}"));
    }

    fn is_good(&self, schema: &Value, value: &Value) -> bool {
        let mut check = Check { our_own: self.our_own, faults: Vec::new() };
        check.value(schema, value, "");
        check.faults.is_empty()
    }

    fn value(&mut self, rules: &Value, value: &Value, at: &str) {
        for (word, rule) in rules.as_object().unwrap() {
            match word.as_str() {
                "$ref" => {
                    let path = rule.as_str().unwrap().trim_start_matches('#');
                    self.value(schema().pointer(path).unwrap(), value, at);
                }
                "type" if !is_of(rule, value) => self.fault(at, format!("{value} is not of type {rule}")),
                "const" if rule != value => self.fault(at, format!("{value} is not {rule}")),
                "required" => {
                    let names = rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                    names
                        .filter(|name| value.get(name).is_none())
                        .for_each(|name| self.fault(at, format!("no {name}")));
                }
                "properties" => {
                    for (name, rules) in rule.as_object().unwrap() {
                        if let Some(value) = value.get(name) {
                            self.value(rules, value, &format!("{at}.{name}"));
                        }
                    }
                }
                "additionalProperties" => {
                    assert_eq!(*rule, true);
                    // An object without properties may have any.
                    let Some(known) = rules["properties"].as_object() else { continue };
                    let is_described = |name: &String| known.contains_key(name) || (at == "record" && name == "type");
                    let undescribed = value.as_object().into_iter().flat_map(|fields| fields.keys());
                    let undescribed: Vec<&String> =
                        undescribed.filter(|name| self.our_own && !is_described(name)).collect();
                    undescribed.iter().for_each(|name| self.fault(at, format!("nobody tells of {name}")));
                }
                "items" => {
                    let items = value.as_array().into_iter().flatten().enumerate();
                    items.for_each(|(number, value)| self.value(rule, value, &format!("{at}[{number}]")));
                }
                "allOf" => rule.as_array().unwrap().iter().for_each(|rules| self.value(rules, value, at)),
                "anyOf" if !rule.as_array().unwrap().iter().any(|rules| self.is_good(rules, value)) => {
                    // The first alternative shows the fault: the others are "null", or fixed words.
                    self.value(&rule[0], value, at);
                    self.fault(at, format!("{value} matches no alternative"));
                }
                "oneOf" => self.one_of(rule.as_array().unwrap(), value, at),
                "not" if self.is_good(rule, value) => self.fault(at, format!("{value} is excluded")),
                "enum" if !rule.as_array().unwrap().contains(value) => {
                    self.fault(at, format!("{value} is none of {rule}"));
                }
                "minItems" if value.as_array().is_some_and(|items| (items.len() as u64) < rule.as_u64().unwrap()) => {
                    self.fault(at, format!("{value} has less than {rule} items"));
                }
                "maxItems" if value.as_array().is_some_and(|items| (items.len() as u64) > rule.as_u64().unwrap()) => {
                    self.fault(at, format!("{value} has more than {rule} items"));
                }
                "if" if self.is_good(rule, value) => self.value(&rules["then"], value, at),
                "minimum" if value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap()) => {
                    self.fault(at, format!("{value} is less than {rule}"));
                }
                "format" if rule == "date-time" && value.is_string() => {
                    let is_time = value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok();
                    if !is_time {
                        self.fault(at, format!("{value} is not a time"));
                    }
                }
                "$schema" | "$defs" | "title" | "description" | "examples" | "type" | "const" | "anyOf" | "if"
                | "then" | "minimum" | "format" | "not" | "enum" | "minItems" | "maxItems" => {}
                word => panic!("the keyword {word:?} of the schema is not supported here"),
            }
        }
    }
}

impl Check {
    /// Checks a reason: it has a code, the parameters of that code only, and the text.
    fn one_of(&mut self, all: &[Value], value: &Value, at: &str) {
        let good: Vec<&Value> = all.iter().filter(|rules| self.is_good(rules, value)).collect();
        let [rules] = good[..] else {
            // The alternative with the same code shows the fault.
            let code = |rules: &&Value| rules.pointer("/properties/code/const") == value.get("code");
            if let Some(rules) = all.iter().find(code) {
                self.value(rules, value, at);
            }
            return self.fault(at, format!("{value} matches {} alternatives, not one", good.len()));
        };
        let undescribed = value.as_object().into_iter().flat_map(|fields| fields.keys());
        let is_described = |name: &String| rules["properties"].get(name).is_some() || name == "text";
        let undescribed: Vec<&String> = undescribed.filter(|name| self.our_own && !is_described(name)).collect();
        undescribed.iter().for_each(|name| self.fault(at, format!("nobody tells of {name}")));
    }
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let kinds = kinds.as_array().map_or_else(|| std::slice::from_ref(kinds), Vec::as_slice);
    kinds.iter().any(|kind| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        kind => panic!("{kind}"),
    })
}
