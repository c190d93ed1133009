use similar::TextDiff;
use std::path::{Path, PathBuf};

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Its path on the machine, from `/` on.
    pub(crate) path: PathBuf,
    /// What it holds; none where there is no such file.
    pub(crate) before: Option<String>,
    /// What it is to hold; none where it is to go.
    pub(crate) after: Option<String>,
}

impl Change {
    /// One that may turn out to change nothing.
    pub(crate) fn new(path: &str, before: Option<String>, after: Option<String>) -> Change {
        Change { path: Path::new(path).to_owned(), before, after }
    }

    /// Whether anything is to be done.
    pub(crate) fn is_needed(&self) -> bool {
        self.before != self.after
    }

    /// The difference as diff(1) has it with three lines around, a line each; nothing where there is none.
    pub(crate) fn diff(&self) -> Vec<String> {
        let name = |text: &Option<String>| match text {
            Some(_) => self.path.display().to_string(),
            None => "/dev/null".to_owned(),
        };
        let (before, after) =
            (self.before.as_deref().unwrap_or_default(), self.after.as_deref().unwrap_or_default());
        let diff = TextDiff::from_lines(before, after);
        let (from, to) = (name(&self.before), name(&self.after));
        diff.unified_diff()
            .context_radius(3)
            .header(&from, &to)
            .to_string()
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_that_of_diff_and_names_what_is_new_or_gone() {
        let text = |text: &str| Some(text.to_owned());
        for (before, after, shown) in [
            (
                text("a\nb\nc\n"),
                text("a\nx\nb\nc\n"),
                vec!["--- /etc/f", "+++ /etc/f", "@@ -1,3 +1,4 @@", " a", "+x", " b", " c"],
            ),
            (None, text("a\n"), vec!["--- /dev/null", "+++ /etc/f", "@@ -0,0 +1 @@", "+a"]),
            (text("a\n"), None, vec!["--- /etc/f", "+++ /dev/null", "@@ -1 +0,0 @@", "-a"]),
            (text("a\n"), text("a\n"), vec![]),
        ] {
            let change = Change::new("/etc/f", before, after);
            assert_eq!(change.diff(), shown);
            assert_eq!(change.is_needed(), !shown.is_empty());
        }
    }
}
