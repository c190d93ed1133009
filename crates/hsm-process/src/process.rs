use crate::condition::Condition;
use crate::frame;
use crate::keeper::{Ending, Keeper, Work};
use crate::request::Request;
use crate::settings::{Settings, first_frame};
use crate::words::{Word, decode, encode};
use crate::worker::{NoAnswer, Worker};
use hsm::{Deadlines, Hsm, HsmError, HsmInfo, Obstacle, SignScheme};
use model::{Backend, IntentId, KeyHandle, KeyPurpose, Secret};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Gives what a child needs to open its key store: asked once a child, so that the daemon keeps no PIN.
pub type Opening = Box<dyn FnMut() -> Result<Settings, HsmError> + Send>;

/// A key store in a child process, which is started by the first job.
///
/// A call may block for longer than the job's deadline, until the child answers, ends or is given up:
/// [`hsm::Keys`] answers whoever waits. A new child is started when the one before has ended, and not before.
pub struct ProcessHsm {
    backend: Backend,
    program: PathBuf,
    opening: Opening,
    keeper: Keeper,
    condition: Condition,
    worker: Option<Worker>,
}

impl ProcessHsm {
    /// The key store that `program` opens with these settings; starts nothing.
    pub fn new(backend: Backend, program: PathBuf, opening: Opening, deadlines: Deadlines) -> ProcessHsm {
        let (keeper, condition) = (Keeper::new(backend, deadlines), Condition::new(backend));
        ProcessHsm { backend, program, opening, keeper, condition, worker: None }
    }

    /// How the key store is, at every moment.
    pub fn condition(&self) -> Condition {
        self.condition.clone()
    }

    /// One job of the child; how it went is remembered.
    fn ask<T: Word>(&mut self, work: Work, request: &Request) -> Result<T, HsmError> {
        let done = self.attempt(work, request);
        self.condition.used(done.as_ref().err());
        done
    }

    fn attempt<T: Word>(&mut self, work: Work, request: &Request) -> Result<T, HsmError> {
        let question = encode(request);
        if question.len() > frame::LONGEST {
            return Err(HsmError::Backend("the request is too long".to_owned()));
        }
        let worker = self.opened().inspect_err(|error| self.condition.ended(Some(error.clone())))?;
        let answer = self.exchange(worker, work, &question)?;
        let problem = answer.as_ref().err().filter(|error| is_about_the_store(error));
        self.condition.ended(problem.cloned());
        answer
    }

    /// A child that has opened the key store; it is not in its place until it has answered.
    fn opened(&mut self) -> Result<Worker, HsmError> {
        if let Some(mut worker) = self.worker.take() {
            let Some(how) = worker.ended() else { return Ok(worker) };
            // It had no job, so nothing is lost but itself.
            self.lost(&how);
        }
        self.keeper.may_start(Instant::now())?;
        let question = first_frame(&(self.opening)()?);
        let program = |error| {
            HsmError::Unusable(
                Obstacle::Program,
                format!("{} does not start: {error}", self.program.display()),
            )
        };
        let worker = Worker::start(&self.program).map_err(program)?;
        tracing::info!(backend = %self.backend, pid = worker.id(), "A key store process was started");
        let info: HsmInfo = self.exchange(worker, Work::Open, &question)??;
        self.condition.opened(&info);
        self.worker.take().ok_or_else(|| HsmError::Unreachable("its process has ended".to_owned()))
    }

    /// The child's answer; a child that gave one is in its place again, unless it could not open its key store.
    fn exchange<T: Word>(
        &mut self,
        worker: Worker,
        work: Work,
        question: &[u8],
    ) -> Result<Result<T, HsmError>, HsmError> {
        let now = Instant::now();
        self.condition.begun(now, self.keeper.answered_at(work, now));
        let answer = worker.exchange(question, self.keeper.given_up_at(work, now));
        let answer = answer.and_then(|body| decode(&body).ok_or(NoAnswer::Broken));
        let answer: Result<T, HsmError> = match answer {
            Ok(answer) => answer,
            Err(NoAnswer::Broken) => return Err(self.given_up(worker, ENDS_BY_ITSELF)),
            Err(NoAnswer::Late) => return Err(self.given_up(worker, Duration::ZERO)),
        };
        answer.as_ref().err().into_iter().for_each(|error| self.keeper.heard(error));
        match (work, &answer) {
            (Work::Open, Err(_)) => drop(self.end(worker, ENDS_BY_ITSELF)),
            _ => self.worker = Some(worker),
        }
        Ok(answer)
    }

