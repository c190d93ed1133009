//! `account import`: what people were by the incumbent, set aside for them through the daemon (login.md 4.6).

use crate::commands::socket;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::options::{ImportOptions, Options};
use crate::output::Output;
use crate::waiting::Waiting;
use account_options::{HomeAttr, IdAttrMap};
use client::{Conversation, Patience};
use config::{DomainSettings, Settings};
use ipc::{AccountEntry, Ending, FailureReport, Message, Request};
use model::{DomainName, Failure, FailureClass, Who, for_terminal};
use names::{HomeName, IdRange};
use serde_json::{Value, json};
use std::path::Path;
use takeover::{
    Evidence, HomeOwner, Person, Sources, Standing, StaticTables, System, TABLE, TakeoverDomain, Wanted,
    judge, judge_groups, passwd_line, read_tables,
};

/// Shows what was found of everybody, and sets it aside where that is asked for.
pub(crate) fn run(
    options: &Options,
    settings: &Settings,
    import: &ImportOptions,
    output: &Output,
) -> Result<Exit, CommandError> {
    let waiting = Waiting::begin("the names of the old module");
    let system = System { root: import.root.clone() };
    let tables = match read(&system) {
        Ok(tables) => tables,
        Err(failure) => {
            output.failed(&FailureReport::from(&failure))?;
            return Ok(Exit::Failed);
        }
    };
    let all = evidence(&system, &tables, &import.names);
    let domains = domains(settings);
    let people = judge(&domains, settings.global.cn_name_mapping, &all, |home| system.owner(home));
    let mut is_fine = !people.iter().any(|it| matches!(it.standing, Standing::Differs(_)));
    let text: String = people.iter().map(shown).collect();
    let nobody = "Nobody is in the table of himmelblau, and no name was given.\n";
    let text = if people.is_empty() { nobody.to_owned() } else { text };
    output.result("people", people.iter().map(document).collect(), &text)?;
    let groups = judge_groups(&domains, &tables.groups);
    let lines: Vec<String> = groups.iter().map(|it| format!("group {}: {}", it.name, it.text)).collect();
    output.result(
        "groups",
        json!(lines),
        &lines.iter().map(|line| format!("{line}\n")).collect::<String>(),
    )?;
    if !import.really {
        output.aside("Nothing was changed: with --really what agrees is set aside.\n")?;
        return Ok(if is_fine { Exit::Done } else { Exit::Failed });
    }
    drop(waiting);
    let _waiting = Waiting::begin("firmamentd to answer");
    is_fine &= set_aside(&socket(options)?, &people, output)?;
    Ok(if is_fine { Exit::Done } else { Exit::Failed })
}

/// The tables; where there is no database there are none.
fn read(system: &System) -> Result<StaticTables, Failure> {
    let file = system.at(TABLE);
    if !file.exists() {
        return Ok(StaticTables::default());
    }
    let advice = "Install sqlite3 and run it as root; without the table, name the people on the command line after \
                  moving it away.";
    let unreadable = |message| {
        Failure::local(FailureClass::Broken, Who::MachineAdmin, "TableNotReadable", message, advice)
    };
    read_tables(system, &file).map_err(|error| unreadable(error.to_string()))
}

/// Who is in the table, and who was named, each once.
fn evidence(system: &impl Sources, tables: &StaticTables, names: &[String]) -> Vec<Evidence> {
    let rows = tables.users.iter().map(|row| (row.name.clone(), Some(row.clone())));
    let is_listed = |name: &String| tables.users.iter().any(|row| row.name.eq_ignore_ascii_case(name));
    let others = names.iter().filter(|name| !is_listed(name)).map(|name| (name.clone(), None));
    let all = rows.chain(others).map(|(name, row)| {
        // Only what can be a name goes to another program.
        let passwd = names::is_name(&name).then(|| system.passwd(&name));
        Evidence { passwd: passwd.as_deref().and_then(passwd_line), name, row }
    });
    all.collect()
}

