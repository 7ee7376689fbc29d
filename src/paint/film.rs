//! An animated GIF of how a picture came to be.
//!
//! Each frame has its own palette of 256 colours, so that a frame may differ a little from the picture it shows.

use super::image::Image;
use crate::data::write_atomically;
use crate::error::ensure_setting;
use crate::{Error, Result};
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};
use std::path::Path;
use std::time::Duration;

/// How long the last frame stays before the film begins again.
const LAST: Duration = Duration::from_secs(2);
/// NeuQuant's sampling: 1 takes the most care with colours, 30 the least.
const SPEED: i32 = 10;

/// Pictures in a row, evenly taken from a run whose length nobody has to know.
#[derive(Clone, Debug)]
pub struct Film {
    most: usize,
    frames: Vec<Image>,
    offered: usize,
    every: usize,
}

impl Film {
    /// A film of at most `most` frames (two at least, so that there are a beginning and an end).
    pub fn new(most: usize) -> Self {
        Self { most: most.max(2), frames: Vec::new(), offered: 0, every: 1 }
    }

    /// Offers the next picture. It is drawn only if it is taken; when the film is full every second frame goes, and
    /// only half as many are taken from then on.
    ///
    /// # Errors
    /// Those of `draw`, or when the picture has another size than those before.
    pub fn offer(&mut self, draw: impl FnOnce() -> Result<Image>) -> Result<()> {
        let turn = self.offered;
        self.offered += 1;
        if !turn.is_multiple_of(self.every) {
            return Ok(());
        }
        if self.frames.len() >= self.most {
            let mut k = 0;
            self.frames.retain(|_| {
                k += 1;
                k % 2 == 1
            });
            self.every *= 2;
            if !turn.is_multiple_of(self.every) {
                return Ok(());
            }
        }
        self.add(draw()?)
    }

    /// Adds the finished picture at the end, whatever there is already.
    ///
    /// # Errors
    /// When it has another size than those before.
    pub fn end(&mut self, picture: Image) -> Result<()> {
        self.add(picture)
    }

    fn add(&mut self, picture: Image) -> Result<()> {
        if let Some(first) = self.frames.first() {
            let (new, old) = ((picture.width(), picture.height()), (first.width(), first.height()));
            if new != old {
                let why = format!("a frame of {} x {} in a film of {} x {}", new.0, new.1, old.0, old.1);
                return Err(Error::shape("film", why));
            }
        }
        self.frames.push(picture);
        Ok(())
    }

    /// The frames taken so far.
    pub fn frames(&self) -> &[Image] {
        &self.frames
    }

    /// Writes a GIF file that plays for ever, `seconds` to a frame and two for the last.
    ///
    /// # Errors
    /// When there is no frame, `seconds` is not between 0.01 and 600, or the file cannot be written.
    pub fn write_gif(&self, path: impl AsRef<Path>, seconds: f64) -> Result<()> {
        ensure_setting((0.01..=600.0).contains(&seconds), "film", "seconds", "between 0.01 and 600", seconds)?;
        let Some(end) = self.frames.len().checked_sub(1) else {
            return Err(Error::value("film: there is no frame to write"));
        };
        let mut gif = Vec::new();
        let mut encoder = GifEncoder::new_with_speed(&mut gif, SPEED);
        let mut encode = || {
            encoder.set_repeat(Repeat::Infinite)?;
            for (k, image) in self.frames.iter().enumerate() {
                let rgba = image.rgb().chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
                let rgba = RgbaImage::from_raw(image.width() as u32, image.height() as u32, rgba);
                let rgba = rgba.expect("the bytes were counted on construction");
                let delay = Duration::from_secs_f64(seconds).max(if k == end { LAST } else { Duration::ZERO });
                encoder.encode_frame(Frame::from_parts(rgba, 0, 0, Delay::from_saturating_duration(delay)))?;
            }
            Ok(())
        };
        encode().map_err(|e: image::ImageError| Error::file(&path, format!("cannot be written: {e}")))?;
        drop(encoder);
        write_atomically(path, |f| f.write_all(&gif))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::AnimationDecoder as _;
    use image::codecs::gif::GifDecoder;

    fn gray(level: usize) -> Image {
        Image::filled(3, 2, [level as u8; 3]).unwrap()
    }

    #[test]
    fn a_film_never_holds_more_than_it_may_and_stays_even() {
        let mut film = Film::new(8);
        for k in 0..100 {
            film.offer(|| Ok(gray(k))).unwrap();
        }
        let shown: Vec<u8> = film.frames().iter().map(|f| f.pixel(0, 0)[0]).collect();
        assert_eq!(shown, [0, 16, 32, 48, 64, 80, 96]);
    }

    #[test]
    fn a_written_film_plays_its_frames_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film.gif");
        let mut film = Film::new(8);
        assert!(film.write_gif(&path, 0.1).is_err(), "no frames");
        for k in [10, 200, 90] {
            film.offer(|| Ok(gray(k))).unwrap();
        }
        film.write_gif(&path, 0.1).unwrap();
        let decoder = GifDecoder::new(std::io::Cursor::new(std::fs::read(&path).unwrap())).unwrap();
        let frames = decoder.into_frames().collect_frames().unwrap();
        let shown: Vec<u8> = frames.iter().map(|f| f.buffer().get_pixel(0, 0)[0]).collect();
        assert_eq!(shown, [10, 200, 90]);
        let milliseconds: Vec<u32> = frames.iter().map(|f| f.delay().numer_denom_ms().0).collect();
        assert_eq!(milliseconds, [100, 100, 2000]);
        assert!(film.write_gif(&path, f64::NAN).is_err());
        assert!(film.end(Image::filled(4, 4, [0; 3]).unwrap()).is_err(), "another size");
    }
}
