-- Tensors as a script uses them. Numbers can be checked in the head.
local tensor = mynah.tensor
local x = tensor{ { 1, 2, 3 }, { 4, 5, 6 } }

-- What it is.
check.equal(x.shape, { 2, 3 })
check.equal({ x.dtype, x.device, #x, x:numel(), x:dims() }, { "f32", "cpu", 2, 6, 2 })
check.equal(tensor{ true, false }.dtype, "bool")
check.equal(tensor({ 1.7, -1.7 }, { dtype = "i32" }), { 1, -1 })
check.equal(tensor({ 0.1 }, { dtype = "f64" })[1], 0.1)

-- Reading: one row, one number, a column, a range, the last, a mask.
check.equal(x[2], { 4, 5, 6 })
check.equal(x[2][3], 6)
check.equal(x[{ 2, 3 }], 6)
check.equal(x[{ {}, 2 }], { 2, 5 })
check.equal(x[{ {}, { 2, 3 } }], { { 2, 3 }, { 5, 6 } })
check.equal(x[{ {}, { -2, -1 } }], { { 2, 3 }, { 5, 6 } })
check.equal(x[-1], { 4, 5, 6 })
check.equal(x[x:gt(4)], { 5, 6 })

-- Writing the same ways.
local w = x:clone()
w[1] = 0
w[{ 2, 1 }] = 10
w[{ {}, 3 }] = { 7, 8 }
check.equal(w, { { 0, 0, 7 }, { 10, 5, 8 } })
w[w:ge(7)] = -1
check.equal(w, { { 0, 0, -1 }, { -1, 5, -1 } })
check.equal(x[1][1], 1, "a clone is its own")

-- Arithmetic with numbers on either side, and stretching.
check.equal(2 * x + 1, { { 3, 5, 7 }, { 9, 11, 13 } })
check.equal(1 - tensor{ 1, 2 }, { 0, -1 })
check.equal(12 / tensor{ 3, 4 }, { 4, 3 })
check.equal(2 ^ tensor{ 1, 3 }, { 2, 8 })
check.equal(tensor{ 7, -7 } % 3, { 1, 2 })
check.equal(-x[1], { -1, -2, -3 })
check.equal(x + tensor{ { 10 }, { 20 } }, { { 11, 12, 13 }, { 24, 25, 26 } })
check.equal(x * tensor{ 1, 0, -1 }, { { 1, 0, -3 }, { 4, 0, -6 } })
check.equal((tensor({ 1, 2 }, { dtype = "i32" }) / 2).dtype, "f32", "whole numbers divide into broken ones")

-- Comparison.
check.equal(x:gt(3), { { false, false, false }, { true, true, true } })
check.equal(x:eq(x):all():item(), true)
check.equal(tensor{ 2 } < tensor{ 3 }, true)

-- Reductions.
check.equal(x:sum():item(), 21)
check.equal(x:sum(1), { 5, 7, 9 })
check.equal(x:mean(2), { 2, 5 })
check.equal(x:sum(2, true).shape, { 2, 1 })
check.equal(x:max(1), { 4, 5, 6 })
check.equal(x:argmax(2), { 3, 3 })
check.equal(x:cumsum(2), { { 1, 3, 6 }, { 4, 9, 15 } })
check.near(tensor{ 1, 2, 3, 4 }:var():item(), 5 / 3)

-- Shapes.
check.equal(x:reshape(3, 2), { { 1, 2 }, { 3, 4 }, { 5, 6 } })
check.equal(x:t(), { { 1, 4 }, { 2, 5 }, { 3, 6 } })
check.equal(x:t():reshape(-1), { 1, 4, 2, 5, 3, 6 })
check.equal(mynah.cat({ x, x }, 2).shape, { 2, 6 })
check.equal(mynah.stack({ x[1], x[2] }), x)
check.equal(x:gather(2, { { 3 }, { 1 } }), { { 3 }, { 4 } })
check.equal(x:matmul(x:t()), { { 14, 32 }, { 32, 77 } })

-- In place.
local y = mynah.ones(2)
y:add_(2):mul_{ 1, 2 }
check.equal(y, { 3, 6 })
check.equal(y:zero_(), { 0, 0 })

-- Derivatives.
local p = tensor({ 2, 3 }, { requires_grad = true });
(p * p * p):sum():backward()
check.equal(p.grad, { 12, 27 })
check.refuses(function() p:add_(1) end,
  "add_: this tensor requires a gradient; change it inside `no_grad` or through an optimizer")
mynah.no_grad(function() p:add_(1) end)
check.equal(p, { 3, 4 })

-- Huge numbers stay numbers.
check.equal(tensor{ 1000, 1000 }:softmax(), { 0.5, 0.5 })
check.equal(tensor{ 1e4, -1e4 }:log_softmax(), { 0, -2e4 })
check.equal(tensor{ -1000, 1000 }:sigmoid(), { 0, 1 })
check.equal(tensor{ 1000, -1000 }:softplus(), { 1000, 0 })

-- Printing shows what it is and not all of it.
local text = tostring(mynah.zeros(100, 100))
assert(text:find("^tensor 100x100 f32\n") and text:find("%.%.%.") and #text < 1000, text)
assert(tostring(x):find("1.*2.*3.*4.*5.*6"), tostring(x))

-- Mistakes are sentences.
check.refuses(function() local _ = x:reshape(4, 2) end, "reshape: [2, 3] (6 elements) does not fit [4, 2]")
check.refuses(function() local _ = x + tensor{ 1, 2 } end, "add: shapes do not broadcast: [2, 3] with [2]")
check.refuses(function() x[3] = 1 end, "index 3 is outside 1..2 (dimension 1 of [2, 3])")
check.refuses(function() local _ = x[{ 1, 2, 3 }] end, "index: the tensor has only 2 dimensions")
check.refuses(function() local _ = x:sum(3) end, "dimension 3 of a tensor with 2 dimensions does not exist")
check.refuses(function() local _ = x:to("f16") end,
  'to: expected a dtype ("f32", "f64", "i32", "bool") or a device of this build ("cpu"), got "f16"')
check.refuses(function() tensor({ 1, 2 }, { dtype = "f16" }) end, 'dtype must be "f32", "f64", "i32" or "bool", got "f16"')
check.refuses(function() tensor({ 1, 2 }):item() end, "item: needs a tensor of one element, got shape [2]")
check.refuses(function() tensor({ 1, 2 }, { dtype = "i32", requires_grad = true }) end,
  "requires_grad: only f32 and f64 have derivatives, got i32")
