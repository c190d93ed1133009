//! Who is next, of many who wait: pure.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use std::collections::{BTreeMap, VecDeque};

/// What waits, in one line for each owner: the lines are served in turn, each in the order of its coming.
///
/// So whoever comes with one thing waits for at most one of every other owner, however many the others have. It
/// holds so many and no more; when it is full, the last of the longest line gives way.
#[derive(Debug)]
pub(crate) struct FairQueue<O, T> {
    /// None of them is empty.
    lines: BTreeMap<O, VecDeque<T>>,
    /// Every owner that has a line, whose turn is next first.
    turns: VecDeque<O>,
    len: usize,
    most: usize,
}

impl<O: Ord + Clone, T> FairQueue<O, T> {
    /// An empty queue that holds `most`.
    pub(crate) fn new(most: usize) -> FairQueue<O, T> {
        FairQueue { lines: BTreeMap::new(), turns: VecDeque::new(), len: 0, most }
    }

    /// Puts something at the end of its owner's line. Gives back what has no place: that itself, or the last of a
    /// longer line.
    pub(crate) fn push(&mut self, owner: O, item: T) -> Option<T> {
        let mut displaced = None;
        if self.len >= self.most {
            let own = self.lines.get(&owner).map_or(0, VecDeque::len);
            let longest = self.lines.iter().max_by_key(|(_, line)| line.len());
            let longest = longest.filter(|(_, line)| line.len() > own.saturating_add(1));
            let Some((other, _)) = longest else { return Some(item) };
            displaced = self.drop_last(&other.clone());
        }
        let line = self.lines.entry(owner.clone()).or_default();
        if line.is_empty() {
            self.turns.push_back(owner);
        }
        line.push_back(item);
        self.len += 1;
        displaced
    }

    /// Of a line that is longer than one.
    fn drop_last(&mut self, owner: &O) -> Option<T> {
        let dropped = self.lines.get_mut(owner)?.pop_back();
        self.len -= usize::from(dropped.is_some());
        dropped
    }

    /// The first of the line whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let owner = self.turns.pop_front()?;
        let line = self.lines.get_mut(&owner)?;
        let item = line.pop_front();
        self.len -= usize::from(item.is_some());
        if line.is_empty() {
            self.lines.remove(&owner);
        } else {
            self.turns.push_back(owner);
        }
        item
    }

    /// Takes out everything that is `over`, each line in its order; whose turn it is stays as it was.
    pub(crate) fn take(&mut self, over: impl Fn(&T) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for line in self.lines.values_mut() {
            let (out, stay): (VecDeque<T>, VecDeque<T>) = std::mem::take(line).into_iter().partition(&over);
            *line = stay;
            taken.extend(out);
        }
        self.lines.retain(|_, line| !line.is_empty());
        self.turns.retain(|owner| self.lines.contains_key(owner));
        self.len -= taken.len();
        taken
    }

    /// Everything that waits, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.lines.values().flatten()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
#[path = "tests/queue.rs"]
mod tests;
