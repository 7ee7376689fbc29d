-- A landscape of wells and hills, seen from above: exact slopes, and what kind of place a point is.
--
--   mynah examples/09-terrain.lua [OUT.png]

local mynah = require "mynah"
local m = mynah.math
local out = arg[1] or "terrain.png"

-- Two wells, a hill between them, and a gentle slope.
local function bump(p, x, y, height, width)
  return height * m.exp(-((p[1] - x) ^ 2 + (p[2] - y) ^ 2) / (2 * width ^ 2))
end
local function f(p) return bump(p, -1.5, 0, -2, 0.8) + bump(p, 1.5, 0.3, -3, 0.9) + bump(p, 0, 1.5, 1.5, 0.6) + 0.05 * p[1] end

-- Heights over a grid, row by row from below.
local n, reach = 121, 3
local heights = {}
for row = 1, n do
  heights[row] = {}
  for column = 1, n do
    heights[row][column] = f{ -reach + 2 * reach * (column - 1) / (n - 1), -reach + 2 * reach * (row - 1) / (n - 1) }
  end
end
local range = { -reach, reach }
local figure = mynah.plot.figure{ title = "Wells, a hill and a saddle", width = 700, height = 600, equal = true }
figure:heatmap{ values = heights, x_range = range, y_range = range, smooth = true }
figure:contour{ values = heights, x_range = range, y_range = range, count = 14 }

-- Downhill everywhere: minus the gradient.
local slope = mynah.grad(f)
local x, y, u, v = {}, {}, {}, {}
for row = -2.5, 2.5, 0.5 do
  for column = -2.5, 2.5, 0.5 do
    local g = slope{ column, row }
    x[#x + 1], y[#y + 1], u[#u + 1], v[#v + 1] = column, row, -g[1], -g[2]
  end
end
figure:arrows{ x = x, y = y, u = u, v = v, color = "#ffffff" }

-- Newton's method runs to wherever the slope is nothing, whatever that is; terrain says what.
local places, words = {}, {}
for _, start in ipairs{ { -1.3, 0.1 }, { 1.4, 0.2 }, { 0.05, 1.55 }, { -0.2, 0.2 } } do
  local p = start
  for _ = 1, 30 do
    local g, H = slope(p), mynah.hessian(f, p)
    local step = mynah.linalg.solve(H, g)
    p = { p[1] - step[1], p[2] - step[2] }
  end
  local t = mynah.terrain(f, p)
  print(("(%6.3f, %6.3f): %s, height %.3f, condition number %.2f"):format(p[1], p[2], t.verdict, f(p), t.condition))
  places[#places + 1], words[#words + 1] = p, t.verdict
end
figure:scatter{ points = places, color = "#ff4040", size = 9 }
figure:text{ points = places, text = words, side = "above" }
figure:save(out)
print(out)
