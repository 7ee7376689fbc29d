//! The known name that a mistyped one most likely meant.

/// The candidate nearest to `word`, or nothing when none is near.
///
/// Near means few typing slips (Damerau 1964: insert, delete, replace, swap neighbours), in proportion to the
/// word's length and without regard to case; or one is the other's initials, as `lr` is of `learning_rate`.
///
/// ```
/// let names = ["adam", "adamw", "sgd"];
/// assert_eq!(mynah::nearest::nearest("adma", names), Some("adam"));
/// assert_eq!(mynah::nearest::nearest("banana", names), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = 1.max(word.chars().count() / 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(slips, _)| *slips <= near)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    if a != b && (initials(a).as_deref() == Some(b) || initials(b).as_deref() == Some(a)) {
        return 1;
    }
    strsim::damerau_levenshtein(a, b)
}

/// `lr` for `learning_rate`; nothing for a single word.
fn initials(words: &str) -> Option<String> {
    words.contains('_').then(|| words.split('_').filter_map(|w| w.chars().next()).collect())
}

/// A list for error messages: `` `lr`, `beta1` ``.
pub fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: [&str; 5] = ["lr", "beta1", "beta2", "eps", "weight_decay"];

    #[test]
    fn slips_swaps_case_and_initials_are_understood() {
        for (typed, meant) in
            [("wieght_decay", "weight_decay"), ("Beta2", "beta2"), ("learning_rate", "lr"), ("wd", "weight_decay")]
        {
            assert_eq!(nearest(typed, OPTIONS), Some(meant), "{typed}");
        }
    }

    #[test]
    fn a_far_word_gets_no_suggestion() {
        for typed in ["banana", "x", "", "momentum"] {
            assert_eq!(nearest(typed, OPTIONS), None, "{typed}");
        }
    }

    #[test]
    fn of_equally_near_names_the_first_wins() {
        assert_eq!(nearest("beta", OPTIONS), Some("beta1"));
    }
}
