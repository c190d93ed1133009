//! The file of verdicts: who may use an account that exists here, for the account phase of PAM (login.md 3.3b).

use crate::fields::{Cursor, Writer};
use crate::snapshot::key;
use crate::table::{Builder, Damaged, Source, Table};

/// Format 1.
const MAGIC: [u8; 8] = *b"FMVERDI1";
const BY_NAME: usize = 0;

/// What was decided of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be used.
    Allowed,
    /// It may not be used: the directory or the configuration says so.
    Denied,
    /// It was given up on this machine.
    Forgotten,
}

/// A verdict, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictOf {
    /// Every name of the account.
    pub names: Vec<String>,
    /// What was decided.
    pub verdict: Verdict,
    /// The code of the failure that led to it; empty where there is none.
    pub code: String,
    /// When the directory said so last, in seconds of Unix time.
    pub told_at: u64,
}

/// The file for some verdicts.
pub fn encode_verdicts(verdicts: &[VerdictOf]) -> Vec<u8> {
    let mut builder = Builder::<1>::new();
    for verdict in verdicts {
        let keys: Vec<_> = verdict.names.iter().map(|name| (BY_NAME, key(name))).collect();
        builder.add(&written(verdict), &keys);
    }
    builder.finish(MAGIC)
}

/// The file of verdicts, each question reading what it needs.
#[derive(Debug)]
pub struct Verdicts<S> {
    table: Table<S, 1>,
}

impl<S: Source> Verdicts<S> {
    /// Reads the head of the file.
    pub fn open(source: S) -> Result<Verdicts<S>, Damaged> {
        Ok(Verdicts { table: Table::open(source, MAGIC)? })
    }

    /// What was decided of whoever has this name, in any case of its letters.
    pub fn of(&self, name: &str) -> Result<Option<VerdictOf>, Damaged> {
        let has = |it: &VerdictOf| it.names.iter().any(|other| other.eq_ignore_ascii_case(name));
        self.table.find(BY_NAME, key(name), |record| Ok(Some(read(record)?).filter(has)))
    }
}

fn written(of: &VerdictOf) -> Writer {
    let mut record = Writer::default();
    record.number(match of.verdict {
        Verdict::Allowed => 0,
        Verdict::Denied => 1,
        Verdict::Forgotten => 2,
    });
    record.text(&of.code);
    record.0.extend_from_slice(&of.told_at.to_le_bytes());
    record.list(&of.names, |record, name| record.text(name));
    record
}

fn read(record: &[u8]) -> Result<VerdictOf, Damaged> {
    let mut fields = Cursor(record);
    let verdict = match fields.number()? {
        0 => Verdict::Allowed,
        1 => Verdict::Denied,
        2 => Verdict::Forgotten,
        _ => return Err(Damaged),
    };
    let code = fields.text()?.to_owned();
    let (low, high) = (fields.number()?, fields.number()?);
    let names = fields.list(|fields| fields.text().map(str::to_owned))?;
    fields.end()?;
    Ok(VerdictOf { names, verdict, code, told_at: u64::from(high) << 32 | u64::from(low) })
}
