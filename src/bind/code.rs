//! `mynah.code`: signals and pictures in fewer numbers, and numbers in fewer bytes.

use super::convert::{Bytes, FromArg, LuaType};
use super::learn::{Features, grid};
use super::options::Options;
use super::rows::{Data, Rows};
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::learn::Samples;
use crate::learn::transform::{self, Codebook, Wavelet};
use crate::nn::{Device, Tensor};
use crate::{lua_class, lua_module};
use mlua::{Lua, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A signal [length], a picture [height, width], or one with channels [height, width, channels].
struct Signal {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl LuaType for Signal {
    fn lua_type() -> String {
        "number[]|number[][]|mynah.Tensor".into()
    }
}
impl FromArg for Signal {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        if let Value::Table(table) = &value {
            let deep = match table.raw_get(1)? {
                Value::Table(row) => 1 + usize::from(matches!(row.raw_get(1)?, Value::Table(_))),
                _ => 0,
            };
            if deep == 0 {
                let values = Data::from_arg(value, lua)?.0;
                return Ok(Self { shape: vec![values.len()], values });
            }
            if deep == 1 {
                let Rows { values, columns } = Rows::from_arg(value, lua)?;
                return Ok(Self { shape: vec![values.len().checked_div(columns).unwrap_or(0), columns], values });
            }
        }
        let tensor = TensorLike::from_arg(value, lua)?.0;
        match tensor.shape().len() {
            1..=3 => Ok(Self { shape: tensor.shape(), values: tensor.to_f64()? }),
            _ => fault(format!(
                "must be [length], [height, width] or [height, width, channels], this tensor is {:?}",
                tensor.shape()
            )),
        }
    }
}

impl Signal {
    /// Height, width and channels; a signal is one row.
    fn sides(&self) -> (usize, usize, usize) {
        match self.shape[..] {
            [h, w, c] => (h, w, c),
            [h, w] => (h, w, 1),
            _ => (1, self.values.len(), 1),
        }
    }

    /// Does the same to each channel.
    fn each(self, work: impl Fn(&Samples) -> crate::Result<Samples>) -> Outcome<LuaTensor> {
        let (height, width, channels) = self.sides();
        if self.values.is_empty() {
            return fault("there are no numbers");
        }
        let mut out = vec![0.0; self.values.len()];
        for c in 0..channels {
            let channel = self.values.iter().skip(c).step_by(channels).copied().collect();
            let done = work(&Samples::new(height, width, channel)?)?;
            out.iter_mut().skip(c).step_by(channels).zip(done.values()).for_each(|(o, v)| *o = *v);
        }
        Ok(Tensor::from_vec(out, &self.shape, Device::Cpu)?.into())
    }

    /// `[height, width * channels]`, and how many channels.
    fn picture(self, what: &str) -> Outcome<(Samples, usize)> {
        let (height, width, channels) = self.sides();
        if self.shape.len() < 2 {
            return fault(format!("{what}: a picture is [height, width] or [height, width, channels]"));
        }
        Ok((Samples::new(height, width * channels, self.values)?, channels))
    }
}

/// Whole numbers: a list or a tensor.
struct Integers(Vec<i64>);

impl LuaType for Integers {
    fn lua_type() -> String {
        "integer[]|mynah.Tensor".into()
    }
}
impl FromArg for Integers {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        let numbers = match &value {
            Value::UserData(_) => TensorLike::from_arg(value, lua)?.0.to_f64()?,
            _ => Data::from_arg(value, lua)?.0,
        };
        match numbers.iter().position(|x| !(x.fract() == 0.0 && x.abs() < 9e15)) {
            None => Ok(Self(numbers.into_iter().map(|x| x as i64).collect())),
            Some(i) => fault(format!("number {} is {}; all must be whole and below 9e15", i + 1, numbers[i])),
        }
    }
}

/// How a cosine transform cuts what it is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct DctSettings {
    /// The length of a piece, or the side of a square, each transformed by itself; from 1. Default: all at once.
    block: Option<usize>,
}

/// Which wavelets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct WaveletSettings {
    /// "haar" (means and differences of pairs) or "cdf53" (what lines between neighbours do not predict). Default "haar".
    kind: Wavelet,
    /// How many times what is coarse is taken apart again. Default: until one number is left.
    levels: Option<usize>,
}

/// How a codebook is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct CodebookSettings {
    /// How many vectors it has, at most as many as there are samples; from 1. Default 16.
    entries: usize,
    /// Steps of k-means at most. Default 50.
    steps: usize,
    /// Of the first vectors. Default 0.
    seed: u64,
}

impl Default for CodebookSettings {
    fn default() -> Self {
        Self { entries: 16, steps: 50, seed: 0 }
    }
}

/// A codebook as Lua holds it.
pub struct LuaCodebook(Codebook);

