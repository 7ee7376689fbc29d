//! Splitting samples: some to learn from, others to be judged by. All in places from 0.

use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Fold;
use crate::{Error, Result};
use std::collections::BTreeMap;

/// More places than this are not listed (1 GB).
const PLACES: usize = 1 << 27;

/// The places of each class, by class.
fn members(codes: &[u32]) -> BTreeMap<u32, Vec<usize>> {
    let mut out: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    codes.iter().enumerate().for_each(|(i, c)| out.entry(*c).or_default().push(i));
    out
}

/// Two parts in random order: to learn from, and `share` of all (rounded up) to be judged by.
///
/// With `stratify`, the class of each sample, both parts hold the classes in the same proportions, as far as whole
/// numbers allow (largest remainders first).
///
/// # Errors
/// When `share` is not between 0 and 1, a part would be empty, a class has a single sample, or there are fewer places
/// in a part than classes.
pub fn train_test_split(n: usize, share: f64, stratify: Option<&[u32]>, seed: u64) -> Result<Fold> {
    const NAME: &str = "train_test_split";
    ensure_setting(share > 0.0 && share < 1.0, NAME, "share", "between 0 and 1", share)?;
    // A product that is whole but for rounding is not rounded up.
    let test = (n as f64 * share - 1e-9).ceil().max(1.0) as usize;
    if n > PLACES {
        return Err(Error::value(format!("{NAME}: {n} samples are too many to be listed, at most {PLACES}")));
    }
    if test >= n {
        return Err(Error::value(format!("{NAME}: {n} samples are too few to take {share} of them away")));
    }
    let mut rng = Rng::new(seed);
    let Some(codes) = stratify else {
        let mut all: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut all);
        let judged = all.split_off(n - test);
        return Ok((all, judged));
    };
    if codes.len() != n {
        return Err(Error::shape(NAME, format!("{n} samples, but {} classes to stratify by", codes.len())));
    }
    let classes = members(codes);
    if let Some((class, _)) = classes.iter().find(|(_, m)| m.len() < 2) {
        return Err(Error::value(format!("{NAME}: class {class} has a single sample; each needs 2 to be stratified")));
    }
    if test < classes.len() || n - test < classes.len() {
        let why = format!("{test} and {} samples cannot hold all {} classes", n - test, classes.len());
        return Err(Error::value(format!("{NAME}: {why}")));
    }
    let exact = |m: &Vec<usize>| m.len() as f64 * test as f64 / n as f64;
    let mut quotas: Vec<usize> = classes.values().map(|m| exact(m) as usize).collect();
    let mut order: Vec<(f64, usize)> = classes.values().enumerate().map(|(c, m)| (exact(m).fract(), c)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let missing = test - quotas.iter().sum::<usize>();
    order.iter().take(missing).for_each(|(_, c)| quotas[*c] += 1);
    let (mut learned, mut judged) = (Vec::new(), Vec::new());
    for (mut places, quota) in classes.into_values().zip(quotas) {
        rng.shuffle(&mut places);
        judged.extend(&places[..quota]);
        learned.extend(&places[quota..]);
    }
    rng.shuffle(&mut learned);
    rng.shuffle(&mut judged);
    Ok((learned, judged))
}

fn enough(name: &str, k: usize, n: usize, what: &str) -> Result<()> {
    ensure_setting(k >= 2, name, "k", "at least 2", k)?;
    if k > n {
        return Err(Error::value(format!("{name}: {k} folds need at least {k} {what}, there are {n}")));
    }
    if k.checked_mul(n).is_none_or(|places| places > PLACES) && what != "groups" {
        return Err(Error::value(format!("{name}: {k} folds of {n} samples are too many to be listed")));
    }
    Ok(())
}

/// The folds of samples that were dealt out: each fold is judged once, learning from the others. Places rise.
fn folds(dealt: &[usize], k: usize) -> Vec<Fold> {
    (0..k).map(|fold| (0..dealt.len()).partition(|i| dealt[*i] != fold)).collect()
}

