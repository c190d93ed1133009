//! The registration service's errors as they are for a request (entra.md 5.7).

use crate::asking::Ask;
use tenant_wire::answer::Answer;
use tenant_wire::drs_error::{DrsError, Operation};

impl Ask {
    /// A refusal of a request that is wrong in itself, or whose object is not there.
    pub(crate) fn bad_request(&self, subcode: &str, message: &str) -> Answer {
        self.drs_error(DrsError { status: 400, code: "invalid_request", subcode, message })
    }

    /// A refusal of who asks.
    pub(crate) fn unauthorised(&self, status: u16, subcode: &str, message: &str) -> Answer {
        self.drs_error(DrsError { status, code: "authorization_error", subcode, message })
    }

    /// A refusal of the registration service in the shape in force.
    pub(crate) fn drs_error(&self, error: DrsError<'_>) -> Answer {
        let operation = Operation::of(self.method.as_str(), &self.path);
        error.answer(self.knobs.drs_error_shape, operation, &self.ids, self.now)
    }
}
