//! Where things stand beside each other: what happens at one time shares the width of a day.

/// The place of one thing: its lane, and how many lanes the group has that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub at: usize,
    pub of: usize,
}

/// Lanes for things that go from a start to an end, given in the order of their starts. What does not touch anything has the
/// whole width; what does shares it with everything that hangs together with it.
pub fn lanes(things: &[(i64, i64)]) -> Vec<Lane> {
    let mut placed = Vec::with_capacity(things.len());
    let mut group: Vec<(usize, i64)> = Vec::new();
    let mut begun = 0;
    let mut ends_at = i64::MIN;
    for (starts, ends) in things {
        if *starts >= ends_at {
            close(&mut placed, begun, group.len());
            begun = placed.len();
            group.clear();
        }
        let free = group.iter().position(|(_, ends)| ends <= starts);
        let at = free.unwrap_or(group.len());
        match group.get_mut(at) {
            Some(lane) => lane.1 = *ends,
            None => group.push((at, *ends)),
        }
        placed.push(Lane { at, of: 1 });
        ends_at = ends_at.max(*ends);
    }
    close(&mut placed, begun, group.len());
    placed
}

fn close(placed: &mut [Lane], begun: usize, of: usize) {
    for lane in placed.iter_mut().skip(begun) {
        lane.of = of;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(things: &[(i64, i64)]) -> Vec<(usize, usize)> {
        lanes(things).iter().map(|lane| (lane.at, lane.of)).collect()
    }

    #[test]
    fn what_overlaps_shares_the_width_and_what_does_not_has_it_all() {
        assert_eq!(told(&[(0, 10), (10, 20)]), [(0, 1), (0, 1)]);
        assert_eq!(
            told(&[(0, 10), (5, 20), (10, 15), (30, 40)]),
            [(0, 2), (1, 2), (0, 2), (0, 1)]
        );
        assert_eq!(told(&[(0, 30), (0, 30), (0, 30)]), [(0, 3), (1, 3), (2, 3)]);
        assert_eq!(told(&[]), []);
    }
}
