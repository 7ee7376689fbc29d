//! Colours: their names, a palette that colour-blind readers can tell apart, and the two themes.
//!
//! The palette is "bright" of Tol (2021), "Colour schemes", technical note SRON/EPS/TN/09-002, issue 3.2.

use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A colour: red, green, blue and opacity, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
    /// Opacity; 255 hides what is below.
    pub a: u8,
}

/// The names that a colour may have.
const NAMES: [(&str, u32); 14] = [
    ("blue", 0x4477aa),
    ("red", 0xee6677),
    ("green", 0x228833),
    ("purple", 0xaa3377),
    ("yellow", 0xccbb44),
    ("cyan", 0x66ccee),
    ("gray", 0xbbbbbb),
    ("orange", 0xee7733),
    ("pink", 0xffaabb),
    ("brown", 0x8c564b),
    ("navy", 0x223a6b),
    ("black", 0x000000),
    ("white", 0xffffff),
    ("grey", 0xbbbbbb),
];

/// How many colours the palette has.
pub(super) const PALETTE: usize = 7;

impl Color {
    /// From red, green and blue.
    pub const fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, a: 255 }
    }

    /// From a number written as `0xrrggbb`.
    pub const fn hex(rgb: u32) -> Self {
        Self::rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
    }

    /// Reads `#rgb`, `#rrggbb`, `#rrggbbaa` or a name: blue, red, green, purple, yellow, cyan, gray, orange, pink,
    /// brown, navy, black, white. The first seven are the palette's.
    ///
    /// ```
    /// use mynah::plot::Color;
    /// assert_eq!(Color::parse("#f80").unwrap(), Color::rgb(255, 136, 0));
    /// assert_eq!(Color::parse("white").unwrap(), Color::hex(0xffffff));
    /// ```
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some((_, rgb)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Ok(Self::hex(*rgb));
        }
        let digits = text.strip_prefix('#').unwrap_or_default();
        let number =
            digits.chars().all(|c| c.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok()).flatten();
        match (number, digits.len()) {
            (Some(n), 3) => Ok(Self::hex((n >> 8) * 0x110000 + (n >> 4 & 15) * 0x1100 + (n & 15) * 0x11)),
            (Some(n), 6) => Ok(Self::hex(n)),
            (Some(n), 8) => Ok(Self { a: n as u8, ..Self::hex(n >> 8) }),
            _ => {
                let names: Vec<_> = NAMES[..NAMES.len() - 1].iter().map(|(name, _)| *name).collect();
                Err(Error::value(format!("unknown colour `{text}`; it is `#rrggbb` or one of {}", names.join(", "))))
            }
        }
    }

    /// This colour with `share` of its opacity.
    pub fn fade(self, share: f64) -> Self {
        Self { a: (f64::from(self.a) * share.clamp(0.0, 1.0)).round() as u8, ..self }
    }

    /// From this colour towards `other`, `share` of the way (0 to 1).
    pub fn mix(self, other: Self, share: f64) -> Self {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Self { r: mix(self.r, other.r), g: mix(self.g, other.g), b: mix(self.b, other.b), a: mix(self.a, other.a) }
    }

    /// How light it looks, 0 to 1 (relative luminance of Rec. 709 on the gamma-coded values).
    pub fn lightness(self) -> f64 {
        (0.2126 * f64::from(self.r) + 0.7152 * f64::from(self.g) + 0.0722 * f64::from(self.b)) / 255.0
    }

    /// As `#rrggbb`, without the opacity.
    pub(super) fn code(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

impl TryFrom<String> for Color {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        if color.a == 255 { color.code() } else { format!("{}{:02x}", color.code(), color.a) }
    }
}

/// Dark on light, or light on dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark ink on white.
    #[default]
    Light,
    /// Light ink on near black.
    Dark,
}

impl Theme {
    /// The paper.
    pub fn background(self) -> Color {
        match self {
            Self::Light => Color::hex(0xffffff),
            Self::Dark => Color::hex(0x15181e),
        }
    }

    /// Letters and single lines.
    pub fn ink(self) -> Color {
        match self {
            Self::Light => Color::hex(0x1f2328),
            Self::Dark => Color::hex(0xe3e6ea),
        }
    }

    /// Axes and their marks.
    pub(super) fn axis(self) -> Color {
        match self {
            Self::Light => Color::hex(0x5b6168),
            Self::Dark => Color::hex(0x8d949d),
        }
    }

    /// The grid.
    pub(super) fn grid(self) -> Color {
        match self {
            Self::Light => Color::hex(0xe6e8eb),
            Self::Dark => Color::hex(0x2b3038),
        }
    }

    /// The palette's colour number `k` from 0; after seven it begins again.
    pub fn color(self, k: usize) -> Color {
        let color = Color::hex(NAMES[k % PALETTE].1);
        match self {
            Self::Light => color,
            Self::Dark => color.mix(Color::hex(0xffffff), 0.2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_back_as_they_are_written() {
        for text in ["#123456", "#ff000080"] {
            assert_eq!(String::from(Color::parse(text).unwrap()), text);
        }
        let json: Color = serde_json::from_str("\"#abc\"").unwrap();
        assert_eq!(json, Color::hex(0xaabbcc));
    }

    #[test]
    fn what_is_no_colour_is_refused_with_the_names() {
        for text in ["", "#", "#12", "#ggg", "#+12345", "reddish", "#é12345"] {
            let refusal = Color::parse(text).unwrap_err().to_string();
            assert!(
                refusal.starts_with(&format!("unknown colour `{text}`; it is `#rrggbb` or one of blue, red")),
                "{refusal}"
            );
        }
    }

    #[test]
    fn mixing_half_way_is_the_mean() {
        assert_eq!(Color::hex(0x000000).mix(Color::hex(0xffffff), 0.5), Color::rgb(128, 128, 128));
        assert_eq!(Color::hex(0x102030).mix(Color::hex(0xffffff), f64::NAN), Color::hex(0x102030));
    }

    #[test]
    fn the_palette_stands_out_from_both_papers() {
        for theme in [Theme::Light, Theme::Dark] {
            for k in 0..PALETTE {
                let (a, b) = (theme.color(k), theme.background());
                let apart = i32::from(a.r.abs_diff(b.r)) + i32::from(a.g.abs_diff(b.g)) + i32::from(a.b.abs_diff(b.b));
                assert!(apart > 150, "{theme:?} {k}: {apart}");
            }
        }
    }
}
