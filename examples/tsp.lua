-- A short round trip through the cities of a TSPLIB file, or of a CSV file with columns x and y (or lon and lat).
--
--   mynah examples/tsp.lua FILE [SECONDS [SEED]]     prints the tour as numbers from 0, one a line
--
-- The length goes to standard error, so that another program can read the tour alone.

local mynah = require "mynah"
local options, rest = mynah.args(arg, { method = "ga" })
local file, seconds, seed = rest[1], tonumber(rest[2] or 5), tonumber(rest[3] or 1)
if not file or not seconds or not seed or #rest > 3 then
  error("tsp: mynah examples/tsp.lua FILE [SECONDS [SEED]] [--method ga|or_opt|two_opt|anneal|nearest]", 0)
end

local how = { method = options.method, seconds = seconds, seed = seed } ---@type table
if file:find("%.tsp$") then
  how.file = file
else
  how.points = {}
  for line in mynah.read(file):gmatch("[^\r\n]+") do
    local numbers = {}
    for number in line:gmatch("%-?%d+%.?%d*") do numbers[#numbers + 1] = tonumber(number) end
    if #numbers >= 2 then how.points[#how.points + 1] = { numbers[#numbers - 1], numbers[#numbers] } end
  end
end

-- Ctrl-C ends the search early; the best tour so far is kept.
local trip ---@type table
how.on_improve = function(better) trip = better end
local done, problem = pcall(function() trip = mynah.route.tsp(how) end)
if not trip then error(problem, 0) end
if not done then io.stderr:write(problem, "\n") end
for _, city in ipairs(trip.tour) do print(city - 1) end
io.stderr:write(("length %.10g in %.2f seconds\n"):format(trip.length, trip.seconds))
