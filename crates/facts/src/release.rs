/// What os-release(5) says, verbatim; an assignment that is not there, or is empty, is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Release {
    /// The file that counts.
    pub file: String,
    /// `ID`, for example `ubuntu`.
    pub id: Option<String>,
    /// `VERSION_ID`, for example `24.04`; rolling distributions have none.
    pub version_id: Option<String>,
    /// `NAME`, for example `Ubuntu`.
    pub name: Option<String>,
    /// `PRETTY_NAME`, for example `Ubuntu 24.04.3 LTS`.
    pub pretty_name: Option<String>,
}
