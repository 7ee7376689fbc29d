//! TSPLIB's files: problems (`.tsp`) and tours (`.tour`, `.opt.tour`).
//!
//! Reinelt (1991). Read are points under EUC_2D, CEIL_2D, ATT and GEO, and symmetric matrices in every EXPLICIT format.

use super::{Metric, Problem};
use crate::data::{read_text, write_atomically};
use crate::{Error, Result};
use std::fmt::Write as _;
use std::path::Path;

/// A problem from a file.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name, such as `berlin52`.
    pub name: String,
    /// The cities' coordinates as in the file, if it has any.
    pub points: Vec<[f64; 2]>,
    /// The cities and their distances.
    pub problem: Problem,
}

/// Reads a `.tsp` file.
///
/// # Errors
/// When it cannot be read or is not a symmetric problem of a known kind; the text says where.
pub fn read_tsp(path: impl AsRef<Path>) -> Result<Instance> {
    let path = path.as_ref();
    parse_tsp(&read_text(path)?).map_err(|error| Error::file(path, error))
}

/// Reads a tour: 0-based cities, from TSPLIB's 1-based ones.
///
/// # Errors
/// When it cannot be read, or is not a tour.
pub fn read_tour(path: impl AsRef<Path>) -> Result<Vec<u32>> {
    let path = path.as_ref();
    parse_tour(&read_text(path)?).map_err(|error| Error::file(path, error))
}

/// Writes a tour in TSPLIB's form.
///
/// # Errors
/// When the file cannot be written.
pub fn write_tour(path: impl AsRef<Path>, name: &str, tour: &[u32], length: f64) -> Result<()> {
    write_atomically(path, |file| file.write_all(tour_text(name, tour, length).as_bytes()))
}

/// A tour in TSPLIB's form, with its length in a comment.
pub fn tour_text(name: &str, tour: &[u32], length: f64) -> String {
    let name = name.replace(['\n', '\r'], " ");
    let mut text = format!("NAME : {name}\nCOMMENT : length {length}\nTYPE : TOUR\nDIMENSION : {}\n", tour.len());
    text.push_str("TOUR_SECTION\n");
    for city in tour {
        let _ = writeln!(text, "{}", city + 1); // writing to a string cannot fail
    }
    text.push_str("-1\nEOF\n");
    text
}

/// Reads the text of a `.tsp` file.
///
/// # Errors
/// When it is not a symmetric problem of a known kind.
pub fn parse_tsp(text: &str) -> Result<Instance> {
    let file = Sections::new(text);
    if let Some(kind) = file.header("TYPE").filter(|kind| !kind.starts_with("TSP")) {
        return Err(Error::value(format!("a problem of type {kind}; only TSP is known")));
    }
    let n = file.dimension()?;
    let name = file.header("NAME").unwrap_or_default().to_string();
    let weights = file.header("EDGE_WEIGHT_TYPE").unwrap_or("EUC_2D");
    let metric = match weights {
        "EUC_2D" => Metric::Euc2d,
        "CEIL_2D" => Metric::Ceil2d,
        "ATT" => Metric::Att,
        "GEO" => Metric::Geo,
        "EXPLICIT" => {
            let points = file.points("DISPLAY_DATA_SECTION", n).unwrap_or_default();
            return Ok(Instance { name, points, problem: Problem::matrix(file.matrix(n)?)? });
        }
        other => {
            return Err(Error::value(format!(
                "distances of type {other}; known are EUC_2D, CEIL_2D, ATT, GEO and EXPLICIT"
            )));
        }
    };
    let points = file.points("NODE_COORD_SECTION", n)?;
    Ok(Instance { name, problem: Problem::points(points.clone(), metric)?, points })
}

