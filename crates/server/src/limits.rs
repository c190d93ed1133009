use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many connections there may be: 10 per user and 1,024 in all, of which 64 are kept for root;
/// root has no limit of its own.
#[derive(Debug, Default)]
pub struct Limits {
    open: Mutex<BTreeMap<u32, usize>>,
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    limits: Arc<Limits>,
    uid: u32,
}

impl Limits {
    /// Takes a place, if there is one for this user.
    pub(crate) fn enter(self: Arc<Self>, uid: u32) -> Option<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = open.values().sum();
        let own = open.entry(uid).or_default();
        let cap = if uid == 0 { TOTAL } else { TOTAL - KEPT_FOR_ROOT };
        let full = total >= cap || (uid != 0 && *own >= PER_USER);
        if full {
            return None;
        }
        *own += 1;
        drop(open);
        Some(Place { limits: self, uid })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.limits.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.uid) {
            *count = count.saturating_sub(1);
        }
        open.retain(|_, count| *count > 0);
    }
}

const PER_USER: usize = 10;
const TOTAL: usize = 1_024;
const KEPT_FOR_ROOT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_ten_places_and_gets_them_back() {
        let limits = Arc::new(Limits::default());
        let mut places: Vec<_> = (0..PER_USER).map(|_| limits.clone().enter(1001).unwrap()).collect();
        assert!(limits.clone().enter(1001).is_none());
        assert!(limits.clone().enter(1002).is_some());
        places.pop();
        assert!(limits.clone().enter(1001).is_some());
    }

    #[test]
    fn users_together_leave_sixty_four_places_to_root() {
        let limits = Arc::new(Limits::default());
        let places: Vec<_> = (0..TOTAL).map_while(|n| limits.clone().enter(2000 + n as u32 / 10)).collect();
        assert_eq!(places.len(), TOTAL - KEPT_FOR_ROOT);
        let roots: Vec<_> = (0..TOTAL).map_while(|_| limits.clone().enter(0)).collect();
        assert_eq!(roots.len(), KEPT_FOR_ROOT);
    }
}
