use crate::account_files::{self, AccountWriter};
use crate::computer::{Computer, Ports};
use crate::dependencies::Dependencies;
use crate::inbox::{Answered, Inbox, unexpected_answer};
use crate::offline_sign_in::{LoopOffice, moment};
use crate::self_test;
use crate::sign_in::{self, Codes, Purpose, SignIn};
use accounts::{AccountChange, AccountSettings, Meant, ReservationWanted, ReservedAccount};
use hsm::BoundTo;
use in_flight::seed;
use lifecycle::{LeaveKind, Snapshot, Status};
use log_limit::LogLimit;
use model::{
    Account, Asked, Asker, Backend, DomainName, Failure, LocalAccount, MachineBinding, Registration, Secret,
    Timestamp, Upn, log_failure, wiping,
};
use offline_desk::{Desk, Usable, usable};
use signin::UserStatus;
use std::io;
use std::sync::Arc;
use store::StoreError;
use store_thread::StoreThread;
use tenancy::{Answer, DomainConfig, Event, OperatorRequest, PreparedView, RekeyStarted, Tenancy};
use tokio::sync::{broadcast, mpsc, watch};
use views::{DomainView, SignInView, StatusChange, Views};

/// The running service: give it people, ask it for its state.
#[derive(Clone)]
pub struct Driver {
    ports: Arc<Ports>,
    pub(crate) inbox: Inbox,
    binding: MachineBinding,
}

