-- What the interpreter adds to plain Lua: printing beside progress bars, reading that Ctrl-C may end, `help`.
local suspend, reading, help_text = ...
local io, select, tostring, type, xpcall = io, select, tostring, type, xpcall
local traceback, concat, getmetatable = debug.traceback, table.concat, getmetatable

local write, unpack = io.write, table.unpack or unpack
local line_ended = true

function io.write(...)
  local parts, n, result = { ... }, select("#", ...), nil
  if n > 0 and parts[n] ~= "" then line_ended = tostring(parts[n]):sub(-1) == "\n" end
  suspend(function() result = { write(unpack(parts, 1, n)) } end)
  return unpack(result)
end

function print(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = tostring((select(i, ...))) end
  local line = concat(parts, "\t")
  line_ended = true
  suspend(function() write(line, "\n") end)
end

local read = io.read

local function done(...)
  reading(false)
  return ...
end

function io.read(...)
  io.stdout:flush()
  reading(true)
  return done(read(...))
end

function help(about)
  print(help_text(about))
end

local function describe(e)
  local trace = traceback("", 2)
  if type(e) == "string" or type(e) == "number" then return { tostring(e), trace } end
  local meta = getmetatable(e)
  if type(meta) == "table" and meta.__tostring then return { tostring(e), trace } end
  return { "(the error is a " .. type(e) .. " value)", trace }
end

local function told(ok, ...)
  if ok then return true, ... end
  local first = ...
  if type(first) == "table" then return false, first[1], first[2] end
  return false, tostring(first)
end

local function guarded(f, ...)
  return told(xpcall(f, describe, ...))
end

-- Before a prompt: what was written is seen, and the prompt begins a line of its own.
local function finish_line()
  if not line_ended then write("\n") end
  line_ended = true
  io.stdout:flush()
end

return guarded, finish_line
