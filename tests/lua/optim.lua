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

-- With a loss to ask, every optimizer moves a point of tensors, a net and the transformer, those with curvature included.
local X = mynah.randn(32, 2, { seed = 5 })
local Y = (X * mynah.tensor{ 1, -2 }):sum(2, true)
for name, how in pairs{ adahessian = { lr = 0.1 }, sophia = { lr = 0.03, clip = 1 }, adamw = { lr = 0.05 } } do
  local net = mynah.nn.sequential{ mynah.nn.linear(2, 8, { seed = 1 }), mynah.nn.tanh(), mynah.nn.linear(8, 1, { seed = 2 }) }
  local opt = mynah.optim[name](how)
  local function loss() return mynah.nn.mse(net(X), Y) end
  local before = loss():item()
  for _ = 1, 60 do opt:step(net, loss) end
  assert(loss():item() < 0.2 * before, name .. ": " .. before .. " to " .. loss():item())
  check.equal(opt.t, 60)
end
local tokens = mynah.lm.tokenizer{ kind = "char", text = "abcd" }
local bird = mynah.lm.model{ tokenizer = tokens, dim = 16, layers = 1, heads = 2, context = 8, seed = 1 }
local ids, targets = mynah.tensor({ { 0, 1, 2, 3, 0, 1, 2 } }, { dtype = "i32" }), mynah.tensor({ { 1, 2, 3, 0, 1, 2, 3 } }, { dtype = "i32" })
local function surprise() return bird:loss(ids, targets) end
local opt, before = mynah.optim.adahessian{ lr = 0.15 }, surprise():item()
for _ = 1, 50 do opt:step(bird, surprise) end
assert(surprise():item() < 0.5 * before, "the transformer: " .. before .. " to " .. surprise():item())

-- A step by a loss is the step by its gradient.
local p, q = mynah.tensor({ 4, 1 }, { requires_grad = true }), mynah.tensor({ 4, 1 }, { requires_grad = true })
local by_loss, by_gradient = mynah.optim.adam{ lr = 0.1 }, mynah.optim.adam{ lr = 0.1 }
for _ = 1, 5 do
  by_loss:step(p, function() return (p * p):sum() end);
  (q * q):sum():backward()
  by_gradient:step(q)
end
check.equal(p, q)

-- The mean of the points: held while a function runs, even when it fails, or for good.
local w = mynah.tensor({ 4 }, { requires_grad = true })
local free = mynah.optim.schedulefree{ lr = 0.3 }
for _ = 1, 10 do free:step(w, function() return (w * w):sum() end) end
local now, mean = w:item(), nil
free:averaged(w, function() mean = w:item() end)
assert(mean ~= now and w:item() == now)
assert(not pcall(free.averaged, free, w, function() error("no") end) and w:item() == now)
free:averaged(w)
check.equal(w, { mean })
local plain = mynah.tensor({ 4 }, { requires_grad = true })
mynah.optim.sgd():averaged(plain)
check.equal(plain, { 4 })

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
check.refuses(function() mynah.optim.adam():step(plain, function() return 3 end) end, "step: the function must return the loss, a tensor, got 3")
check.refuses(function() mynah.optim.adam():step(plain, function() return p:sum() end) end, "adam: the loss depends on none of the parameters")