    /// A child that did not answer: the job's error, which is told once the child is gone.
    fn given_up(&mut self, worker: Worker, limit: Duration) -> HsmError {
        let how = match self.end(worker, limit) {
            Ending::Clean => Ending::Crashed("without an answer".to_owned()),
            how => how,
        };
        let error = self.lost(&how);
        self.condition.ended(Some(error.clone()));
        error
    }

    /// Waits until the child has ended, and kills it after `limit`.
    fn end(&self, mut worker: Worker, limit: Duration) -> Ending {
        worker.hang_up(limit).unwrap_or_else(|| worker.kill())
    }

    fn lost(&mut self, how: &Ending) -> HsmError {
        let error = self.keeper.ended(how, Instant::now());
        tracing::warn!(backend = %self.backend, %error, "A key store process was lost");
        error
    }
}

impl Hsm for ProcessHsm {
    fn info(&self) -> HsmInfo {
        HsmInfo { backend: self.backend, description: self.condition.description() }
    }

    fn ready(&mut self, backend: Backend) -> Result<HsmInfo, HsmError> {
        if backend != self.backend {
            return Err(HsmError::OtherBackend { made_by: backend.as_str() });
        }
        let opened = self.opened();
        self.condition.ended(opened.as_ref().err().cloned());
        self.worker = Some(opened?);
        Ok(self.info())
    }

    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError> {
        self.ask(Work::Create, &Request::Create(purpose, intent))
    }

    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError> {
        self.ask(Work::Use, &Request::Sign(key.clone(), scheme, message.to_vec()))
    }

    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        self.ask(Work::Use, &Request::UnwrapOaepSha1(key.clone(), ciphertext.to_vec()))
    }

    fn seal(&mut self, label: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        let plain = Secret::new(plain.expose().clone());
        self.ask(Work::Use, &Request::Seal(label.to_owned(), plain))
    }

    fn unseal(&mut self, label: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError> {
        self.ask(Work::Use, &Request::Unseal(label.to_owned(), sealed.to_vec()))
    }

    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        self.ask(Work::Use, &Request::Destroy(key.clone()))
    }

    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError> {
        self.ask(Work::Use, &Request::SelfTest(key.clone()))
    }

    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError> {
        self.ask(Work::Use, &Request::Rebind(key.clone()))
    }

    /// A TPM's child ends; a token's stays, because every login costs and writes.
    fn rest(&mut self) {
        if !self.has_to_rest() {
            return;
        }
        if let Some(worker) = self.worker.take()
            && let how @ (Ending::Crashed(_) | Ending::Killed) = self.end(worker, ENDS_BY_ITSELF)
        {
            self.lost(&how);
        }
    }

    fn has_to_rest(&self) -> bool {
        self.backend != Backend::Pkcs11 && self.worker.is_some()
    }

    fn recovery_code(&mut self) -> Result<Secret<String>, HsmError> {
        self.ask(Work::Use, &Request::RecoveryCode)
    }

    fn reseal(&mut self, code: Option<&Secret<String>>) -> Result<(), HsmError> {
        let code = code.map(|code| Secret::new(code.expose().clone()));
        self.ask(Work::Use, &Request::Reseal(code))
    }
}

impl Drop for ProcessHsm {
    /// A child that has no job ends now; one that has is left with it.
    fn drop(&mut self) {
        if let Some(mut worker) = self.worker.take() {
            let _ = worker.hang_up(ENDS_BY_ITSELF);
        }
    }
}

/// Whether other keys of it cannot be used either.
fn is_about_the_store(error: &HsmError) -> bool {
    use HsmError::{Absent, AuthValue, Backend, Locked, Unreachable, Unusable};
    matches!(error, Unreachable(_) | Absent(_) | AuthValue(_) | Locked(_) | Unusable(..) | Backend(_))
}

/// How long a child that has no job takes to end, at the most.
const ENDS_BY_ITSELF: Duration = Duration::from_secs(2);
