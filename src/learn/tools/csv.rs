//! Tables in text files: comma-separated values and their relatives.
//!
//! RFC 4180, with any separator and with Unix line ends too.

use crate::data::{read_text, write_atomically};
use crate::learn::{Label, Samples};
use crate::{Error, Result};
use ::csv::{ReaderBuilder, StringRecord, WriterBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

const NAME: &str = "csv";

/// Separators that are tried, the rarest in other roles first.
const SEPARATORS: [u8; 3] = [b'\t', b';', b','];

/// A column, by its name or its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "must be a column's name or its number from 1")]
pub enum ColumnId {
    /// Its number, from 1.
    Number(usize),
    /// Its name.
    Name(String),
}

/// What becomes of features that are words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Words {
    /// They are refused.
    #[default]
    Refuse,
    /// The different words of a column, sorted, become 0, 1, 2 and so on.
    Code,
}

/// Settings of [`read_csv`] and [`read_samples`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CsvSettings {
    /// Whether the first line holds names. Default: if some column begins with words and goes on with numbers.
    pub header: Option<bool>,
    /// What stands between fields, one ASCII character. Default: a tab, semicolon or comma, whichever fits.
    pub separator: Option<char>,
    /// The column to be predicted, by name or by number from 1. Default: the last.
    pub target: Option<ColumnId>,
    /// What becomes of features that are words: "refuse" or "code" (0, 1, 2 and so on). Default "refuse".
    pub words: Words,
}

/// The fields of one column.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Numbers; NaN where the field was empty.
    Numbers(Vec<f64>),
    /// Words, at least one of which is no number.
    Text(Vec<String>),
}

impl Column {
    /// How many fields there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Text(text) => text.len(),
        }
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A table: columns of equal length, with names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// One name for each column: from the first line, or `column_1` and so on.
    pub names: Vec<String>,
    /// The columns.
    pub columns: Vec<Column>,
}

impl Frame {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// The place of a column, from 0.
    ///
    /// # Errors
    /// When there is no such column, or several have that name.
    pub fn find(&self, column: &ColumnId) -> Result<usize> {
        match column {
            ColumnId::Number(n) if (1..=self.columns.len()).contains(n) => Ok(n - 1),
            ColumnId::Number(n) => {
                Err(Error::value(format!("{NAME}: there is no column {n}; there are {}", self.columns.len())))
            }
            ColumnId::Name(name) => {
                let mut found = self.names.iter().enumerate().filter(|(_, known)| *known == name).map(|(at, _)| at);
                match (found.next(), found.next()) {
                    (Some(at), None) => Ok(at),
                    (Some(_), Some(_)) => Err(Error::value(format!(
                        "{NAME}: several columns are named `{name}`; give the number of the one that is meant"
                    ))),
                    _ => {
                        let hint = crate::nearest::nearest(name, self.names.iter().map(String::as_str))
                            .map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
                        Err(Error::value(format!("{NAME}: there is no column `{name}`{hint}")))
                    }
                }
            }
        }
    }

    /// The features, the labels in `target` (nothing: the last column), and the features' names.
    ///
    /// Features keep NaN where fields were empty; a label that is missing is NaN or the empty word.
    ///
    /// # Errors
    /// When there is no such column, no feature is left, or one is words and `words` refuses those.
    pub fn split_target(&self, target: Option<&ColumnId>, words: Words) -> Result<(Samples, Vec<Label>, Vec<String>)> {
        if self.columns.len() < 2 {
            let why = format!("needs a target and at least one feature, there are {} columns", self.columns.len());
            return Err(Error::value(format!("{NAME}: {why}")));
        }
        let target = target.map_or(Ok(self.columns.len() - 1), |target| self.find(target))?;
        let labels = match &self.columns[target] {
            Column::Numbers(numbers) => numbers.iter().copied().map(Label::Number).collect(),
            Column::Text(text) => text.iter().cloned().map(Label::Text).collect(),
        };
        let places: Vec<usize> = (0..self.columns.len()).filter(|j| *j != target).collect();
        let samples = self.samples(&places, words)?;
        Ok((samples, labels, places.iter().map(|j| self.names[*j].clone()).collect()))
    }

