//! The incumbent's tables of numbers that somebody wrote by hand (`static_users`, `static_groups`), as `sqlite3` prints
//! them: every value in hexadecimal with its type before it, so that no value can look like another one.

use crate::system::Sources;
use std::io;
use std::path::Path;

/// A row of `static_users`: what a value is not is why it cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticUser {
    /// The name, as it is written there.
    pub name: String,
    /// The user id.
    pub uid: Result<u32, String>,
    /// The id of the primary group.
    pub gid: Result<u32, String>,
}

/// A row of `static_groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticGroup {
    /// The object id, as it is written there.
    pub name: String,
    /// The number.
    pub gid: Result<u32, String>,
}

/// Both tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StaticTables {
    /// People.
    pub users: Vec<StaticUser>,
    /// Groups.
    pub groups: Vec<StaticGroup>,
}

/// Why the tables cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is no `sqlite3` here.
    #[error("{0} cannot be read without the program sqlite3")]
    NoProgram(String),
    /// It could not be run, or took too long.
    #[error("sqlite3 cannot read {file}: {cause}")]
    Run {
        /// The database.
        file: String,
        /// Why.
        cause: io::Error,
    },
    /// The file is no database that it can read.
    #[error("sqlite3 cannot read {file}: {said}")]
    Refused {
        /// The database.
        file: String,
        /// What it said, at most 200 characters.
        said: String,
    },
    /// The tables are not those of the incumbent.
    #[error("{file} has no table {table} as himmelblau makes it")]
    Schema {
        /// The database.
        file: String,
        /// The table.
        table: &'static str,
    },
}

/// Reads both tables of the database.
///
/// # Errors
/// [`TableError`] where they are not there as the incumbent makes them; a row that is odd is no error.
pub fn read_tables(sources: &impl Sources, file: &Path) -> Result<StaticTables, TableError> {
    let is_there = sources.sqlite(file, TABLES)?;
    for table in ["static_users", "static_groups"] {
        // A view could be anything.
        if !is_there.lines().any(|line| line == table) {
            return Err(TableError::Schema { file: file.display().to_string(), table });
        }
    }
    let text = sources.sqlite(file, ROWS)?;
    let mut tables = StaticTables::default();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        match fields.as_slice() {
            ["u", name, uid_type, uid, gid_type, gid] => tables.users.push(StaticUser {
                name: text_of(name),
                uid: number(uid_type, uid),
                gid: number(gid_type, gid),
            }),
            ["g", name, gid_type, gid] => {
                tables.groups.push(StaticGroup { name: text_of(name), gid: number(gid_type, gid) });
            }
            _ => {}
        }
    }
    Ok(tables)
}

/// Bytes that are no text are shown, and fit no name.
fn text_of(digits: &str) -> String {
    String::from_utf8_lossy(&bytes_of(digits)).into_owned()
}

fn bytes_of(digits: &str) -> Vec<u8> {
    let byte = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..digits.len()).step_by(2).filter_map(byte).collect()
}

/// A number of a person or a group, or what stands there.
fn number(kind: &str, digits: &str) -> Result<u32, String> {
    let text = text_of(digits);
    let id = text.parse().ok().filter(|_| kind == "integer");
    id.ok_or_else(|| format!("'{}'", model::printable(&text, 40)))
}

/// What is no table is not read.
const TABLES: &str = "PRAGMA trusted_schema = OFF; \
     SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('static_users', 'static_groups');";
const ROWS: &str = "PRAGMA trusted_schema = OFF; \
     SELECT 'u', hex(name), typeof(uid), hex(CAST(uid AS TEXT)), typeof(gid), hex(CAST(gid AS TEXT)) \
     FROM static_users LIMIT 100000; \
     SELECT 'g', hex(name), typeof(gid), hex(CAST(gid AS TEXT)) FROM static_groups LIMIT 100000;";
