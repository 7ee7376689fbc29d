//! Letters as outlines: the fonts inside the program, and the system's for what they lack.
//!
//! Inter writes Latin, Greek and Cyrillic; DejaVu Sans adds mathematical signs and arrows (`fonts/README.md`). Only
//! a letter that neither has, such as a Chinese one, makes us look for a font of the system; if there is none, the
//! letter is an empty box.

use super::drawing::{Path, Step};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::{Face, GlyphId, OutlineBuilder, Tag};

const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/Inter-SemiBold.ttf");
const SIGNS: &[u8] = include_bytes!("fonts/DejaVuSans-signs.ttf");

/// The height of capitals, in sizes of the font.
pub(super) const CAPITAL: f64 = 0.727;
/// From one line to the next, in sizes of the font.
pub(super) const LINE: f64 = 1.3;

/// Fonts to try first for letters that ours lack.
const PREFERRED: [&str; 12] = [
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
    "SimHei",
    "Noto Sans",
];

/// The shape of one letter, in sizes of the font, with y downwards from the base line.
#[derive(Debug, Default)]
struct Letter {
    advance: f64,
    path: Path,
    /// Its number in Inter, for pairs that stand closer.
    id: Option<GlyphId>,
}

/// The fonts, and the letters met so far.
pub(super) struct Fonts {
    regular: Option<Face<'static>>,
    bold: Option<Face<'static>>,
    signs: Option<Face<'static>>,
    /// Found on first need.
    system: LazyLock<fontdb::Database, Box<dyn FnOnce() -> fontdb::Database + Send>>,
    met: Mutex<HashMap<(char, bool), Arc<Letter>>>,
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    Fonts::new(|| {
        let mut system = fontdb::Database::new();
        system.load_system_fonts();
        system
    })
});

impl Fonts {
    fn new(system: impl FnOnce() -> fontdb::Database + Send + 'static) -> Self {
        Self {
            regular: Face::parse(REGULAR, 0).ok(),
            bold: Face::parse(BOLD, 0).ok(),
            signs: Face::parse(SIGNS, 0).ok(),
            system: LazyLock::new(Box::new(system)),
            met: Mutex::new(HashMap::new()),
        }
    }

    fn inter(&self, bold: bool) -> Option<&Face<'static>> {
        if bold { self.bold.as_ref() } else { self.regular.as_ref() }
    }

    fn letter(&self, c: char, bold: bool) -> Arc<Letter> {
        if let Some(letter) = self.met.lock().unwrap_or_else(PoisonError::into_inner).get(&(c, bold)) {
            return letter.clone();
        }
        let letter = Arc::new(self.find(c, bold));
        self.met.lock().unwrap_or_else(PoisonError::into_inner).insert((c, bold), letter.clone());
        letter
    }

    fn find(&self, c: char, bold: bool) -> Letter {
        if c.is_control() {
            return Letter::default();
        }
        let inter = self.inter(bold);
        if let Some(mut letter) = inter.and_then(|face| outline(face, c)) {
            letter.id = inter.and_then(|face| face.glyph_index(c));
            return letter;
        }
        let ours = self.signs.as_ref().and_then(|face| outline(face, c));
        ours.or_else(|| from_system(&self.system, c)).unwrap_or_else(|| {
            let (l, t, r, b) = (0.1, -CAPITAL, 0.8, 0.0);
            let mut path = Path::polygon(&[(l, t), (r, t), (r, b), (l, b)]);
            let d = 0.06; // the hole, the other way round
            path.0.extend(Path::polygon(&[(l + d, t + d), (l + d, b - d), (r - d, b - d), (r - d, t + d)]).0);
            Letter { advance: 0.9, path, id: None }
        })
    }

    /// The letters of a line with the place where each begins, and where the line ends; in sizes of the font.
    fn set(&self, text: &str, bold: bool) -> (Vec<(f64, Arc<Letter>)>, f64) {
        let (mut letters, mut x, mut before) = (Vec::new(), 0.0, None);
        for c in text.chars() {
            let letter = self.letter(c, bold);
            if let (Some(a), Some(b), Some(face)) = (before, letter.id, self.inter(bold)) {
                x += kern(face, a, b);
            }
            before = letter.id;
            letters.push((x, letter.clone()));
            x += letter.advance;
        }
        (letters, x)
    }
}

