use crate::{Heading, ReplyError, Service, heading};
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value};

/// The JSON object of a reply, and what its headers say.
#[derive(Debug, Clone)]
pub struct Document {
    from: Service,
    heading: Heading,
    map: Map<String, Value>,
}

/// The members of a JSON object by name and type. A name is found whatever its case, since services change it
/// (entra.md 5.7, intune.md 2.3); null counts as absent.
#[derive(Debug, Clone, Copy)]
pub struct Members<'a> {
    from: Service,
    heading: &'a Heading,
    /// The name of this object; empty for the whole answer.
    within: &'a str,
    map: &'a Map<String, Value>,
}

/// The JSON object of a body, whatever its status.
///
/// # Errors
/// [`ReplyError`]: no JSON, or JSON that is no object.
pub fn object(reply: &Response<Bytes>, from: Service) -> Result<Document, ReplyError> {
    let heading = heading(reply);
    match serde_json::from_slice(reply.body()) {
        Ok(value) if Value::is_object(&value) || !model::is_busy(heading.status()) => {
            Document::new(value, from, heading)
        }
        _ => Err(ReplyError::of_page(reply, from)),
    }
}

impl Document {
    /// A body that was kept, whose headers are told elsewhere.
    ///
    /// # Errors
    /// [`ReplyError`]: no JSON, or JSON that is no object.
    pub fn stored(body: &[u8], from: Service) -> Result<Document, ReplyError> {
        let wrong = |_| misfit(from, &Heading::default(), "the whole answer", "what is no JSON", OBJECT);
        Document::new(serde_json::from_slice(body).map_err(wrong)?, from, Heading::default())
    }

    fn new(value: Value, from: Service, heading: Heading) -> Result<Document, ReplyError> {
        match value {
            Value::Object(map) => Ok(Document { from, heading, map }),
            other => Err(misfit(from, &heading, "the whole answer", kind(Some(&other)), OBJECT)),
        }
    }

    /// Its members.
    pub fn members(&self) -> Members<'_> {
        Members { from: self.from, heading: &self.heading, within: "", map: &self.map }
    }

    /// What the headers of its reply say.
    pub fn heading(&self) -> &Heading {
        &self.heading
    }
}

impl<'a> Members<'a> {
    /// A member of any type.
    pub fn get(self, name: &str) -> Option<&'a Value> {
        let found = self.map.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
        found.map(|(_, value)| value)
    }

    /// A text.
    ///
    /// # Errors
    /// [`ReplyError::Member`] for another type; so do the others.
    pub fn text(self, name: &str) -> Result<Option<&'a str>, ReplyError> {
        self.typed(name, TEXT, Value::as_str)
    }

    /// A text that must be there and not empty.
    ///
    /// # Errors
    /// [`ReplyError::Member`].
    pub fn required_text(self, name: &str) -> Result<&'a str, ReplyError> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| self.wrong(name, TEXT))
    }

    /// An object.
    ///
    /// # Errors
    /// [`ReplyError::Member`].
    pub fn object(self, name: &'a str) -> Result<Option<Members<'a>>, ReplyError> {
        let map = self.typed(name, OBJECT, Value::as_object)?;
        Ok(map.map(|map| Members { within: name, map, ..self }))
    }

    /// A list.
    ///
    /// # Errors
    /// [`ReplyError::Member`].
    pub fn list(self, name: &str) -> Result<Option<&'a [Value]>, ReplyError> {
        self.typed(name, LIST, |value| value.as_array().map(Vec::as_slice))
    }

    /// The objects of a list; what is no object is passed over.
    ///
    /// # Errors
    /// [`ReplyError::Member`] for what is no list.
    pub fn objects(self, name: &'a str) -> Result<Option<Vec<Members<'a>>>, ReplyError> {
        let items = self.list(name)?.map(|items| items.iter().filter_map(Value::as_object));
        Ok(items.map(|items| items.map(|map| Members { within: name, map, ..self }).collect()))
    }

    /// True or false.
    ///
    /// # Errors
    /// [`ReplyError::Member`].
    pub fn flag(self, name: &str) -> Result<Option<bool>, ReplyError> {
        self.typed(name, "true or false", Value::as_bool)
    }

    /// Seconds as a number (v2) or as its digits (v1); anything else says nothing of a time.
    pub fn seconds(self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// The error of a member that is absent, or not what it must be.
    pub fn wrong(self, name: &str, wanted: &'static str) -> ReplyError {
        let dot = if self.within.is_empty() { "" } else { "." };
        let member = format!("{}{dot}{name}", self.within);
        misfit(self.from, self.heading, &member, kind(self.get(name)), wanted)
    }

    fn typed<T>(
        self,
        name: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ReplyError> {
        self.get(name).map(|value| read(value).ok_or_else(|| self.wrong(name, wanted))).transpose()
    }
}

fn misfit(
    from: Service,
    heading: &Heading,
    member: &str,
    found: &'static str,
    wanted: &'static str,
) -> ReplyError {
    ReplyError::Member { from, member: member.to_owned(), found, wanted, heading: Box::new(heading.clone()) }
}

fn kind(found: Option<&Value>) -> &'static str {
    match found {
        None | Some(Value::Null) => "nothing",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(text)) if text.is_empty() => "an empty text",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => LIST,
        Some(Value::Object(_)) => OBJECT,
    }
}

const TEXT: &str = "a text";
const LIST: &str = "a list";
const OBJECT: &str = "an object";
