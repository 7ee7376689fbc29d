-- Graphical models: textbook answers, symbols and states as Lua counts them, files, mistakes as sentences.
local graphical = mynah.graphical

-- Healthy or feverish (three days of how one feels): the most probable states and the sequence's probability.
local hmm = graphical.hmm{ states = 2, kind = "discrete", start = { 0.6, 0.4 }, transition = { { 0.7, 0.3 }, { 0.4, 0.6 } },
  labels = { "normal", "cold", "dizzy" }, emission = { { 0.5, 0.4, 0.1 }, { 0.1, 0.3, 0.6 } } }
local days = { "normal", "cold", "dizzy" }
local path, score = hmm:viterbi(days)
check.equal(path, { 1, 1, 2 })
check.near(math.exp(score), 0.01512, 1e-12)
local total = 0 -- by all eight ways
local start, step = { 0.6, 0.4 }, { { 0.7, 0.3 }, { 0.4, 0.6 } }
local shows = { { 0.5, 0.4, 0.1 }, { 0.1, 0.3, 0.6 } }
for a = 1, 2 do for b = 1, 2 do for c = 1, 2 do
  total = total + start[a] * shows[a][1] * step[a][b] * shows[b][2] * step[b][c] * shows[c][3]
end end end
check.near(math.exp(hmm:log_likelihood(days)), total, 1e-12)
check.near(hmm:posterior(days):sum(2), { 1, 1, 1 }, 1e-6)
check.refuses(function() hmm:viterbi{ "normal", "sneezing" } end, "hmm: the symbol `sneezing` was not seen before")

-- Two coins are told apart by what they show; the likelihood never falls; a file keeps all.
local shown = hmm:sample(3000, 7)
local learned = graphical.hmm{ states = 2, kind = "discrete", seed = 1, steps = 400, tolerance = 0.01 }:fit(shown)
local history = learned:params().history:totable()
for i = 2, #history do assert(history[i] >= history[i - 1] - 1e-6, "the likelihood fell") end
assert(learned:log_likelihood(shown) > hmm:log_likelihood(shown) - 1e-6, "the truth explains it better than the fit")
learned:save(TMP .. "/hmm.mynah")
check.equal(graphical.load_hmm(TMP .. "/hmm.mynah"):viterbi(shown), (learned:viterbi(shown)))

-- Gaussian states: numbers around -5 and 5, in one sequence or several.
local values = {}
for i = 1, 200 do values[i] = { (math.floor((i - 1) / 20) % 2 == 0 and -5 or 5) + (i % 7 - 3) / 10 } end
local gauss = graphical.hmm{ states = 2, seed = 1 }:fit{ values, values }
local means = gauss:params().means:totable()
check.near(math.min(means[1][1], means[2][1]), -5, 0.1)
check.near(math.max(means[1][1], means[2][1]), 5, 0.1)

-- A gambler with 3 of 5 coins, fair odds: ruin with probability 2/5, after 6 throws on average.
local play = {}
for i = 1, 6 do
  play[i] = { 0, 0, 0, 0, 0, 0 }
  if i == 1 or i == 6 then play[i][i] = 1 else play[i][i - 1], play[i][i + 1] = 0.5, 0.5 end