/// The file of the letters' own font.
pub(super) fn bytes(bold: bool) -> &'static [u8] {
    if bold { BOLD } else { REGULAR }
}

/// How wide a line is, in pixels at `size`.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    FONTS.set(text, bold).1 * size
}

/// The outlines of a line that begins at 0, 0, in pixels at `size`.
pub(super) fn path(text: &str, size: f64, bold: bool) -> Path {
    let mut path = Path::default();
    for (x, letter) in FONTS.set(text, bold).0 {
        let (px, py) = (|v: f64| (x + v) * size, |v: f64| v * size);
        path.0.extend(letter.path.0.iter().map(|step| match *step {
            Step::Move(a, b) => Step::Move(px(a), py(b)),
            Step::Line(a, b) => Step::Line(px(a), py(b)),
            Step::Quad(a, b, c, d) => Step::Quad(px(a), py(b), px(c), py(d)),
            Step::Cubic(a, b, c, d, e, f) => Step::Cubic(px(a), py(b), px(c), py(d), px(e), py(f)),
            Step::Close => Step::Close,
        }));
    }
    path
}

/// `text` in lines no wider than `most` pixels where it has spaces to break at.
pub(super) fn wrap(text: &str, size: f64, bold: bool, most: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
            if !line.is_empty() && width(&longer, size, bold) > most {
                lines.push(std::mem::replace(&mut line, word.to_string()));
            } else {
                line = longer;
            }
        }
        lines.push(line);
    }
    lines
}

/// `text`, with its end left out where it is wider than `most` pixels.
pub(super) fn shorten(text: &str, size: f64, bold: bool, most: f64) -> String {
    if width(text, size, bold) <= most {
        return text.into();
    }
    let mut letters: Vec<char> = text.chars().collect();
    while letters.pop().is_some() {
        let shorter = letters.iter().collect::<String>().trim_end().to_string() + "…";
        if width(&shorter, size, bold) <= most {
            return shorter;
        }
    }
    "…".into()
}

/// Collects an outline, scaled and turned upside down.
struct Pencil {
    scale: f64,
    path: Path,
}

impl OutlineBuilder for Pencil {
    fn move_to(&mut self, x: f32, y: f32) {
        let s = self.scale;
        self.path.0.push(Step::Move(f64::from(x) * s, f64::from(-y) * s));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let s = self.scale;
        self.path.0.push(Step::Line(f64::from(x) * s, f64::from(-y) * s));
    }
    fn quad_to(&mut self, a: f32, b: f32, x: f32, y: f32) {
        let [a, b, x, y] = [a, -b, x, -y].map(|v| f64::from(v) * self.scale);
        self.path.0.push(Step::Quad(a, b, x, y));
    }
    fn curve_to(&mut self, a: f32, b: f32, c: f32, d: f32, x: f32, y: f32) {
        let [a, b, c, d, x, y] = [a, -b, c, -d, x, -y].map(|v| f64::from(v) * self.scale);
        self.path.0.push(Step::Cubic(a, b, c, d, x, y));
    }
    fn close(&mut self) {
        self.path.0.push(Step::Close);
    }
}

/// The letter in a font, if the font has it.
fn outline(face: &Face, c: char) -> Option<Letter> {
    let id = face.glyph_index(c).filter(|id| id.0 != 0)?;
    let scale = 1.0 / f64::from(face.units_per_em());
    let mut pencil = Pencil { scale, path: Path::default() };
    face.outline_glyph(id, &mut pencil); // a space has none
    Some(Letter { advance: f64::from(face.glyph_hor_advance(id)?) * scale, path: pencil.path, id: None })
}

/// How much closer two letters of a font stand than each alone would (its GPOS table's pairs), in sizes of the font.
fn kern(face: &Face, first: GlyphId, second: GlyphId) -> f64 {
    let Some(gpos) = face.tables().gpos else { return 0.0 };
    for lookup in gpos.lookups {
        for table in lookup.subtables.into_iter::<PositioningSubtable>() {
            let PositioningSubtable::Pair(pairs) = table else { continue };
            let Some(row) = pairs.coverage().get(first) else { continue };
            let found = match pairs {
                PairAdjustment::Format1 { sets, .. } => sets.get(row).and_then(|set| set.get(second)),
                PairAdjustment::Format2 { classes, matrix, .. } => {
                    matrix.get((classes.0.get(first), classes.1.get(second)))
                }
            };
            if let Some((value, _)) = found {
                return f64::from(value.x_advance) / f64::from(face.units_per_em());
            }
        }
    }
    0.0
}

