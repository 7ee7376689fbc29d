-- Goes on with a text, as a saved model would.
--
--   mynah examples/continue.lua book.safetensors "Once upon a time"
--   mynah examples/continue.lua book.safetensors --tokens 500 --temperature 1 --seed 7
--   mynah examples/continue.lua runs/book         a training run's folder: the best model so far

local mynah = require "mynah"
local options, rest = mynah.args(arg, { tokens = 300, temperature = 0.8, top_k = 0, top_p = 0.95, repetition_penalty = 1, seed = 0 })
if #rest < 1 or #rest > 2 then
  error("continue: a model's file and perhaps a beginning, please: mynah examples/continue.lua book.safetensors \"Once\"", 0)
end

local bird = mynah.lm.load(rest[1])
local prompt = bird.tokenizer:keep(rest[2] or "\n")
local how = { tokens = options.tokens, temperature = options.temperature, top_k = options.top_k, top_p = options.top_p,
  repetition_penalty = options.repetition_penalty }
if options.seed > 0 then how.seed = options.seed end
io.write(prompt)
for piece in bird:stream(prompt, how) do
  io.write(piece)
  io.stdout:flush()
end
print()
