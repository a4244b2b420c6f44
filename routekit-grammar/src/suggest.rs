//! "Did you mean": finds the known name that is closest to an unknown one.

/// Returns the candidate closest to `word`, if at most a third of the letters of the longer one differ. Case does not
/// matter.
///
/// A difference is a letter that is inserted, removed or replaced, or two neighbours that are swapped. Of equally close
/// candidates, the first one wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let known: Vec<char> = candidate.to_lowercase().chars().collect();
            let distance = distance(&word, &known);
            (distance <= word.len().max(known.len()).max(3) / 3).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance. `rows` holds the last three rows of the table; a swap of two neighbours
/// starts from the third.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        let [before, last, row] = &mut rows;
        row[0] = i;
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_and_swaps() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("timeout", "timeout", 0),
            ("tiemout", "timeout", 1),
            ("timout", "timeout", 1),
            ("timeouts", "timeout", 1),
            ("tameout", "timeout", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(distance(&chars(a), &chars(b)), expected, "{a} {b}");
        }
    }

    #[test]
    fn nearest_accepts_a_third_of_the_letters() {
        let names = ["timeout", "tags", "ttl"];
        for (word, expected) in [
            ("tiemout", Some("timeout")),
            ("TIMEOUT", Some("timeout")),
            ("tag", Some("tags")),
            ("tt", Some("ttl")),
            ("t", None),
            ("cache", None),
        ] {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
    }
}
