//! Which files of a crate use each other in a circle, as far as their texts tell.
//!
//! Names that are passed on count for the file that has them; tests are passed over. Nothing is read or run here.

mod source;

use source::{Source, Use};
use std::collections::{BTreeMap, BTreeSet};

/// Re-exports that one name is followed through.
const FURTHEST: usize = 8;

/// Which file of a crate uses which others; each text stands beside its path below `src`.
pub fn arrows(texts: &[(String, String)]) -> Arrows {
    Modules::new(texts).arrows()
}

/// Which file uses which others, each by its path below `src`.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Sets of two files and more that reach each other, each as large as it can be.
pub fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|file| (file.as_str(), reach(arrows, file))).collect();
    let circle = |file: &&str| -> BTreeSet<&str> {
        reached[file].iter().filter(|other| reached[*other].contains(file)).copied().collect()
    };
    reached.keys().map(circle).filter(|circle| circle.len() > 1).collect()
}

fn reach<'a>(arrows: &'a Arrows, from: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        next.extend(arrows[file].iter().map(String::as_str).filter(|to| seen.insert(*to)));
    }
    seen
}

/// The module path of a file below `src`; that of the crate is empty.
type Module = Vec<String>;

/// Where a path leads.
enum Target {
    /// To a name or a module of the crate.
    Here(Module),
    /// To another crate.
    Elsewhere,
    /// To a name that no text tells, as that of a macro's item.
    Unknown,
}

struct Modules(BTreeMap<Module, (String, Source)>);

impl Modules {
    fn new(texts: &[(String, String)]) -> Modules {
        let all = texts.iter().map(|(file, text)| (module(file), (file.clone(), source::read(text))));
        let mut modules: BTreeMap<Module, (String, Source)> = all.collect();
        let tests = modules.iter().flat_map(|(module, (_, source))| {
            source.test_modules.iter().map(|name| [&module[..], std::slice::from_ref(name)].concat())
        });
        let tests: Vec<Module> = tests.collect();
        modules.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Modules(modules)
    }

    fn arrows(&self) -> Arrows {
        let of = |(module, (file, source)): (&Module, &(String, Source))| {
            let to = self.used(module, source).into_iter().filter(|to| to != module);
            (file.clone(), to.filter_map(|to| self.0.get(&to)).map(|(file, _)| file.clone()).collect())
        };
        self.0.iter().map(of).collect()
    }

    /// The modules that a file uses; a name that it only passes on does not count.
    fn used(&self, module: &Module, source: &Source) -> Vec<Module> {
        let is_used = |used: &&Use| !used.is_public || source.mentions.contains(&used.name);
        let (all, single): (Vec<&Use>, Vec<&Use>) = source.uses.iter().partition(|used| used.name == "*");
        let single = single.into_iter().filter(is_used).map(|used| used.path.clone());
        let of_all = all.into_iter().flat_map(|used| {
            source.mentions.iter().filter_map(|name| {
                match self.strict(module, &[&used.path[..], std::slice::from_ref(name)].concat(), FURTHEST) {
                    Target::Here(module) => Some(module),
                    Target::Elsewhere | Target::Unknown => None,
                }
            })
        });
        let paths = single.chain(source.paths.iter().cloned());
        let named = paths.filter_map(|path| match self.target(module, &path, FURTHEST) {
            Target::Here(module) => Some(module),
            Target::Elsewhere | Target::Unknown => None,
        });
        named.chain(of_all).collect()
    }

    /// Where a path leads; for a name that is not known, to the module that should have it.
    fn target(&self, from: &[String], path: &[String], further: usize) -> Target {
        for length in (1..=path.len()).rev() {
            match self.strict(from, &path[..length], further) {
                Target::Unknown => {}
                known => return known,
            }
        }
        Target::Unknown
    }

    fn strict(&self, from: &[String], path: &[String], further: usize) -> Target {
        let mut at = from.to_vec();
        let mut rest = path;
        while let Some((first, more)) = rest.split_first() {
            match first.as_str() {
                "::" => return Target::Elsewhere,
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ => break,
            }
            rest = more;
        }
        while let Some((name, more)) = rest.split_first() {
            let below = [&at[..], std::slice::from_ref(name)].concat();
            if !self.0.contains_key(&below) {
                return self.named(&at, rest, further);
            }
            (at, rest) = (below, more);
        }
        Target::Here(at)
    }

    /// Where a name leads that is no module below this one.
    fn named(&self, at: &[String], path: &[String], further: usize) -> Target {
        let (Some((_, source)), Some((name, more))) = (self.0.get(at), path.split_first()) else {
            return Target::Unknown;
        };
        if source.defines.contains(name) {
            return Target::Here(at.to_vec());
        }
        if at.is_empty()
            && let Some((module, _)) = self.0.iter().find(|(_, (_, source))| source.macros.contains(name))
        {
            return Target::Here(module.clone());
        }
        let Some(further) = further.checked_sub(1) else { return Target::Unknown };
        if let Some(used) = source.uses.iter().find(|used| used.name == *name && used.path != *path) {
            return match self.target(at, &[&used.path[..], more].concat(), further) {
                Target::Unknown => Target::Elsewhere,
                known => known,
            };
        }
        let mut found = Target::Unknown;
        for used in source.uses.iter().filter(|used| used.name == "*") {
            match self.strict(at, &[&used.path[..], path].concat(), further) {
                Target::Here(module) => return Target::Here(module),
                Target::Elsewhere => found = Target::Elsewhere,
                Target::Unknown if matches!(self.target(at, &used.path, further), Target::Here(_)) => {}
                Target::Unknown => found = Target::Elsewhere,
            }
        }
        found
    }
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module(file: &str) -> Module {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let parts = path.split('/').filter(|_| !["lib", "main"].contains(&path));
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_names_of_other_crates_and_names_passed_on_make_no_circle() {
        let library =
            "mod a;\nmod b;\nmod c;\nmod d;\n#[cfg(test)]\nmod pages;\npub use d::D;\nuse ::machine::Id;";
        let files = [
            ("lib.rs", library),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::{D, Id};"),
            ("d.rs", "pub struct D;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}"),
            ("pages.rs", "use crate::{a::A, b, c, d};"),
        ];
        let texts = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
        let arrows = arrows(&texts);
        assert!(circles(&arrows).is_empty());
        assert!(arrows["d.rs"].is_empty() && arrows["lib.rs"].is_empty());
        assert!(!arrows.contains_key("pages.rs"));
        assert_eq!(arrows["c.rs"], BTreeSet::from(["d.rs".to_owned()]));
    }

    #[test]
    fn a_macro_belongs_to_the_file_that_has_it() {
        let files = [
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "use crate::m;\nm!();"),
            ("b.rs", "macro_rules! m { () => {} }"),
        ];
        let texts = files.map(|(file, text)| (file.to_owned(), text.to_owned()));
        assert_eq!(arrows(&texts)["a.rs"], BTreeSet::from(["b.rs".to_owned()]));
    }
}
