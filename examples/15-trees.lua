-- Questions and crowds: a tree that can be read, and forests that know better. On 178 wines.
--
--   mynah examples/15-trees.lua [OUT.png]

local mynah = require "mynah"
local learn = mynah.learn
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "trees.png"

local X, y, names = mynah.data.csv(here .. "/data/wine.csv")
for i, name in ipairs(names) do names[i] = name:gsub("od280/od315_of_diluted_wines", "protein"):gsub("_", " ") end

-- A tree in words, and drawn: each box asks, and the bar in it shows which growers' wines came there.
local tree = learn.decision_tree{ max_depth = 3 }:fit(X, y)
for i = 1, #names do print(("feature %2d: %s"):format(i, names[i])) end
print(tree:params().text)
local drawn = mynah.plot.figure{ title = "A tree of three questions", width = 1100, height = 420 }
drawn:tree{ nodes = tree:params().nodes, features = names, classes = { "grower 1", "grower 2", "grower 3" } }

print(("%-18s %s"):format("learner", "right answers over 5 folds"))
for _, learner in ipairs{
  learn.decision_tree(),
  learn.random_forest{ trees = 100, seed = 1 },
  learn.extra_trees{ trees = 100, seed = 1 },
} do
  local scores = learn.cross_validate(learner, X, y, { folds = 5, seed = 1 })
  print(("%-18s %.1f%%"):format(learner.name, 100 * scores:mean():item()))
end

-- Which questions help most? The features in the order of a forest's importances.
local importances = learn.random_forest{ trees = 100, seed = 1 }:fit(X, y):params().importances:totable()
local order = {}
for i = 1, #names do order[i] = i end
table.sort(order, function(a, b) return importances[a] > importances[b] end)
local shares, labels = {}, {}
for place, i in ipairs(order) do shares[place], labels[place] = importances[i], names[i] end
local bars = mynah.plot.figure{
  title = "What tells wines apart (a forest's importances)", y_label = "share", x_tick_labels = labels, width = 1100, height = 420,
}
bars:bars{ y = shares }
mynah.plot.sheet({ drawn, bars }, { columns = 1 }):save(out)
print(out)