/// Why the driver does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be read at all.
    #[error("the state cannot be read")]
    Store(#[from] StoreError),
    /// The system gives no thread for the store.
    #[error("the system gives no thread")]
    Thread(#[from] io::Error),
}

/// A leave that was asked for.
pub struct LeaveStarted {
    /// Every domain that leaves with it.
    pub domains: Vec<DomainName>,
    /// Follows the machine on its way out; none where its state could not be read and was given up.
    pub status: Option<watch::Receiver<Arc<Status>>>,
}

/// What is left to do of a move, as seen by whoever asked for it.
pub enum Rekey {
    /// The next sign-in of somebody of the tenant registers the new keys.
    SignIn(watch::Receiver<Arc<Status>>),
    /// The identity of the last move is still leaving, and was asked again to.
    Unfinished(watch::Receiver<Arc<Status>>),
}

/// A rebinding that was begun.
pub struct RebindStarted {
    /// Every domain whose identity it is.
    pub domains: Vec<DomainName>,
    /// What the keys recorded until now.
    pub before: BoundTo,
    /// The machine's own components that they will record.
    pub now: Vec<String>,
    /// Follows the machine.
    pub status: watch::Receiver<Arc<Status>>,
}

impl Driver {
    /// Reads the store, starts the loop and waits until everything that was found has come to rest: whoever asks
    /// before that would hear of a machine without identity.
    ///
    /// # Errors
    /// Only when the store as a whole cannot be read: one damaged record blocks its tenant alone.
    pub async fn start(dependencies: Dependencies) -> Result<Driver, StartError> {
        let Dependencies { facts, executors, mut store, vault, keys, clock, .. } = dependencies;
        let Dependencies { account_files, offline_cost, neighbours, .. } = dependencies;
        let records = store.list()?;
        let upgrade = snapshot::upgrade(&records);
        if !upgrade.is_empty()
            && let Err(error) = store.commit(&upgrade)
        {
            let failure = snapshot::failure(&error);
            log_failure!(warn, &failure, {}, "Records of an older version stay as they are");
        }
        let found = snapshot::found(records, store.missing());
        let (binding, domains, backend) = (facts.binding.clone(), facts.domains.clone(), facts.backend);
        let accounts = Arc::new(facts.accounts.clone());
        let tenancy = Tenancy::new(facts, seed());
        let (views, log) = (Views::default(), LogLimit::default());
        let (desk, jobs) = Desk::new();
        let (account_writer, written) = AccountWriter::new();
        let ports = Arc::new(Ports {
            clock,
            vault,
            keys,
            backend,
            domains,
            executors,
            neighbours,
            accounts,
            account_files,
            account_writer,
            desk,
            views,
            log,
        });
        let offline = offline_desk::Settings {
            ttl: ports.accounts.offline,
            cost: offline_cost,
            place: ports.backend,
            keys: ports.keys.clone(),
        };
        let (reports, said) = mpsc::unbounded_channel();
        let store = StoreThread::start(store, reports)?;
        let (inbox, messages) = Inbox::new();
        let doors = (inbox.clone(), messages);
        let (mut computer, sources) = Computer::new(ports.clone(), tenancy, (store, said), doors);
        computer.step(Event::Restored(Box::new(found)));
        let mut at_rest = computer.at_rest();
        tokio::spawn(computer.run(sources));
        // A loop that has ended will not know more.
        let _ = at_rest.wait_for(|at_rest| *at_rest).await;
        tokio::spawn(self_test::run(ports.clone()));
        tokio::spawn(account_files::run(ports.clone(), written));
        let office = LoopOffice { ports: ports.clone(), inbox: inbox.clone() };
        tokio::spawn(wiping(offline_desk::run(office, offline, jobs)));
        Ok(Driver { ports, inbox, binding })
    }

    /// Waits for a turn of the loop, behind whatever it has to do before; false when the loop has ended.
    ///
    /// A loop that hangs never answers, which is what the service manager's watchdog has to hear of.
    pub async fn turns(&self) -> bool {
        self.inbox.turns().await
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.ports
    }

    async fn request(&self, request: OperatorRequest) -> Result<Answered, Failure> {
        self.inbox.ask(|caller| Event::Asked { caller, request }).await
    }

    /// Starts a person's sign-in, which this caller asks for.
    ///
    /// # Errors
    /// A failure when the domain of the name is not configured or its record cannot be read, when the person may not
    /// sign in, and when the sign-in would register the machine and may not.
    pub async fn sign_in(&self, asked: Asked, asker: Asker, purpose: Purpose) -> Result<SignIn, Failure> {
        self.begin((asked, asker, purpose), None).await
    }

    /// The same with a refresh token that somebody gave beforehand; nobody is asked for anything.
    ///
    /// # Errors
    /// As [`Driver::sign_in`].
    pub async fn sign_in_by_token(
        &self,
        asked: Asked,
        asker: Asker,
        token: Secret<String>,
    ) -> Result<SignIn, Failure> {
        self.begin((asked, asker, Purpose::Identify(Codes::NotShown)), Some(token)).await
    }

    async fn begin(
        &self,
        (asked, asker, purpose): (Asked, Asker, Purpose),
        given: Option<Secret<String>>,
    ) -> Result<SignIn, Failure> {
        let (who, served) = (asked.clone(), self.config(asked.domain()).is_some());
        let told = self.inbox.ask(move |caller| Event::SignInAsked { caller, asked: who, asker }).await;
        if let Err(failure) = told.as_ref()
            && let Asked::Person(asked) = asked
            && served
        {
            let (at, failure, trace) = (self.now(), Some(failure.clone()), failure.trace.clone());
            self.ports.views.publish_sign_in(SignInView { at, asked, by: asker.by, failure, trace });
        }
        let told = told?;
        let (Answer::SignIn(facts, domain), _) = told else { return Err(unexpected_answer()) };
        let executor = self.ports.executors.get(&domain).cloned().ok_or_else(unexpected_answer)?;
        let wanted = (*facts, asker, purpose);
        Ok(sign_in::start(self.ports.clone(), self.inbox.clone(), executor, (wanted, given)))
    }

    /// Whom a log-in service means by a name; none where it is nobody of ours.
    pub fn meant_by(&self, name: &str) -> Option<Meant> {
        let settings = &self.ports.accounts;
        self.ports.views.with_accounts(|all, reserved| accounts::resolve(settings, (all, reserved), name))
    }

    /// The user id of the account that a person has here.
    pub fn uid_of(&self, person: &Upn) -> Option<u32> {
        self.ports.views.account_of(person).map(|account| account.uid)
    }

    /// A program has opened a session of this person, or has closed one.
    pub fn count_session(&self, person: &Upn, open: bool) {
        self.ports.views.count_session(person, open);
    }

    /// How many sessions of this account are open, as far as programs have said so since the start.
    pub fn open_sessions(&self, account: &LocalAccount) -> u32 {
        self.ports.views.open_sessions(account)
    }

    /// What a sign-in under this domain does about the registration.
    pub fn registration(&self, domain: &DomainName) -> Option<Registration> {
        self.config(domain).map(|config| config.registration)
    }

    fn config(&self, name: &DomainName) -> Option<&DomainConfig> {
        self.ports.domains.iter().find(|config| config.serves(name))
    }

    /// Every configured domain, and every other domain that still leads to a known tenant.
    pub fn view(&self) -> Vec<DomainView> {
        let mut names: Vec<DomainName> =
            self.ports.domains.iter().map(|config| config.name.clone()).collect();
        let known = self.ports.views.known_domains();
        let others: Vec<DomainName> = known.into_iter().filter(|name| !names.contains(name)).collect();
        names.extend(others);
        names
            .into_iter()
            .map(|name| self.ports.views.domain(name.clone(), self.config(&name), &self.binding))
            .collect()
    }

    /// Tenants that no domain leads to any more, where something stayed.
    pub fn left(&self) -> Vec<Snapshot> {
        self.ports.views.left()
    }

    /// Follows the machine of a domain, once the domain has a tenant.
    pub fn follow(&self, domain: &DomainName) -> Option<watch::Receiver<Arc<Status>>> {
        let tenant = self.ports.views.tenant_of(domain)?;
        self.ports.views.follow(self.ports.views.tenant(tenant)?.current?.id)
    }

    /// Follows the identity whose place was taken, while it leaves.
    pub fn predecessor(&self, domain: &DomainName) -> Option<watch::Receiver<Arc<Status>>> {
        let tenant = self.ports.views.tenant_of(domain)?;
        self.ports.views.follow(self.ports.views.tenant(tenant)?.predecessor?.id)
    }

    /// Follows the session of a person, once they have one.
    pub fn session(&self, account: &Account) -> Option<watch::Receiver<UserStatus>> {
        self.ports.views.session(account)
    }

    /// Every change from now on.
    pub fn changes(&self) -> broadcast::Receiver<StatusChange> {
        self.ports.views.changes.subscribe()
    }

    /// Asks the machine of a domain to leave its tenant, with everything that hangs on it.
    ///
    /// # Errors
    /// A failure when the domain leads to no tenant that this machine knows.
    pub async fn leave(&self, domain: &DomainName, how: LeaveKind) -> Result<LeaveStarted, Failure> {
        match self.request(OperatorRequest::Leave { domain: domain.clone(), how }).await? {
            (Answer::Leaving { domains, .. }, Some(status)) => {
                Ok(LeaveStarted { domains, status: Some(status) })
            }
            (Answer::GivenUp(domains), _) => Ok(LeaveStarted { domains, status: None }),
            _ => Err(unexpected_answer()),
        }
    }

    /// Prepares the move of the identity of a person's domain to keys in another place; `how` is for the one of
    /// the last move, if it is still leaving.
    ///
    /// # Errors
    /// A failure when there is no identity in force, when the keys are there already, when a move to another
    /// place is under way, and when the place cannot be used.
    pub async fn rekey(&self, person: &Upn, to: Backend, how: LeaveKind) -> Result<Rekey, Failure> {
        let request = OperatorRequest::Rekey { person: person.clone(), to, how };
        match self.request(request).await? {
            (Answer::Rekey(RekeyStarted::SignIn(_)), Some(status)) => Ok(Rekey::SignIn(status)),
            (Answer::Rekey(RekeyStarted::Unfinished(_)), Some(status)) => Ok(Rekey::Unfinished(status)),
            _ => Err(unexpected_answer()),
        }
    }

    /// Ends what [`Driver::rekey`] prepared, unless somebody has signed in for it.
    pub async fn rekey_over(&self, domain: &DomainName) {
        // Nothing can be done about a loop that has ended.
        drop(self.request(OperatorRequest::RekeyEnded(domain.clone())).await);
    }

    /// Gives a move up that has not come to its end: the new keys go, and the device object, if there is one.
    ///
    /// # Errors
    /// A failure when no move is under way.
    pub async fn cancel_rekey(&self, domain: &DomainName) -> Result<watch::Receiver<Arc<Status>>, Failure> {
        match self.request(OperatorRequest::CancelRekey(domain.clone())).await? {
            (Answer::Cancelling(_), Some(status)) => Ok(status),
            _ => Err(unexpected_answer()),
        }
    }

    /// Binds the keys of a domain's identity to this machine as it was measured at the start.
    ///
    /// # Errors
    /// A failure when there is no identity, or while something else is done with it.
    pub async fn rebind(&self, domain: &DomainName) -> Result<RebindStarted, Failure> {
        match self.request(OperatorRequest::Rebind(domain.clone())).await? {
            (Answer::Rebinding { domains, before, .. }, Some(status)) => Ok(RebindStarted {
                domains,
                before: BoundTo::of(before.all_keys(), &self.binding),
                now: self.binding.components.iter().map(|(name, _)| name.clone()).collect(),
                status,
            }),
            _ => Err(unexpected_answer()),
        }
    }

    /// Forgets which object a name was first seen with; false when it was not known.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn forget_account(&self, name: Upn) -> Result<bool, Failure> {
        match self.request(OperatorRequest::ForgetAccount(name)).await? {
            (Answer::Forgotten(known), _) => {
                self.ports.account_writer.written().await?;
                Ok(known)
            }
            _ => Err(unexpected_answer()),
        }
    }

    /// Every account of this machine.
    pub fn accounts(&self) -> Vec<LocalAccount> {
        self.ports.views.accounts()
    }

    /// What the configuration says of accounts.
    pub fn account_settings(&self) -> &AccountSettings {
        &self.ports.accounts
    }

    /// What is set aside for people who have not signed in yet.
    pub fn reserved(&self) -> Vec<ReservedAccount> {
        self.ports.views.reserved()
    }

    /// Sets an account aside for somebody who has not signed in yet; what they will be. Every process sees it so.
    ///
    /// # Errors
    /// Where the person is known here, somebody else has what they would have, or it cannot be written.
    pub async fn reserve_account(&self, wanted: ReservationWanted) -> Result<ReservedAccount, Failure> {
        let home = wanted.home(&self.ports.accounts)?;
        let local = account_files::local_facts(self.ports.account_files.clone(), Some(home)).await?;
        match self.request(OperatorRequest::ReserveAccount { wanted, local: Box::new(local) }).await? {
            (Answer::Reserved(reserved), _) => {
                self.ports.account_writer.written().await?;
                Ok(*reserved)
            }
            _ => Err(unexpected_answer()),
        }
    }

    /// Whose passwords this machine could check without the network.
    pub fn usable_offline(&self) -> Usable {
        usable((&self.ports.accounts, &self.ports.views), self.ports.backend, moment(&self.ports))
    }

    /// Gives an account another name or number; what it is then. Every process sees it so.
    ///
    /// # Errors
    /// Where nobody has the account, somebody else has the name or the number, or it cannot be written.
    pub async fn change_account(&self, name: String, to: AccountChange) -> Result<LocalAccount, Failure> {
        let local = Box::new(account_files::local_facts(self.ports.account_files.clone(), None).await?);
        match self.request(OperatorRequest::ChangeAccount { name, to, local }).await? {
            (Answer::Account(account), _) => {
                self.ports.account_writer.written().await?;
                Ok(*account)
            }
            _ => Err(unexpected_answer()),
        }
    }

    /// How far the keys ahead of time are; changes while registrations wait for them.
    pub fn prepared_keys(&self) -> watch::Receiver<PreparedView> {
        self.ports.views.prepared.subscribe()
    }

    /// What holds the registrations of other products, one sentence each.
    pub fn neighbours(&self) -> Vec<String> {
        (self.ports.neighbours)()
    }

    /// What keeps the log from being filled by whoever may call.
    pub fn log(&self) -> &LogLimit {
        &self.ports.log
    }

    /// The driver's clock.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Becomes `Some` when the state cannot be written any more.
    pub fn not_writable(&self) -> watch::Receiver<Option<Failure>> {
        self.ports.views.not_writable.subscribe()
    }

    /// Becomes `Some` when the daemon must end because its state cannot be written.
    pub fn stopped(&self) -> watch::Receiver<Option<Failure>> {
        self.ports.views.stopped.subscribe()
    }
}
