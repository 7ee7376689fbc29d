-- Tables, arrays, splits, words and metrics: what goes out comes back, known answers, mistakes as sentences.
local data, metrics = mynah.data, mynah.metrics

-- A table comes back as it was written; an empty field is NaN; the target is taken out.
data.write_csv(TMP .. "/t.csv", { "a", "b", "kind" }, { { 1, 2.5, -3 }, { 0.1, 1e300, 7 }, { "x", "y, z", 'say "x"' } })
local columns, names = data.columns(TMP .. "/t.csv")
check.equal(names, { "a", "b", "kind" })
check.equal(columns.a, { 1, 2.5, -3 })
check.equal(columns.b, { 0.1, 1e300, 7 })
check.equal(columns.kind, { "x", "y, z", 'say "x"' })
local X, y, features = data.csv(TMP .. "/t.csv", { target = "kind" })
check.equal(X.shape, { 3, 2 })
check.equal(y, { "x", "y, z", 'say "x"' })
check.equal(features, { "a", "b" })
local file = assert(io.open(TMP .. "/ragged.csv", "w"))
file:write("a,b\n1,2\n3\n")
file:close()
local ok, why = pcall(data.columns, TMP .. "/ragged.csv")
assert(not ok and why:find("line 3 has 1 field", 1, true), why)
ok, why = pcall(data.csv, TMP .. "/nowhere.csv")
assert(not ok and why:find("nowhere.csv", 1, true), why)

-- Arrays for NumPy.
data.write_npy(TMP .. "/a.npy", mynah.tensor{ { 1, 2, 3 }, { 4, 5, 6 } })
check.equal(data.npy(TMP .. "/a.npy"), { { 1, 2, 3 }, { 4, 5, 6 } })

-- A split keeps every sample once, its answer with it, and the classes in proportion.
local rows, kinds = {}, {}
for i = 1, 40 do rows[i], kinds[i] = { i }, i % 4 == 0 and "rare" or "common" end
local Xtrain, Xtest, ytrain, ytest = data.split(rows, kinds, { share = 0.2, stratify = true, seed = 3 })
check.equal({ #ytrain, #ytest }, { 32, 8 })
local seen, rare = {}, 0
for part, answers in pairs{ [Xtrain] = ytrain, [Xtest] = ytest } do
  for i, row in ipairs(part:totable()) do
    assert(not seen[row[1]], "a sample in both parts")
    seen[row[1]] = true
    check.equal(answers[i], row[1] % 4 == 0 and "rare" or "common")
    if part == Xtest and answers[i] == "rare" then rare = rare + 1 end
  end
end
check.equal(rare, 2)
check.refuses(function() data.split(rows, { 1, 2 }) end, "40 samples, but 2 answers")

-- Metrics: answers by hand.
local truth, found = { "a", "a", "b", "b", "b", "c" }, { "a", "b", "b", "b", "c", "c" }
check.near(metrics.accuracy(truth, found), 4 / 6, 1e-12)
local counts, classes = metrics.confusion_matrix(truth, found)
check.equal(classes, { "a", "b", "c" })
check.equal(counts, { { 1, 1, 0 }, { 0, 2, 1 }, { 0, 0, 1 } })
check.near(metrics.precision(truth, found), (1 + 2 / 3 + 1 / 2) / 3, 1e-12)
check.near(metrics.recall(truth, found), (1 / 2 + 2 / 3 + 1) / 3, 1e-12)
check.near(metrics.f1(truth, found, "micro"), 4 / 6, 1e-12)
check.near(metrics.balanced_accuracy(truth, found), (1 / 2 + 2 / 3 + 1) / 3, 1e-12)
check.near(metrics.roc_auc({ 0, 0, 1, 1 }, { { 0.9, 0.1 }, { 0.6, 0.4 }, { 0.65, 0.35 }, { 0.2, 0.8 } }), 0.75, 1e-12)
check.near(metrics.log_loss({ "a", "b" }, { { 0.25, 0.75 }, { 0.5, 0.5 } }), (math.log(4) + math.log(2)) / 2, 1e-12)
check.near(metrics.r2({ 1, 2, 3 }, { 2, 2, 2 }), 0, 1e-12)
check.near(metrics.adjusted_rand({ 1, 1, 2, 2 }, { 1, 2, 1, 2 }), -0.5, 1e-12)
ok, why = pcall(metrics.accuracy, { 1, 2 }, { 1 })
assert(not ok and why:find("accuracy: 2 labels, but 1 answers", 1, true), why)
ok, why = pcall(metrics.f1, truth, found, "middling")
assert(not ok and why:find('"binary", "macro", "micro" or "weighted"', 1, true), why)

-- Words: counted, weighed, kept in a file.
local words = data.word_counts{ min_count = 2 }
local counted = words:fit_transform{ "red fish blue fish", "red bird", "a bird" }
check.equal(words:vocabulary(), { "bird", "fish", "red" })
check.equal(counted:dense(), { { 0, 2, 1 }, { 1, 0, 1 }, { 1, 0, 0 } })
words:save(TMP .. "/words.mynah")
check.equal(data.load_word_counts(TMP .. "/words.mynah"):transform{ "fish fish red" }:dense(), { { 0, 2, 1 } })
ok, why = pcall(mynah.graphical.load_hmm, TMP .. "/words.mynah")
assert(not ok and why:find("holds a word_counts, not a hmm", 1, true), why)

-- Toy data has the asked sizes, and the same seed gives the same.
check.equal(data.moons{ samples = 30, seed = 2 }, data.moons{ samples = 30, seed = 2 })
local Xr, yr, weights = data.regression{ samples = 40, features = 4, informative = 2, noise = 0, seed = 1 }
check.near(mynah.learn.linear_regression():fit(Xr, yr):params().weights, weights, 1e-3)
check.refuses(function() data.moons{ noises = 1 } end, "unknown option `noises` for `moons`; did you mean `noise`?")
