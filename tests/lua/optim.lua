-- One optimizer, one name: the same object steps a plain point, a Lua-built net and the transformer.
local makers = {
  sgd = { lr = 0.1, momentum = 0.9, weight_decay = 0.01 },
  adam = { lr = 0.01, schedule = { kind = "cosine", warmup = 2, steps = 6 } },
  adamw = { lr = 0.01, weight_decay = 0.1 },
}

local tok = mynah.lm.tokenizer{ text = "abcdefgh" }

for name, settings in pairs(makers) do
  local make = mynah.optim[name]
  local bird = mynah.lm.model{ tokenizer = tok, dim = 8, layers = 1, heads = 1, context = 8, seed = 1 }
  local matrix = bird:parameters()["layers.0.wq.weight"]

  -- The same numbers three times: within the transformer, as a net's weight, as a plain point.
  local net = mynah.nn.module{ w = matrix:clone(), forward = function(self, x) return x:matmul(self.w) end }
  net.w.requires_grad = true
  local point = matrix:reshape(-1):totable()

  local for_bird, for_net, for_point = make(settings), make(settings), make(settings)
  for _ = 1, 6 do
    bird:loss({ { 0, 1, 2, 3 } }, { { 1, 2, 3, 4 } }):backward()
    local gradient = matrix.grad:clone()
    for_bird:step(bird)
    net.w.grad = gradient
    for_net:step(net)
    for_point:step(point, gradient:reshape(-1))
    check.equal(net.w, matrix, name .. ": net and transformer")
    check.near(point, matrix:reshape(-1), 1e-6, name .. ": point and transformer")
  end
  assert(not matrix:eq(mynah.lm.model{ tokenizer = tok, dim = 8, layers = 1, heads = 1, context = 8, seed = 1 }
    :parameters()["layers.0.wq.weight"]):any():item(), "it moved")
  check.equal({ for_bird.t, for_net.t, for_point.t, for_bird.name == name }, { 6, 6, 6, true })
end

-- What an optimizer remembers survives a file.
local x, y = { 1, 2 }, { 1, 2 }
local one = mynah.optim.adam{ lr = 0.1 }
for _ = 1, 3 do one:step(x, x) end
for _ = 1, 2 do mynah.optim.adam{ lr = 0.1 }:step({ 1 }, { 1 }) end
local two = mynah.optim.adam{ lr = 0.1 }
two:step(y, y):step(y, y):save(TMP .. "/opt.safetensors")
mynah.optim.adam{ lr = 0.1 }:load(TMP .. "/opt.safetensors"):step(y, y)
check.equal(x, y)

-- The rate and its schedule.
one.lr = 0.5
check.equal(one.lr, 0.5)
local scheduled = mynah.optim.sgd{ lr = 1, schedule = { kind = "cosine", warmup = 2, steps = 4 } }
local rates = {}
for i = 1, 5 do
  scheduled:step({ 1 }, { 1 })
  rates[i] = scheduled.current_lr
end
check.near(rates, { 0.5, 1, 1, 0.5, 0 })

-- Derivatives are used once, and summed over several `backward`.
local w = mynah.tensor({ 4 }, { requires_grad = true })
local sgd = mynah.optim.sgd{ lr = 0.25 }
for _ = 1, 2 do w:sum():backward() end
sgd:step(w)
check.equal(w, { 3.5 })
assert(w.grad == nil)

-- Mistakes are sentences.
check.refuses(function() sgd:step(w) end, "step: there are no derivatives to step by; call backward() first")
check.refuses(function() sgd:step{ 1, 2 } end, "step: a plain point is moved by a gradient: opt:step(point, gradient)")
check.refuses(function() sgd:step({ 1, 2 }, { 1 }) end, "step: the point has 2 numbers, the gradient 1")
check.refuses(function() sgd:step("net") end,
  'step: expected a net, a model, or tensors that require a gradient, got the string "net" without any')
check.refuses(function() mynah.optim.adamw{ learning_rat = 1 } end,
  "unknown option `learning_rat` for `adamw`; did you mean `lr`?")
check.refuses(function() mynah.optim.adamw{ lr = -1 } end, "adamw: `lr` must be finite and at least 0, got -1")
check.refuses(function() mynah.optim.adamw{ schedule = { kind = "cosin" } } end,
  "adamw: unknown value `cosin` for `schedule.kind`; did you mean `cosine`?")
check.refuses(function() one.lr = "fast" end, 'lr: expected a number, got the string "fast"')
check.refuses(function() mynah.optim.sgd():load(TMP .. "/opt.safetensors") end,
  TMP .. "/opt.safetensors: sgd: cannot continue from the state of `adam`")
