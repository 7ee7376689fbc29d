-- Questions and crowds: a tree that can be read, and forests that know better. On 178 wines.
--
--   mynah examples/15-trees.lua [OUT.png]

local mynah = require "mynah"
local learn = mynah.learn
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "trees.png"

local X, y, names = mynah.data.csv(here .. "/data/wine.csv")
for i = 1, #names do print(("feature %2d: %s"):format(i, names[i])) end

local tree = learn.decision_tree{ max_depth = 3 }:fit(X, y)
print(tree:params().text)

print(("%-18s %s"):format("learner", "right answers over 5 folds"))
for _, learner in ipairs{
  learn.decision_tree(),
  learn.random_forest{ trees = 100, seed = 1 },
  learn.extra_trees{ trees = 100, seed = 1 },
} do
  local scores = learn.cross_validate(learner, X, y, { folds = 5, seed = 1 })
  print(("%-18s %.1f%%"):format(learner.name, 100 * scores:mean():item()))
end

-- Which questions help most?
local importances = learn.random_forest{ trees = 100, seed = 1 }:fit(X, y):params().importances
local figure = mynah.plot.figure{ title = "What tells wines apart (a forest's importances)", x_label = "feature", y_label = "share" }
figure:bars{ y = importances }
figure:save(out)
print(out)
