//! `forget_account`: which object a name was first seen with.

use crate::Service;
use crate::connection::Connection;
use crate::talk::{parse_name, tell};
use ipc::Ending;
use model::Failure;

/// Says whether the name was known; either way it is not any more.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    name: &str,
) -> Result<Ending, Failure> {
    let name = parse_name(name)?;
    let known = service.driver.forget_account(name.clone()).await?;
    let text = if known {
        format!(
            "{name} is forgotten: the next sign-in under this name is taken as a new person. An account of this machine \
             under this name is barred until its owner signs in again; what was set aside for the name is free."
        )
    } else {
        format!("{name} was not known.")
    };
    tell(connection, &text).await;
    Ok(Ending::Done)
}
