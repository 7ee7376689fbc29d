//! Lua sees a tensor as a few bytes; this makes its garbage collector notice the megabytes behind them.

use crate::nn;
use mlua::Lua;

/// Bytes of tensors still held after the last collection.
struct Held(usize);

/// New tensors worth a full collection even when few were held before.
const SLACK: usize = 64 << 20;

/// Collects garbage once tensors hold twice what survived the last collection, and a little slack.
pub fn relieve(lua: &Lua) -> mlua::Result<()> {
    let now = nn::live_bytes();
    if now < SLACK {
        return Ok(());
    }
    let held = lua.app_data_ref::<Held>().map_or(0, |h| h.0);
    if now > 2 * held + SLACK {
        lua.gc_collect()?;
        lua.set_app_data(Held(nn::live_bytes()));
    }
    Ok(())
}
