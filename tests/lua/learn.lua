-- Learners: one face, labels and clusters as Lua counts, files that change nothing, mistakes as sentences.
local learn = mynah.learn

-- Three blobs, far apart.
local X, truth = {}, {}
local noise = mynah.randn(90, 2, { seed = 4 }):totable()
for i = 1, 90 do
  local k = (i - 1) % 3
  X[i] = { 10 * k + noise[i][1], 20 * (k % 2) + noise[i][2] }
  truth[i] = k + 1
end

-- Two groupings are the same up to their numbers.
local function same_groups(found)
  local to, from = {}, {}
  for i = 1, #truth do
    local a, b = found[i], truth[i]
    if (to[a] or b) ~= b or (from[b] or a) ~= a then return false end
    to[a], from[b] = b, a
  end
  return true
end

-- Every clusterer finds them, again from its file, and the same on one thread and two.
local ways = {
  kmeans = { clusters = 3, seed = 1 }, mini_batch_kmeans = { clusters = 3, seed = 1 }, dbscan = { eps = 3 },
  hdbscan = { min_cluster_size = 5 }, agglomerative = { clusters = 3 }, gaussian_mixture = { components = 3, seed = 1 },
  mean_shift = { bandwidth = 4 }, spectral = { clusters = 3, seed = 1 },
}
for name in pairs(ways) do
  local learner = learn[name](ways[name])
  assert(tostring(learner) == name .. " (not fitted)")
  check.refuses(function() learner:predict(X) end, name .. ": not fitted yet; call `fit` first")
  check.refuses(function() learner:save(TMP .. "/none.mynah") end, name .. ": not fitted yet; there is nothing to save")
  local found = learner:fit(mynah.tensor(X, { dtype = "f64" })):predict(X):totable()
  assert(same_groups(found), name .. " misses the blobs")
  check.equal(learn[name](ways[name]):fit(X):predict(X), found, name)
  learner:save(TMP .. "/" .. name .. ".mynah")
  local again = learn.load(TMP .. "/" .. name .. ".mynah")
  check.equal(again:predict(X), found, name)
  check.equal(tostring(again), tostring(learner))
  check.equal(learner.warning == nil, true, name)
end

-- Scalers do what they say, and back; pca keeps what varies most.
local scaled = learn.standard_scaler():fit(X)
local z = scaled:transform(X)
check.near(z:mean(1), { 0, 0 }, 1e-6)
check.near((z * z):mean(1), { 1, 1 }, 1e-6)
check.near(scaled:inverse_transform(z), X, 1e-6)
local line = {}
for i = 1, 20 do line[i] = { i, 2 * i, 3 } end
local pca = learn.pca{ components = 1 }:fit(line)
check.near(pca:inverse_transform(pca:transform(line)), line, 1e-6)
check.equal(learn.one_hot():fit_transform{ { 1 }, { 3 }, { 1 } }, { { 1, 0 }, { 0, 1 }, { 1, 0 } })

-- What was learned can be seen; a pipeline is one learner.
local means = learn.kmeans{ clusters = 3, seed = 1 }:fit(X)
check.equal(means:params().centres.shape, { 3, 2 })
check.equal(means:transform(X).shape, { 90, 3 })
local both = learn.pipeline{ learn.standard_scaler(), learn.kmeans{ clusters = 3, seed = 1 } }:fit(X)
both:save(TMP .. "/both.mynah")
check.equal(learn.load(TMP .. "/both.mynah"):predict(X), both:predict(X))