end
local gambler = graphical.markov_chain_of(play, { 0, 1, 2, 3, 4, 5 })
check.near(gambler:hitting_probabilities{ 0 }[3], 2 / 5, 1e-12)
check.near(gambler:hitting_times{ 0, 5 }[3], 6, 1e-12)
local text = graphical.markov_chain{ order = 1 }:fit("abracadabra")
check.near(text:next("a").b, 2 / 4, 1e-12)
check.equal(text:symbols(), { "a", "b", "c", "d", "r" })
check.equal(#text:sample(20, 1), 20)
check.refuses(function() text:next("z") end, "markov_chain: the symbol `z` was not seen before")

-- The burglar alarm: P(burglary | both call) = 0.284; weighing agrees; the tables come back from rows.
local both = { "yes", "no" }
local alarm = graphical.bayes_net{
  { name = "burglary", states = both, table = { { 0.001, 0.999 } } },
  { name = "quake", states = both, table = { { 0.002, 0.998 } } },
  { name = "alarm", states = both, parents = { "burglary", "quake" },
    table = { { 0.95, 0.05 }, { 0.94, 0.06 }, { 0.29, 0.71 }, { 0.001, 0.999 } } },
  { name = "john", states = both, parents = { "alarm" }, table = { { 0.9, 0.1 }, { 0.05, 0.95 } } },
  { name = "mary", states = both, parents = { "alarm" }, table = { { 0.7, 0.3 }, { 0.01, 0.99 } } },
}
local called = { john = "yes", mary = "yes" }
check.near(alarm:posterior("burglary", called).yes, 0.2841718, 1e-6)
check.near(alarm:likelihood_weighting("burglary", called, 400000, 1).yes, 0.2841718, 0.02)
local why, log_probability = alarm:explanation(called) -- a false alarm explains both calls best
check.equal(why, { burglary = "no", quake = "no", alarm = "yes", john = "yes", mary = "yes" })
check.near(math.exp(log_probability), 0.999 * 0.998 * 0.001 * 0.9 * 0.7, 1e-12)
check.refuses(function() alarm:posterior("burglery") end, "bayes_net: unknown variable `burglery`; did you mean `burglary`?")
check.refuses(function() alarm:posterior("burglary", { john = "perhaps" }) end,
  "bayes_net: unknown state `perhaps` of `john`; there are `yes`, `no`")
alarm:save(TMP .. "/alarm.mynah")
check.near(graphical.load_bayes_net(TMP .. "/alarm.mynah"):posterior("burglary", called).yes, 0.2841718, 1e-6)
local drawn = graphical.bayes_net{
  { name = "rain", states = both, table = { { 0.3, 0.7 } } },
  { name = "wet", states = both, parents = { "rain" }, table = { { 0.9, 0.1 }, { 0.2, 0.8 } } },
}:sample(4000, 5)
local structure = graphical.learn_bayes_net(drawn)
check.near(structure:posterior("rain", { wet = "yes" }).yes, 0.27 / 0.41, 0.05)

-- Pixels: one wrong one in a field of others is mended by both ways; labels count from 1.
local picture = {}
for r = 1, 6 do picture[r] = {} for c = 1, 6 do picture[r][c] = (r == 3 and c == 4) and 2 or 1 end end
local field = graphical.markov_field(picture, 2, 0.1, 1)
check.equal(field:propagate().labels[3][4], 1)
check.equal(field:gibbs{ seed = 1 }.labels[3][4], 1)
local clean = field:propagate().labels
assert(field:energy(clean) < field:energy(picture), "the mended picture is not the more probable one")
check.refuses(function() graphical.markov_field({ { 1, 3 } }, 2, 0.1, 1) end,
  "markov_field: a label must be a whole number from 1 to 2, got 3")
check.refuses(function() field:energy{ { 0 } } end, "markov_field: a label must be a whole number from 1 to 2, got 0")

-- A constant seen through noise: the filter's mean is the mean of what was seen, with its variance 1/n.
local constant = { transition = { { 1 } }, observation = { { 1 } }, process_noise = { { 0 } }, observation_noise = { { 1 } },
  start_mean = { 0 }, start_covariance = { { 1e9 } } }
local filtered = graphical.kalman(constant):filter{ { 3 }, { 5 }, { 0 / 0 }, { 10 } }
check.near(filtered.means[4][1], 6, 1e-5)
check.near(filtered.covariances[4][1], 1 / 3, 1e-5)
local smoothed = graphical.kalman(constant):smooth{ { 3 }, { 5 }, { 0 / 0 }, { 10 } }
check.near(smoothed.means[1][1], 6, 1e-5)
