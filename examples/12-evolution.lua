-- A picture evolves: a population of pictures made of ellipses, selected by likeness, crossed and mutated.
--
--   mynah examples/12-evolution.lua [IN.png [OUT.gif [GENERATIONS]]]
--
-- Without a picture of yours it paints a sunset.

local mynah = require "mynah"
local from, out, generations = arg[1], arg[2] or "evolution.gif", math.floor(tonumber(arg[3]) or 400)

local target
if from then
  target = mynah.paint.image(from)
else
  local sunset = mynah.paint.picture(96, 72, { 255, 170, 90 })
  sunset:add({ rectangle = { center = { 48, 8 }, radii = { 48, 12 }, angle = 0 } }, { 200, 80, 90, 0.7 })
  sunset:add({ ellipse = { center = { 48, 40 }, radii = { 15, 15 }, angle = 0 } }, { 255, 230, 120 })
  sunset:add({ rectangle = { center = { 48, 60 }, radii = { 48, 14 }, angle = 0 } }, { 40, 50, 110 })
  sunset:add({ ellipse = { center = { 48, 56 }, radii = { 9, 4 }, angle = 0 } }, { 250, 190, 110, 0.6 })
  target = sunset:image()
end

local ga = mynah.paint.picture_ga{ image = target, shape = "ellipse", shapes = 30, generations = generations, seed = 1 }
local best, mean = {}, {}
ga:run{ film = out, on_step = function(r)
  best[r.step], mean[r.step] = r.rmse, r.mean
end }
local figure = mynah.plot.figure{ title = "The fittest, and the mean", x_label = "generation", y_label = "error (RMSE)" }
figure:line{ y = mean, label = "mean" }:line{ y = best, label = "best" }
figure:save((out:gsub("%.gif$", "") .. ".png"))
print(("after %d generations the best is off by %.2f of 255"):format(ga.steps, ga.rmse))

-- Climbing shape by shape needs no population, and comes closer sooner.
local climbed = mynah.paint.fit{ image = target, shape = "ellipse", shapes = 30, size = 128, seed = 1 }
print(("hill climbing with as many shapes: %.2f"):format(climbed.rmse))
print(out)