-- Mistakes are sentences.
check.refuses(function() learn.kmeans{ cluster = 3 } end, "unknown option `cluster` for `kmeans`; did you mean `clusters`?")
check.refuses(function() means:predict{ { 1, 2, 3 } } end, "kmeans: it was fitted to 2 features, these samples have 3")
check.refuses(function() means:fit{ { 1, 2 }, { 3, 0 / 0 } } end, "kmeans: row 2, column 2 is NaN; all must be finite")
check.refuses(function() means:predict_proba(X) end, "kmeans has no `predict_proba`")
local file = assert(io.open(TMP .. "/kmeans.mynah", "rb"))
local bytes = file:read("*a")
file:close()
for _, cut in ipairs{ 0, 5, 17, 40, #bytes - 1 } do
  file = assert(io.open(TMP .. "/cut.mynah", "wb"))
  file:write(bytes:sub(1, cut))
  file:close()
  local ok, why = pcall(learn.load, TMP .. "/cut.mynah")
  assert(not ok and why:find("cut.mynah", 1, true), tostring(why))
end

-- Classifiers and regressors take words and numbers as labels, and say what they are.
local names = {}
for i = 1, 90 do names[i] = ({ "ant", "bee", "cat" })[truth[i]] end
for _, learner in ipairs{ learn.svc(), learn.knn(), learn.gaussian_nb(), learn.linear_discriminant(),
  learn.logistic_regression(), learn.decision_tree(), learn.random_forest{ trees = 10 }, learn.gradient_boosting() } do
  learner:fit(X, names)
  check.equal(learner.classes, { "ant", "bee", "cat" })
  check.equal(learner:predict(X), names, learner.name)
  check.near(learner:score(X, names), 1, 0)
end
check.refuses(function() learn.svc():fit(X) end, "svc: fit needs a label for each sample")
check.refuses(function() learn.svc():fit(X, { 1, 2 }) end, "svc: 90 samples, but 2 answers")

-- A kernel of one's own is the kernel it writes out.
local dot = function(a, b) return a[1] * b[1] + a[2] * b[2] end
local own = learn.svc{ kernel_function = dot, C = 1 }:fit(X, names)
check.near(own:decision(X), learn.svc{ kernel = "linear", C = 1 }:fit(X, names):decision(X), 1e-3)
check.refuses(function() own:save(TMP .. "/own.mynah") end, "a learner whose kernel is a Lua function cannot be saved")
check.refuses(function() own:predict{ { 1, 2, 3 } } end, "it was fitted to 2 features, these samples have 3")
check.refuses(function() learn.svc{ kernel_function = function() return "much" end }:fit(X, names) end,
  'the kernel must answer a finite number, got the string "much"')

-- Sparse rows are the same rows.
local counts = { { 3, 0, 0, 1 }, { 2, 1, 0, 0 }, { 0, 0, 4, 1 }, { 0, 1, 3, 0 } }
local sparse = learn.sparse({ { [1] = 3, [4] = 1 }, { [1] = 2, [2] = 1 }, { [3] = 4, [4] = 1 }, { [2] = 1, [3] = 3 } }, 4)
check.equal(sparse:dense(), counts)
for _, name in ipairs{ "multinomial_nb", "logistic_regression", "knn" } do -- the last one has them written out
  local kinds = { "p", "p", "q", "q" }
  local options = ({ knn = { neighbors = 1 }, logistic_regression = { tolerance = 1e-10 } })[name] or {} -- (two ways to the same optimum)
  check.near(learn[name](options):fit(sparse, kinds):predict_proba(sparse), learn[name](options):fit(counts, kinds):predict_proba(counts), 1e-9)
end
check.refuses(function() learn.sparse({ { [5] = 1 } }, 4) end, "samples: row 1: column 5 is not one of 4")
check.refuses(function() learn.sparse({ { [0] = 1 } }, 4) end, "row 1 must hold { [column] = number }, got [0] = 1")
check.refuses(function() learn.sparse({ { 1, "x" } }, 4) end, 'row 1 must hold { [column] = number }, got [2] = the string "x"')

-- Whether a line separates; the perceptron says so too.
check.equal(learn.separable({ { 0, 0 }, { 1, 1 }, { 0, 1 }, { 1, 0 } }, { 1, 1, 2, 2 }).separable, false)
local line_between = learn.separable({ { 0, 0 }, { 0, 2 }, { 2, 0 }, { 2, 2 } }, { 1, 1, 2, 2 })
check.near(line_between.margin, 1, 1e-9)

-- Folds and grids: scores of what was not seen, the best combination first, and the same from the same seed.
local scores = learn.cross_validate(learn.knn(), X, names, { folds = 4, seed = 2 })
check.equal(scores, { 1, 1, 1, 1 })
local search = learn.grid_search(learn.pipeline{ learn.standard_scaler(), learn.knn() },
  { neighbors = { 89, 3 } }, X, names, { folds = 3 })
check.equal(search.options, { neighbors = 3 })
check.equal({ search.score, #search.tried }, { 1, 2 })
assert(search.tried[2].score < 0.9, "89 neighbours cannot tell them apart")
check.equal(#learn.grid_search(learn.knn(), { neighbors = { 1, 2, 3, 4, 5 } }, X, names, { count = 2 }).tried, 2)
check.refuses(function() learn.grid_search(learn.knn(), { neighbours = { 1 } }, X, names) end,
  "unknown option `neighbours` for `knn`; did you mean `neighbors`?")

-- Learners in learners.
local crowd = learn.voting{ learners = { learn.knn{ neighbors = 3 }, learn.gaussian_nb(), learn.svc() } }:fit(X, names)
check.equal(crowd:predict(X), names)
crowd:save(TMP .. "/crowd.mynah")
check.equal(learn.load(TMP .. "/crowd.mynah"):predict(X), names)
check.refuses(function() learn.voting{ learners = { learn.ridge() } } end, "voting: needs a learner that tells classes apart; `ridge` does not")
check.refuses(function() learn.bagging{ learner = own } end, "a learner whose kernel is a Lua function stands alone")

-- Pipelines in learners: each member scales by what it is taught with, and comes back from its file.
local wide = {}
for i, row in ipairs(X) do wide[i] = { row[1] * 1e4, row[2] } end
local scaled = learn.pipeline{ learn.standard_scaler(), learn.pca{ components = 2 }, learn.svc{ C = 10 } }
for _, crowd in ipairs{
  learn.bagging{ learner = scaled, estimators = 5, seed = 3 },
  learn.voting{ voting = "soft", learners = { learn.pipeline{ learn.min_max_scaler(), learn.knn() }, learn.gaussian_nb() } },
  learn.stacking{ learners = { scaled, learn.gaussian_nb() }, last = learn.pipeline{ learn.standard_scaler(), learn.logistic_regression() } },
} do
  crowd:fit(wide, names)
  check.equal(crowd:score(wide, names), 1, crowd.name)
  crowd:save(TMP .. "/crowd.mynah")
  local again = learn.load(TMP .. "/crowd.mynah")
  check.equal(again:predict_proba(wide), crowd:predict_proba(wide))
  check.equal(again:fit(wide, names):predict_proba(wide), crowd:predict_proba(wide))
end
local lines = learn.voting_regressor{ learners = { learn.pipeline{ learn.polynomial_features{ degree = 2 }, learn.ridge{ alpha = 1e-6 } } } }
check.near(lines:fit({ { 0 }, { 1 }, { 2 }, { 3 } }, { 0, 1, 4, 9 }):predict{ { 4 } }, { 16 }, 1e-3)
check.refuses(function() learn.bagging{ learner = learn.pipeline{ learn.svc(), learn.kmeans() } } end,
  "bagging: needs a learner that tells classes apart; `kmeans` does not")
check.refuses(function() learn.voting{ learners = { learn.pipeline{ learn.svc(), learn.knn() } } }:fit(X, names) end,
  "voting: svc has no `transform`")

-- Class weights by label, in every learner that takes them: the heavier class is given more of the plane.
local around, kinds = mynah.randn(300, 2, { seed = 5 }):totable(), {}
for i = 1, 300 do
  kinds[i] = i % 2 == 0 and "spam" or "ham"
  if i % 2 == 0 then around[i][1] = around[i][1] + 1 end
end
local function share(learner, label)
  local n = 0
  for _, found in ipairs(learner:predict(around)) do if found == label then n = n + 1 end end
  return n / #around
end
for name, options in pairs{
  svc = {}, logistic_regression = {}, sgd_classifier = { seed = 1 }, decision_tree = { max_depth = 2 },
  random_forest = { trees = 20, max_depth = 3, seed = 1 }, extra_trees = { trees = 20, max_depth = 3, seed = 1 },
  gradient_boosting = { max_depth = 2, seed = 1 },
} do
  local function with(weights)
    local own = { class_weight = weights }
    for k, v in pairs(options) do own[k] = v end
    return learn[name](own):fit(around, kinds)
  end
  local plain, heavy = with(nil), with{ spam = 9 }
  assert(share(heavy, "spam") > share(plain, "spam") + 0.1, name)
  check.equal(heavy:predict(around), with{ 1, 9 }:predict(around), name) -- the classes' order: ham, spam
  check.equal(learn.load(heavy:save(TMP .. "/w.mynah") and TMP .. "/w.mynah"):fit(around, kinds):predict(around), heavy:predict(around), name)
  check.refuses(function() with{ spma = 9 } end, name .. ": `class_weight` names `spma`, which is no class; did you mean `spam`?")
end
local numbered = {}
for i = 1, 300 do numbered[i] = i % 2 end
local zero = learn.svc{ class_weight = { [0] = 9, [1] = 1 } }:fit(around, numbered) -- 0 is spam
check.equal(zero:predict(around):totable()[1], learn.svc{ class_weight = { 9, 1 } }:fit(around, numbered):predict(around):totable()[1])
check.refuses(function() learn.svc{ class_weight = { [7] = 2 } }:fit(around, numbered) end,
  "svc: `class_weight` names `7`, which is no class; there are `0`, `1`")
check.refuses(function() learn.svc{ class_weight = { spam = -1 } } end, "svc: `class_weight` must be from 1e-6 to 1e6 for each class, got -1")
check.refuses(function() learn.svc{ class_weight = { 1, 2, 3 } }:fit(around, kinds) end, "svc: `class_weight` has 3 numbers for 2 classes")
-- Within other learners too, and where a fold lacks a class.
local nested = learn.bagging{ learner = learn.decision_tree{ max_depth = 2, class_weight = { spam = 9 } }, estimators = 5, seed = 1 }:fit(around, kinds)
assert(share(nested, "spam") > 0.6)
local rare = learn.bagging{ learner = learn.decision_tree{ class_weight = { a = 2, c = 3 } }, max_samples = 0.5, estimators = 20, seed = 1 }
check.equal(#rare:fit({ { 1 }, { 2 }, { 3 }, { 4 } }, { "a", "b", "c", "a" }).classes, 3)

-- A search within ranges: named like a grid's, the same from the same seed, and as good.
local ranges = { C = { low = 0.01, high = 100, log = true }, gamma = { low = 1e-3, high = 10, log = true }, kernel = { "rbf", "linear" } }
for _, method in ipairs{ "bayes", "cmaes", "random" } do
  local how = { method = method, trials = 10, folds = 3, seed = 4 }
  local found = learn.search(learn.svc(), ranges, around, kinds, how)
  assert(#found.tried <= 10 and found.score == found.tried[1].score and found.score > 0.6)
  assert(found.options.C >= 0.01 and found.options.C <= 100)
  check.equal(learn.search(learn.svc(), ranges, around, kinds, how).options.C, found.options.C)
end
local best = learn.search(learn.pipeline{ learn.standard_scaler(), learn.knn() },
  { ["knn.neighbors"] = { low = 1, high = 60, whole = true } }, around, kinds, { trials = 8, folds = 3 })
check.equal(math.type and math.type(best.options["knn.neighbors"]) or "integer", "integer")
check.refuses(function() learn.search(learn.svc(), { C = { low = 1, high = 1 } }, X, names) end, "search: `C` must go from low up to high, got 1 to 1")
check.refuses(function() learn.search(learn.svc(), { C = { low = 1, hihg = 2 } }, X, names) end, "unknown option `hihg` for `search.C`; did you mean `high`?")
check.refuses(function() learn.search(learn.svc(), { c = { low = 1, high = 2 } }, X, names) end, "unknown option `c` for `svc`; did you mean `C`?")
check.refuses(function() learn.search(learn.svc(), {}, X, names) end, "search: there is no option to search")
check.refuses(function() learn.search(learn.svc(), ranges, X, names, { method = "byes" }) end, "unknown method `byes`; did you mean `bayes`?")
check.refuses(function() learn.search(learn.svc(), { C = 3 }, X, names) end, "the options to search must be { option = { values } }, got [the string \"C\"] = 3")
check.refuses(function() learn.grid_search(learn.svc(), { C = { low = 1, high = 3 } }, X, names) end, "`C` must be a list of values; `search` takes ranges")

-- Boosting takes what is missing; layers can be looked at.
local holes = {}
for i, row in ipairs(X) do holes[i] = { i % 5 == 0 and 0 / 0 or row[1], row[2] } end
assert(learn.gradient_boosting():fit(holes, names):score(holes, names) > 0.9)
local layers = learn.mlp_classifier{ hidden = { 5, 4 }, epochs = 3, seed = 1 }:fit(X, names):activations(X)
check.equal({ layers[1].shape, layers[2].shape }, { { 90, 5 }, { 90, 4 } })
local inside = learn.mlp_classifier{ hidden = { 5, 4 }, epochs = 3, seed = 1 }:fit(X, names):params()
check.equal({ #inside.loss_curve, #inside.validation_curve }, { 3, 0 })
check.refuses(function() means:activations(X) end, "kmeans has no `activations`")
