//! A list of which only the first items are kept, and that counts all.

use crate::status::MOST_LISTED;

/// How many items more than [`MOST_LISTED`] are collected before the last ones are dropped.
const SPARE: usize = 2_000;

/// The first [`MOST_LISTED`] items by rank, and how many there are. Items mostly come in the order of their ranks.
pub(super) struct Newest<R, T> {
    /// How many items were added.
    pub count: u64,
    items: Vec<(R, T)>,
    /// The highest rank of the items, once there are enough: an item of a higher rank is not kept.
    last: Option<R>,
}

impl<R, T> Default for Newest<R, T> {
    fn default() -> Newest<R, T> {
        Newest { count: 0, items: Vec::new(), last: None }
    }
}

impl<R: Ord + Clone, T> Newest<R, T> {
    /// Adds an item, which is made only if it is kept.
    pub fn add(&mut self, rank: R, item: impl FnOnce() -> T) {
        self.count += 1;
        if self.last.as_ref().is_some_and(|last| rank >= *last) {
            return;
        }
        self.items.push((rank, item()));
        if self.items.len() == MOST_LISTED + if self.last.is_some() { SPARE } else { 0 } {
            self.keep();
            self.last = self.items.last().map(|(rank, _)| rank.clone());
        }
    }

    /// Sorts the items, and drops those that are too many. Items of one rank stay in the order in which they were added.
    fn keep(&mut self) {
        self.items.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.items.truncate(MOST_LISTED);
    }

    /// The items by rank, and how many are left out.
    pub fn finish(mut self) -> (Vec<T>, u64) {
        self.keep();
        let left_out = self.count - self.items.len() as u64;
        (self.items.into_iter().map(|(_, item)| item).collect(), left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_first_items_are_kept_in_any_order_of_adding(swaps in proptest::collection::vec((0..50_000usize, 0..50_000usize), 0..3000)) {
            let mut ranks: Vec<usize> = (0..50_000).collect();
            swaps.into_iter().for_each(|(one, other)| ranks.swap(one, other));
            let mut newest = Newest::default();
            ranks.iter().for_each(|rank| newest.add(*rank, || *rank));
            let (items, left_out) = newest.finish();
            prop_assert_eq!(left_out, 30_000);
            prop_assert!(items.into_iter().eq(0..MOST_LISTED));
        }
    }

    #[test]
    fn an_item_that_is_left_out_is_not_made() {
        let (mut newest, mut made) = (Newest::default(), 0);
        (0..MOST_LISTED + 5).for_each(|rank| newest.add(rank, || made += 1));
        assert_eq!((newest.finish().1, made), (5, MOST_LISTED));
    }
}
