//! Colour maps: numbers as colours.
//!
//! Viridis, magma and inferno (Smith & van der Walt 2015, bids.github.io/colormap) and cividis (Nuñez, Anderton &
//! Renslow 2018, doi 10.1371/journal.pone.0199239) rise evenly in lightness, so that equal steps look equal, also in
//! print and to colour-blind eyes. Coolwarm (Moreland 2009, "Diverging color maps for scientific visualization")
//! parts at its middle. Each is given by 17 colours, taken every 1/16 from the published tables of 256, with straight
//! lines between them; that is off by 11 of 255 at most.

use super::color::Color;
use super::scale::Axis;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How numbers become colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColorMap {
    /// Violet, green, yellow.
    #[default]
    Viridis,
    /// Black, purple, cream.
    Magma,
    /// Black, red, yellow.
    Inferno,
    /// Blue, gray, yellow: the same to most colour-blind eyes.
    Cividis,
    /// Blue, pale, red: for numbers that have a middle.
    Coolwarm,
    /// Black to white.
    Gray,
}

const VIRIDIS: [u32; 17] = [
    0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26818e, 0x21908c, 0x1f9f88, 0x28ae80,
    0x3ebc74, 0x5dc963, 0x82d34c, 0xabdc32, 0xd5e21a, 0xfde725,
];
const MAGMA: [u32; 17] = [
    0x000004, 0x0a0822, 0x1d1146, 0x36106a, 0x50127c, 0x691c81, 0x822681, 0x9c2e7f, 0xb63779, 0xcf4170, 0xe65163,
    0xf5695c, 0xfb8761, 0xfea571, 0xfec387, 0xfde0a2, 0xfcfdbf,
];
const INFERNO: [u32; 17] = [
    0x000004, 0x0b0724, 0x210c4a, 0x3c0965, 0x57106d, 0x70196e, 0x89226a, 0xa32b61, 0xbb3755, 0xd14644, 0xe35932,
    0xf1711e, 0xf98d0a, 0xfcab0f, 0xf9ca32, 0xf2e865, 0xfcffa4,
];
const CIVIDIS: [u32; 17] = [
    0x00224e, 0x002e6a, 0x1a386f, 0x32436d, 0x434e6c, 0x52596d, 0x61656f, 0x6f7073, 0x7c7b78, 0x8b8778, 0x9b9376,
    0xaba072, 0xbbad6c, 0xccba64, 0xddc958, 0xefd748, 0xfee838,
];
const COOLWARM: [u32; 17] = [
    0x3b4cc0, 0x4d68d7, 0x6282ea, 0x779af7, 0x8db0fe, 0xa3c2fe, 0xb8d0f9, 0xccd9ee, 0xdddddd, 0xecd3c5, 0xf4c4ad,
    0xf7b194, 0xf49a7b, 0xec7f63, 0xde604d, 0xcb3e38, 0xb40426,
];

impl ColorMap {
    /// The colour at `unit`, 0 to 1; what lies outside has the nearest end's colour, NaN none at all.
    pub fn at(self, unit: f64) -> Color {
        if unit.is_nan() {
            return Color { r: 0, g: 0, b: 0, a: 0 };
        }
        let anchors = match self {
            Self::Viridis => &VIRIDIS,
            Self::Magma => &MAGMA,
            Self::Inferno => &INFERNO,
            Self::Cividis => &CIVIDIS,
            Self::Coolwarm => &COOLWARM,
            Self::Gray => {
                let level = (unit.clamp(0.0, 1.0) * 255.0).round() as u8;
                return Color::rgb(level, level, level);
            }
        };
        let place = unit.clamp(0.0, 1.0) * 16.0;
        let k = (place as usize).min(15);
        Color::hex(anchors[k]).mix(Color::hex(anchors[k + 1]), place - k as f64)
    }
}

/// A colour map over a range of values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tint {
    pub map: ColorMap,
    pub axis: Axis,
}

impl Tint {
    /// The colour of a value; none at all where it has no place.
    pub fn of(&self, value: f64) -> Color {
        self.map.at(match value {
            f64::INFINITY => 1.0,
            f64::NEG_INFINITY => 0.0,
            _ => self.axis.unit(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_the_published_ones() {
        assert_eq!(ColorMap::Viridis.at(0.0), Color::hex(0x440154));
        assert_eq!(ColorMap::Viridis.at(1.0), Color::hex(0xfde725));
        assert_eq!(ColorMap::Coolwarm.at(0.5), Color::hex(0xdddddd));
        assert_eq!(ColorMap::Magma.at(7.0), ColorMap::Magma.at(1.0));
        assert_eq!(ColorMap::Gray.at(f64::NAN).a, 0);
    }

    #[test]
    fn lightness_rises_all_the_way() {
        for map in [ColorMap::Viridis, ColorMap::Magma, ColorMap::Inferno, ColorMap::Cividis, ColorMap::Gray] {
            let lightness: Vec<f64> = (0..=64).map(|k| map.at(f64::from(k) / 64.0).lightness()).collect();
            assert!(lightness.windows(2).all(|w| w[1] > w[0] - 0.004), "{map:?}: {lightness:?}");
        }
    }
}
