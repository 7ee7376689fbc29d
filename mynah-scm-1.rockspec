-- `luarocks make` in this folder builds the library for the Lua that luarocks stands on. It needs Rust and takes minutes.
rockspec_format = "3.0"
package = "mynah"
version = "scm-1"
source = { url = "git+file://." }
description = {
  summary = "A scriptable machine-learning kernel",
  detailed = "Small language models, characters for games, tensors, nets, optimizers and classic learners, in one library.",
  license = "MIT OR Apache-2.0",
}
dependencies = { "lua >= 5.1, < 5.5" } -- 5.1 (and LuaJIT) or 5.4
build = {
  type = "command",
  build_command = [[cargo build --release --lib --target-dir target --no-default-features --features module,$("$(LUA)" -e "io.write(_VERSION == 'Lua 5.1' and 'luajit' or 'lua54')")]],
  install = { lib = { mynah = "target/release/libmynah.so" } },
  platforms = {
    macosx = { install = { lib = { mynah = "target/release/libmynah.dylib" } } },
  },
}
