use model::{ObjectId, Upn};
use std::fmt;

/// `pam_allow_groups` and `sudo_groups`: people by name, and groups of the directory by object id, because names of
/// groups are not unique.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeopleAndGroups {
    /// The people, each once.
    pub people: Vec<Upn>,
    /// The groups, each once.
    pub groups: Vec<ObjectId>,
}

impl PeopleAndGroups {
    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.groups.is_empty()
    }

    /// Takes in everybody of another list.
    pub fn extend(&mut self, other: PeopleAndGroups) {
        other.people.into_iter().for_each(|name| self.add_person(name));
        other.groups.into_iter().for_each(|group| self.add_group(group));
    }

    /// Takes in a person.
    pub fn add_person(&mut self, name: Upn) {
        if !self.people.contains(&name) {
            self.people.push(name);
        }
    }

    /// Takes in the members of a group.
    pub fn add_group(&mut self, group: ObjectId) {
        if !self.groups.contains(&group) {
            self.groups.push(group);
        }
    }
}

impl fmt::Display for PeopleAndGroups {
    /// As the option is written: the people, then the groups.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let people = self.people.iter().map(ToString::to_string);
        let all: Vec<String> = people.chain(self.groups.iter().map(ToString::to_string)).collect();
        out.write_str(&all.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lists_are_one_without_repetitions() {
        let group: ObjectId = "11112222-3333-4444-5555-666677778888".parse().unwrap();
        let person = |name: &str| name.parse::<Upn>().unwrap();
        let mut list = PeopleAndGroups { people: vec![person("a@b.c")], groups: vec![group] };
        list.extend(PeopleAndGroups { people: vec![person("A@b.c"), person("d@b.c")], groups: vec![group] });
        assert_eq!(list.to_string(), "a@b.c,d@b.c,11112222-3333-4444-5555-666677778888");
        assert!(!list.is_empty() && PeopleAndGroups::default().is_empty());
    }
}
