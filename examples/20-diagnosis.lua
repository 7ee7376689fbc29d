-- A decision with a price: 569 tumours, of which none that is malignant should be missed.
--
--   mynah examples/20-diagnosis.lua [OUT.png]

local mynah = require "mynah"
local learn, metrics = mynah.learn, mynah.metrics
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local out = arg[1] or "diagnosis.png"

local X, codes = mynah.data.csv(here .. "/data/breast_cancer.csv")
local y = {}
for i = 1, #codes do y[i] = codes[i] == 0 and "malignant" or "benign" end
local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, y, { share = 0.4, stratify = true, seed = 3 })

-- Five learners, two of them made of others; each is scaled by what it is taught with.
local function scaled(learner) return learn.pipeline{ learn.standard_scaler(), learner } end
local learners = {
  { "logistic regression", scaled(learn.logistic_regression()) },
  { "support vectors", scaled(learn.svc{ probability = true, seed = 1 }) },
  { "random forest", learn.random_forest{ trees = 200, seed = 1 } },
  { "nearest neighbours", scaled(learn.knn{ neighbors = 9 }) },
  { "stacking of these", learn.stacking{ learners = {
    scaled(learn.logistic_regression()), scaled(learn.svc()), learn.random_forest{ trees = 100, seed = 1 }, scaled(learn.knn{ neighbors = 9 }),
  }, seed = 1 } },
}
local truth = {}
for i, kind in ipairs(ytest) do truth[i] = kind == "malignant" and 1 or 0 end
local curves = mynah.plot.figure{ title = "Missed or feared?", x_label = "benign ones that are feared (share)", y_label = "malignant ones that are found (share)",
  x_range = { 0, 0.3 }, y_range = { 0.7, 1.005 }, legend = "bottomright", width = 640, height = 520 }
print(("%-20s %8s %8s"):format("learner", "right", "AUC"))
for _, pair in ipairs(learners) do
  local name, learner = pair[1], pair[2]:fit(Xtrain, ytrain)
  local malignant = {} -- (the classes in order: benign, malignant)
  for i, p in ipairs(learner:predict_proba(Xtest):totable()) do malignant[i] = p[2] end
  local feared, found = metrics.roc_curve(truth, malignant)
  print(("%-20s %7.1f%% %8.4f"):format(name, 100 * learner:score(Xtest, ytest), metrics.roc_auc(truth, malignant)))
  curves:line{ x = feared, y = found, label = name, steps = true }
end

-- A malignant tumour that is missed is worse than a benign one that is looked at again: weights by label say how much.
print(("%-34s %8s %8s"):format("weight of malignant", "missed", "feared"))
local weights, missed, feared = { 0.1, 0.3, 1, 3, 10, 30, 100 }, {}, {}
for k, weight in ipairs(weights) do
  local learner = scaled(learn.logistic_regression{ class_weight = { malignant = weight } }):fit(Xtrain, ytrain)
  missed[k], feared[k] = 0, 0
  for i, said in ipairs(learner:predict(Xtest)) do
    if ytest[i] == "malignant" and said == "benign" then missed[k] = missed[k] + 1 end
    if ytest[i] == "benign" and said == "malignant" then feared[k] = feared[k] + 1 end
  end
  print(("%-34s %8d %8d"):format(weight, missed[k], feared[k]))
end
local prices = mynah.plot.figure{ title = "The price of missing one", x_label = "weight of malignant ones", y_label = "tumours of 228", x_scale = "log", y_range = { -1, 20 }, width = 640, height = 520 }
prices:line{ x = weights, y = missed, label = "malignant, missed", marker = "circle" }
prices:line{ x = weights, y = feared, label = "benign, feared", marker = "circle" }

-- Settings that suit, proposed by a search that learns from the scores.
local search = learn.search(scaled(learn.svc()), { C = { low = 0.01, high = 1000, log = true }, gamma = { low = 1e-5, high = 1, log = true } },
  Xtrain, ytrain, { trials = 30, seed = 1 })
print(("search: C = %.3g and gamma = %.3g are right in %.1f%% over 5 folds, and in %.1f%% of the others"):format(
  search.options.C, search.options.gamma, 100 * search.score, 100 * search.learner:score(Xtest, ytest)))
local C, gamma, right = {}, {}, {}
for i, one in ipairs(search.tried) do C[i], gamma[i], right[i] = one.options.C, one.options.gamma, 100 * one.score end
local tried = mynah.plot.figure{ title = "Where the search looked", x_label = "C", y_label = "gamma", x_scale = "log", y_scale = "log", color_label = "right (%)", width = 640, height = 520 }
tried:scatter{ x = C, y = gamma, values = right, size = 11 }
mynah.plot.sheet({ curves, prices, tried }, { title = "Benign or malignant?", columns = 3 }):save(out)
print(out)
