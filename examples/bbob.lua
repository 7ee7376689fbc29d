-- A solver for the line protocol of black-box benchmarks: reads `problem D BUDGET SEED LO HI ...`, writes batches of points
-- and reads their values, until it is told to stop.
--
--   mynah examples/bbob.lua [--method auto] [--single]
--
-- It asks for whole batches of points at once; with --single for one after the other.

local mynah = require "mynah"
local options = mynah.args(arg, { method = "auto", single = false })
io.stdout:setvbuf("full")

-- Writes lines; the other side reads them now.
local function say(lines)
  io.stdout:write(table.concat(lines, "\n"), "\n")
  io.stdout:flush()
end

local function point(x)
  local words = {}
  for i, v in ipairs(x) do words[i] = ("%.17g"):format(v) end
  return table.concat(words, " ")
end

-- The values of all points, or nothing when the harness says stop.
local function values_of(points)
  local values = {}
  if not options.single then
    local lines = { "batch " .. #points }
    for i, x in ipairs(points) do lines[i + 1] = point(x) end
    say(lines)
    for i = 1, #points do
      values[i] = tonumber((io.stdin:read("*l")))
      if not values[i] then return nil end
    end
  else
    for i, x in ipairs(points) do
      say{ point(x) }
      values[i] = tonumber((io.stdin:read("*l")))
      if not values[i] then return nil end
    end
  end
  return values
end

for line in io.lines() do
  local words = {}
  for word in line:gmatch("%S+") do words[#words + 1] = word end
  if words[1] == "quit" then break end
  if words[1] == "problem" then
    local dim, lower, upper = tonumber(words[2]), {}, {}
    for i = 1, dim do lower[i], upper[i] = tonumber(words[3 + 2 * i]), tonumber(words[4 + 2 * i]) end
    local search = mynah.optim[options.method]{ lower = lower, upper = upper, budget = tonumber(words[3]), seed = tonumber(words[4]) }
    while not search:done() do
      local values = values_of(search:ask())
      if not values then break end
      search:tell(values)
    end
    say{ "done" }
  end
end
