//! Gives groups the numbers under which they are stored: a group keeps its number, and groups that are merged get the
//! lowest one.

use crate::matching::Grouping;

/// The activities whose number changes, by position, with the new number. `known`: the number of each activity; `last`: the
/// highest number in use. Only groups of several activities have one.
pub fn changed_numbers(grouping: &Grouping, known: &[Option<i64>], mut last: i64) -> Vec<(usize, i64)> {
    let mut changed = Vec::new();
    for members in grouping.iter().filter(|members| members.len() > 1) {
        let members = members.iter().map(|&at| at as usize);
        let least = members.clone().filter_map(|at| known[at]).min();
        if least.is_some() && members.clone().all(|at| known[at] == least) {
            continue;
        }
        let number = least.unwrap_or_else(|| {
            last += 1;
            last
        });
        changed.extend(members.map(|at| (at, number)));
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_keeps_its_number_and_groups_merge() {
        let grouping = |groups: &[&[u32]]| {
            let mut grouping = Grouping::default();
            groups.iter().for_each(|members| grouping.push(members.iter().copied()));
            grouping
        };
        let pairs = grouping(&[&[0, 1], &[2, 3], &[4]]);
        assert_eq!(changed_numbers(&pairs, &[None; 5], 7), [(0, 8), (1, 8), (2, 9), (3, 9)]);
        let known = [Some(8), Some(8), Some(9), Some(9), None];
        assert_eq!(changed_numbers(&pairs, &known, 9), []);
        let merged = grouping(&[&[4, 1], &[0], &[2, 3]]);
        assert_eq!(changed_numbers(&merged, &known, 9), [(4, 8), (1, 8)]);
        let all = grouping(&[&[3, 0, 1, 2], &[4]]);
        assert_eq!(changed_numbers(&all, &known, 9), [(3, 8), (0, 8), (1, 8), (2, 8)]);
    }
}
