//! The MovingAI benchmark's files: maps (`.map`) and scenarios (`.scen`).
//!
//! Sturtevant (2012), "Benchmarks for grid-based pathfinding". Ground (`.`), `G` and swamp (`S`) can be walked on;
//! trees, water and the rest cannot. Steps go to eight neighbours and cut no corners.

use super::Grid;
use crate::data::read_text;
use crate::{Error, Result};
use std::fmt::Display;
use std::path::Path;

/// One line of a `.scen` file.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The length of the shortest way, divided by 4 and cut: a class of difficulty.
    pub bucket: u32,
    /// The map's file name.
    pub map: String,
    /// The map's columns and rows.
    pub size: (usize, usize),
    /// Column and row of the start.
    pub start: (usize, usize),
    /// Column and row of the goal.
    pub goal: (usize, usize),
    /// The length of the shortest way.
    pub length: f64,
}

/// Reads a `.map` file.
///
/// # Errors
/// When it cannot be read or is no map; the text says which line.
pub fn read_map(path: impl AsRef<Path>) -> Result<Grid> {
    let path = path.as_ref();
    parse_map(&read_text(path)?).map_err(|error| Error::file(path, error))
}

/// Reads a `.scen` file.
///
/// # Errors
/// When it cannot be read or is no list of scenarios; the text says which line.
pub fn read_scenarios(path: impl AsRef<Path>) -> Result<Vec<Scenario>> {
    let path = path.as_ref();
    parse_scenarios(&read_text(path)?).map_err(|error| Error::file(path, error))
}

/// Reads the text of a `.map` file.
///
/// # Errors
/// When it is no map.
pub fn parse_map(text: &str) -> Result<Grid> {
    let mut lines = text.lines().map(str::trim_end);
    let (mut width, mut height) = (None, None);
    loop {
        let line = lines.next().ok_or_else(|| Error::value("there is no line `map`"))?;
        match line.split_once(' ') {
            Some(("type", "octile")) => {}
            Some(("type", other)) => return Err(Error::value(format!("a map of type {other}; only octile is known"))),
            Some(("height", number)) => height = Some(whole(number, "height")?),
            Some(("width", number)) => width = Some(whole(number, "width")?),
            _ if line == "map" => break,
            _ => return Err(Error::value(format!("`{line}` is no line of a map's head"))),
        }
    }
    let (Some(width), Some(height)) = (width, height) else {
        return Err(Error::value("the map's head has no width or no height"));
    };
    super::grid::checked_cells(width, height)?;
    let mut walls = vec![];
    for y in 0..height {
        let row = lines.next().ok_or_else(|| Error::value(format!("the map has {y} rows, its head says {height}")))?;
        if row.len() != width {
            return Err(Error::value(format!("row {y} has {} cells, the head says {width}", row.len())));
        }
        walls.extend(row.bytes().map(|cell| !matches!(cell, b'.' | b'G' | b'S')));
    }
    Grid::from_walls(width, height, true, walls)
}

/// A grid's walls in the form of a `.map` file.
pub fn map_text(grid: &Grid) -> String {
    let mut text = format!("type octile\nheight {}\nwidth {}\nmap\n", grid.height(), grid.width());
    for y in 0..grid.height() {
        text.extend((0..grid.width()).map(|x| if grid.is_free(y * grid.width() + x) { '.' } else { '@' }));
        text.push('\n');
    }
    text
}

/// Reads the text of a `.scen` file.
///
/// # Errors
/// When it is no list of scenarios.
pub fn parse_scenarios(text: &str) -> Result<Vec<Scenario>> {
    let mut scenarios = vec![];
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() || (i == 0 && line.starts_with("version")) {
            continue;
        }
        // Between tabs, since a map's name may have blanks; some files have blanks only.
        let mut fields: Vec<&str> = line.trim().split('\t').collect();
        if fields.len() != 9 {
            fields = line.split_whitespace().collect();
        }
        let at = |error: Error| Error::value(format!("line {}: {error}", i + 1));
        let [bucket, map, width, height, x0, y0, x1, y1, length] = fields[..] else {
            return Err(at(Error::value(format!("{} fields in the place of 9", fields.len()))));
        };
        let number = |text: &str, what: &str| whole(text, what).map_err(at);
        let length: f64 = length.trim().parse().map_err(|_| at(Error::value(format!("`{length}` is no length"))))?;
        scenarios.push(Scenario {
            bucket: u32::try_from(number(bucket, "bucket")?).unwrap_or(u32::MAX),
            map: map.to_string(),
            size: (number(width, "width")?, number(height, "height")?),
            start: (number(x0, "start x")?, number(y0, "start y")?),
            goal: (number(x1, "goal x")?, number(y1, "goal y")?),
            length,
        });
    }
    Ok(scenarios)
}

fn whole(text: &str, what: impl Display) -> Result<usize> {
    text.trim().parse().map_err(|_| Error::value(format!("{what} is `{text}`, not a whole number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "type octile\nheight 2\nwidth 3\nmap\n.G@\nSWT\n";

    #[test]
    fn ground_is_free_and_the_rest_is_wall_and_text_comes_back() {
        let grid = parse_map(MAP).unwrap();
        let free: Vec<bool> = (0..6).map(|cell| grid.is_free(cell)).collect();
        assert_eq!(free, [true, true, false, true, false, false]);
        assert!(grid.diagonal());
        assert_eq!(parse_map(&map_text(&grid)).unwrap(), grid);
        assert_eq!(parse_map(&MAP.replace('\n', "\r\n")).unwrap(), grid);
    }

    #[test]
    fn scenarios_are_read_with_tabs_and_with_blanks() {
        let text = "version 1\n0\tmaps/a b.map\t3\t2\t0\t0\t1\t0\t1.0\n3 x.map 512 512 1 2 3 4 14.48528137\n";
        let scenarios = parse_scenarios(text).unwrap();
        assert_eq!(scenarios[0].map, "maps/a b.map");
        assert_eq!((scenarios[1].start, scenarios[1].goal, scenarios[1].length), ((1, 2), (3, 4), 14.48528137));
    }

    #[test]
    fn damaged_files_are_refused_in_a_sentence() {
        for (text, wanted) in [
            ("", "no line `map`"),
            ("type octile\nheight x\n", "height is `x`"),
            ("type octile\nmap\n", "no width or no height"),
            ("type octile\nheight 2\nwidth 3\nmap\n...\n", "has 1 rows"),
            ("type octile\nheight 1\nwidth 3\nmap\n..\n", "row 0 has 2 cells"),
            ("type octile\nheight 99999999\nwidth 99999999\nmap\n", "too many cells"),
            ("type tile\n", "only octile"),
        ] {
            let refusal = parse_map(text).unwrap_err().to_string();
            assert!(refusal.contains(wanted), "{text:?}: {refusal}");
        }
        assert!(parse_scenarios("version 1\n1 2 3\n").unwrap_err().to_string().starts_with("line 2: 3 fields"));
    }
}
