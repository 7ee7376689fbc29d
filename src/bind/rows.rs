//! Numbers in lists, rows and tensors, as functions take them.

use super::convert::{FromArg, LuaType, expected};
use super::diff::Point;
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use mlua::{Lua, Value};

/// A list of numbers or a tensor, NaN and infinities included; may be empty.
#[derive(Clone, Debug, Default)]
pub struct Data(pub Vec<f64>);

impl LuaType for Data {
    fn lua_type() -> String {
        NUMBERS.into()
    }
}
impl FromArg for Data {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match &value {
            Value::Table(table) if table.raw_len() == 0 => Ok(Self::default()),
            _ => Point::from_arg(value, lua).map(|p| Self(p.0)),
        }
    }
}

const NUMBERS: &str = "number[]|mynah.Tensor";

/// Rows of numbers: a list of lists or a tensor of two dimensions.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// All of them.
    pub values: Vec<f64>,
    /// How many stand in a row.
    pub columns: usize,
}

impl FromArg for Rows {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match &value {
            Value::Table(_) => {
                let rows = Vec::<Vec<f64>>::from_arg(value, lua)?;
                let columns = rows.first().map_or(0, Vec::len);
                if let Some((i, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != columns) {
                    return fault(format!("row {} has {} numbers, the first has {columns}", i + 1, row.len()));
                }
                Ok(Self { values: rows.concat(), columns })
            }
            Value::UserData(data) if data.is::<LuaTensor>() => {
                let tensor = TensorLike::from_arg(value, lua)?.0;
                let [_, columns] = tensor.shape()[..] else {
                    return fault(format!("a grid has two dimensions, this tensor has {:?}", tensor.shape()));
                };
                Ok(Self { values: tensor.to_f64()?, columns })
            }
            other => expected("rows of numbers: a list of lists or a tensor", other),
        }
    }
}
impl LuaType for Rows {
    fn lua_type() -> String {
        ROWS.into()
    }
}

const ROWS: &str = "number[][]|mynah.Tensor";
