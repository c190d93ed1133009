//! Databases as sqlite3 itself makes them, good and hostile; nothing is tried where it is not installed.

use crate::{StaticTables, System, TABLE, TableError, read_tables};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A root with a database that these commands make; none where there is no sqlite3.
fn made(commands: &str) -> Option<(tempfile::TempDir, System, PathBuf)> {
    let folder = tempfile::tempdir().unwrap();
    let system = System { root: folder.path().to_owned() };
    let file = system.at(TABLE);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let made =
        Command::new("/usr/bin/sqlite3").arg(&file).arg(commands).stdout(Stdio::null()).status().ok()?;
    assert!(made.success());
    Some((folder, system, file))
}

fn read(commands: &str) -> Option<Result<StaticTables, TableError>> {
    let (_folder, system, file) = made(commands)?;
    Some(read_tables(&system, &file))
}

const SCHEMA: &str = "CREATE TABLE static_users (name TEXT PRIMARY KEY, uid INTEGER, gid INTEGER); \
                      CREATE TABLE static_groups (name TEXT PRIMARY KEY, gid INTEGER);";

#[test]
fn both_tables_are_read() {
    let commands = format!(
        "{SCHEMA} INSERT INTO static_users VALUES ('alex@contoso.com', 5000, 5001), ('o''brien@contoso.com', 7, 8); \
         INSERT INTO static_groups VALUES ('aaaabbbb-cccc-dddd-eeee-ffff00001111', 6000);"
    );
    let Some(tables) = read(&commands) else { return };
    let tables = tables.unwrap();
    let users: Vec<_> =
        tables.users.iter().map(|it| (it.name.as_str(), it.uid.clone(), it.gid.clone())).collect();
    assert_eq!(users, [("alex@contoso.com", Ok(5_000), Ok(5_001)), ("o'brien@contoso.com", Ok(7), Ok(8))]);
    assert_eq!((tables.groups.len(), tables.groups[0].gid.clone()), (1, Ok(6_000)));
}

#[test]
fn a_hostile_table_is_rows_that_are_odd_and_nothing_else() {
    let commands = format!(
        "{SCHEMA} INSERT INTO static_users VALUES (char(97, 10, 117, 124, 52, 49), 5000, 5000), ('neg', -1, -1), \
         ('big', 4294967296, 1), ('text', 'x|y', '5'), ('null', NULL, NULL), ('real', 1.5, 2.0), \
         (x'ff00', 5000, x'35'), ('long', 9223372036854775807, 0);"
    );
    let Some(tables) = read(&commands) else { return };
    let users = tables.unwrap().users;
    assert_eq!(users.len(), 8);
    assert_eq!((users[0].name.as_str(), &users[0].uid), ("a\nu|41", &Ok(5_000)), "it is one row");
    for odd in ["neg", "big", "text", "null", "real", "long"] {
        let row = users.iter().find(|it| it.name == odd).unwrap();
        assert!(row.uid.is_err(), "{row:?}");
    }
    assert!(users.iter().find(|it| it.name == "text").unwrap().gid.is_ok(), "INTEGER makes a number of '5'");
    assert!(users[6].gid.is_err(), "bytes are no number");
}

#[test]
fn what_is_no_such_database_is_refused_and_says_why() {
    for (commands, why) in [
        ("CREATE TABLE x (y);", "no table static_users"),
        ("CREATE TABLE static_users (name, uid, gid);", "no table static_groups"),
        (
            "CREATE TABLE t (name, uid, gid); CREATE VIEW static_users AS SELECT * FROM t; \
             CREATE TABLE static_groups (name, gid);",
            "no table static_users",
        ),
        (
            "CREATE TABLE static_users (name, number); CREATE TABLE static_groups (name, gid);",
            "no such column",
        ),
    ] {
        let Some(refused) = read(commands) else { return };
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let Some((folder, system, file)) = made(SCHEMA) else { return };
    fs::write(&file, b"this is no database at all, but long enough to be looked at as one of them").unwrap();
    assert!(read_tables(&system, &file).unwrap_err().to_string().contains("not a database"));
    // One that cannot be opened, and one that is no file.
    fs::remove_file(&file).unwrap();
    assert!(matches!(read_tables(&system, &file), Err(TableError::Run { .. })));
    fs::create_dir(&file).unwrap();
    assert!(matches!(read_tables(&system, &file), Err(TableError::Refused { .. })));
    drop(folder);
}

#[test]
fn reading_changes_nothing() {
    let Some((_folder, system, file)) = made(SCHEMA) else { return };
    let before = fs::read(&file).unwrap();
    read_tables(&system, &file).unwrap();
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no journal is left behind");
}
