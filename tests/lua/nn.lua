-- Nets: layers, nets written in Lua, losses, weights in files.
local nn, tensor = mynah.nn, mynah.tensor

-- A net learns five clouds of points.
local X, y = {}, {}
for i = 1, 100 do
  local class, angle = i % 5 + 1, (i % 5) * 2 * math.pi / 5
  X[i] = { 2 * math.cos(angle) + math.sin(i * 1.3) / 3, 2 * math.sin(angle) + math.cos(i * 2.1) / 3 }
  y[i] = class
end
X = tensor(X)
local net = nn.sequential{ nn.linear(2, 16, { seed = 1 }), nn.relu(), nn.linear(16, 5, { seed = 2 }) }
local opt = mynah.optim.adamw{ lr = 1e-2 }
local first
for _ = 1, 80 do
  local loss = nn.cross_entropy(net(X), y)
  loss:backward()
  opt:step(net)
  first = first or loss:item()
end
assert(math.abs(first - math.log(5)) < 0.7, first)
check.equal(net(X):argmax(2), y, "every point is told apart:")

-- The same seed gives the same net; names and sizes are what they should be.
check.equal(nn.linear(3, 4, { seed = 7 }).weight, nn.linear(3, 4, { seed = 7 }).weight)
check.equal({ net.size, #net, net[1].bias.shape[1] }, { 2 * 16 + 16 + 16 * 5 + 5, 3, 16 })
check.equal(tostring(net), "sequential {\n  linear(2, 16),\n  relu(),\n  linear(16, 5)\n}")
local names = {}
for name in pairs(net:parameters()) do names[#names + 1] = name end
table.sort(names)
check.equal(names, { "0.bias", "0.weight", "2.bias", "2.weight" })

-- A net written in Lua: several inputs and outputs, lists of layers, tensors of its own, a buffer that is not learned.
local deep = nn.module{
  layers = { nn.linear(2, 4, { seed = 1 }), nn.linear(4, 4, { seed = 2 }) },
  scale = mynah.full(2, 4, { requires_grad = true }),
  mean = tensor{ 1, 2 },
  drop = nn.dropout(0.5, { seed = 1 }),
  forward = function(self, x, shift)
    x = x - self.mean
    for _, layer in ipairs(self.layers) do x = layer(x):tanh() end
    return self.drop(x) * self.scale + shift, x
  end,
}
local out, hidden = deep:eval()(X, 3)
check.equal(out, hidden * 2 + 3)
check.equal({ deep.training, deep.drop.training, deep.size }, { false, false, 12 + 20 + 4 })
check.equal(deep:train().drop.training, true)
names = {}
for name in pairs(deep:state_dict()) do names[#names + 1] = name end
table.sort(names)
check.equal(names, { "layers.0.bias", "layers.0.weight", "layers.1.bias", "layers.1.weight", "mean", "scale" })
deep.extra = 5
check.equal(deep.extra, 5)

-- Inside a sequence, with a function; derivatives pass through; dropout follows the net's mode.
local chain = nn.sequential{ deep, function(x) return x:sum(2) end }
deep.forward = function(self, x) return self.drop(self.layers[1](x)) * self.scale end
check.equal(chain:eval()(X).shape, { 100 })
check.equal({ deep.drop.training, chain.training }, { false, false })
chain(X):sum():backward()
assert(deep.scale.grad and deep.layers[1].weight.grad and not deep.layers[2].weight.grad)
opt = mynah.optim.sgd{ lr = 0.1 }
local before, unused = deep.scale:clone(), deep.layers[2].weight:clone()
opt:step(chain)
assert(not deep.scale:eq(before):all():item(), "what has a derivative moves")
check.equal(deep.layers[2].weight, unused, "what has none stays")
chain:zero_grad()

-- Weights in files, also for a plain table of nets; nothing changes when they do not fit.
net:save(TMP .. "/net.safetensors")
local again = nn.sequential{ nn.linear(2, 16), nn.tanh(), nn.linear(16, 5) }:load(TMP .. "/net.safetensors")
check.equal(again[3].weight, net[3].weight)
nn.save({ a = net, b = { tensor{ 1, 2 } } }, TMP .. "/both.safetensors")
local b = mynah.zeros(2)
nn.load({ a = again, b = { b } }, TMP .. "/both.safetensors")
check.equal(b, { 1, 2 })
local other = nn.sequential{ nn.linear(2, 16, { seed = 3 }), nn.relu(), nn.linear(16, 6) }
before = other[1].weight:clone()
check.refuses(function() other:load(TMP .. "/net.safetensors") end,
  TMP .. "/net.safetensors: `2.weight` has shape [16, 5], the net's has [16, 6]")
check.equal(other[1].weight, before)
check.refuses(function() nn.linear(2, 16):load(TMP .. "/net.safetensors") end,
  TMP .. "/net.safetensors: has no tensor `weight`")
check.refuses(function() nn.load({ a = nn.linear(2, 2) }, TMP .. "/none.safetensors") end,
  TMP .. "/none.safetensors: no such file")
local state = net:state_dict()
mynah.no_grad(function() net[1].weight:zero_() end)
check.equal(net:load_state_dict(state)[1].weight, again[1].weight)
state["5.weight"] = tensor{ 1 }
check.refuses(function() net:load_state_dict(state) end, "load_state_dict: the net has no `5.weight`")

-- Losses of huge logits are finite; class numbers count from 1, and 0 is left out.
check.equal(nn.cross_entropy({ { 1e4, -1e4 } }, { 2 }):item(), 2e4)
check.near(nn.cross_entropy({ { 0, 0 }, { 9, -9 } }, { 1, 0 }):item(), math.log(2))
check.equal(nn.mse({ 1, 2 }, { 3, 2 }, { reduction = "none" }), { 4, 0 })
check.equal(nn.bce_with_logits({ 1e4 }, { 0 }):item(), 1e4)

-- Mistakes are sentences.
check.refuses(function() local _ = net(mynah.ones(3)) end, "linear(2, 16): takes rows of 2 numbers, got a tensor of shape [3]")
check.refuses(function() local _ = net("x") end, 'sequential: expected a tensor or a table of numbers, got the string "x"')
check.refuses(function() nn.linear(0, 2) end, "linear: `inputs` must be at least 1, got 0")
check.refuses(function() nn.linear(2, 2, { sed = 1 }) end, "unknown option `sed` for `linear`; did you mean `seed`?")
check.refuses(function() nn.dropout(1) end, "dropout: `p` must be in [0, 1), got 1")
check.refuses(function() nn.sequential{ nn.relu(), 5 } end,
  "sequential: layer 2 must be a layer, a table with `forward` or a function, got 5")
check.refuses(function() nn.module{} end, "a net written in Lua needs a function `forward`, got nothing")
check.refuses(function() nn.cross_entropy({ { 1, 2 } }, { 3 }) end, "cross_entropy: there are classes 1 to 2, got 3")
check.refuses(function() nn.mse({ 1, 2 }, { 1 }) end, "mse: predictions [2] and targets [1] differ in shape")
check.refuses(function() nn.mse({ 1 }, { 1 }, { reduction = "summ" }) end,
  "mse: unknown value `summ` for `reduction`; did you mean `sum`?")
check.refuses(function() local _ = nn.embedding(3, 2){ 1, 4 } end, "embedding(3, 2): has rows 1 to 3, got 4")
check.refuses(function() local _ = net.wieght end, "Module has no method or field `wieght`")
check.refuses(function() nn.relu().slope = 2 end, "a relu has no fields that can be set")

-- What a Lua layer throws comes through unchanged.
local thrown = { code = 7 }
local _, e = pcall(function() local _ = nn.sequential{ function() error(thrown) end }(X) end)
assert(e == thrown)
check.refuses(function() local _ = nn.sequential{ function() return 5 end }(X) end,
  "what `forward` returns: expected a Tensor, got 5")