/// `k` folds of almost equal size: runs of neighbours, or with a seed any samples.
///
/// # Errors
/// When `k` is below 2 or above `n`.
pub fn k_fold(n: usize, k: usize, shuffle: Option<u64>) -> Result<Vec<Fold>> {
    enough("k_fold", k, n, "samples")?;
    let mut places: Vec<usize> = (0..n).collect();
    if let Some(seed) = shuffle {
        Rng::new(seed).shuffle(&mut places);
    }
    let mut dealt = vec![0; n];
    let mut at = 0;
    for fold in 0..k {
        let size = n / k + usize::from(fold < n % k);
        places[at..at + size].iter().for_each(|i| dealt[*i] = fold);
        at += size;
    }
    Ok(folds(&dealt, k))
}

/// `k` folds with the classes in the same proportions, as far as whole numbers allow.
///
/// # Errors
/// When `k` is below 2, or every class has fewer than `k` samples.
pub fn stratified_k_fold(codes: &[u32], k: usize, shuffle: Option<u64>) -> Result<Vec<Fold>> {
    const NAME: &str = "stratified_k_fold";
    enough(NAME, k, codes.len(), "samples")?;
    let classes = members(codes);
    let most = classes.values().map(Vec::len).max().unwrap_or(0);
    if most < k {
        return Err(Error::value(format!("{NAME}: {k} folds, but the largest class has only {most} samples")));
    }
    let mut rng = shuffle.map(Rng::new);
    let mut dealt = vec![0; codes.len()];
    let mut before = 0;
    for places in classes.values() {
        // With classes one after the other, every k-th sample goes to the same fold: so many each fold gets.
        let mut turns: Vec<usize> = (before..before + places.len()).map(|p| p % k).collect();
        turns.sort_unstable();
        if let Some(rng) = &mut rng {
            rng.shuffle(&mut turns);
        }
        places.iter().zip(turns).for_each(|(i, fold)| dealt[*i] = fold);
        before += places.len();
    }
    Ok(folds(&dealt, k))
}

/// As many folds as samples: each is judged once, alone.
///
/// # Errors
/// When there are fewer than 2 samples, or so many that the folds would not fit in memory.
pub fn leave_one_out(n: usize) -> Result<Vec<Fold>> {
    if n < 2 || n.checked_mul(n).is_none_or(|places| places > PLACES) {
        let why = if n < 2 { "needs at least 2 samples" } else { "these are too many samples; use k_fold" };
        return Err(Error::value(format!("leave_one_out: {why}, got {n}")));
    }
    Ok((0..n).map(|i| ((0..n).filter(|j| *j != i).collect(), vec![i])).collect())
}

