-- Lesson 1: tensors. A tensor is a box of numbers with a shape; it counts from 1, like Lua.
--
--   mynah examples/01-tensors.lua

local mynah = require "mynah"

-- Made from tables, or from sizes.
local x = mynah.tensor{ { 1, 2, 3 }, { 4, 5, 6 } }
print("x is a", x)
print("ones:", mynah.ones(3), "\nseeded noise:", mynah.randn(3, { seed = 1 }))

-- Reading: a row, one number, a column, a part. Assigning to the same writes.
print("\nrow 2:", x[2])
print("row 2, column 3:", x[2][3], "or", x[{ 2, 3 }])
print("column 1:", x[{ {}, 1 }])
print("columns 2 to 3:", x[{ {}, { 2, 3 } }])
local y = x:clone()
y[{ {}, 1 }] = 0
print("column 1 set to 0:", y)

-- Arithmetic works element by element; a smaller tensor or a number stretches to fit.
print("\nx * 10 + 1:", x * 10 + 1)
print("each column less its mean:", x - x:mean(1))

-- Many numbers into few.
print("\nsum", x:sum():item(), "of each row", x:sum(2), "largest", x:max():item(), "at places", x:argmax(2))

-- The matrix product, and a probability for each of three scores.
print("\nx times its transpose:", x:matmul(x:t()))
print("softmax:", mynah.tensor{ 1, 2, 3 }:softmax())

-- A mistake says what it was about.
local _, message = pcall(function() return x:matmul(x) end)
print("\nx times x? " .. message)

print("\nNext: mynah examples/02-gradients.lua. In the REPL, help \"Tensor\" lists all of it.")
