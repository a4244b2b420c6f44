//! Memory that grows and is not given back.

/// The number of ticks in a window: five minutes with the default interval.
const WINDOW: u32 = 10;

/// The number of windows that a growth must last, and that it may pause: half an hour with the default interval.
const SUSTAINED: u32 = 6;

/// Finds sustained growth of the memory that a process uses.
///
/// 1. The floor of a window is the lowest reading in it: what remains after the peaks of single requests.
/// 2. A growth begins at a floor. It lasts while no floor falls below the highest one by more than a quarter of what
///    has been gained, and while there is a new highest floor at least every [`SUSTAINED`] windows. Otherwise it ends,
///    and another one begins at the floor of that window.
/// 3. It is sustained once it has lasted for [`SUSTAINED`] windows.
///
/// So a leak counts however slow it is, and in steps, too. A process that fills its caches and then stays at a level
/// does not. The first window is left out, because every process grows when it starts.
#[derive(Debug, Default)]
pub(super) struct MemoryGrowth {
    /// The number of readings in the current window, and the lowest of them.
    current: Option<(u32, u64)>,
    run: Option<Growth>,
    has_started: bool,
}

#[derive(Debug)]
struct Growth {
    base: u64,
    highest: u64,
    windows: u32,
    /// The number of windows since the highest floor.
    paused: u32,
}

impl MemoryGrowth {
    /// Adds the reading of a tick, in bytes.
    pub(super) fn add(&mut self, used: u64) {
        let (readings, floor) = self.current.map_or((1, used), |(readings, floor)| (readings + 1, floor.min(used)));
        if readings < WINDOW {
            self.current = Some((readings, floor));
            return;
        }
        self.current = None;
        if std::mem::replace(&mut self.has_started, true) {
            self.run = Some(match self.run.take().and_then(|growth| growth.after(floor)) {
                Some(growth) => growth,
                None => Growth { base: floor, highest: floor, windows: 0, paused: 0 },
            });
        }
    }

    /// The bytes that were gained by a sustained growth.
    pub(super) fn sustained(&self) -> Option<u64> {
        self.run.as_ref().filter(|growth| growth.windows >= SUSTAINED).map(Growth::gained)
    }
}

impl Growth {
    fn gained(&self) -> u64 {
        self.highest - self.base
    }

    /// The growth after a window with this floor. `None` if it has ended.
    fn after(mut self, floor: u64) -> Option<Self> {
        self.windows = self.windows.saturating_add(1);
        if floor > self.highest {
            (self.highest, self.paused) = (floor, 0);
        } else {
            self.paused += 1;
        }
        let falls = floor < self.highest - self.gained() / 4;
        (!falls && self.paused < SUSTAINED).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// The sustained growth in MiB after windows with these floors.
    fn after(floors: impl IntoIterator<Item = u64>) -> Option<u64> {
        let mut growth = MemoryGrowth::default();
        for floor in floors {
            (0..WINDOW).for_each(|tick| growth.add((floor + u64::from((tick + 3) % WINDOW) * 50) * MIB));
        }
        growth.sustained().map(|gained| gained / MIB)
    }

    #[test]
    fn growth_is_sustained_after_six_windows_of_rising_floors() {
        let rising = |windows: u64| (0..=windows).map(|window| 100 + 20 * window);
        assert_eq!(after(rising(6)), None, "the first window is left out");
        assert_eq!(after(rising(7)), Some(120));
        assert_eq!(after(rising(100)), Some(20 * 99));
    }

    #[test]
    fn growth_in_slow_steps_with_dips_counts() {
        let steps = (0..=40).map(|window| 100 + 10 * (window / 4) - window % 2);
        assert!(after(steps).is_some_and(|gained| gained >= 90));
    }

    #[test]
    fn growth_that_stops_or_is_given_back_does_not_count() {
        let levels = (0..=10).map(|window| 100 + 50 * window).chain([600; 6]);
        assert_eq!(after(levels), None, "a cache that is full");
        let peaks = (0..60).map(|window| if window % 12 < 6 { 100 + 40 * (window % 12) } else { 100 });
        assert_eq!(after(peaks), None, "memory that is given back");
        assert_eq!(after([500; 30]), None, "the same level");
        assert_eq!(after((0..30).map(|window| 900 - 20 * window)), None, "less and less");
    }
}
