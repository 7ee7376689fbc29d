//! Running scripts.

use super::vm::Vm;
use mynah::data;
use std::path::Path;

/// Runs a script, or a folder's `main.lua`, with its arguments.
pub fn script(vm: &Vm, path: &str, args: &[String]) -> Result<(), String> {
    let mut file = Path::new(path).to_path_buf();
    if file.is_dir() {
        file.push("main.lua");
    }
    let shown = file.display().to_string();
    let code = std::fs::read(&file).map_err(|e| format!("mynah: {shown}: {}", data::reason(&e)))?;
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    vm.add_folder(&folder.display().to_string()).map_err(|e| e.to_string())?;
    vm.run(&code, &format!("@{shown}"), args)
}
