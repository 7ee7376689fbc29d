-- Telling classes apart: eight classifiers on irises, and what three of them see.
--
--   mynah examples/13-classes.lua [OUT.png]

local mynah = require "mynah"
local learn = mynah.learn
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "classes.png"

local X, y, names = mynah.data.csv(here .. "/data/iris.csv")
local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, y, { share = 0.3, stratify = true, seed = 1 })

-- All learners have one face: fit, predict, score.
local learners = {
  learn.perceptron{ seed = 1 },
  learn.logistic_regression{ C = 10 },
  learn.linear_discriminant(),
  learn.svc{ C = 10 },
  learn.knn{ neighbors = 7 },
  learn.gaussian_nb(),
  learn.random_forest{ seed = 1 },
  learn.mlp_classifier{ hidden = { 16 }, lr = 0.01, epochs = 200, seed = 1 },
}
print(("%-20s %9s %9s"):format("learner", "training", "test"))
for _, learner in ipairs(learners) do
  -- Those that count distances want features of like size: a scaler goes before them.
  local scaled = learn.pipeline{ learn.standard_scaler(), learner }:fit(Xtrain, ytrain)
  print(("%-20s %8.1f%% %8.1f%%"):format(learner.name, 100 * scaled:score(Xtrain, ytrain), 100 * scaled:score(Xtest, ytest)))
end

-- Of two petal measures only, so that it can be drawn: the whole plane, asked point by point.
local petals = {}
for i, row in ipairs(X:totable()) do petals[i] = { row[3], row[4] } end
local wide, high = 120, 90
local plane = {}
for j = 1, high do
  for i = 1, wide do plane[#plane + 1] = { 0.8 + 6.4 * (i - 1) / (wide - 1), 2.7 * (j - 1) / (high - 1) } end
end
local kinds = {}
for i = 1, #y do kinds[i] = y[i] + 1 end
local figures = {}
for i, learner in ipairs{ learn.logistic_regression{ C = 10 }, learn.svc{ C = 10 }, learn.knn{ neighbors = 7 } } do
  learner:fit(petals, kinds)
  local figure = mynah.plot.figure{ title = learner.name, x_label = names[3], y_label = names[4] }
  local classes = learner:predict(plane):reshape(high, wide)
  figure:regions{ classes = classes, x_range = { 0.8, 7.2 }, y_range = { 0, 2.7 } }
  if learner.name == "svc" then -- the samples that hold the margin up
    figure:scatter{ points = learner:params().support_vectors, marker = "ring", size = 14, color = "#444444" }
  end
  figure:scatter{ points = petals, classes = kinds, names = i == 1 and { "setosa", "versicolor", "virginica" } or nil }
  figures[i] = figure
end
mynah.plot.sheet(figures, { title = "Three ways to tell irises apart", columns = 3 }):save(out)
print(out)