    /// The columns in `places` (from 0) as samples.
    ///
    /// # Errors
    /// When one is words and `words` refuses those, or there is no such column.
    pub fn samples(&self, places: &[usize], words: Words) -> Result<Samples> {
        let rows = self.rows();
        let mut values = vec![0.0; rows * places.len()];
        for (to, &j) in places.iter().enumerate() {
            let Some(column) = self.columns.get(j) else {
                let why = format!("there is no column {}; there are {}", j.saturating_add(1), self.columns.len());
                return Err(Error::value(format!("{NAME}: {why}")));
            };
            if column.len() != rows {
                let why = format!("column {} has {} rows, the first has {rows}", j + 1, column.len());
                return Err(Error::shape(NAME, why));
            }
            let mut put = |i: usize, v: f64| values[i * places.len() + to] = v;
            match column {
                Column::Numbers(numbers) => numbers.iter().enumerate().for_each(|(i, v)| put(i, *v)),
                Column::Text(text) if words == Words::Code => {
                    coded(text).into_iter().enumerate().for_each(|(i, v)| put(i, v));
                }
                Column::Text(text) => {
                    let odd = text.iter().position(|t| !t.trim().is_empty() && number(t).is_none()).unwrap_or(0);
                    let (name, word) = (&self.names[j], &text[odd]);
                    return Err(Error::value(format!(
                        "{NAME}: the feature `{name}` is words, such as {word:?} in row {}; leave it out, or set \
                         `words` to \"code\"",
                        odd + 1
                    )));
                }
            }
        }
        Samples::new(rows, places.len(), values)
    }
}

/// 0, 1, 2 and so on for the sorted words; NaN for the empty one.
fn coded(text: &[String]) -> Vec<f64> {
    let mut codes: BTreeMap<&str, f64> = text.iter().map(|t| (t.trim(), 0.0)).filter(|(t, _)| !t.is_empty()).collect();
    codes.values_mut().enumerate().for_each(|(i, code)| *code = i as f64);
    text.iter().map(|t| codes.get(t.trim()).copied().unwrap_or(f64::NAN)).collect()
}

/// Reads a table.
///
/// # Errors
/// When the file cannot be read, is empty, is not UTF-8, or a line has another number of fields than the first.
pub fn read_csv(path: impl AsRef<Path>, settings: &CsvSettings) -> Result<Frame> {
    let text = read_text(&path)?;
    parse_csv(&text, settings).map_err(|error| match error {
        Refusal::Text(why) => Error::file(&path, why),
        Refusal::Setting(error) => error,
    })
}

/// Reads a table and splits off its target: [`read_csv`] and [`Frame::split_target`] in one.
///
/// # Errors
/// As those.
pub fn read_samples(path: impl AsRef<Path>, settings: &CsvSettings) -> Result<(Samples, Vec<Label>, Vec<String>)> {
    read_csv(path, settings)?.split_target(settings.target.as_ref(), settings.words)
}

enum Refusal {
    Text(String),
    Setting(Error),
}

fn parse_csv(text: &str, settings: &CsvSettings) -> Result<Frame, Refusal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let separator = match settings.separator {
        None => guess_separator(text),
        Some(c) if c.is_ascii() && !matches!(c, '"' | '\n' | '\r') => c as u8,
        Some(c) => {
            let rule = "one ASCII character, no quote or line end";
            return Err(Refusal::Setting(Error::setting(NAME, "separator", rule, format!("{c:?}"))));
        }
    };
    let mut records = Vec::new();
    for record in records_of(text, separator) {
        let record = record.map_err(|e| Refusal::Text(format!("not a table: {e}")))?;
        let width = records.first().map_or(record.len(), StringRecord::len);
        if record.len() != width {
            let line = record.position().map_or(0, |p| line(text, p.byte() as usize));
            let (got, first) = (fields(record.len()), fields(width));
            return Err(Refusal::Text(format!("line {line} has {got}, the first line has {first}")));
        }
        records.push(record);
    }
    let Some(first) = records.first() else {
        return Err(Refusal::Text("holds no lines".into()));
    };
    let header = settings.header.unwrap_or_else(|| guess_header(&records));
    let plain = |j: usize| format!("column_{}", j + 1);
    let name = |(j, field): (usize, &str)| match field.trim() {
        name if header && !name.is_empty() => name.to_string(),
        _ => plain(j),
    };
    let names: Vec<String> = first.iter().enumerate().map(name).collect();
    let rows = &records[usize::from(header)..];
    let columns = (0..names.len()).map(|j| column(rows, j)).collect();
    Ok(Frame { names, columns })
}

/// The line of the record that begins at this byte, or after the empty lines that begin there.
fn line(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let empty = bytes[at..].iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
    1 + bytes[..at + empty].iter().filter(|b| **b == b'\n').count()
}

fn fields(n: usize) -> String {
    if n == 1 { "1 field".into() } else { format!("{n} fields") }
}

fn records_of(text: &str, separator: u8) -> impl Iterator<Item = ::csv::Result<StringRecord>> + '_ {
    let mut reader = ReaderBuilder::new();
    reader.delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes()).into_records()
}

