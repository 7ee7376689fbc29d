//! Sparklines: a curve in one line of text (Tufte 2006, "Beautiful Evidence").

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `values` as a line of at most `width` bars, from the smallest to the largest.
///
/// More values than `width` are averaged into `width` equal shares. Where no value is finite there is a gap; a
/// constant curve runs at half height.
///
/// ```
/// assert_eq!(mynah::plot::sparkline(&[1.0, 2.0, 4.0, 8.0], 10), "▁▂▄█");
/// ```
pub fn sparkline(values: &[f64], width: usize) -> String {
    let columns = width.min(values.len());
    let means: Vec<Option<f64>> = (0..columns)
        .map(|column| mean(&values[share(values.len(), columns, column)..share(values.len(), columns, column + 1)]))
        .collect();
    let (low, high) = means
        .iter()
        .flatten()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(*mean), high.max(*mean)));
    let bar = |mean: f64| {
        if low == high {
            return BARS[3];
        }
        // Halved, so that the range of the largest numbers is still a number.
        let height = (mean / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        BARS[((height * 7.0).round() as usize).min(7)]
    };
    means.into_iter().map(|mean| mean.map_or(' ', bar)).collect()
}

/// Where the share of `column` begins among `n` values.
fn share(n: usize, columns: usize, column: usize) -> usize {
    (n as u128 * column as u128 / columns as u128) as usize
}

fn mean(values: &[f64]) -> Option<f64> {
    let finite = || values.iter().filter(|value| value.is_finite());
    let n = finite().count() as f64;
    (n > 0.0).then(|| finite().map(|value| value / n).sum::<f64>().clamp(f64::MIN, f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_levels_show_as_eight_bars() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[7.0, 0.0], 80), "█▁");
    }

    #[test]
    fn long_input_is_averaged_to_the_width() {
        let ramp: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(sparkline(&ramp, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[0.0, 0.0, 0.0, 9.0, 9.0], 2), "▁█");
    }

    #[test]
    fn nothing_and_a_constant_and_the_extremes_are_no_trouble() {
        assert_eq!(sparkline(&[], 10), "");
        assert_eq!(sparkline(&[1.0], 0), "");
        assert_eq!(sparkline(&[5.0; 3], 10), "▄▄▄");
        assert_eq!(sparkline(&[f64::MIN, 0.0, f64::MAX], 10), "▁▅█");
    }

    #[test]
    fn values_that_are_not_finite_leave_a_gap() {
        assert_eq!(sparkline(&[1.0, f64::NAN, f64::INFINITY, 2.0], 10), "▁  █");
        assert_eq!(sparkline(&[f64::NAN; 2], 10), "  ");
        assert_eq!(sparkline(&[1.0, f64::NAN, 2.0, 2.0], 2), "▁█");
    }
}