fn domains(settings: &Settings) -> Vec<TakeoverDomain> {
    let by_name = settings.global.id_attr_map == IdAttrMap::Name;
    let of = |name: &DomainName, domain: &DomainSettings| {
        let range = domain.options.idmap_range;
        TakeoverDomain {
            name: name.clone(),
            range: IdRange::new(range.min(), range.max()).ok().filter(|_| by_name),
            home_prefix: domain.options.home_prefix.clone(),
            home_name: match domain.options.home_alias {
                HomeAttr::Spn => HomeName::Upn,
                HomeAttr::Cn => HomeName::ShortName,
                HomeAttr::Uuid => HomeName::ObjectId,
            },
        }
    };
    let each = settings.domains.iter().flat_map(|domain| {
        let names = [&domain.name].into_iter().chain(&domain.options.domain_aliases);
        names.map(|name| of(name, domain)).collect::<Vec<_>>()
    });
    each.collect()
}

/// A line for people, and one for what is to be said of it.
fn shown(it: &Person) -> String {
    let uid = it.uid.map_or_else(|| "no number".to_owned(), |uid| format!("uid {uid}"));
    let home = it.home.clone().unwrap_or_else(|| "home not known".to_owned());
    let owner = match it.owner {
        HomeOwner::Nobody => "is not there".to_owned(),
        HomeOwner::User(owner) => format!("belongs to {owner}"),
        HomeOwner::BrokenLink => "is a broken link".to_owned(),
    };
    let (word, text) = match &it.standing {
        Standing::Agrees(_, remark) => ("agrees", remark.clone()),
        Standing::Differs(why) => ("differs", Some(why.clone())),
    };
    let text = text.map(|text| format!("\n    {text}")).unwrap_or_default();
    for_terminal(&format!("{}: {uid}, {home} ({owner}): {word}{text}\n", it.name))
}

fn document(it: &Person) -> Value {
    let owner = match it.owner {
        HomeOwner::User(owner) => Some(owner),
        HomeOwner::Nobody | HomeOwner::BrokenLink => None,
    };
    let (agrees, text) = match &it.standing {
        Standing::Agrees(_, remark) => (true, remark.clone()),
        Standing::Differs(why) => (false, Some(why.clone())),
    };
    json!({ "name": it.name, "uid": it.uid, "home": it.home, "owner": owner, "agrees": agrees, "text": text })
}

/// Sets aside what agrees, person by person; whether nobody was refused.
fn set_aside(socket: &Path, people: &[Person], output: &Output) -> Result<bool, CommandError> {
    let Some(known) = known(socket, output)? else { return Ok(false) };
    let (mut lines, mut is_fine) = (Vec::new(), true);
    for person in people {
        let Standing::Agrees(wanted, _) = &person.standing else { continue };
        let before = known.iter().find(|it| it.upn == wanted.upn.as_str() && it.reserved_at.is_none());
        let (line, is_done) = match before {
            Some(account) if account.uid == wanted.uid => ("has this account here already".to_owned(), true),
            Some(account) => (format!("has the number {} here already", account.uid), false),
            None => reserve(socket, wanted)?,
        };
        is_fine &= is_done;
        lines.push(for_terminal(&format!("{}: {line}\n", wanted.upn)));
    }
    output.result("set_aside", json!(lines), &lines.concat())?;
    Ok(is_fine)
}

/// Who has an account here; nobody is told where that was refused, and shown.
fn known(socket: &Path, output: &Output) -> Result<Option<Vec<AccountEntry>>, CommandError> {
    let (mut all, mut refused) = (None, false);
    let mut conversation = Conversation::begin(socket, &Request::Accounts {}, Patience::COMMAND)?;
    loop {
        match conversation.next_message()? {
            Message::Accounts { accounts, .. } => all = Some(accounts),
            Message::Failed { failure } => {
                output.failed(&failure)?;
                refused = true;
            }
            Message::End { .. } if all.is_some() || refused => return Ok(all),
            Message::End { .. } => return Err(CommandError::NoAnswer),
            _ => {}
        }
    }
}