/// The separator that cuts the first ten lines into equally many fields, else the one that finds most in the first.
fn guess_separator(text: &str) -> u8 {
    let widths = |s: u8| -> Vec<usize> { records_of(text, s).take(10).flatten().map(|r| r.len()).collect() };
    let even = |s: &u8| matches!(&widths(*s)[..], [first, rest @ ..] if *first > 1 && rest.iter().all(|w| w == first));
    let most = |s: &u8| widths(*s).first().copied().unwrap_or(0);
    // Of equally many the last, which is the comma.
    SEPARATORS.into_iter().find(even).unwrap_or_else(|| SEPARATORS.into_iter().max_by_key(most).unwrap_or(b','))
}

/// Whether some column begins with words and goes on with nothing but numbers.
fn guess_header(records: &[StringRecord]) -> bool {
    let (first, rest) = (&records[0], &records[1..]);
    let full = |j: usize| rest.iter().map(move |r| r[j].trim()).filter(|field| !field.is_empty());
    let begins = |j: usize| !first[j].trim().is_empty() && number(&first[j]).is_none();
    (0..first.len()).any(|j| begins(j) && full(j).next().is_some() && full(j).all(|field| number(field).is_some()))
}

fn number(field: &str) -> Option<f64> {
    field.trim().parse().ok()
}

fn column(rows: &[StringRecord], j: usize) -> Column {
    let read = |row: &StringRecord| if row[j].trim().is_empty() { Some(f64::NAN) } else { number(&row[j]) };
    match rows.iter().map(read).collect() {
        Some(numbers) => Column::Numbers(numbers),
        None => Column::Text(rows.iter().map(|row| row[j].to_string()).collect()),
    }
}