/// Reads the text of a tour file.
///
/// # Errors
/// When it is not a tour.
pub fn parse_tour(text: &str) -> Result<Vec<u32>> {
    let file = Sections::new(text);
    let mut tour = vec![];
    for word in file.section("TOUR_SECTION")?.split_whitespace() {
        match word.parse::<i64>() {
            Ok(-1) => break,
            Ok(city @ 1..=0x7fff_ffff) => tour.push(city as u32 - 1),
            _ => return Err(Error::value(format!("the tour has `{word}` in the place of a city's number"))),
        }
    }
    if let Ok(n) = file.dimension()
        && n != tour.len()
    {
        return Err(Error::value(format!("the tour has {} cities, its head says {n}", tour.len())));
    }
    let mut seen = vec![false; tour.len()];
    for &city in &tour {
        match seen.get_mut(city as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(Error::value(format!("the tour has city {} twice, or too few cities", city + 1))),
        }
    }
    Ok(tour)
}

/// A file's head, `KEY : value` line by line, and its sections of numbers.
struct Sections<'a> {
    headers: Vec<(&'a str, &'a str)>,
    sections: Vec<(&'a str, &'a str)>,
}

impl<'a> Sections<'a> {
    fn new(text: &'a str) -> Self {
        let mut file = Self { headers: vec![], sections: vec![] };
        let mut begun: Option<(&str, usize)> = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let (from, end) = (at, at + line.len());
            at = end;
            let word = line.trim();
            if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue; // numbers
            }
            if let Some((name, start)) = begun.take() {
                file.sections.push((name, &text[start..from]));
            }
            match word.split_once(':') {
                Some((key, value)) if key.trim().ends_with("_SECTION") && value.trim().is_empty() => {
                    begun = Some((key.trim(), end));
                }
                Some((key, value)) => file.headers.push((key.trim(), value.trim())),
                None if word == "EOF" => return file,
                None => begun = Some((word, end)),
            }
        }
        if let Some((name, start)) = begun {
            file.sections.push((name, &text[start..]));
        }
        file
    }

    fn header(&self, key: &str) -> Option<&'a str> {
        self.headers.iter().find(|header| header.0 == key).map(|header| header.1)
    }

    fn section(&self, name: &str) -> Result<&'a str> {
        let found = self.sections.iter().find(|section| section.0 == name);
        found.map(|section| section.1).ok_or_else(|| Error::value(format!("there is no {name}")))
    }

    fn dimension(&self) -> Result<usize> {
        let text = self.header("DIMENSION").ok_or_else(|| Error::value("there is no DIMENSION"))?;
        text.parse().map_err(|_| Error::value(format!("DIMENSION is `{text}`, not a number of cities")))
    }

    fn numbers(&self, section: &str) -> Result<Vec<f64>> {
        let number = |word: &str| {
            word.parse().map_err(|_| Error::value(format!("{section} has `{word}` in the place of a number")))
        };
        self.section(section)?.split_whitespace().map(number).collect()
    }

    fn points(&self, section: &str, n: usize) -> Result<Vec<[f64; 2]>> {
        let numbers = self.numbers(section)?;
        if numbers.len() != n.saturating_mul(3) {
            return Err(Error::value(format!(
                "{section} has {} numbers; {n} cities need a number, x and y each",
                numbers.len()
            )));
        }
        let mut points = vec![None; n];
        for (i, city) in numbers.chunks(3).enumerate() {
            let place = if (1.0..=n as f64).contains(&city[0]) { city[0] as usize - 1 } else { i };
            if points[place].replace([city[1], city[2]]).is_some() {
                return Err(Error::value(format!("{section} has city {} twice", city[0])));
            }
        }
        Ok(points.into_iter().flatten().collect())
    }

    fn matrix(&self, n: usize) -> Result<Vec<f64>> {
        let numbers = self.numbers("EDGE_WEIGHT_SECTION")?;
        let format = self.header("EDGE_WEIGHT_FORMAT").unwrap_or("FULL_MATRIX");
        // The row, and the columns of the numbers in it. A triangle by columns is the other triangle by rows.
        let columns: fn(usize, usize) -> std::ops::Range<usize> = match format {
            "FULL_MATRIX" => |_, n| 0..n,
            "UPPER_ROW" | "LOWER_COL" => |row, n| row + 1..n,
            "LOWER_ROW" | "UPPER_COL" => |row, _| 0..row,
            "UPPER_DIAG_ROW" | "LOWER_DIAG_COL" => |row, n| row..n,
            "LOWER_DIAG_ROW" | "UPPER_DIAG_COL" => |row, _| 0..row + 1,
            other => return Err(Error::value(format!("EDGE_WEIGHT_FORMAT is {other}, which is not known"))),
        };
        let wanted = (0..n).fold(0usize, |sum, row| sum.saturating_add(columns(row, n).len()));
        if numbers.len() != wanted {
            return Err(Error::value(format!(
                "EDGE_WEIGHT_SECTION has {} numbers; {format} of {n} cities needs {wanted}",
                numbers.len()
            )));
        }
        let mut matrix = vec![0.0; n * n];
        let places = (0..n).flat_map(|row| columns(row, n).map(move |column| (row, column)));
        for ((row, column), number) in places.zip(numbers) {
            matrix[row * n + column] = number;
            if format != "FULL_MATRIX" {
                matrix[column * n + row] = number;
            }
        }
        Ok(matrix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_triangle_in_every_format() {
        let head = "NAME: three\nTYPE: TSP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: ";
        for (format, numbers) in [
            ("FULL_MATRIX", "0 1 2 1 0 3 2 3 0"),
            ("UPPER_ROW", "1 2\n3"),
            ("LOWER_COL", "1 2\n3"),
            ("LOWER_ROW", "1\n2 3"),
            ("UPPER_COL", "1\n2 3"),
            ("UPPER_DIAG_ROW", "0 1 2 0 3 0"),
            ("LOWER_DIAG_ROW", "0 1 0 2 3 0"),
        ] {
            let instance = parse_tsp(&format!("{head}{format}\nEDGE_WEIGHT_SECTION\n{numbers}\nEOF\n")).unwrap();
            let p = &instance.problem;
            assert_eq!([p.cost(0, 1), p.cost(2, 0), p.cost(1, 2)], [1.0, 2.0, 3.0], "{format}");
        }
    }

    #[test]
    fn points_are_read_and_a_tour_comes_back() {
        let text = "NAME : p\nCOMMENT : 3, 4: five\nTYPE : TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\n\
                    NODE_COORD_SECTION\n 1 0 0\n 2 3.0e0 0\n3 3 4\nEOF\n";
        let instance = parse_tsp(text).unwrap();
        assert_eq!(instance.name, "p");
        assert_eq!(instance.problem.length(&[0, 1, 2]), 12.0);
        let tour = [2, 0, 1];
        assert_eq!(parse_tour(&tour_text("p", &tour, 12.0)).unwrap(), tour);
    }

    #[test]
    fn damaged_files_are_refused_in_a_sentence() {
        for (text, wanted) in [
            ("", "no DIMENSION"),
            ("DIMENSION: x", "DIMENSION is `x`"),
            ("DIMENSION: 2\n", "no NODE_COORD_SECTION"),
            ("DIMENSION: 99999999999999\nNODE_COORD_SECTION\n1 2 3\n", "has 3 numbers"),
            ("DIMENSION: 2\nNODE_COORD_SECTION\n1 0 0\n1 1 1\n", "city 1 twice"),
            ("DIMENSION: 1\nNODE_COORD_SECTION\n1 0 1,5\n", "`1,5`"),
            ("DIMENSION: 1\nNODE_COORD_SECTION\n1 nan 0\n", "finite"),
            ("DIMENSION: 0\nNODE_COORD_SECTION\n", "no cities"),
            ("TYPE: ATSP\nDIMENSION: 2\n", "ATSP"),
            ("DIMENSION: 2\nEDGE_WEIGHT_TYPE: XRAY1\n", "XRAY1"),
            ("DIMENSION: 2\nEDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_SECTION\n0 1 2\n", "needs 4"),
        ] {
            let refusal = parse_tsp(text).unwrap_err().to_string();
            assert!(refusal.contains(wanted), "{text:?}: {refusal}");
        }
        for text in ["TOUR_SECTION\n1\n1\n-1\n", "TOUR_SECTION\n1\n3\n-1\n", "TOUR_SECTION\n1 two\n", "1 2 3"] {
            assert!(parse_tour(text).is_err(), "{text:?}");
        }
    }
}
