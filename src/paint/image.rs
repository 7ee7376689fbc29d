//! A picture as bytes: read from PNG, JPEG or GIF, made smaller, compared, written as PNG.

use crate::data::{read_bytes, write_atomically};
use crate::{Error, Result};
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, ImageEncoder as _, ImageFormat, ImageReader, Limits, RgbImage};
use std::io::Cursor;
use std::path::Path;

/// The longest side that a picture may have.
const LONGEST: u32 = 32_768;

/// A picture of red, green and blue bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    width: usize,
    height: usize,
    rgb: Vec<u8>, // [height, width, 3]
}

impl Image {
    /// A picture from its bytes, row by row from the top, three to a pixel.
    ///
    /// ```
    /// let flag = mynah::paint::Image::new(2, 1, vec![255, 0, 0, 255, 255, 255]).unwrap();
    /// assert_eq!(flag.pixel(1, 0), [255, 255, 255]);
    /// assert!(mynah::paint::Image::new(2, 2, vec![0; 6]).is_err());
    /// ```
    ///
    /// # Errors
    /// When there are no pixels, a side is longer than 32,768, or the number of bytes is another.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::shape("image", format!("a picture of {width} x {height} has no pixels")));
        }
        if width.max(height) > LONGEST as usize {
            return Err(Error::shape("image", format!("{width} x {height} is more than {LONGEST} on a side")));
        }
        if rgb.len() != width * height * 3 {
            let (wanted, got) = (width * height * 3, rgb.len());
            return Err(Error::shape("image", format!("{width} x {height} pixels take {wanted} bytes, got {got}")));
        }
        Ok(Self { width, height, rgb })
    }

    /// A picture of one colour.
    ///
    /// # Errors
    /// When there are no pixels, or a side is longer than 32,768.
    pub fn filled(width: usize, height: usize, color: [u8; 3]) -> Result<Self> {
        if width.max(height) > LONGEST as usize {
            return Err(Error::shape("image", format!("{width} x {height} is more than {LONGEST} on a side")));
        }
        Self::new(width, height, color.repeat(width * height))
    }

    /// Reads a PNG, JPEG or GIF file (of a GIF its first picture). What is transparent is laid on white.
    ///
    /// # Errors
    /// When the file cannot be read, or is no such picture.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let bytes = read_bytes(&path)?;
        Self::decode(&bytes).map_err(|why| Error::file(&path, why))
    }

    fn decode(bytes: &[u8]) -> std::result::Result<Self, String> {
        let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
        match reader.format() {
            None => return Err("not a PNG, JPEG or GIF picture".into()),
            Some(ImageFormat::Jpeg) if !reaches_its_end(bytes) => {
                return Err("not a picture that can be read: the file ends too early".into());
            }
            Some(_) => {}
        }
        let mut limits = Limits::default(); // 512 MiB of memory
        (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
        reader.limits(limits);
        let picture = reader.decode().map_err(|e| format!("not a picture that can be read: {e}"))?;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let rgb = if picture.color().has_alpha() {
            let over_white =
                |c: u8, a: u8| ((u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a)) + 127) / 255) as u8;
            picture.to_rgba8().pixels().flat_map(|p| [0, 1, 2].map(|k| over_white(p[k], p[3]))).collect()
        } else {
            picture.to_rgb8().into_raw()
        };
        Self::new(width, height, rgb).map_err(|e| e.to_string())
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes, row by row from the top, three to a pixel.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The colour at column `x` and row `y`, both from 0.
    ///
    /// # Panics
    /// If the pixel is outside.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        assert!(x < self.width && y < self.height, "pixel ({x}, {y}) of a picture of {} x {}", self.width, self.height);
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// The same picture with `longest` pixels on its longer side (triangle filter); itself if it is no larger.
    pub fn reduced(&self, longest: usize) -> Self {
        let side = self.width.max(self.height);
        if longest == 0 || side <= longest {
            return self.clone();
        }
        let short = |n: usize| ((n * longest + side / 2) / side).max(1);
        let (width, height) = (short(self.width), short(self.height));
        let whole = RgbImage::from_raw(self.width as u32, self.height as u32, self.rgb.clone());
        let whole = whole.expect("the bytes were counted on construction");
        let small = imageops::resize(&whole, width as u32, height as u32, FilterType::Triangle);
        Self { width, height, rgb: small.into_raw() }
    }

    /// The mean colour, rounded: what fits best among pictures of one colour.
    pub fn mean(&self) -> [u8; 3] {
        let mut sum = [0u64; 3];
        for pixel in self.rgb.chunks_exact(3) {
            sum.iter_mut().zip(pixel).for_each(|(s, c)| *s += u64::from(*c));
        }
        let n = (self.width * self.height) as u64;
        sum.map(|s| ((s + n / 2) / n) as u8)
    }

    /// The sum of squared differences over all pixels and colours.
    ///
    /// # Errors
    /// When the sizes differ.
    pub fn squared_error(&self, other: &Self) -> Result<u64> {
        if (self.width, self.height) != (other.width, other.height) {
            let Self { width, height, .. } = self;
            let why = format!("{width} x {height} against {} x {}", other.width, other.height);
            return Err(Error::shape("rmse", format!("the pictures differ in size: {why}")));
        }
        Ok(squared_error(&self.rgb, &other.rgb))
    }

    /// The root of the mean squared difference over red, green and blue, from 0 to 255.
    ///
    /// # Errors
    /// When the sizes differ.
    pub fn rmse(&self, other: &Self) -> Result<f64> {
        Ok(self.root_mean(self.squared_error(other)?))
    }

    /// The RMSE that a squared error means for a picture of this size.
    pub(super) fn root_mean(&self, squared_error: u64) -> f64 {
        (squared_error as f64 / self.rgb.len() as f64).sqrt()
    }

    /// Writes a PNG file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut png = Vec::new();
        let (width, height) = (self.width as u32, self.height as u32);
        PngEncoder::new_with_quality(&mut png, CompressionType::Default, PngFilter::Adaptive)
            .write_image(&self.rgb, width, height, ExtendedColorType::Rgb8)
            .map_err(|e| Error::file(&path, format!("cannot be written: {e}")))?;
        write_atomically(path, |f| f.write_all(&png))
    }
}

