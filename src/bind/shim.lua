-- The thin layer between Lua and Rust (see src/bind/shim.rs for why it exists).
-- A Rust function that fails returns FAIL and a message instead of raising: mlua would raise a userdata without a line number.
local FAIL, name_of, stash = ...
local error, pcall, rawequal, type = error, pcall, rawequal, type

-- Where a function that calls by `return f()` was called from: Lua 5.1 counts such a call as a level, others do not.
local caller = 2
do
  local function raise() error("", 2) end
  local function middle() return raise() end
  local _, place = pcall(function() local x = middle() return x end)
  if place == "" then caller = 3 end
end

local function finish(...)
  local first, message = ...
  if rawequal(first, FAIL) then
    if message ~= nil then error(message, caller) end
    local thrown = stash[1]
    stash[1] = nil
    error(thrown, 0) -- what a Lua callback threw goes on unchanged
  end
  return ...
end

-- A Rust function as Lua sees it: errors are strings that begin with the caller's line.
local function wrap(raw, path)
  local function f(...) return finish(raw(...)) end
  if path then name_of[f] = path end
  return f
end

local function collect(ok, ...)
  if ok then return true, ... end
  stash[1] = ...
  return false
end

-- A Lua callback as Rust calls it: what it throws is kept aside, for Rust would turn tables into strings.
local function callback(f)
  return function(...) return collect(pcall(f, ...)) end
end

-- `__index` of a class: methods, then computed fields, then whatever the class makes of other keys.
local function index(methods, getters, other)
  return function(self, key)
    local method = methods[key]
    if method ~= nil then return method end
    local getter = getters[key]
    if getter then return finish(getter(self)) end
    return finish(other(self, key))
  end
end

return wrap, callback, index
