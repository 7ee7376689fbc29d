-- Lesson 5: a bird that learns to talk. A small transformer reads a rhyme again and again, one character at a time.
--
--   mynah examples/05-a-bird.lua [--steps 300 --seed 1]

local mynah = require "mynah"
local options = mynah.args(arg, { steps = 300, seed = 1 })

local rhyme = [[
Five grey birds on a garden wall,
One saw a cat and told them all.
Four grey birds on the miller's gate,
One went to see why the corn was late.
Three grey birds on a fisher's rope,
One flew away with a bar of soap.
Two grey birds on a weather vane,
One turned round and went home again.
One grey bird on a chimney stone
Learned every word, and talks alone.
]]
local text = rhyme:rep(20)

-- A tokenizer turns text into numbers and back: here one number for each character that occurs.
local tok = mynah.lm.tokenizer{ kind = "char", text = text }
print(tok, "  'bird' is", table.concat(tok:encode("bird"), " "))

local bird = mynah.lm.model{ tokenizer = tok, dim = 64, layers = 2, heads = 4, context = 64, seed = options.seed }
print(bird)
print("before: " .. bird:generate("Five grey birds", { tokens = 40, seed = 1 }):gsub("\n", " "))

local losses = {}
local _, report = bird:train{ text = text, steps = options.steps, lr = 3e-3, seed = options.seed,
  on_step = function(s) losses[#losses + 1] = s.loss end }
print(("\n%d steps, %.0f tokens a second"):format(report.steps, report.tokens_per_second))
print(("loss  %s  %.2f to %.2f\n"):format(mynah.plot.sparkline(losses, 50), losses[1], losses[#losses]))

-- It goes on with any beginning; pieces come as they are spoken.
io.write("Three grey birds")
for piece in bird:stream("Three grey birds", { tokens = 120, temperature = 0.3, seed = 1 }) do io.write(piece) end
print()

-- One file carries weights, sizes and tokenizer.
local path = os.tmpname()
bird:save(path)
local again = mynah.lm.load(path)
os.remove(path)
print("\nfrom its file: One grey bird" .. again:generate("One grey bird", { temperature = 0, stop = "\n" }))

print("\nNext: mynah examples/06-stop-and-go-on.lua, or your own text: mynah examples/pretrain.lua book.txt")