/// The letter in the first font of the system that has it: the preferred ones, then upright ones by name.
fn from_system(system: &fontdb::Database, c: char) -> Option<Letter> {
    let mut faces: Vec<_> = system
        .faces()
        .map(|face| {
            let family = face.families.first().map_or("", |f| f.0.as_str());
            let known = face.families.iter().filter_map(|f| PREFERRED.iter().position(|p| *p == f.0)).min();
            let slanted = face.style != fontdb::Style::Normal;
            let rank = (known.unwrap_or(PREFERRED.len()), slanted, face.weight.0.abs_diff(400));
            (rank, family, face.post_script_name.as_str(), face.id)
        })
        .collect();
    faces.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    faces.into_iter().find_map(|(.., id)| {
        system.with_face_data(id, |data, index| {
            let mut face = Face::parse(data, index).ok()?;
            face.set_variation(Tag::from_bytes(b"wght"), 400.0);
            outline(&face, c)
        })?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_fonts_have_latin_greek_and_mathematics() {
        let fonts = Fonts::new(|| panic!("no need to look at the system's fonts"));
        for c in "AzÀéßñ αβγδθλμπσω ΓΔΘΛΣΩ Ж ∇∂∑∏∫√∞≈≠≤≥±×·−∈∀∃ℝ→←⇒⟨⟩‖²⁻¹₀…–—“”€°".chars()
        {
            for bold in [false, true] {
                let letter = fonts.letter(c, bold);
                assert!(letter.advance > 0.0 && (c == ' ' || !letter.path.0.is_empty()), "{c} bold {bold}");
            }
        }
    }

    #[test]
    fn without_a_system_font_a_chinese_letter_is_a_box() {
        let fonts = Fonts::new(fontdb::Database::new);
        let letter = fonts.letter('中', false);
        assert_eq!((letter.advance, letter.path.0.len()), (0.9, 10));
        assert!(fonts.set("训练 loss", false).1 > 2.0);
    }

    #[test]
    fn a_letter_that_ours_lack_comes_from_the_system() {
        let fonts = Fonts {
            regular: None,
            bold: None,
            signs: None,
            ..Fonts::new(|| {
                let mut system = fontdb::Database::new();
                system.load_font_data(b"no font at all".to_vec());
                system.load_font_data(SIGNS.to_vec());
                system
            })
        };
        let alone = outline(&Face::parse(SIGNS, 0).unwrap(), '∇').unwrap();
        let letter = fonts.letter('∇', false);
        assert_eq!((letter.advance, &letter.path), (alone.advance, &alone.path));
        assert_eq!(fonts.letter('中', false).advance, 0.9, "a box");
    }

    #[test]
    fn the_systems_fonts_are_no_trouble_whatever_they_are() {
        assert!(width("一二三 中文标签", 14.0, false) > 14.0);
    }

    #[test]
    fn widths_grow_with_size_and_pairs_stand_closer() {
        assert_eq!(width("", 14.0, false), 0.0);
        let (a, b) = (width("Loss", 10.0, false), width("Loss", 20.0, false));
        assert!((2.0 * a - b).abs() < 1e-9 && a > 15.0 && a < 30.0, "{a} {b}");
        assert!(width("AV", 10.0, false) < width("A", 10.0, false) + width("V", 10.0, false) - 0.1);
        assert_eq!(width("\u{7}\n", 14.0, false), 0.0);
    }

    #[test]
    fn long_lines_break_at_spaces_or_end_in_dots() {
        let lines = wrap("the quick brown fox\njumps", 10.0, false, 60.0);
        assert_eq!(lines, ["the quick", "brown fox", "jumps"]);
        let short = shorten("a very long label indeed", 10.0, false, 60.0);
        assert!(short.ends_with('…') && width(&short, 10.0, false) <= 60.0, "{short}");
        assert_eq!(shorten("ab", 10.0, false, 60.0), "ab");
    }
}
