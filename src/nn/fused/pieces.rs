//! Work cut into fixed pieces that any number of threads may share.
//!
//! The cut depends on the sizes alone. A sum that is formed piece by piece, in order, is then the same bits whatever
//! the number of threads.

use rayon::prelude::*;

/// About how many elements a piece of an elementwise loop should have: some microseconds of work.
pub const ELEMENTS: usize = 16 * 1024;

/// How many rows of `width` elements make such a piece.
pub fn rows_per_piece(width: usize) -> usize {
    (ELEMENTS / width.max(1)).max(1)
}

/// Calls `work(i, [piece i of every output])`, on all threads if there is more than one piece.
///
/// Each output comes with the length of its pieces (the last one may be shorter), and all must have as many pieces.
pub fn for_pieces<const N: usize>(
    outputs: [(&mut [f32], usize); N],
    work: impl Fn(usize, [&mut [f32]; N]) + Send + Sync,
) {
    let counts = outputs.each_ref().map(|(values, length)| values.len().div_ceil((*length).max(1)));
    assert!(counts.iter().all(|&count| count == counts[0]), "outputs are cut into {counts:?} pieces");

    let mut cuts = outputs.map(|(values, length)| values.chunks_mut(length.max(1)));
    let mut pieces: Vec<[&mut [f32]; N]> =
        (0..counts[0]).map(|_| cuts.each_mut().map(|cut| cut.next().expect("pieces were counted"))).collect();
    // A lone piece is not worth waking another thread.
    if pieces.len() == 1 {
        work(0, pieces.remove(0));
    } else {
        pieces.into_par_iter().enumerate().for_each(|(i, piece)| work(i, piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_visited_once_with_its_index() {
        let (mut a, mut b) = (vec![0.0; 10], vec![0.0; 3]);
        for_pieces([(&mut a, 4), (&mut b, 1)], |i, [a, b]| {
            a.fill(i as f32 + 1.0);
            b[0] = a.len() as f32;
        });
        assert_eq!(a, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!(b, [4.0, 4.0, 2.0]);
    }

    #[test]
    fn nothing_has_no_pieces() {
        for_pieces([(&mut [], 0)], |_, _| panic!("no piece"));
    }
}
