-- Counting circles with a plain multilayer perceptron: eight digits, each as ten numbers of which one is 1, go in; how
-- many circles they have comes out as a class. (circles.lua asks the same of a transformer.)
--     mynah examples/tasks/circles_mlp.lua [EXERCISES]
local mynah = require "mynah"

local exercises = math.floor(tonumber(arg[1]) or 20000)
local circles = { [0] = 1, [6] = 1, [8] = 2, [9] = 1 }
math.randomseed(1)

local X, y, questions = {}, {}, {}
local seen = {}
while #X < exercises + 1000 do
  local row, digits, count = {}, {}, 0
  for i = 1, 8 do
    local digit = math.random(0, 9)
    digits[i] = digit
    count = count + (circles[digit] or 0)
    for d = 0, 9 do row[#row + 1] = d == digit and 1 or 0 end
  end
  local question = table.concat(digits)
  if not seen[question] then
    seen[question] = true
    X[#X + 1], y[#y + 1], questions[#questions + 1] = row, count, question
  end
end
local unseen, wanted, asked = {}, {}, {}
for i = 1, 1000 do -- the last thousand are the examination
  unseen[i], wanted[i], asked[i] = table.remove(X), table.remove(y), table.remove(questions)
end

local net = mynah.learn.mlp_classifier{ hidden = { 64 }, epochs = 200, early_stopping = true, seed = 1 }
net:fit(X, y)
print(net)
print(("circles in eight digits: %.1f %% of %d unseen questions right"):format(100 * net:score(unseen, wanted), #unseen))
local said = net:predict(unseen)
for i = 1, 3 do print(("  %s  →  %d"):format(asked[i], said[i])) end
