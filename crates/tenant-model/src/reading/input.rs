//! A JSON value as the input of serde: it asks for one kind of value at a time, so what is wrong is known as such.

use super::wrong::{What, Wrong};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// A value that is still to be read, and what its numbers count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json<'a> {
    value: &'a Value,
    unit: &'static str,
}

impl<'a> Json<'a> {
    pub(super) fn new(value: &'a Value) -> Json<'a> {
        Json { value, unit: "" }
    }

    /// The value of a member, whose name ends with its unit.
    fn member(name: &str, value: &'a Value) -> Json<'a> {
        let named = |(end, _): &&(&str, &str)| name == *end || name.ends_with(&format!("_{end}"));
        Json { value, unit: UNITS.iter().find(named).map_or("", |(_, unit)| unit) }
    }

    fn wanted(&self, wanted: &str) -> Wrong {
        Wrong::kind(wanted, found(self.value))
    }

    /// A whole number; one that does not fit is told with the bounds, where a person may have met them.
    fn whole<N: TryFrom<i128> + Into<i128> + Copy>(&self, least: N, most: N) -> Result<N, Wrong> {
        let Value::Number(number) = self.value else {
            return Err(self.wanted(&format!("a number{}", self.unit)));
        };
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        let fitting = whole.and_then(|number| N::try_from(number).ok());
        let bounds = match most.into() {
            most if most < i128::from(i64::MAX) => format!(" from {} to {most}", least.into()),
            _ if least.into() == 0 => " from 0".to_owned(),
            _ => String::new(),
        };
        fitting.ok_or_else(|| self.wanted(&format!("a whole number{}{bounds}", self.unit)))
    }

    fn text(&self) -> Result<&'a str, Wrong> {
        self.value.as_str().ok_or_else(|| self.wanted("text"))
    }

    fn object(&self) -> Result<&'a Map<String, Value>, Wrong> {
        self.value.as_object().ok_or_else(|| self.wanted("an object"))
    }
}

/// What a member counts, by the end of its name.
const UNITS: [(&str, &str); 4] =
    [("s", " of seconds"), ("ms", " of milliseconds"), ("days", " of days"), ("bytes", " of bytes")];

fn found(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(_) => "text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $kind:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            visitor.$visit(self.whole(<$kind>::MIN, <$kind>::MAX)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = Wrong;

    whole_numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(it) => visitor.visit_bool(*it),
            Value::String(it) => visitor.visit_borrowed_str(it),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Value::Object(members) => visitor.visit_map(Members::all(members)),
            Value::Number(it) => match (it.as_u64(), it.as_i64(), it.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (None, Some(number), _) => visitor.visit_i64(number),
                (None, None, number) => visitor.visit_f64(number.unwrap_or_default()),
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_bool(self.value.as_bool().ok_or_else(|| self.wanted("true or false"))?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_f64(self.value.as_f64().ok_or_else(|| self.wanted("a number"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let items = self.value.as_array().ok_or_else(|| self.wanted("a list"))?;
        visitor.visit_seq(Items { items: items.iter().enumerate() })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Wrong> {
        match self.value.as_array().map(Vec::len) {
            Some(found) if found != length => {
                Err(Wrong::kind(format!("a list of {length}"), format!("a list of {found}")))
            }
            _ => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(Members::all(self.object()?))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let (word, members) = match self.value {
            Value::String(word) => (word.as_str(), None),
            Value::Object(members) => {
                let word = members.get(KIND).ok_or_else(|| <Wrong as de::Error>::missing_field(KIND))?;
                (Json::new(word).text().map_err(|wrong| wrong.in_member(KIND))?, Some(members))
            }
            _ => return Err(self.wanted(&format!("one of {}", words.join(", ")))),
        };
        if !words.contains(&word) {
            return Err(<Wrong as de::Error>::unknown_variant(word, words));
        }
        visitor.visit_enum(Variant { word, members })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 char bytes byte_buf unit unit_struct tuple_struct identifier
    }
}

struct Items<I> {
    items: I,
}

impl<'de, I: Iterator<Item = (usize, &'de Value)>> de::SeqAccess<'de> for Items<I> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some((index, value)) = self.items.next() else { return Ok(None) };
        seed.deserialize(Json::new(value)).map(Some).map_err(|wrong| wrong.in_item(index))
    }
}

struct Members<'de> {
    members: Option<serde_json::map::Iter<'de>>,
    /// A member that is none of them.
    without: Option<&'static str>,
    due: Option<(&'de String, &'de Value)>,
}

impl<'de> Members<'de> {
    fn all(members: &'de Map<String, Value>) -> Members<'de> {
        Members { members: Some(members.iter()), without: None, due: None }
    }
}

impl<'de> de::MapAccess<'de> for Members<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let without = self.without;
        self.due = self.members.as_mut().and_then(|it| it.find(|(name, _)| Some(name.as_str()) != without));
        let Some((name, _)) = self.due else { return Ok(None) };
        let name: StrDeserializer<'_, Wrong> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((name, value)) = self.due.take() else { return Err(Wrong::rule("a name has no value")) };
        seed.deserialize(Json::member(name, value)).map_err(|wrong| wrong.in_member(name))
    }
}

/// A word, and its members where it is written as an object.
struct Variant<'de> {
    word: &'de str,
    members: Option<&'de Map<String, Value>>,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = Wrong;
    type Variant = Variant<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Variant<'de>), Wrong> {
        let word: StrDeserializer<'_, Wrong> = self.word.into_deserializer();
        Ok((seed.deserialize(word)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        let other = self.members.and_then(|it| it.keys().find(|name| name.as_str() != KIND));
        let (Some(member), word) = (other.cloned(), self.word.to_owned()) else { return Ok(()) };
        Err(Wrong::of(What::NoMembers { word, member }))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Wrong> {
        Err(Wrong::rule("a variant with a nameless value cannot be written"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Wrong> {
        Err(Wrong::rule("a variant with nameless values cannot be written"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let members = self.members.map(serde_json::Map::iter);
        visitor.visit_map(Members { members, without: Some(KIND), due: None })
    }
}

/// The member that holds the word of a variant with members.
const KIND: &str = "kind";
