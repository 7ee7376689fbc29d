-- Numbers from numbers: how strong is a wine, by its other twelve measures? And which of them matter?
--
--   mynah examples/17-regression.lua [OUT.png]

local mynah = require "mynah"
local learn = mynah.learn
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "regression.png"

-- The first measure is to be told from the others, the grower among them.
local rows, grower, names = mynah.data.csv(here .. "/data/wine.csv")
local X, alcohol = {}, {}
for i, row in ipairs(rows:totable()) do
  alcohol[i] = table.remove(row, 1)
  row[#row + 1] = grower[i]
  X[i] = row
end
table.remove(names, 1)
names[#names + 1] = "grower"
for i, name in ipairs(names) do names[i] = name:gsub("od280/od315_of_diluted_wines", "protein"):gsub("_", " ") end

-- Measures in one unit each, so that weights can be compared.
local scaled = learn.standard_scaler():fit_transform(X)
print(("%-20s %s"):format("learner", "R² over 5 folds"))
for _, learner in ipairs{
  learn.linear_regression(), learn.ridge{ alpha = 10 }, learn.lasso{ alpha = 0.02 }, learn.svr{ C = 1, epsilon = 0.2 },
  learn.random_forest_regressor{ seed = 1 },
} do
  local scores = learn.cross_validate(learn.pipeline{ learn.standard_scaler(), learner }, X, alcohol, { seed = 1 })
  print(("%-20s %.3f"):format(learner.name, scores:mean():item()))
end

-- The paths: what becomes of each weight as its price rises. Ridge makes all smaller; the lasso drops one after another.
local function paths(learner, low, high, title)
  local prices, weights = {}, {}
  for k = 1, 41 do
    prices[k] = low * (high / low) ^ ((k - 1) / 40)
    weights[k] = learner{ alpha = prices[k] }:fit(scaled, alcohol):params().weights:totable()
  end
  local figure = mynah.plot.figure{ title = title, x_label = "price of weights (alpha)", y_label = "weight", x_scale = "log", width = 600, height = 520, legend = "none" }
  figure:line{ x = { low, high }, y = { 0, 0 }, color = "#999999", width = 1 }
  local loud = {} -- the five largest are named
  for j = 1, #names do loud[j] = j end
  table.sort(loud, function(a, b) return math.abs(weights[1][a]) > math.abs(weights[1][b]) end)
  for place, j in ipairs(loud) do
    local path = {} ---@type number[]
    for k = 1, #prices do path[k] = weights[k][j] end
    figure:line{ x = prices, y = path, label = names[j], color = place > 5 and "#bbbbbb" or nil, width = place > 5 and 1.2 or 2.5 }
    if place <= 5 then figure:text{ x = { low * 1.15 }, y = { path[1] + 0.022 }, text = { names[j] }, size = 12, side = "right" } end
  end
  return figure
end
local ridge = paths(learn.ridge, 0.1, 10000, "Ridge: all weights fade")
local lasso = paths(learn.lasso, 0.001, 0.5, "Lasso: one weight after another is dropped")

-- What it tells of wines it has not seen.
local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, alcohol, { share = 0.4, seed = 2 })
local found = learn.pipeline{ learn.standard_scaler(), learn.lasso{ alpha = 0.02 } }:fit(Xtrain, ytrain):predict(Xtest)
local kept = 0
for _, weight in ipairs(learn.lasso{ alpha = 0.02 }:fit(scaled, alcohol):params().weights:totable()) do
  if weight ~= 0 then kept = kept + 1 end
end
print(("the lasso keeps %d of %d measures and is off by %.2f %% of alcohol (RMSE)"):format(kept, #names, mynah.metrics.rmse(ytest, found)))
local seen = mynah.plot.figure{ title = "Wines it has not seen", x_label = "measured (% alcohol)", y_label = "told", x_range = { 11, 15 }, y_range = { 11, 15 }, width = 600, height = 520, legend = "none" }
seen:line{ x = { 11, 15 }, y = { 11, 15 }, color = "#999999", width = 1, dash = "dashed" }
seen:scatter{ x = ytest, y = found, size = 8, opacity = 0.8 }
mynah.plot.sheet({ ridge, lasso, seen }, { title = "How strong is a wine?", columns = 3 }):save(out)
print(out)
