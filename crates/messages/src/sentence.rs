use crate::Language;

/// A message in every language, in the order of [`Language::ALL`], with [`BETWEEN`] between them: one text without a
/// pointer for each part, because every pointer costs a relocation in every process that loads the module.
///
/// `{name}` stands for what a field says, and `{name|one|other}` for the first text where that is one.
pub(crate) struct Sentence(pub(crate) &'static str);

/// What stands between two languages; in no text.
const BETWEEN: char = '\0';

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

impl Sentence {
    pub(crate) fn say(&self, language: Language, fields: &[(&str, Value<'_>)]) -> String {
        let text = self.0.split(BETWEEN).nth(language as usize).unwrap_or_default();
        let mut out = String::with_capacity(text.len());
        write(&mut out, (language, text), fields);
        out
    }
}

fn write(out: &mut String, (language, text): (Language, &str), fields: &[(&str, Value<'_>)]) {
    let mut rest = text;
    while let Some((before, inside, behind)) = braces(rest) {
        out.push_str(before);
        let (name, choice) =
            inside.split_once('|').map_or((inside, None), |(name, texts)| (name, Some(texts)));
        let value = fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
        match (choice.and_then(|texts| texts.split_once('|')), value) {
            (Some((one, other)), _) => {
                let is_one = matches!(value, Some(Value::Number(number)) if language.counts_as_one(number));
                write(out, (language, if is_one { one } else { other }), fields);
            }
            (None, Some(Value::Text(text))) => out.push_str(text),
            (None, Some(Value::Number(number))) => out.push_str(&number.to_string()),
            (None, None) => {}
        }
        rest = behind;
    }
    out.push_str(rest);
}

/// What stands before the first pair of braces, in it, and behind it.
fn braces(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = text.split_once('{')?;
    let mut depth = 1;
    let close = from.char_indices().find(|(_, c)| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        depth == 0
    });
    let (at, _) = close?;
    Some((before, from.get(..at)?, from.get(at + 1..)?))
}
