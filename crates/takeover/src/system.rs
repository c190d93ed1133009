//! The programs that are asked and the homes that are looked at.

use crate::judge::HomeOwner;
use crate::table::TableError;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The incumbent's tables.
pub const TABLE: &str = "/var/cache/nss-himmelblau/idmap.cache.db";

/// Where it is asked what people are here.
pub trait Sources {
    /// What `sqlite3` prints of a database, which it only reads.
    ///
    /// # Errors
    /// Where it is not here, cannot be run, takes too long, or refuses.
    fn sqlite(&self, file: &Path, question: &str) -> Result<String, TableError>;

    /// What `getent passwd` prints of a name; nothing where nobody has it, or where nothing is said in time.
    fn passwd(&self, name: &str) -> String;

    /// Whose a home is, where a link leads to if it is one.
    fn owner(&self, home: &str) -> HomeOwner;
}

/// This machine, or a directory that stands for `/`.
#[derive(Debug, Clone)]
pub struct System {
    /// What stands for `/`.
    pub root: PathBuf,
}

impl System {
    /// Where a path of the machine is.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

impl Sources for System {
    fn sqlite(&self, file: &Path, question: &str) -> Result<String, TableError> {
        let named = || file.display().to_string();
        let is_file = fs::metadata(file).map(|found| found.is_file());
        if !is_file.map_err(|cause| TableError::Run { file: named(), cause })? {
            return Err(TableError::Refused { file: named(), said: "it is no file".to_owned() });
        }
        let Some(program) = PROGRAMS.iter().find(|path| Path::new(path).exists()) else {
            return Err(TableError::NoProgram(named()));
        };
        let mut command = Command::new(program);
        // Its own file of commands is nobody's business here.
        command.args(["-readonly", "-batch", "-noheader", "-list", "-separator", "|", "-init", "/dev/null"]);
        command.arg(file).arg(question);
        let said = ask(command).map_err(|cause| TableError::Run { file: named(), cause })?;
        match said.is_fine {
            true => Ok(said.output),
            false => {
                Err(TableError::Refused { file: named(), said: model::printable(said.errors.trim(), 200) })
            }
        }
    }

    fn passwd(&self, name: &str) -> String {
        // A root directory of a test has no names of its own.
        if self.root != Path::new("/") {
            return String::new();
        }
        let mut command = Command::new("/usr/bin/getent");
        command.args(["passwd", name]);
        ask(command).map(|said| said.output).unwrap_or_default()
    }

    fn owner(&self, home: &str) -> HomeOwner {
        let path = self.at(home);
        match fs::metadata(&path) {
            Ok(found) => HomeOwner::User(found.uid()),
            Err(_) if fs::symlink_metadata(&path).is_ok() => HomeOwner::BrokenLink,
            Err(_) => HomeOwner::Nobody,
        }
    }
}

struct Said {
    is_fine: bool,
    output: String,
    errors: String,
}

/// Runs a program to its end, without an environment and for a limited time.
fn ask(mut command: Command) -> io::Result<Said> {
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (tell, told) = mpsc::channel();
    let streams = (child.stdout.take(), child.stderr.take());
    std::thread::spawn(move || {
        // Whoever gave up does not listen any more.
        drop(tell.send((all(streams.0), all(streams.1))));
    });
    let Ok((output, errors)) = told.recv_timeout(LONGEST) else {
        return Err(end(&mut child));
    };
    Ok(Said { is_fine: child.wait()?.success(), output: output?, errors: errors? })
}

/// Ends a program that takes too long.
fn end(child: &mut Child) -> io::Error {
    // It has ended already, or is killed.
    let _ = child.kill();
    let _ = child.wait();
    io::Error::new(io::ErrorKind::TimedOut, "nothing was said within 20 s")
}

fn all(stream: Option<impl Read>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(MOST).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

const PROGRAMS: [&str; 2] = ["/usr/bin/sqlite3", "/usr/local/bin/sqlite3"];
const LONGEST: Duration = Duration::from_secs(20);
/// 100,000 people with long names are less.
const MOST: u64 = 64 << 20;
