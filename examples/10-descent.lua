-- Six ways down a banana-shaped valley, side by side: their paths over the map, and how low they are after how many steps.
--
--   mynah examples/10-descent.lua [OUT.png]

local mynah = require "mynah"
local out = arg[1] or "descent.png"
local function f(p) return (1 - p[1]) ^ 2 + 100 * (p[2] - p[1] ^ 2) ^ 2 end
local start, steps = { -1.5, 2 }, 400

-- The map: heights grow so fast that their logarithm is drawn.
local n, xs, ys = 161, { -2, 2 }, { -1, 3 }
local heights = {}
for row = 1, n do
  heights[row] = {}
  for column = 1, n do
    local p = { xs[1] + (xs[2] - xs[1]) * (column - 1) / (n - 1), ys[1] + (ys[2] - ys[1]) * (row - 1) / (n - 1) }
    heights[row][column] = math.log(f(p) + 1e-3, 10)
  end
end
local map = mynah.plot.figure{ title = "Paths to (1, 1)", width = 640, height = 560, color_map = "gray", color_label = "log₁₀ f", x_range = xs, y_range = ys, legend = "bottomleft" }
map:heatmap{ values = heights, x_range = xs, y_range = ys, smooth = true }
map:contour{ values = heights, x_range = xs, y_range = ys, count = 12 }
local race = mynah.plot.figure{ title = "How low after how many steps", width = 640, height = 560, x_label = "step", y_label = "f", y_scale = "log", y_range = { 1e-12, 1e3 } }

for _, way in ipairs{
  { "sgd", { lr = 1e-3 } }, { "sgd", { lr = 1e-3, momentum = 0.9 }, "momentum" }, { "adam", { lr = 0.1 } },
  { "adan", { lr = 0.1 } }, { "newton", {} }, { "lbfgs", {} },
} do
  local name, label = way[1], way[3] or way[1]
  local how = { f = f, x0 = start, method = name, steps = steps }
  for key, value in pairs(way[2]) do how[key] = value end
  local path, values = { start }, { f(start) }
  how.on_step = function(s)
    path[#path + 1] = s.x
    values[#values + 1] = s.f
  end
  local r = mynah.optim.minimize(how)
  map:line{ points = path, label = label, width = 2.5 }
  race:line{ y = values, label = label }
  print(("%-10s after %3d steps at (%.4f, %.4f), f = %.3e: %s"):format(label, r.steps, r.x[1], r.x[2], r.f, r.reason))
end
map:scatter{ points = { { 1, 1 } }, marker = "star", size = 16, color = "#d00000" }
mynah.plot.sheet({ map, race }, { columns = 2 }):save(out)
print(out)
