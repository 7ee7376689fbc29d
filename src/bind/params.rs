//! The parameters within a Lua value: a tensor, a net, a model, or a table of these.

use super::lm::LuaModel;
use super::nn::LuaModule;
use super::shim::{Outcome, fault};
use super::tensor::LuaTensor;
use crate::nn::Named;
use mlua::{Table, Value};
use std::ffi::c_void;

/// Every tensor within `what`, each once, by name: keys joined by dots, lists counted from 0 as in PyTorch's files.
/// Tensors that were computed from others are left out.
pub fn tensors(what: &Value) -> Vec<Named> {
    let mut found = Found::default();
    found.add("", what);
    found.all
}

/// Those of [`tensors`] that `backward` finds derivatives for.
///
/// # Errors
/// If there are none.
pub fn trainable(function: &str, what: &Value) -> Outcome<Vec<Named>> {
    let all: Vec<Named> = tensors(what).into_iter().filter(|n| n.param.is_leaf()).collect();
    if all.is_empty() {
        let came = super::convert::got(what);
        return fault(format!(
            "{function}: expected a net, a model, or tensors that require a gradient, got {came} without any"
        ));
    }
    Ok(all)
}

#[derive(Default)]
struct Found {
    all: Vec<Named>,
    seen: Vec<*const c_void>, // tables, against circles
}

impl Found {
    fn add(&mut self, name: &str, value: &Value) {
        match value {
            Value::Table(table) => self.add_table(name, table),
            Value::UserData(data) => {
                if let Ok(tensor) = data.borrow::<LuaTensor>() {
                    if tensor.0.is_leaf() || !tensor.0.requires_grad() {
                        self.push(Named::new(name, &tensor.0));
                    }
                } else if let Ok(module) = data.borrow::<LuaModule>() {
                    match module.own_table() {
                        Some(table) => self.add_table(name, table),
                        None => module.inner().params().into_iter().for_each(|n| self.push(n.within(name))),
                    }
                } else if let Ok(model) = data.borrow::<LuaModel>() {
                    model.0.file_params().into_iter().for_each(|n| self.push(n.within(name)));
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, named: Named) {
        if !self.all.iter().any(|n| n.param.same(&named.param)) {
            self.all.push(named);
        }
    }

    fn add_table(&mut self, name: &str, table: &Table) {
        if self.seen.contains(&table.to_pointer()) {
            return;
        }
        self.seen.push(table.to_pointer());
        let inner = |key: &str| if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
        let n = table.raw_len();
        for i in 1..=n {
            if let Ok(value) = table.raw_get::<Value>(i) {
                self.add(&inner(&(i - 1).to_string()), &value);
            }
        }
        let mut named: Vec<(String, Value)> = table
            .pairs::<Value, Value>()
            .filter_map(Result::ok)
            .filter_map(|(k, v)| k.as_string().map(|k| (k.to_string_lossy(), v)))
            .collect();
        named.sort_by(|a, b| a.0.cmp(&b.0)); // Lua's own order changes from run to run
        for (key, value) in named {
            self.add(&inner(&key), &value);
        }
    }
}
