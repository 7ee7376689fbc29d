-- Layers of neurons: what a multilayer perceptron makes of five moons, and of handwritten digits, layer by layer.
--
--   mynah examples/19-layers.lua [OUT.png]

local mynah = require "mynah"
local learn = mynah.learn
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "layers.png"

-- Five moons in the plane, and the borders that three layers of six neurons draw between them.
local X, y = mynah.data.csv(here .. "/data/mlp_five_moons.csv")
local kinds = {}
for i = 1, #y do kinds[i] = y[i] + 1 end
local moons = learn.mlp_classifier{ hidden = { 6, 6, 6 }, lr = 0.01, epochs = 150, tolerance = 0, seed = 3 }:fit(X, kinds)
print(("five moons: %.1f%% right"):format(100 * moons:score(X, kinds)))
local low, high = X:min(1):totable(), X:max(1):totable()
local cells, plane = 200, {}
for k = 1, 2 do low[k], high[k] = low[k] - 0.3, high[k] + 0.3 end
for j = 1, cells do
  for i = 1, cells do
    plane[#plane + 1] = { low[1] + (high[1] - low[1]) * (i - 1) / (cells - 1), low[2] + (high[2] - low[2]) * (j - 1) / (cells - 1) }
  end
end
local borders = mynah.plot.figure{ title = "Five moons and their borders", axes = false, width = 560, height = 540 }
borders:regions{ classes = moons:predict(plane):reshape(cells, cells), x_range = { low[1], high[1] }, y_range = { low[2], high[2] } }
borders:scatter{ points = X, classes = kinds, size = 6 }

-- 1,797 digits of 8 x 8 pixels through layers of 48 and 16 neurons. Two thirds are learned; the rest is looked at.
local pixels, digits = mynah.data.csv(here .. "/data/digits.csv")
local Xtrain, Xtest, ytrain, ytest = mynah.data.split(pixels / 16, digits, { share = 0.33, stratify = true, seed = 1 })
local net = learn.mlp_classifier{ hidden = { 48, 16 }, lr = 0.003, epochs = 100, seed = 1 }:fit(Xtrain, ytrain)
print(("digits: %.1f%% of those learned, %.1f%% of others"):format(100 * net:score(Xtrain, ytrain), 100 * net:score(Xtest, ytest)))

-- Where the digits lie, seen from where those learned part best; each one's name in the middle of its heap.
local function map(title, learned, shown)
  local points = learn.linear_discriminant{ components = 2 }:fit(learned, ytrain):transform(shown)
  local classes, middles, names = {}, {}, {}
  for i, p in ipairs(points:totable()) do
    local c = ytest[i] + 1
    classes[i] = c
    middles[c] = middles[c] or { 0, 0, 0 }
    for k = 1, 2 do middles[c][k] = middles[c][k] + p[k] end
    middles[c][3] = middles[c][3] + 1
  end
  for c, m in ipairs(middles) do middles[c], names[c] = { m[1] / m[3], m[2] / m[3] }, tostring(c - 1) end
  return mynah.plot.figure{ title = title, axes = false, width = 560, height = 540 }
    :scatter{ points = points, classes = classes, size = 6 }
    :text{ points = middles, text = names, size = 22, halo = true }
end
local layers = net:activations(Xtest)
local raw = map("Digits as they come: 64 pixels", Xtrain, Xtest)
local seen = map("Digits behind two layers: 16 neurons", net:activations(Xtrain)[2], layers[2])
for i, layer in ipairs{ Xtest, layers[1], layers[2] } do
  print(("%-28s silhouette of the digits %.3f"):format(i == 1 and "what comes in" or ("layer %d, %d neurons"):format(i - 1, layer.shape[2]),
    mynah.metrics.silhouette(layer, ytest)))
end

-- What each neuron of the first layer looks for: bright pixels speak for it (red), or against it (blue).
local wall, across = {}, 8
local weights = net:params().weights_1:totable() -- [64 pixels, 48 neurons]
for r = 1, 6 * 9 - 1 do
  wall[r] = {}
  for c = 1, across * 9 - 1 do
    local neuron, row, column = math.floor((r - 1) / 9) * across + math.floor((c - 1) / 9) + 1, (r - 1) % 9, (c - 1) % 9
    wall[r][c] = row < 8 and column < 8 and weights[row * 8 + column + 1][neuron] or 0 / 0
  end
end
local eyes = mynah.plot.figure{ title = "What 48 neurons look for", axes = false, equal = true, flip_y = true, color_map = "coolwarm", color_bar = false,
  width = 560, height = 540 }
eyes:heatmap{ values = wall }
mynah.plot.sheet({ borders, eyes, raw, seen }, { title = "What layers see", columns = 2 }):save(out)
print(out)
