//! Keys that are bound to the boot state: their recovery code, and binding them anew.

use crate::driver::Driver;
use crate::self_test;
use executor::key_failure;
use model::{Failure, Secret};

impl Driver {
    /// Makes a recovery code; the one before is of no more use.
    ///
    /// # Errors
    /// As [`hsm::Hsm::recovery_code`], in words for people.
    pub async fn recovery_code(&self) -> Result<Secret<String>, Failure> {
        let code = self.ports().keys.recovery_code().await.map_err(|error| key_failure(&error))?;
        tracing::info!("A recovery code was made");
        Ok(code)
    }

    /// Binds the keys to the boot state as it is now, and tests every key that did not work.
    ///
    /// # Errors
    /// As [`hsm::Hsm::reseal`], in words for people.
    pub async fn reseal(&self, code: Option<Secret<String>>) -> Result<(), Failure> {
        self.ports().keys.reseal(code).await.map_err(|error| key_failure(&error))?;
        tracing::info!("The keys are bound to the boot state as it is now");
        self_test::again(self.ports()).await;
        Ok(())
    }
}
