//! What stands in the files already is not written again, and whatever else is.

use crate::{FileStamp, FilesOnDisk, Written};
use names::{Parameters, Snapshot, Verdict, VerdictOf};

#[test]
fn only_the_same_words_in_the_same_files_are_current() {
    let file = |inode| FileStamp { device: 1, inode, size: 3, modified: (4, 5) };
    let files = |names, verdicts| FilesOnDisk { names: file(names), verdicts: file(verdicts) };
    let told = |verdict| {
        vec![VerdictOf { names: vec!["alex".to_owned()], verdict, code: String::new(), told_at: 1 }]
    };
    let last = Written { names: Snapshot::default(), verdicts: told(Verdict::Allowed), files: files(1, 2) };
    let other = Snapshot {
        parameters: Parameters { short_names: true, ..Parameters::default() },
        ..Snapshot::default()
    };
    for (names, verdict, found, is_current) in [
        (Snapshot::default(), Verdict::Allowed, Some(files(1, 2)), true),
        (other, Verdict::Allowed, Some(files(1, 2)), false),
        (Snapshot::default(), Verdict::Denied, Some(files(1, 2)), false),
        (Snapshot::default(), Verdict::Allowed, Some(files(9, 2)), false),
        (Snapshot::default(), Verdict::Allowed, Some(files(1, 9)), false),
        (Snapshot::default(), Verdict::Allowed, None, false),
    ] {
        assert_eq!(last.is_current(&names, &told(verdict), || found), is_current, "{verdict:?} {found:?}");
    }
}