/// What became of one, and whether it is set aside.
fn reserve(socket: &Path, wanted: &Wanted) -> Result<(String, bool), CommandError> {
    let request = Request::ReserveAccount {
        name: wanted.upn.to_string(),
        uid: Some(wanted.uid),
        home: wanted.home.clone(),
    };
    let mut conversation = Conversation::begin(socket, &request, Patience::COMMAND)?;
    let mut refused = None;
    loop {
        match conversation.next_message()? {
            Message::Failed { failure } => refused = Some(failure),
            Message::End { ending: Ending::Done } => return Ok(("is set aside".to_owned(), true)),
            Message::End { .. } => {
                let why = refused.map(|it| format!("{}. {}", it.message, it.advice)).unwrap_or_default();
                return Ok((format!("is refused: {why}"), false));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn settings(text: &str) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("conf");
        fs::write(&file, text).unwrap();
        config::load(&ini::Sources::file(&file)).unwrap().settings
    }

    /// Everybody resolves to one line.
    struct Names(&'static str);

    impl Sources for Names {
        fn sqlite(&self, _: &Path, _: &str) -> Result<String, takeover::TableError> {
            Ok(String::new())
        }

        fn passwd(&self, name: &str) -> String {
            assert!(names::is_name(name), "{name:?} goes to another program");
            self.0.to_owned()
        }

        fn owner(&self, _: &str) -> HomeOwner {
            HomeOwner::Nobody
        }
    }

    #[test]
    fn who_is_in_the_table_and_who_is_named_is_looked_at_once_and_no_option_is_made_of_a_name() {
        let row = |name: &str| takeover::StaticUser { name: name.to_owned(), uid: Ok(5_000), gid: Ok(5_000) };
        let tables = StaticTables { users: vec![row("Alex@contoso.com"), row("-s x")], groups: vec![] };
        let names = ["alex@contoso.com", "--help", "sam@contoso.com"].map(str::to_owned);
        let all = evidence(&Names("x:x:7000:7000::/home/x:/bin/sh\n"), &tables, &names);
        let said: Vec<_> =
            all.iter().map(|it| (it.name.as_str(), it.passwd.is_some(), it.row.is_some())).collect();
        assert_eq!(
            said,
            [
                ("Alex@contoso.com", true, true),
                ("-s x", false, true),
                ("--help", false, false),
                ("sam@contoso.com", true, false)
            ]
        );
    }

    #[test]
    fn a_number_is_computed_from_a_name_only_where_the_configuration_says_so() {
        let by_name = domains(&settings("[contoso.com]\ndomain_aliases = contoso.org\nhome_alias = CN\n"));
        let said: Vec<_> =
            by_name.iter().map(|it| (it.name.to_string(), it.range.is_some(), it.home_name)).collect();
        assert_eq!(
            said,
            [
                ("contoso.com".to_owned(), true, HomeName::ShortName),
                ("contoso.org".to_owned(), true, HomeName::ShortName)
            ]
        );
        assert_eq!(domains(&settings("[global]\nid_attr_map = uuid\n[contoso.com]\n"))[0].range, None);
    }

    #[test]
    fn a_person_is_a_line_with_what_to_do_below_it() {
        let person = Person {
            name: "alex@contoso.com".to_owned(),
            uid: Some(5_000),
            home: Some("/home/alex".to_owned()),
            owner: HomeOwner::User(6),
            standing: Standing::Differs("it belongs to 6".to_owned()),
        };
        let text = "alex@contoso.com: uid 5000, /home/alex (belongs to 6): differs\n    it belongs to 6\n";
        assert_eq!(shown(&person), text);
        assert_eq!(document(&person)["owner"], 6);
        let odd = Person { name: "a\u{1b}[31m".to_owned(), ..person };
        assert!(!shown(&odd).contains('\u{1b}'));
    }
}
