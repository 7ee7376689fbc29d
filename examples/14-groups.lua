-- Groups without names: 1,797 handwritten digits find together, and are drawn on a map.
--
--   mynah examples/14-groups.lua [OUT.png]

local mynah = require "mynah"
local learn, metrics = mynah.learn, mynah.metrics
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "groups.png"

local X, digits = mynah.data.csv(here .. "/data/digits.csv") -- 8 x 8 pixels each

-- Clusters know nothing of the digits; the index says how far both agree beyond chance.
print(("%-18s %s"):format("learner", "agreement with the digits (adjusted Rand index)"))
local reduced = learn.pca{ components = 20 }:fit_transform(X)
for _, learner in ipairs{
  learn.kmeans{ clusters = 10, seed = 1 },
  learn.agglomerative{ clusters = 10 },
  learn.gaussian_mixture{ components = 10, covariance = "tied", seed = 1 },
  learn.spectral{ clusters = 10, affinity = "nearest_neighbors", seed = 1 },
} do
  local found = learner:fit(reduced):predict(reduced)
  print(("%-18s %.3f"):format(learner.name, metrics.adjusted_rand(digits, found)))
end

-- Sixty-four numbers become two: by the directions of most variance, and by who is near whom.
local kinds, figures, names = {}, {}, {}
for i = 1, #digits do kinds[i] = digits[i] + 1 end
for i = 1, 10 do names[i] = tostring(i - 1) end
for i, learner in ipairs{ learn.pca{ components = 2 }, learn.tsne{ seed = 1 } } do
  local map = learner:fit_transform(X)
  figures[i] = mynah.plot.figure{ title = learner.name }:scatter{ points = map, classes = kinds, size = 4, names = i == 1 and names or nil }
end
mynah.plot.sheet(figures, { title = "Digits: 64 pixels each, drawn in two numbers", columns = 2 }):save(out)
print(out)
