use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Names one commit; tickets are issued in the order in which the commits have to be made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Lanes by their names `N`: what follows a commit is held in its lane as steps `S` until the commit is durable,
/// and so are the lane's next items `I`. Other lanes go on.
pub struct Lanes<N, S, I> {
    lanes: BTreeMap<N, Lane<S, I>>,
    last_ticket: u64,
    /// Lanes that may go on.
    ready: BTreeSet<N>,
}

struct Lane<S, I> {
    held: VecDeque<S>,
    waiting: VecDeque<I>,
    ticket: Option<Ticket>,
    /// Whether it waits for something else than a commit.
    stopped: bool,
}

/// What a lane does next.
pub enum Next<S, I> {
    /// A step that was held.
    Step(S),
    /// The next thing to deal with: no step is left.
    Item(I),
}

impl<N: Copy + Ord, S, I> Lanes<N, S, I> {
    /// Something new to deal with, after everything before it.
    pub fn queue(&mut self, name: N, item: I) {
        self.lanes.entry(name).or_default().waiting.push_back(item);
        self.ready.insert(name);
    }

    /// Something to do before the lane deals with anything else.
    pub fn push(&mut self, name: N, step: S) {
        self.lanes.entry(name).or_default().held.push_back(step);
        self.ready.insert(name);
    }

    /// Something to do next.
    pub fn push_front(&mut self, name: N, step: S) {
        self.lanes.entry(name).or_default().held.push_front(step);
        self.ready.insert(name);
    }

    /// The next thing to do in any lane that waits for nothing.
    pub fn take_next(&mut self) -> Option<(N, Next<S, I>)> {
        while let Some(name) = self.ready.first().copied() {
            if let Some(next) = self.lanes.get_mut(&name).and_then(Lane::next) {
                return Some((name, next));
            }
            self.ready.remove(&name);
            self.lanes.retain(|_, lane| lane.is_in_use());
        }
        None
    }

    /// Whether every lane has come to rest.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Whether this lane has come to rest.
    pub fn is_open(&self, name: N) -> bool {
        !self.lanes.contains_key(&name)
    }

    /// The lane waits for this commit from here on.
    pub fn issue(&mut self, name: N) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.lanes.entry(name).or_default().ticket = Some(ticket);
        ticket
    }

    /// Every lane whose commit is not later than this one goes on.
    pub fn durable(&mut self, ticket: Ticket) {
        for (name, lane) in &mut self.lanes {
            if lane.ticket.take_if(|open| *open <= ticket).is_some() {
                self.ready.insert(*name);
            }
        }
    }

    /// The lane waits until [`Lanes::resume`].
    pub fn stop(&mut self, name: N) {
        self.lanes.entry(name).or_default().stopped = true;
    }

    /// Every lane that was stopped goes on.
    pub fn resume(&mut self) {
        for (name, lane) in &mut self.lanes {
            if std::mem::take(&mut lane.stopped) {
                self.ready.insert(*name);
            }
        }
    }

    /// Everything that was to be done, which nobody will do now.
    pub fn abandon(&mut self) -> (Vec<S>, Vec<I>) {
        self.ready.clear();
        let lanes = std::mem::take(&mut self.lanes);
        let (held, waiting): (Vec<_>, Vec<_>) =
            lanes.into_values().map(|lane| (lane.held, lane.waiting)).unzip();
        (held.into_iter().flatten().collect(), waiting.into_iter().flatten().collect())
    }
}

impl<N, S, I> Default for Lanes<N, S, I> {
    fn default() -> Lanes<N, S, I> {
        Lanes { lanes: BTreeMap::new(), last_ticket: 0, ready: BTreeSet::new() }
    }
}

impl<S, I> Default for Lane<S, I> {
    fn default() -> Lane<S, I> {
        Lane { held: VecDeque::new(), waiting: VecDeque::new(), ticket: None, stopped: false }
    }
}

impl<S, I> Lane<S, I> {
    fn next(&mut self) -> Option<Next<S, I>> {
        if self.ticket.is_some() || self.stopped {
            return None;
        }
        let step = self.held.pop_front().map(Next::Step);
        step.or_else(|| self.waiting.pop_front().map(Next::Item))
    }

    fn is_in_use(&self) -> bool {
        self.ticket.is_some() || self.stopped || !self.held.is_empty() || !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(lanes: &mut Lanes<u8, char, char>) -> String {
        let mut text = String::new();
        while let Some((name, next)) = lanes.take_next() {
            match next {
                Next::Step('!') => {
                    let ticket = lanes.issue(name);
                    text.push_str(&format!("{name}!{} ", ticket.0));
                }
                Next::Step(step) => text.push_str(&format!("{name}{step} ")),
                Next::Item(item) => text.push_str(&format!("{name}({item}) ")),
            }
        }
        text
    }

    #[test]
    fn what_follows_a_commit_waits_for_it_and_other_lanes_go_on() {
        let mut lanes = Lanes::default();
        for step in ['a', '!', 'b', '!', 'c'] {
            lanes.push(1, step);
        }
        lanes.queue(1, 'x');
        lanes.queue(2, 'y');
        assert_eq!(drain(&mut lanes), "1a 1!1 2(y) ");
        assert!(!lanes.is_open(1) && lanes.is_open(2));
        lanes.push(2, '!');
        assert_eq!(drain(&mut lanes), "2!2 ");
        lanes.durable(Ticket(2));
        assert_eq!(drain(&mut lanes), "1b 1!3 ");
        lanes.durable(Ticket(2));
        assert_eq!(drain(&mut lanes), "");
        lanes.durable(Ticket(3));
        assert_eq!(drain(&mut lanes), "1c 1(x) ");
        assert!(lanes.is_open(1) && lanes.is_open(2));
    }

    #[test]
    fn a_stopped_lane_resumes_with_what_was_put_first() {
        let mut lanes = Lanes::default();
        lanes.push(1, 'b');
        lanes.stop(1);
        lanes.push_front(1, 'a');
        assert_eq!(drain(&mut lanes), "");
        lanes.resume();
        assert_eq!(drain(&mut lanes), "1a 1b ");
    }

    #[test]
    fn what_is_abandoned_is_given_back_and_tickets_are_never_used_twice() {
        let mut lanes = Lanes::default();
        lanes.push(1, '!');
        lanes.push(1, 'a');
        lanes.queue(1, 'x');
        assert_eq!(drain(&mut lanes), "1!1 ");
        assert_eq!(lanes.abandon(), (vec!['a'], vec!['x']));
        assert_eq!(drain(&mut lanes), "");
        assert_eq!(lanes.issue(1), Ticket(2));
    }
}
