-- A salesman's round trip gets shorter before your eyes: an animated GIF of every better tour, and a picture of the last.
--
--   mynah examples/11-salesman.lua [OUT.gif [CITIES]]

local mynah = require "mynah"
local out, n = arg[1] or "salesman.gif", math.floor(tonumber(arg[2]) or 80)

local places = mynah.rand(n, 2, { seed = 3 }):totable()
local film = mynah.plot.film{ frames = 60 }
local function draw(better)
  local tour = {}
  for i, city in ipairs(better.tour) do tour[i] = places[city] end
  local figure = mynah.plot.figure{ title = ("length %.4f"):format(better.length), width = 480, height = 500, axes = false,
    equal = true, x_range = { -0.03, 1.03 }, y_range = { -0.03, 1.03 } }
  figure:line{ points = tour, closed = true }
  figure:scatter{ points = places, size = 6 }
  film:add(figure)
  return figure
end

-- Annealing shows its way: it begins hot, with a poor tour, and cools.
local last ---@type mynah.Figure
local trip = mynah.route.tsp{ points = places, method = "anneal", seconds = 2, seed = 1, on_improve = function(better) last = draw(better) end }
film:save(out, 0.12)
last:save((out:gsub("%.gif$", "") .. ".png"))
local best = mynah.route.tsp{ points = places, seconds = 1, seed = 1 }
print(("%d cities: %.6f by annealing, %.6f by the genetic algorithm"):format(n, trip.length, best.length))
print(out)