lua_module! {
    /// Signals and pictures in fewer numbers (cosines, wavelets, codebooks), and numbers in fewer bytes (Huffman, arithmetic).
    ///
    /// ```lua
    /// local code = mynah.code
    /// local waves = code.dct{ 1, 2, 3, 4, 4, 3, 2, 1 }
    /// local rough = {} -- small numbers, most of them 0
    /// for i = 1, 8 do rough[i] = math.floor(waves[i] / 0.5 + 0.5) end
    /// local coded = code.arithmetic_encode(code.pack(rough))
    /// local back = code.inverse_dct(mynah.tensor(code.unpack(code.arithmetic_decode(coded))) * 0.5)
    /// assert(math.abs(back[4] - 4) < 0.5)
    /// ```
    module "mynah.code" {
        /// The discrete cosine transform (type II, orthonormal) of a signal, or of a picture along rows and columns; each channel by itself.
        ///
        /// ```lua
        /// local waves = mynah.code.dct{ 1, 1, 1, 1 }
        /// assert(math.abs(waves[1] - 2) < 1e-12 and math.abs(waves[2]) < 1e-12)
        /// ```
        fn dct(signal: Signal, options: Options<DctSettings>) -> LuaTensor {
            signal.each(|x| transform::dct2(x, options.0.block))
        }

        /// Undoes `dct` with the same options.
        ///
        /// ```lua
        /// local picture = mynah.rand(10, 12, 3, { seed = 1 })
        /// local back = mynah.code.inverse_dct(mynah.code.dct(picture, { block = 8 }), { block = 8 })
        /// assert((back - picture):abs():max():item() < 1e-6)
        /// ```
        fn inverse_dct(waves: Signal, options: Options<DctSettings>) -> LuaTensor {
            waves.each(|x| transform::inverse_dct2(x, options.0.block))
        }

        /// The wavelet transform of a signal or a picture: the coarse part first (upper left), then the details; each channel by itself.
        ///
        /// ```lua
        /// local waves = mynah.code.wavelet({ 1, 3, 5, 11 }, { levels = 1 })
        /// assert(math.abs(waves[1] - 4 / math.sqrt(2)) < 1e-12) -- of 1 and 3
        /// assert(math.abs(waves[3] + 2 / math.sqrt(2)) < 1e-12) -- what the mean leaves out
        /// ```
        fn wavelet(signal: Signal, options: Options<WaveletSettings>) -> LuaTensor {
            signal.each(|x| transform::wavelet2(x, options.0.kind, options.0.levels))
        }

        /// Undoes `wavelet` with the same options.
        ///
        /// ```lua
        /// local waves = mynah.code.wavelet({ 5, 6, 7, 8, 9 }, { kind = "cdf53" })
        /// assert(math.abs(mynah.code.inverse_wavelet(waves, { kind = "cdf53" })[5] - 9) < 1e-12)
        /// ```
        fn inverse_wavelet(waves: Signal, options: Options<WaveletSettings>) -> LuaTensor {
            waves.each(|x| transform::inverse_wavelet2(x, options.0.kind, options.0.levels))
        }

        /// Bytes in Huffman's code, whole bits for each; what `huffman_decode` needs comes with them.
        ///
        /// ```lua
        /// local coded = mynah.code.huffman_encode(("abracadabra "):rep(100))
        /// assert(#coded < 450 and mynah.code.huffman_decode(coded) == ("abracadabra "):rep(100))
        /// ```
        fn huffman_encode(bytes: Bytes) -> Bytes { Ok(Bytes(transform::huffman_encode(&bytes.0)?)) }

        /// The bytes that `huffman_encode` was given.
        ///
        /// ```lua
        /// local coded = mynah.code.huffman_encode("the mill turns")
        /// assert(mynah.code.huffman_decode(coded) == "the mill turns")
        /// assert(not pcall(mynah.code.huffman_decode, coded:sub(1, -3)))
        /// ```
        fn huffman_decode(coded: Bytes) -> Bytes { Ok(Bytes(transform::huffman_decode(&coded.0)?)) }

        /// The codes that `huffman_encode` gives to the bytes that occur, the shortest first: `byte`, `count` and `bits`.
        ///
        /// ```lua
        /// local codes = mynah.code.huffman_codes("abracadabra")
        /// assert(string.char(codes[1].byte) == "a" and codes[1].count == 5 and codes[1].bits == "0")
        /// ```
        fn huffman_codes(@lua, bytes: Bytes) -> Vec<Table> {
            let table = |code: transform::HuffmanCode| -> Outcome<Table> {
                let table = lua.create_table()?;
                table.raw_set("byte", code.byte)?;
                table.raw_set("count", code.count)?;
                table.raw_set("bits", code.bits)?;
                Ok(table)
            };
            transform::huffman_codes(&bytes.0).into_iter().map(table).collect()
        }

        /// Bytes as one long number, each in as many bits (and parts of them) as it was surprising.
        ///
        /// ```lua
        /// local text = ("a"):rep(900) .. ("b"):rep(100)
        /// assert(#mynah.code.arithmetic_encode(text) < #mynah.code.huffman_encode(text))
        /// ```
        fn arithmetic_encode(bytes: Bytes) -> Bytes { Ok(Bytes(transform::arithmetic_encode(&bytes.0)?)) }

        /// The bytes that `arithmetic_encode` was given.
        ///
        /// ```lua
        /// local coded = mynah.code.arithmetic_encode("the mill turns")
        /// assert(mynah.code.arithmetic_decode(coded) == "the mill turns")
        /// ```
        fn arithmetic_decode(coded: Bytes) -> Bytes { Ok(Bytes(transform::arithmetic_decode(&coded.0)?)) }

        /// Whole numbers as bytes, for the coders: one byte for each from -127 to 127, more for others.
        ///
        /// ```lua
        /// assert(#mynah.code.pack{ 0, -1, 1, 127, 1000 } == 7)
        /// ```
        fn pack(numbers: Integers) -> Bytes { Ok(Bytes(transform::integers_to_bytes(&numbers.0))) }

        /// The whole numbers that `pack` was given, as a list.
        ///
        /// ```lua
        /// local numbers = mynah.code.unpack(mynah.code.pack{ 0, -1, 1000 })
        /// assert(#numbers == 3 and numbers[2] == -1 and numbers[3] == 1000)
        /// ```
        fn unpack(bytes: Bytes) -> Vec<i64> { Ok(transform::bytes_to_integers(&bytes.0)?) }

        /// The squares of `side` pixels that a picture is made of, row by row, each a row of numbers; with side 1 its pixels.
        ///
        /// Where the picture ends within a square its last pixels are repeated.
        ///
        /// ```lua
        /// local squares = mynah.code.patches(mynah.rand(6, 9, 3, { seed = 1 }), 4)
        /// assert(squares.shape[1] == 2 * 3 and squares.shape[2] == 4 * 4 * 3)
        /// ```
        fn patches(picture: Signal, side: usize) -> LuaTensor {
            let (picture, channels) = picture.picture("patches")?;
            grid(transform::patches(&picture, channels, side)?)
        }

        /// The picture [height, width, channels] made of the squares of `patches`; channels are 3 unless given.
        ///
        /// ```lua
        /// local picture = mynah.rand(6, 9, 3, { seed = 1 })
        /// local again = mynah.code.from_patches(mynah.code.patches(picture, 4), 6, 9)
        /// assert((again - picture):abs():max():item() < 1e-6)
        /// ```
        fn from_patches(squares: Features, height: usize, width: usize, channels: Option<usize>) -> LuaTensor {
            let channels = channels.unwrap_or(3);
            let numbers = squares.0.columns().checked_div(channels).unwrap_or(0);
            let side = numbers.isqrt();
            let picture = transform::from_patches(&squares.0, height, width, channels, side)?;
            Ok(Tensor::from_vec(picture.into_values(), &[height, width, channels], Device::Cpu)?.into())
        }

        /// A few vectors that stand for many samples: a palette for pixels, a set of tiles for patches.
        ///
        /// ```lua
        /// local pixels = { { 250, 0, 0 }, { 254, 0, 0 }, { 0, 0, 90 }, { 0, 0, 94 } }
        /// local palette = mynah.code.codebook(pixels, { entries = 2, seed = 1 })
        /// local places = palette:encode(pixels)
        /// assert(places[1] == places[2] and palette:decode(places):totable()[4][3] == 92)
        /// ```
        fn codebook(samples: Features, options: Options<CodebookSettings>) -> LuaCodebook {
            let CodebookSettings { entries, steps, seed } = options.0;
            Ok(LuaCodebook(Codebook::learn(&samples.0.dense()?, entries, steps, seed)?))
        }

        /// A codebook of given vectors, such as those that `entries` of another gave.
        ///
        /// ```lua
        /// local traffic = mynah.code.codebook_of{ { 255, 0, 0 }, { 255, 255, 0 }, { 0, 255, 0 } }
        /// assert(traffic:encode{ { 10, 200, 30 } }[1] == 3)
        /// ```
        fn codebook_of(vectors: Features) -> LuaCodebook { Ok(LuaCodebook(Codebook::new(vectors.0.dense()?)?)) }
    }
}

