//! From numbers to places: linear and logarithmic axes, their ranges and their ticks.
//!
//! Ticks are multiples of 1, 2 or 5 times a power of ten (Heckbert 1990, "Nice numbers for graph labels", Graphics
//! Gems), the finest that fit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers further from zero than this are not drawn.
const LARGEST: f64 = 1e300;

/// How numbers become lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Equal differences are equally long.
    #[default]
    Linear,
    /// Equal ratios are equally long; only numbers above 0 have a place.
    Log,
}

impl Scale {
    /// Whether a number has a place on such an axis.
    pub fn shows(self, value: f64) -> bool {
        value.abs() <= LARGEST && (self == Self::Linear || value >= 1.0 / LARGEST)
    }
}

/// A number on an axis with its label; minor ticks have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it is.
    pub value: f64,
    /// What is written there.
    pub label: String,
}

/// A scale between two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Axis {
    /// An axis that shows all of `low..=high`. Equal ends are set a little apart; ends that have no place on the scale
    /// are replaced by ones that do.
    pub fn new(scale: Scale, low: f64, high: f64) -> Self {
        let place = |v: f64| match scale {
            Scale::Linear => {
                if v.is_nan() {
                    0.0
                } else {
                    v.clamp(-LARGEST, LARGEST)
                }
            }
            Scale::Log => {
                if v.is_nan() {
                    1.0
                } else {
                    v.clamp(4.0 / LARGEST, LARGEST / 4.0)
                }
            }
        };
        let (a, b) = (place(low), place(high));
        let (mut low, mut high) = (a.min(b), a.max(b));
        match scale {
            Scale::Linear => {
                let size = low.abs().max(high.abs());
                if high - low <= size * 1e-12 || high - low < 1e-300 {
                    let apart = if size < 1e-290 { 0.5 } else { (size * 0.05).max(1e-290) };
                    (low, high) = ((low - apart).max(-LARGEST), (high + apart).min(LARGEST));
                }
            }
            Scale::Log => {
                if high / low < 1.0 + 1e-9 {
                    (low, high) = (low / 2.0, high * 2.0);
                }
            }
        }
        Self { scale, low, high }
    }

    /// The lower end.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The upper end.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// The scale.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Where `value` is: 0 at the lower end, 1 at the upper; NaN where it has no place.
    pub fn unit(&self, value: f64) -> f64 {
        if !self.scale.shows(value) {
            return f64::NAN;
        }
        match self.scale {
            // Halved, so that the range of the largest numbers is still a number.
            Scale::Linear => (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0),
            Scale::Log => (value.ln() - self.low.ln()) / (self.high.ln() - self.low.ln()),
        }
    }

    /// The number at `unit`.
    pub fn value(&self, unit: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low * (1.0 - unit) + self.high * unit,
            Scale::Log => (self.low.ln() * (1.0 - unit) + self.high.ln() * unit).exp(),
        }
    }

    /// How fast [`Axis::unit`] grows at `value`.
    pub(super) fn slope(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => 0.5 / (self.high / 2.0 - self.low / 2.0),
            Scale::Log => 1.0 / (value * (self.high.ln() - self.low.ln())),
        }
    }

    /// The same axis, longer by these shares of its length at its ends.
    pub(super) fn widened(&self, below: f64, above: f64) -> Self {
        Self::new(self.scale, self.value(-below), self.value(1.0 + above))
    }

    /// At most `most` labelled ticks (two at least are allowed for), at round numbers.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        let most = most.max(2);
        match self.scale {
            Scale::Linear => linear(self.low, self.high, most),
            Scale::Log => logarithmic(self.low, self.high, most),
        }
    }

    /// The ticks between the labelled ones of a logarithmic axis: 2 to 9 times each power of ten.
    pub(super) fn minor(&self) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        if self.scale == Scale::Linear || last - first > 12 {
            return Vec::new();
        }
        let all = (first..last).flat_map(|e| (2..10).map(move |m| f64::from(m) * power(e)));
        all.filter(|v| (self.low..=self.high).contains(v)).collect()
    }
}

