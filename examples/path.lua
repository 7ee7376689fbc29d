-- Runs a MovingAI scenario file on its map: prints each scenario's length, then the time taken and whether all agree.
--
--   mynah examples/path.lua MAP SCEN [--method astar|jps|dijkstra|bidirectional]

local mynah = require "mynah"
local options, rest = mynah.args(arg, { method = "jps" })
if #rest ~= 2 then error("path: mynah examples/path.lua MAP SCEN [--method jps]", 0) end

local map, scenarios = mynah.route.read_map(rest[1]), mynah.route.read_scenarios(rest[2])
local begun, wrong, looked = os.clock(), 0, 0
for _, s in ipairs(scenarios) do
  local from, to = map:cell(s.start[1] + 1, s.start[2] + 1), map:cell(s.goal[1] + 1, s.goal[2] + 1)
  local _, length, cells = map:path(from, to, options.method)
  looked = looked + cells
  if math.abs(length - s.length) > 1e-4 * (1 + s.length) then wrong = wrong + 1 end
  print(("%.8f"):format(length))
end
local seconds = os.clock() - begun
io.stderr:write(("%d scenarios by %s in %.3f CPU seconds, %d cells looked at; %d lengths differ from the file's\n")
  :format(#scenarios, options.method, seconds, looked, wrong))