lua_class! {
    /// A few vectors that stand for many.
    class Codebook(LuaCodebook) {
        /// The vectors, [entries, numbers].
        get entries(this) -> LuaTensor { grid(this.0.entries().clone()) }
        /// How many vectors it has.
        meta len(this) -> usize { Ok(this.0.entries().rows()) }
        /// How many vectors of how many numbers.
        meta tostring(this) -> String {
            Ok(format!("Codebook ({} vectors of {} numbers)", this.0.entries().rows(), this.0.entries().columns()))
        }
        /// For each sample the place of the nearest vector, from 1.
        fn encode(this, samples: Features) -> Vec<usize> {
            Ok(this.0.encode(&samples.0.dense()?)?.into_iter().map(|p| p as usize + 1).collect())
        }
        /// The vectors at these places, [places, numbers].
        fn decode(this, places: Integers) -> LuaTensor {
            let n = this.0.entries().rows() as i64;
            if places.0.is_empty() {
                return fault("codebook: there are no places");
            }
            match places.0.iter().find(|p| !(1..=n).contains(*p)) {
                Some(bad) => fault(format!("codebook: there is no vector {bad}; it has {n}, counted from 1")),
                None => grid(this.0.decode(&places.0.iter().map(|p| (p - 1) as u32).collect::<Vec<_>>())?),
            }
        }
    }
}