fn power(exponent: i32) -> f64 {
    // Parsed, so that 10⁻³ is the number nearest to it.
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

/// Multiples of 1, 2 or 5 times a power of ten in `low..=high`, at most `most` of them.
fn linear(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let rough = (high / 2.0 - low / 2.0) / most as f64 * 2.0;
    let exponent = rough.log10().floor() as i32;
    for (mantissa, exponent) in (exponent - 1..exponent + 3).flat_map(|e| [(1, e), (2, e), (5, e)]) {
        let step = f64::from(mantissa) * power(exponent);
        let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
        if !(last - first + 1.0 <= most as f64) || first.abs().max(last.abs()) > 1e15 {
            continue;
        }
        let n = (last - first) as i64 + 1;
        if n < 1 {
            break;
        }
        // A multiple divided is nearer to the round number than one multiplied: 3 / 10, not 3 * 0.1.
        let multiple = |k: f64| match exponent {
            -300..0 => k * f64::from(mantissa) / power(-exponent),
            _ => k * step,
        };
        let values: Vec<f64> = (0..n).map(|k| multiple(first + k as f64) + 0.0).collect();
        let labels = labels(&values, exponent);
        return values.into_iter().zip(labels).map(|(value, label)| Tick { value, label }).collect();
    }
    [low, high].into_iter().map(|value| Tick { value, label: number(value) }).collect()
}

/// Labels of the multiples of a step of `10^exponent`, all with the same number of decimals.
fn labels(values: &[f64], exponent: i32) -> Vec<String> {
    let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    if !(1e-3..1e6).contains(&largest) {
        let top = if largest > 0.0 { largest.log10().floor() as i32 } else { 0 };
        let decimals = (top - exponent).clamp(0, 15) as usize;
        let scaled = |v: f64| if top.abs() < 300 { v / power(top) } else { v / power(top / 2) / power(top - top / 2) };
        return values
            .iter()
            .map(|v| if *v == 0.0 { "0".into() } else { scientific(&format!("{:.decimals$}", scaled(*v)), top) })
            .collect();
    }
    let decimals = (-exponent).clamp(0, 15) as usize;
    values.iter().map(|v| signed(&format!("{v:.decimals$}"))).collect()
}

/// Powers of ten in `low..=high`, and numbers between when they are few.
fn logarithmic(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let (first, last) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    let decades = (last - first + 1).max(0) as usize;
    if decades > most {
        let every = decades.div_ceil(most) as i32;
        let powers = (first..=last).filter(|e| e.rem_euclid(every) == 0);
        return powers.map(|e| Tick { value: power(e), label: scientific("1", e) }).collect();
    }
    let within = |mantissas: &[i32]| -> Vec<(i32, i32)> {
        let all = (first - 1..=last).flat_map(|e| mantissas.iter().map(move |m| (*m, e)));
        all.filter(|(m, e)| (low * (1.0 - 1e-9)..=high * (1.0 + 1e-9)).contains(&(f64::from(*m) * power(*e)))).collect()
    };
    let mut chosen = within(&[1]);
    if decades < 3 {
        for mantissas in [&[1, 3][..], &[1, 2, 5][..], &[1, 2, 3, 4, 5, 6, 7, 8, 9][..]] {
            let more = within(mantissas);
            if more.len() <= most {
                chosen = more;
            }
        }
    }
    if chosen.len() < 2 {
        return linear(low, high, most).into_iter().filter(|t| t.value > 0.0).collect();
    }
    let plain = chosen.iter().all(|(_, e)| (-3..=4).contains(e));
    let label = |m: i32, e: i32| match plain {
        true => format!("{:.*}", (-e).max(0) as usize, f64::from(m) * power(e)),
        false => scientific(&m.to_string(), e),
    };
    chosen.into_iter().map(|(m, e)| Tick { value: f64::from(m) * power(e), label: label(m, e) }).collect()
}

/// A number on its own, to four digits.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return signed(&value.to_string());
    }
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        let text = format!("{value:.3e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return scientific(trimmed(mantissa), exponent.parse().unwrap_or(0));
    }
    let decimals = if size == 0.0 { 0 } else { (3 - size.log10().floor() as i32).clamp(0, 6) as usize };
    signed(trimmed(&format!("{value:.decimals$}")))
}

fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `mantissa · 10^exponent` as it is printed: 2.5×10⁻³, 10⁴.
fn scientific(mantissa: &str, exponent: i32) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised =
        exponent.to_string().chars().map(|c| c.to_digit(10).map_or('⁻', |d| RAISED[d as usize])).collect::<String>();
    match mantissa {
        "1" => format!("10{raised}"),
        _ => format!("{}×10{raised}", signed(mantissa)),
    }
}

/// With the minus sign of print.
fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.into(),
        Some(rest) => format!("−{rest}"),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(scale: Scale, low: f64, high: f64, most: usize) -> Vec<String> {
        Axis::new(scale, low, high).ticks(most).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn linear_ticks_are_the_finest_round_numbers_that_fit() {
        assert_eq!(shown(Scale::Linear, 0.0, 10.0, 6), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(shown(Scale::Linear, -1.0, 1.0, 5), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(shown(Scale::Linear, 0.0, 0.3, 4), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(shown(Scale::Linear, 1234.0, 1310.0, 5), ["1240", "1260", "1280", "1300"]);
        assert_eq!(shown(Scale::Linear, 0.0, 3e6, 4), ["0", "10⁶", "2×10⁶", "3×10⁶"].map(String::from));
        let exact: Vec<f64> = Axis::new(Scale::Linear, 0.0, 0.7).ticks(8).iter().map(|t| t.value).collect();
        assert_eq!(exact, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        assert_eq!(shown(Scale::Log, 0.01, 100.0, 8), ["0.01", "0.1", "1", "10", "100"]);
        assert_eq!(shown(Scale::Log, 1e-6, 1.0, 4), ["10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"]);
        assert_eq!(shown(Scale::Log, 1.0, 10.0, 6), ["1", "2", "5", "10"]);
        assert_eq!(shown(Scale::Log, 20.0, 40.0, 5), ["20", "30", "40"]);
        assert_eq!(Axis::new(Scale::Log, 1.0, 100.0).minor().len(), 16);
    }

    #[test]
    fn places_go_from_zero_to_one_and_back() {
        let axis = Axis::new(Scale::Linear, -5.0, 15.0);
        assert_eq!((axis.unit(-5.0), axis.unit(5.0), axis.unit(15.0)), (0.0, 0.5, 1.0));
        let log = Axis::new(Scale::Log, 0.1, 1000.0);
        assert!((log.unit(10.0) - 0.5).abs() < 1e-12 && (log.value(0.5) - 10.0).abs() < 1e-9);
        assert!(log.unit(0.0).is_nan() && log.unit(-1.0).is_nan() && axis.unit(f64::INFINITY).is_nan());
    }

    #[test]
    fn the_oddest_ranges_have_ticks_that_are_few_and_inside() {
        let odd = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            1e-320,
            1e308,
            -1e308,
            f64::MAX,
            f64::MIN,
            f64::NAN,
            f64::INFINITY,
            1e16,
            1e16 + 4.0,
        ];
        for scale in [Scale::Linear, Scale::Log] {
            for low in odd {
                for high in odd {
                    let axis = Axis::new(scale, low, high);
                    assert!(axis.low() < axis.high(), "{scale:?} {low} {high}: {axis:?}");
                    for most in [0, 1, 5, 50] {
                        let ticks = axis.ticks(most);
                        assert!(ticks.len() <= most.max(2), "{axis:?}: {ticks:?}");
                        for tick in ticks {
                            let unit = axis.unit(tick.value);
                            assert!((-1e-6..=1.0 + 1e-6).contains(&unit), "{axis:?}: {tick:?} at {unit}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn single_numbers_read_well() {
        let texts = [0.0, -2.5, 0.125, 123456.0, 1e-5, -2.5e9, 1.0 / 3.0].map(number);
        assert_eq!(texts, ["0", "−2.5", "0.125", "123456", "10⁻⁵", "−2.5×10⁹", "0.3333"].map(String::from));
    }
}
