//! What root asks of the keys: a test, and where they are bound to the boot state a recovery code and a new binding.

use crate::driver::Driver;
use crate::self_test;
use failures::key_failure;
use model::{Failure, Secret};

impl Driver {
    /// Opens the place where new keys are made, and signs with every key of every identity.
    ///
    /// # Errors
    /// What kept the place from being opened or a key from being tried; a key that does not work is published.
    pub async fn test_keys(&self) -> Result<(), Failure> {
        let failed = |error| key_failure(&error);
        self.ports().keys.ready(self.ports().backend).await.map_err(failed)?;
        self_test::all(self.ports()).await.map_err(failed)
    }

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
