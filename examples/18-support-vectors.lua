-- The widest street: support vector machines, their margins, and the few samples that hold them up.
--
--   mynah examples/18-support-vectors.lua [OUT.png]

local mynah = require "mynah"
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "support-vectors.png"

-- The plane asked point by point: on which side, and how far from the street's middle.
local function asked(svc, low, high, cells)
  local plane = {}
  for j = 1, cells do
    for i = 1, cells do
      plane[#plane + 1] = { low[1] + (high[1] - low[1]) * (i - 1) / (cells - 1), low[2] + (high[2] - low[2]) * (j - 1) / (cells - 1) }
    end
  end
  return svc:decision(plane):reshape{ cells, cells }
end

local function drawn(svc, X, y, title)
  local points, classes, low, high = X:totable(), {}, X:min(1):totable(), X:max(1):totable()
  for i = 1, #points do classes[i] = y[i] > 0 and 2 or 1 end
  local half = 0.58 * math.max(high[1] - low[1], high[2] - low[2])
  for k = 1, 2 do
    local middle = (low[k] + high[k]) / 2
    low[k], high[k] = middle - half, middle + half
  end
  local cells = 161
  local height = asked(svc, low, high, cells)
  local sides = {}
  for r, row in ipairs(height:totable()) do
    sides[r] = {}
    for c, v in ipairs(row) do sides[r][c] = v > 0 and 2 or 1 end
  end
  local span = { x_range = { low[1], high[1] }, y_range = { low[2], high[2] } }
  local function over(options)
    options.x_range, options.y_range = span.x_range, span.y_range
    return options
  end
  local figure = mynah.plot.figure{ title = title, width = 620, height = 640, equal = true, axes = false }
  figure:regions(over{ classes = sides })
  figure:contour(over{ values = height, levels = { -1, 1 }, color = "#888888", width = 1.2 })
  figure:contour(over{ values = height, levels = { 0 }, color = "#222222", width = 2.2 })
  local held = svc:params()
  figure:scatter{ points = held.support_vectors, marker = "ring", size = 17, color = "#222222", label = "support vectors" }
  figure:scatter{ points = points, classes = classes, size = 9 }
  local right = svc:score(X, y)
  print(("%-22s %2d of %d right, %2d support vectors, bias %.6f, sum of multipliers %.4f"):format(
    title, math.floor(right * #points + 0.5), #points, held.support_vectors.shape[1], held.intercept[1], held.dual:abs():sum():item()))
  return figure
end

-- Twelve points and a straight street; two of them stand in its way.
local X, y = mynah.data.csv(here .. "/data/svm_linear.csv")
local straight = drawn(mynah.learn.svc{ kernel = "linear", C = 1, tolerance = 1e-8 }:fit(X, y), X, y, "A straight street")

-- Two arms of a spiral, and a street that winds between them: the kernel exp(-|a - b|² / 2σ²) with σ = 20.
X, y = mynah.data.csv(here .. "/data/svm_spiral.csv")
local winding = drawn(mynah.learn.svc{ gamma = 1 / 800, C = 20, tolerance = 1e-8 }:fit(X, y), X, y, "A winding street")
mynah.plot.sheet({ straight, winding }, { title = "Support vector machines", columns = 2 }):save(out)
print(out)
