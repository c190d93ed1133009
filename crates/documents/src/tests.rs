use super::*;
use model::{FailureClass, Who};
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + seconds)
}

fn refused() -> Failure {
    Failure::local(FailureClass::Transient, Who::Nobody, "Refused", "no".to_owned(), "Wait.")
}

#[test]
fn how_long_a_document_counts() {
    for (now, counts) in [
        (0, true),
        (3599, true),
        (3600, false),
        // Works that go on at once, and a clock that was set back.
        (-59, true),
        (-60, false),
    ] {
        assert_eq!(is_younger(at(0), at(now), HOUR), counts, "{now}");
    }
}

/// Answers each fetch in its turn, when it is told to.
#[derive(Default)]
struct Source {
    fetches: AtomicUsize,
    answers: Mutex<VecDeque<Result<u32, Failure>>>,
    asker: Mutex<Option<Waker>>,
    crashes: AtomicUsize,
}

impl Source {
    fn answer(&self, answer: Result<u32, Failure>) {
        self.answers.lock().unwrap().push_back(answer);
        let asker = self.asker.lock().unwrap().take();
        if let Some(asker) = asker {
            asker.wake();
        }
    }

    fn fetch(self: &Arc<Source>) -> Fetching<u32> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let source = self.clone();
        Box::pin(std::future::poll_fn(move |context| {
            if source.crashes.load(Ordering::SeqCst) > 0 {
                source.crashes.fetch_sub(1, Ordering::SeqCst);
                panic!("on purpose");
            }
            *source.asker.lock().unwrap() = Some(context.waker().clone());
            source.answers.lock().unwrap().pop_front().map_or(Poll::Pending, Poll::Ready)
        }))
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

/// Somebody who waits, and how often they were woken.
struct Person<'d> {
    woken: Arc<Woken>,
    future: Pin<Box<dyn Future<Output = Result<u32, Failure>> + 'd>>,
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Woken>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Person<'_> {
    fn poll(&mut self) -> Poll<Result<u32, Failure>> {
        self.future.as_mut().poll(&mut Context::from_waker(&Waker::from(self.woken.clone())))
    }

    fn woken(&self) -> usize {
        self.woken.0.load(Ordering::SeqCst)
    }
}

fn asks<'d>(documents: &'d Documents<u32>, source: &Arc<Source>, now: Timestamp) -> Person<'d> {
    let source = source.clone();
    let future = Box::pin(async move { documents.get("a", now, || source.fetch()).await });
    Person { woken: Arc::default(), future }
}

fn crowd<'d>(documents: &'d Documents<u32>, source: &Arc<Source>, count: usize) -> Vec<Person<'d>> {
    let mut people: Vec<_> = (0..count).map(|_| asks(documents, source, at(0))).collect();
    assert!(people.iter_mut().all(|person| person.poll().is_pending()));
    people
}

#[test]
fn one_of_many_fetches_and_all_have_the_document_for_as_long_as_it_counts() {
    let (documents, source) = (Documents::new(HOUR), Arc::<Source>::default());
    let mut people = crowd(&documents, &source, 1000);
    source.answer(Ok(7));
    assert!(people.iter().all(|person| person.woken() == 1));
    assert!(people.iter_mut().all(|person| person.poll() == Poll::Ready(Ok(7))));
    assert_eq!(asks(&documents, &source, at(3599)).poll(), Poll::Ready(Ok(7)));
    assert_eq!(source.fetches(), 1);
    source.answer(Ok(8));
    assert_eq!(asks(&documents, &source, at(3600)).poll(), Poll::Ready(Ok(8)));
    assert_eq!(asks(&documents, &source, at(3601)).poll(), Poll::Ready(Ok(8)));
    assert_eq!(source.fetches(), 2);
}

#[test]
fn a_failure_is_told_to_all_who_waited_and_nobody_else() {
    let (documents, source) = (Documents::new(HOUR), Arc::<Source>::default());
    let mut people = crowd(&documents, &source, 3);
    source.answer(Err(refused()));
    assert!(people.iter_mut().all(|person| person.poll() == Poll::Ready(Err(refused()))));
    source.answer(Ok(7));
    assert_eq!(asks(&documents, &source, at(1)).poll(), Poll::Ready(Ok(7)));
    assert_eq!(source.fetches(), 2);
}

#[test]
fn a_fetch_goes_on_when_who_began_it_leaves_and_ends_with_the_last() {
    let (documents, source) = (Documents::new(HOUR), Arc::<Source>::default());
    let mut people = crowd(&documents, &source, 3);
    drop(people.remove(0));
    source.answer(Ok(7));
    assert!(people.iter_mut().all(|person| person.woken() == 1 && person.poll() == Poll::Ready(Ok(7))));
    assert_eq!(source.fetches(), 1);

    let (documents, source) = (Documents::new(HOUR), Arc::<Source>::default());
    drop(crowd(&documents, &source, 3));
    source.answer(Ok(8));
    assert_eq!(asks(&documents, &source, at(0)).poll(), Poll::Ready(Ok(8)));
    assert_eq!(source.fetches(), 2, "what nobody waits for is not taken up again");
}

#[test]
fn a_fetch_that_crashes_takes_one_along_and_another_begins_anew() {
    let (documents, source) = (Documents::new(HOUR), Arc::<Source>::default());
    let mut people = crowd(&documents, &source, 3);
    source.crashes.store(1, Ordering::SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| people[1].poll())).is_err());
    people.remove(1);
    assert!(people.iter().all(|person| person.woken() == 1));
    source.answer(Ok(7));
    assert!(people.iter_mut().all(|person| person.poll() == Poll::Ready(Ok(7))));
    assert_eq!(source.fetches(), 2);
}

#[test]
fn a_document_that_is_doubted_is_fetched_again_unless_it_has_just_come() {
    let (documents, source) = (Documents::new(HOUR), Arc::<Source>::default());
    source.answer(Ok(7));
    assert_eq!(asks(&documents, &source, at(0)).poll(), Poll::Ready(Ok(7)));
    let doubt = |now, number| {
        documents.doubt(at(now), Duration::from_secs(60), |_, known| *known == number);
    };
    doubt(59, 7);
    doubt(60, 6);
    assert_eq!(asks(&documents, &source, at(60)).poll(), Poll::Ready(Ok(7)));
    assert_eq!(
        documents.find(|address, known| (*known == 7).then(|| address.to_owned())).as_deref(),
        Some("a")
    );
    doubt(60, 7);
    assert_eq!(documents.find(|_, known| Some(*known)), None);
    let mut waiting = asks(&documents, &source, at(60));
    assert!(waiting.poll().is_pending());
    doubt(120, 7);
    source.answer(Ok(8));
    assert_eq!((waiting.poll(), source.fetches()), (Poll::Ready(Ok(8)), 2));
}

#[test]
fn each_address_has_a_document_of_its_own_and_what_is_too_old_is_gone() {
    let documents = Documents::new(HOUR);
    let get = |address: &'static str, now, number: u32| {
        let fetch = move || -> Fetching<u32> { Box::pin(async move { Ok(number) }) };
        let mut future = Box::pin(documents.get(address, at(now), fetch));
        future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    assert_eq!((get("a", 0, 1), get("b", 0, 2)), (Poll::Ready(Ok(1)), Poll::Ready(Ok(2))));
    assert_eq!((get("a", 9, 3), get("c", 3600, 4)), (Poll::Ready(Ok(1)), Poll::Ready(Ok(4))));
    assert_eq!(documents.lock().keys().collect::<Vec<_>>(), ["c"]);
}