/// Whether a JPEG file goes on to its end marker; the decoder would paint what is missing grey.
fn reaches_its_end(jpeg: &[u8]) -> bool {
    let mut at = 2; // after the start marker
    while let (Some(&byte), Some(&marker)) = (jpeg.get(at), jpeg.get(at + 1)) {
        match (byte, marker) {
            (0xff, 0xd9) => return true,
            // No marker, or one without a body: stuffing in the picture's data, a restart, a fill byte.
            (0..0xff, _) | (_, 0x00 | 0x01 | 0xd0..=0xd7 | 0xff) => at += 1,
            _ => {
                let [high, low] = [at + 2, at + 3].map(|i| usize::from(jpeg.get(i).copied().unwrap_or(0)));
                at += 2 + 256 * high + low;
            }
        }
    }
    false
}

/// The sum of squared differences of two rows of bytes.
pub(super) fn squared_error(a: &[u8], b: &[u8]) -> u64 {
    // Short pieces fit 32 bits, which the compiler turns into wide instructions.
    let piece = |a: &[u8], b: &[u8]| -> u32 {
        a.iter().zip(b).map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2) as u32).sum()
    };
    a.chunks(4096).zip(b.chunks(4096)).map(|(a, b)| u64::from(piece(a, b))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::jpeg::JpegEncoder;

    #[test]
    fn a_written_png_reads_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/noise.png");
        let mut rng = crate::data::Rng::new(3);
        let image = Image::new(17, 5, (0..17 * 5 * 3).map(|_| rng.below(256) as u8).collect()).unwrap();
        image.write_png(&path).unwrap();
        assert_eq!(Image::read(&path).unwrap(), image);
    }

    #[test]
    fn what_is_no_picture_is_refused_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("song.png");
        std::fs::write(&path, b"la la la").unwrap();
        assert!(Image::read(&path).unwrap_err().to_string().ends_with("song.png: not a PNG, JPEG or GIF picture"));
        Image::filled(4, 4, [1, 2, 3]).unwrap().write_png(&path).unwrap();
        let png = std::fs::read(&path).unwrap();
        std::fs::write(&path, &png[..40]).unwrap();
        let half = Image::read(&path).unwrap_err().to_string();
        assert!(half.contains("song.png: not a picture that can be read"), "{half}");
        assert!(Image::read(folder.path().join("none.png")).unwrap_err().to_string().ends_with("no such file"));
    }

    #[test]
    fn a_jpeg_that_ends_too_early_is_refused() {
        let mut rng = crate::data::Rng::new(3);
        let rgb: Vec<u8> = (0..48 * 32 * 3).map(|_| rng.below(256) as u8).collect();
        let mut jpeg = Vec::new();
        JpegEncoder::new(&mut jpeg).write_image(&rgb, 48, 32, ExtendedColorType::Rgb8).unwrap();
        assert_eq!(Image::decode(&jpeg).unwrap().width(), 48);
        let followed = [&jpeg[..], b"more"].concat();
        assert_eq!(Image::decode(&followed).unwrap().height(), 32);
        for part in [jpeg.len() - 2, jpeg.len() / 2, 30] {
            let refusal = Image::decode(&jpeg[..part]).unwrap_err();
            assert_eq!(refusal, "not a picture that can be read: the file ends too early");
        }
    }

    #[test]
    fn errors_are_those_of_the_formula() {
        let black = Image::filled(2, 2, [0, 0, 0]).unwrap();
        let red = Image::filled(2, 2, [255, 0, 0]).unwrap();
        assert_eq!(black.squared_error(&red).unwrap(), 4 * 255 * 255);
        assert!((black.rmse(&red).unwrap() - 255.0 / 3f64.sqrt()).abs() < 1e-12);
        let refusal = black.rmse(&Image::filled(1, 2, [0; 3]).unwrap()).unwrap_err().to_string();
        assert_eq!(refusal, "rmse: the pictures differ in size: 2 x 2 against 1 x 2");
        assert_eq!(red.mean(), [255, 0, 0]);
    }

    #[test]
    fn empty_and_mismatched_pictures_are_refused() {
        for (width, height, bytes) in [(0, 4, 0), (4, 0, 0), (2, 2, 11), (100_000, 1, 300_000)] {
            assert!(Image::new(width, height, vec![0; bytes]).is_err(), "{width} x {height}, {bytes} bytes");
        }
        assert!(Image::filled(usize::MAX, usize::MAX, [0; 3]).is_err());
    }

    #[test]
    fn a_reduced_picture_keeps_its_proportions_and_its_mean() {
        let rgb: Vec<u8> = (0..60 * 30).flat_map(|i| [(i % 60 * 4) as u8, 100, (i / 60 * 8) as u8]).collect();
        let image = Image::new(60, 30, rgb).unwrap();
        let small = image.reduced(20);
        assert_eq!((small.width(), small.height()), (20, 10));
        let (a, b) = (image.mean(), small.mean());
        assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 1), "{a:?} {b:?}");
        assert_eq!(image.reduced(0), image);
        assert_eq!(image.reduced(100), image);
    }
}
