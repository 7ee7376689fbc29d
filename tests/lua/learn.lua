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
