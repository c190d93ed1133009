use crate::Language;

/// A message in every language, in the order of [`Language::ALL`].
pub(crate) struct Sentence(pub(crate) [&'static [Part]; Language::ALL.len()]);

/// What a message is made of.
pub(crate) enum Part {
    Text(&'static str),
    /// What the field of this name says.
    Field(&'static str),
    /// The one for one, and the other for any other number that the field says.
    Count(&'static str, &'static [Part], &'static [Part]),
}

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

impl Sentence {
    pub(crate) fn say(&self, language: Language, fields: &[(&str, Value<'_>)]) -> String {
        let mut out = String::new();
        let parts = self.0.get(language as usize).copied().unwrap_or_default();
        write(&mut out, (language, parts), fields);
        out
    }
}

fn write(out: &mut String, (language, parts): (Language, &[Part]), fields: &[(&str, Value<'_>)]) {
    let of = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Field(name) => match of(name) {
                Some(Value::Text(text)) => out.push_str(text),
                Some(Value::Number(number)) => out.push_str(&number.to_string()),
                None => {}
            },
            Part::Count(name, one, other) => {
                let is_one =
                    matches!(of(name), Some(Value::Number(number)) if language.counts_as_one(number));
                write(out, (language, if is_one { one } else { other }), fields);
            }
        }
    }
}
