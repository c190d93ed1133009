//! `$select`, `$filter`, `$top` and `$skiptoken`, as far as they are served.

use crate::refusal;
use serde_json::{Map, Value, json};
use tenant_wire::answer::Answer;
use tenant_wire::forms::Form;

/// What a request makes of its objects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query<'a> {
    select: Vec<&'a str>,
    filter: Option<(&'a str, &'a str)>,
    top: usize,
    skip: usize,
}

impl<'a> Query<'a> {
    /// What a query says.
    ///
    /// # Errors
    /// A refusal for what is not served.
    pub(crate) fn of(form: &'a Form) -> Result<Query<'a>, Answer> {
        let select = form.get("$select").map(|names| names.split(',').map(str::trim).collect());
        let filter = form.get("$filter").map(filter).transpose()?;
        let top = form.get("$top").map_or(Ok(MOST), str::parse);
        let top = top.map_err(|_| unsupported("$top takes a number."))?;
        let skip = form.get("$skiptoken").map_or(Ok(0), str::parse);
        let skip = skip.map_err(|_| unsupported("$skiptoken is not one that was given."))?;
        Ok(Query { select: select.unwrap_or_default(), filter, top, skip })
    }

    /// The members of an object that are wanted.
    pub(crate) fn selected(&self, object: Value) -> Value {
        let Value::Object(members) = object else { return object };
        let wanted = |name: &String| self.select.is_empty() || self.select.iter().any(|it| it == name);
        Value::Object(members.into_iter().filter(|(name, _)| wanted(name)).collect::<Map<_, _>>())
    }

    /// The reply with those of the objects that are wanted, one page of them; the next is below the address.
    pub(crate) fn list(&self, kind: &str, address: &str, objects: Vec<Value>) -> Answer {
        let same = |object: &Value| {
            self.filter.is_none_or(|(name, value)| object[name].as_str().is_some_and(|it| it == value))
        };
        let wanted: Vec<Value> = objects.into_iter().filter(same).collect();
        let (count, end) = (wanted.len(), self.skip.saturating_add(self.top));
        let page = wanted.into_iter().skip(self.skip).take(self.top).map(|object| self.selected(object));
        let context = format!("https://graph.microsoft.com/v1.0/$metadata#{kind}");
        let mut answer = Answer::ok(json!({ "@odata.context": context, "value": page.collect::<Vec<_>>() }));
        if end < count {
            let select = if self.select.is_empty() {
                String::new()
            } else {
                format!("$select={}&", self.select.join(","))
            };
            let next = format!("{address}?{select}$top={}&$skiptoken={end}", self.top);
            answer.set("@odata.nextLink", json!(next));
        }
        answer
    }
}

/// `name eq 'value'`.
fn filter(text: &str) -> Result<(&str, &str), Answer> {
    let equal = text.split_once(" eq ").map(|(name, value)| (name.trim(), value.trim()));
    let quoted = equal.and_then(|(name, value)| Some((name, value.strip_prefix('\'')?.strip_suffix('\'')?)));
    quoted.filter(|(name, _)| FILTERED.contains(name)).ok_or_else(|| {
        unsupported(&format!("entra-simulator serves $filter=NAME eq 'VALUE' for {}.", FILTERED.join(", ")))
    })
}

fn unsupported(text: &str) -> Answer {
    refusal(400, "Request_UnsupportedQuery", text)
}

const FILTERED: [&str; 3] = ["deviceId", "displayName", "id"];
/// As many as Graph gives in one reply.
const MOST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use tenant_wire::answer::Body;

    fn listed(query: &str) -> Value {
        let form = Form::parse(query.as_bytes());
        let objects =
            vec![json!({ "id": "1", "displayName": "a" }), json!({ "id": "2", "displayName": "b" })];
        let (Ok(answer) | Err(answer)) =
            Query::of(&form).map(|query| query.list("devices", "https://g/x", objects));
        let Body::Json(body) = answer.body else { panic!("no JSON") };
        if let Some(next) = body.get("@odata.nextLink") {
            return json!([body["value"], next]);
        }
        if answer.status == 200 { body["value"].clone() } else { body["error"]["code"].clone() }
    }

    #[test]
    fn objects_are_chosen_and_cut() {
        for (query, wanted) in [
            ("", json!([{ "id": "1", "displayName": "a" }, { "id": "2", "displayName": "b" }])),
            ("$select=id", json!([{ "id": "1" }, { "id": "2" }])),
            ("$filter=displayName eq 'b'&$select=id", json!([{ "id": "2" }])),
            ("$filter=displayName eq 'c'", json!([])),
            ("$top=1&$select=id", json!([[{ "id": "1" }], "https://g/x?$select=id&$top=1&$skiptoken=1"])),
            ("$top=1&$select=id&$skiptoken=1", json!([{ "id": "2" }])),
            ("$select=id&$skiptoken=9", json!([])),
            ("$skiptoken=x", json!("Request_UnsupportedQuery")),
            ("$filter=startswith(displayName,'a')", json!("Request_UnsupportedQuery")),
            ("$filter=owner eq 'a'", json!("Request_UnsupportedQuery")),
            ("$top=x", json!("Request_UnsupportedQuery")),
        ] {
            assert_eq!(listed(query), wanted, "{query}");
        }
    }
}