/// Writes a table with a line of names; NaN as an empty field, other numbers so that they read back the same.
///
/// # Errors
/// When names and columns differ in number, columns differ in length, or the file cannot be written.
pub fn write_csv(path: impl AsRef<Path>, names: &[String], columns: &[Column]) -> Result<()> {
    if names.len() != columns.len() || columns.is_empty() {
        return Err(Error::shape(NAME, format!("{} names for {} columns", names.len(), columns.len())));
    }
    let rows = columns[0].len();
    if let Some(j) = columns.iter().position(|c| c.len() != rows) {
        let why = format!("column {} has {} rows, the first has {rows}", j + 1, columns[j].len());
        return Err(Error::shape(NAME, why));
    }
    write_atomically(path, |to| {
        let mut writer = WriterBuilder::new().from_writer(to);
        writer.write_record(names)?;
        for i in 0..rows {
            for column in columns {
                match column {
                    Column::Numbers(numbers) if numbers[i].is_nan() => writer.write_field("")?,
                    Column::Numbers(numbers) => writer.write_field(numbers[i].to_string())?,
                    Column::Text(text) => writer.write_field(&text[i])?,
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, settings: &CsvSettings) -> Result<Frame> {
        parse_csv(text, settings).map_err(|e| match e {
            Refusal::Text(why) => Error::file("t.csv", why),
            Refusal::Setting(error) => error,
        })
    }

    fn numbers(frame: &Frame, j: usize) -> &[f64] {
        match &frame.columns[j] {
            Column::Numbers(numbers) => numbers,
            Column::Text(text) => panic!("column {j} is words: {text:?}"),
        }
    }

    #[test]
    fn header_separator_and_kinds_are_guessed() {
        let default = CsvSettings::default();
        let frame = parse("\u{feff}a;b;c\n1,5;2;x\n2;;\"y;\nz\"\r\n", &default).unwrap();
        assert_eq!(frame.names, ["a", "b", "c"]);
        assert_eq!(frame.columns[0], Column::Text(vec!["1,5".into(), "2".into()]));
        assert!(numbers(&frame, 1)[0] == 2.0 && numbers(&frame, 1)[1].is_nan());
        assert_eq!(frame.columns[2], Column::Text(vec!["x".into(), "y;\nz".into()]));
        let frame = parse("1,2\n3, -4e2 \n", &default).unwrap();
        assert_eq!((frame.rows(), &frame.names[..]), (2, &["column_1".to_string(), "column_2".into()][..]));
        assert_eq!(numbers(&frame, 1), [2.0, -400.0]);
        assert_eq!(parse("a\tb\nc\td\n", &default).unwrap().rows(), 2);
        assert_eq!(parse("7\n8\n", &default).unwrap().rows(), 2);
        let named = CsvSettings { header: Some(true), ..Default::default() };
        assert_eq!(parse("a\tb\nc\td\n", &named).unwrap().rows(), 1);
        let only = parse("a,b\n", &named).unwrap();
        assert_eq!((only.rows(), only.columns.len()), (0, 2));
    }

    #[test]
    fn refusals_name_the_line() {
        let says = |text: &str| parse(text, &CsvSettings::default()).unwrap_err().to_string();
        assert_eq!(says("a,b\n1,2\n\n1,2,3\n"), "t.csv: line 4 has 3 fields, the first line has 2 fields");
        assert_eq!(says(""), "t.csv: holds no lines");
        assert_eq!(says("\n\n"), "t.csv: holds no lines");
        let odd = CsvSettings { separator: Some('é'), ..Default::default() };
        let refused = parse("a\n", &odd).unwrap_err().to_string();
        assert_eq!(refused, "csv: `separator` must be one ASCII character, no quote or line end, got 'é'");
        assert!(read_csv("/nowhere/t.csv", &CsvSettings::default()).unwrap_err().to_string().contains("no such file"));
    }

    #[test]
    fn the_target_is_split_off() {
        let frame = parse("kind,x,colour,y\na,1,red,5\nb,,blue,6\na,3,red,7\n", &CsvSettings::default()).unwrap();
        let kind = ColumnId::Name("kind".into());
        let refused = frame.split_target(Some(&kind), Words::Refuse).unwrap_err().to_string();
        assert!(refused.starts_with("csv: the feature `colour` is words, such as \"red\" in row 1;"), "{refused}");
        let (x, labels, names) = frame.split_target(Some(&kind), Words::Code).unwrap();
        assert_eq!((x.rows(), x.columns()), (3, 3));
        assert_eq!(x.row(2), [3.0, 1.0, 7.0]);
        assert!(x.row(1)[0].is_nan());
        assert_eq!(labels[1], Label::Text("b".into()));
        assert_eq!(names, ["x", "colour", "y"]);
        let (_, labels, _) = frame.split_target(None, Words::Code).unwrap();
        assert_eq!(labels, [Label::Number(5.0), Label::Number(6.0), Label::Number(7.0)]);
        let says = |c: ColumnId| frame.split_target(Some(&c), Words::Code).unwrap_err().to_string();
        assert_eq!(says(ColumnId::Number(5)), "csv: there is no column 5; there are 4");
        assert_eq!(says(ColumnId::Name("color".into())), "csv: there is no column `color`; did you mean `colour`?");
        let twice = parse("a,a,b\n1,2,3\n", &CsvSettings::default()).unwrap();
        assert!(twice.find(&ColumnId::Name("a".into())).unwrap_err().to_string().contains("several columns"));
        assert!(parse("7\n8\n", &CsvSettings::default()).unwrap().split_target(None, Words::Refuse).is_err());
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let names = ["x,1".to_string(), "y".into()];
        let columns = [
            Column::Numbers(vec![0.1 + 0.2, -1e-300, f64::INFINITY]),
            Column::Text(vec!["a \"b\"".into(), "c\nd".into(), "é".into()]),
        ];
        write_csv(&path, &names, &columns).unwrap();
        let frame = read_csv(&path, &CsvSettings::default()).unwrap();
        assert_eq!(frame, Frame { names: names.to_vec(), columns: columns.to_vec() });
        write_csv(&path, &names[1..], &[Column::Numbers(vec![1.0, f64::NAN, 2.0])]).unwrap();
        assert!(numbers(&read_csv(&path, &CsvSettings::default()).unwrap(), 0)[1].is_nan());
        assert!(write_csv(&path, &names, &columns[..1]).is_err());
        assert!(write_csv(&path, &names, &[columns[0].clone(), Column::Text(vec![])]).is_err());
    }

    #[test]
    fn the_well_known_tables_have_their_known_sizes() {
        for (file, rows, columns, classes) in
            [("iris", 150, 4, 3), ("wine", 178, 13, 3), ("breast_cancer", 569, 30, 2), ("digits", 1797, 64, 10)]
        {
            let path = format!("{}/../shared/data/{file}.csv", env!("CARGO_MANIFEST_DIR"));
            if !Path::new(&path).exists() {
                println!("skipped: there is no {path}");
                continue;
            }
            let (x, labels, names) = read_samples(&path, &CsvSettings::default()).unwrap();
            assert_eq!((x.rows(), x.columns(), names.len()), (rows, columns, columns), "{file}");
            assert_eq!(crate::learn::Coded::new(file, &labels).unwrap().classes.len(), classes, "{file}");
            x.check(file).unwrap();
        }
    }
}
