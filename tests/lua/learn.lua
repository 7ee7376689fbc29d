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
local bytes = file:read("a")
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

-- Boosting takes what is missing; layers can be looked at.
local holes = {}
for i, row in ipairs(X) do holes[i] = { i % 5 == 0 and 0 / 0 or row[1], row[2] } end
assert(learn.gradient_boosting():fit(holes, names):score(holes, names) > 0.9)
local layers = learn.mlp_classifier{ hidden = { 5, 4 }, epochs = 3, seed = 1 }:fit(X, names):activations(X)
check.equal({ layers[1].shape, layers[2].shape }, { { 90, 5 }, { 90, 4 } })
check.refuses(function() means:activations(X) end, "kmeans has no `activations`")
