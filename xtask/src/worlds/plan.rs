//! Which episodes: levels, kinds, seeds.

use super::catalogue::Task;

/// How much the worlds differ from each other.
pub(super) const LEVELS: [&str; 4] = ["none", "low", "medium", "high"];
/// The kind of an episode that is not told to fail.
pub(super) const SUCCESS: &str = "success";
/// The demonstration's seed. None of the others has it.
pub(super) const DEMONSTRATION_SEED: u32 = 1;
/// The demonstration's level.
pub(super) const DEMONSTRATION_LEVEL: &str = "none";
/// Of the first of the other episodes; each later one of the task has the next.
const FIRST_SEED: u32 = 101;
/// Of this many episodes, this many are not told to fail.
const SUCCESSES: (u32, u32) = (2, 5);

/// Episodes of one task, level and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) task: String,
    pub(super) level: &'static str,
    /// `success`, or the failure's name.
    pub(super) kind: String,
    pub(super) first_seed: u32,
    pub(super) episodes: u32,
}

impl Cell {
    /// The seeds of its episodes.
    pub(super) fn seeds(&self) -> impl Iterator<Item = u32> + use<> {
        self.first_seed..self.first_seed + self.episodes
    }

    /// What the expert is told.
    pub(super) fn failure(&self) -> Option<&str> {
        (self.kind != SUCCESS).then_some(self.kind.as_str())
    }
}

/// Two fifths of the episodes succeed, the rest fail in each way there is; both are dealt over the levels in turn, so that no
/// level and no kind has more than one more than another. Cells without episodes are left out.
pub(super) fn cells(task: &Task, episodes: u32) -> Vec<Cell> {
    let successes = if task.failures.is_empty() { episodes } else { (episodes * SUCCESSES.0).div_ceil(SUCCESSES.1) };
    let succeed = deal(successes, &[SUCCESS.to_owned()]);
    let fail = deal(episodes - successes, &task.failures);
    let mut seed = FIRST_SEED;
    let mut cells = Vec::new();
    for (level, kind, episodes) in succeed.into_iter().chain(fail).filter(|&(_, _, episodes)| episodes > 0) {
        cells.push(Cell { task: task.name.clone(), level, kind, first_seed: seed, episodes });
        seed += episodes;
    }
    cells
}

/// Deals `episodes` to the levels and kinds. One after the other would give the first kind the first level each time that
/// there are as many kinds as levels, so each round begins one level on.
fn deal(episodes: u32, kinds: &[String]) -> Vec<(&'static str, String, u32)> {
    let mut hands: Vec<_> = kinds.iter().flat_map(|kind| LEVELS.map(|level| (level, kind.clone(), 0))).collect();
    for dealt in (0..kinds.len() * LEVELS.len()).cycle().take(episodes as usize) {
        let (round, kind) = (dealt / kinds.len(), dealt % kinds.len());
        hands[kind * LEVELS.len() + (round + kind) % LEVELS.len()].2 += 1;
    }
    hands
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn task(failures: usize) -> Task {
        let failures = (0..failures).map(|index| format!("way_{index}")).collect();
        Task { name: "push".to_owned(), words: String::new(), failures }
    }

    #[test]
    fn every_number_of_episodes_is_dealt_evenly_and_no_seed_twice() {
        for failures in 0..8 {
            for episodes in 1..120 {
                let cells = cells(&task(failures), episodes);
                let seeds: BTreeSet<u32> = cells.iter().flat_map(Cell::seeds).collect();
                assert_eq!(seeds.len(), episodes as usize, "{failures} {episodes}");
                assert!(!seeds.contains(&DEMONSTRATION_SEED));
                let mut by_kind: BTreeMap<&str, u32> = BTreeMap::new();
                let mut by_cell: BTreeMap<bool, Vec<u32>> = BTreeMap::new();
                for cell in &cells {
                    *by_kind.entry(&cell.kind).or_default() += cell.episodes;
                    by_cell.entry(cell.kind == SUCCESS).or_default().push(cell.episodes);
                }
                let failed: Vec<u32> = by_kind.iter().filter(|(kind, _)| **kind != SUCCESS).map(|(_, &n)| n).collect();
                let spread = |counts: &[u32]| counts.iter().max().unwrap_or(&0) - counts.iter().min().unwrap_or(&0);
                assert!(spread(&failed) <= 1 && by_cell.values().all(|counts| spread(counts) <= 1), "{cells:?}");
            }
        }
    }

    #[test]
    fn fifty_episodes_show_each_kind_at_each_level() {
        let cells = cells(&task(6), 50);
        assert_eq!(cells.len(), 4 + 24);
        assert_eq!(cells.iter().filter(|cell| cell.kind == SUCCESS).map(|cell| cell.episodes).sum::<u32>(), 20);
        assert_eq!((cells[0].failure(), cells[4].failure()), (None, Some("way_0")));
    }
}