/// `k` folds of similar size such that no group is both learned from and judged; the largest groups are dealt first.
///
/// # Errors
/// When `k` is below 2 or above the number of groups.
pub fn group_k_fold(groups: &[u32], k: usize) -> Result<Vec<Fold>> {
    let mut groups_of: Vec<Vec<usize>> = members(groups).into_values().collect();
    enough("group_k_fold", k, groups_of.len(), "groups")?;
    enough("group_k_fold", k, groups.len(), "samples")?;
    groups_of.sort_by_key(|places| std::cmp::Reverse(places.len()));
    let (mut dealt, mut sizes) = (vec![0; groups.len()], vec![0; k]);
    for places in groups_of {
        let lightest = (0..k).min_by_key(|fold| sizes[*fold]).expect("there are at least 2 folds");
        sizes[lightest] += places.len();
        places.iter().for_each(|i| dealt[*i] = lightest);
    }
    Ok(folds(&dealt, k))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sample is judged once, and learned from in all other folds.
    fn whole(folds: &[Fold], n: usize) {
        let mut judged: Vec<usize> = folds.iter().flat_map(|f| f.1.iter().copied()).collect();
        judged.sort_unstable();
        assert_eq!(judged, (0..n).collect::<Vec<_>>());
        for (learned, judged) in folds {
            let mut all = [&learned[..], &judged[..]].concat();
            all.sort_unstable();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            assert!(!judged.is_empty() && !learned.is_empty());
        }
    }

    fn counts(codes: &[u32], places: &[usize]) -> Vec<usize> {
        (0..3).map(|c| places.iter().filter(|i| codes[**i] == c).count()).collect()
    }

    #[test]
    fn two_parts() {
        assert!(train_test_split(usize::MAX, 0.5, None, 0).unwrap_err().to_string().contains("too many"));
        let fold = train_test_split(10, 0.25, None, 1).unwrap();
        assert_eq!((fold.0.len(), fold.1.len()), (7, 3));
        assert_eq!(fold, train_test_split(10, 0.25, None, 1).unwrap());
        assert_ne!(fold, train_test_split(10, 0.25, None, 2).unwrap());
        assert_eq!(train_test_split(10, 0.1 + 0.2, None, 1).unwrap().1.len(), 3);
        let codes: Vec<u32> = (0..100).map(|i| if i < 60 { 0 } else { 1 + (i >= 90) as u32 }).collect();
        let (learned, judged) = train_test_split(100, 0.2, Some(&codes), 3).unwrap();
        assert_eq!((counts(&codes, &judged), counts(&codes, &learned)), (vec![12, 6, 2], vec![48, 24, 8]));
        assert!(train_test_split(1, 0.5, None, 0).is_err() && train_test_split(9, 1.0, None, 0).is_err());
        assert!(train_test_split(9, f64::NAN, None, 0).is_err() && train_test_split(0, 0.5, None, 0).is_err());
        let alone = train_test_split(3, 0.5, Some(&[0, 0, 7]), 0).unwrap_err().to_string();
        assert_eq!(alone, "train_test_split: class 7 has a single sample; each needs 2 to be stratified");
        assert!(train_test_split(6, 0.2, Some(&[0, 0, 1, 1, 2, 2]), 0).unwrap_err().to_string().contains("3 classes"));
    }

    #[test]
    fn folds_cover_everything_once() {
        whole(&k_fold(11, 3, None).unwrap(), 11);
        whole(&k_fold(11, 3, Some(5)).unwrap(), 11);
        assert_eq!(k_fold(5, 2, None).unwrap(), [(vec![3, 4], vec![0, 1, 2]), (vec![0, 1, 2], vec![3, 4])]);
        assert_ne!(k_fold(11, 3, Some(5)).unwrap(), k_fold(11, 3, Some(6)).unwrap());
        assert_eq!(leave_one_out(3).unwrap()[1], (vec![0, 2], vec![1]));
        whole(&leave_one_out(7).unwrap(), 7);
        assert!(k_fold(3, 4, None).is_err() && k_fold(3, 1, None).is_err() && leave_one_out(1).is_err());
        assert!(leave_one_out(usize::MAX).is_err() && k_fold(1 << 30, 1 << 29, None).is_err());
    }

    #[test]
    fn stratified_folds_hold_every_class() {
        let codes: Vec<u32> = (0..33).map(|i| i % 11 / 5).collect();
        for shuffle in [None, Some(1)] {
            let folds = stratified_k_fold(&codes, 3, shuffle).unwrap();
            whole(&folds, 33);
            for (_, judged) in &folds {
                assert_eq!(counts(&codes, judged), [5, 5, 1]);
            }
        }
        // [t.tolist() for _, t in sklearn StratifiedKFold(3).split(codes, codes)]
        let folds = stratified_k_fold(&[0, 0, 1, 1, 0, 1, 0, 1, 1, 0], 3, None).unwrap();
        let judged: Vec<&[usize]> = folds.iter().map(|f| &f.1[..]).collect();
        assert_eq!(judged, [&[0, 1, 2, 3][..], &[4, 5, 6], &[7, 8, 9]]);
        assert!(stratified_k_fold(&[0, 0, 1, 1], 3, None).is_err());
    }

    #[test]
    fn groups_stay_together() {
        let groups = [4, 4, 4, 9, 9, 1, 1, 7, 4, 2];
        let folds = group_k_fold(&groups, 3).unwrap();
        whole(&folds, 10);
        for (learned, judged) in &folds {
            assert!(judged.iter().all(|j| learned.iter().all(|i| groups[*i] != groups[*j])));
            assert!((3..=4).contains(&judged.len()));
        }
        assert!(group_k_fold(&groups, 6).unwrap_err().to_string().contains("at least 6 groups, there are 5"));
    }
}
