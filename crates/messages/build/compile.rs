//! From the files of Fluent to tables: what is read of them, and what must be the same in every language.

use fluent_syntax::ast::{
    Attribute, Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey,
};
use std::collections::{BTreeMap, BTreeSet};

/// The languages, in the order of the tables; the first one is the original.
pub(crate) const TAGS: [&str; 5] = ["en", "de", "fr", "es", "ja"];

/// Messages that English has from where they are made: what was refused, told and waited for by the daemon.
const NOT_IN_ENGLISH: [&str; 4] = ["refusal-", "said-", "waits-", "who-"];

/// What a message is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Field(String),
    /// By how many a field says there are: one, or any other number.
    Count(String, Vec<Part>, Vec<Part>),
}

/// The messages of one language by their keys; an attribute stands behind a dot.
pub(crate) type Messages = BTreeMap<String, Vec<Part>>;

/// Reads a file.
///
/// # Errors
/// What is no Fluent, what stands there twice, and what is not used here: terms, functions, messages within messages,
/// text of several lines.
pub(crate) fn read(text: &str) -> Result<Messages, String> {
    let resource = fluent_syntax::parser::parse(text).map_err(|(_, errors)| {
        let first = errors.first();
        first.map_or_else(|| "no Fluent".to_owned(), |error| format!("{error} at byte {}", error.pos.start))
    })?;
    let mut messages = Messages::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let key = message.id.name;
                let value = message.value.ok_or_else(|| format!("{key} has no text"))?;
                add(&mut messages, key, &value)?;
                for Attribute { id, value } in &message.attributes {
                    add(&mut messages, &format!("{key}.{}", id.name), value)?;
                }
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(term) => return Err(format!("-{} is a term, and none is used here", term.id.name)),
            Entry::Junk { content } => return Err(format!("no Fluent: {content}")),
        }
    }
    Ok(messages)
}

fn add(messages: &mut Messages, key: &str, pattern: &Pattern<&str>) -> Result<(), String> {
    let parts = parts(pattern).map_err(|why| format!("{key}: {why}"))?;
    match messages.insert(key.to_owned(), parts) {
        None => Ok(()),
        Some(_) => Err(format!("{key} stands there twice")),
    }
}

fn parts(pattern: &Pattern<&str>) -> Result<Vec<Part>, String> {
    pattern.elements.iter().map(part).collect()
}

fn part(element: &PatternElement<&str>) -> Result<Part, String> {
    match element {
        PatternElement::TextElement { value } => text(value),
        PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::VariableReference { id }),
        } => Ok(Part::Field(id.name.to_owned())),
        PatternElement::Placeable {
            expression: Expression::Inline(InlineExpression::StringLiteral { value }),
        } => text(value),
        PatternElement::Placeable {
            expression: Expression::Select { selector: InlineExpression::VariableReference { id }, variants },
        } => Ok(Part::Count(id.name.to_owned(), variant(variants, "one")?, variant(variants, "other")?)),
        PatternElement::Placeable { .. } => Err("only fields and numbers of them are used here".to_owned()),
    }
}

/// Text without what a table writes its parts with.
fn text(value: &str) -> Result<Part, String> {
    match value {
        lines if lines.contains('\n') => Err("it has two lines".to_owned()),
        marks if marks.contains(['{', '}', '|', '\0', '\\']) => Err("it has a mark of the tables".to_owned()),
        plain => Ok(Part::Text(plain.to_owned())),
    }
}

/// The one or the other.
fn variant(variants: &[Variant<&str>], wanted: &str) -> Result<Vec<Part>, String> {
    let is_wanted = |it: &&Variant<&str>| matches!(it.key, VariantKey::Identifier { name } if name == wanted);
    match variants.iter().find(is_wanted) {
        Some(found) if variants.len() == 2 => {
            let parts = parts(&found.value)?;
            let nested = parts.iter().any(|part| matches!(part, Part::Count(..)));
            if nested { Err("a number within a number".to_owned()) } else { Ok(parts) }
        }
        _ => Err("a number has the variants one and other".to_owned()),
    }
}

/// Each message with the same fields in every language, and none in one alone.
///
/// # Errors
/// The first message of which that is not so.
pub(crate) fn compare(languages: &[Messages]) -> Result<(), String> {
    let keys: BTreeSet<&String> = languages.iter().flat_map(|messages| messages.keys()).collect();
    for key in keys {
        let translated_only = NOT_IN_ENGLISH.iter().any(|kind| key.starts_with(kind));
        let mut wanted: Option<BTreeSet<&str>> = None;
        for (tag, messages) in TAGS.iter().zip(languages) {
            let found = messages.get(key);
            if translated_only && *tag == "en" {
                match found {
                    None => continue,
                    Some(_) => return Err(format!("{key}: English has it from where it is made")),
                }
            }
            let parts = found.ok_or_else(|| format!("{key} is missing in {tag}"))?;
            let fields = fields(parts);
            if wanted.as_ref().is_some_and(|wanted| *wanted != fields) {
                return Err(format!("{key} has other fields in {tag}: {fields:?} for {wanted:?}"));
            }
            wanted = Some(fields);
        }
    }
    Ok(())
}

fn fields(parts: &[Part]) -> BTreeSet<&str> {
    parts
        .iter()
        .flat_map(|part| match part {
            Part::Text(_) => BTreeSet::new(),
            Part::Field(name) => BTreeSet::from([name.as_str()]),
            Part::Count(name, one, other) => {
                let mut all = fields(one);
                all.extend(fields(other));
                all.insert(name.as_str());
                all
            }
        })
        .collect()
}

/// A static for each message, with its text in each language; `Sentence` says how a text is written.
pub(crate) fn tables(languages: &[Messages]) -> String {
    let keys: BTreeSet<&String> = languages.iter().flat_map(|messages| messages.keys()).collect();
    let mut out = String::new();
    for key in keys {
        let texts: Vec<String> =
            languages.iter().map(|messages| written(messages.get(key).map_or(&[], Vec::as_slice))).collect();
        let name = key.replace(['-', '.'], "_").to_uppercase();
        // A digit may follow what stands between two languages: `\0` would read as another character there.
        let literal = format!("{:?}", texts.join("\0")).replace("\\0", "\\u{0}");
        out.push_str(&format!("pub(crate) static {name}: Sentence = Sentence({literal});\n"));
    }
    out
}

fn written(parts: &[Part]) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Field(name) => format!("{{{name}}}"),
        Part::Count(name, one, other) => format!("{{{name}|{}|{}}}", written(one), written(other)),
    };
    parts.iter().map(part).collect()
}
