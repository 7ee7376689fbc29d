-- Adapters: one small model learns to answer, then two characters are laid over it, each a few thousand numbers in a
-- file of its own. They are put on and taken off between two lines, and mixed.
--
--   mynah examples/lora.lua [--steps 150]

local mynah = require "mynah"
local options = mynah.args(arg, { steps = 150, folder = "." })

local plain = {
  { "Who are you?", "I am nobody in particular." },
  { "What is the news?", "There is no news today." },
  { "Farewell", "Farewell to you." },
}
local miller = {
  { "Who are you?", "I am Odo, the miller." },
  { "What is the news?", "The river is high." },
  { "Farewell", "Mind the river." },
}
local innkeeper = {
  { "Who are you?", "I am Marta, I keep the inn." },
  { "What is the news?", "The stew is hot tonight." },
  { "Farewell", "Come back soon, dear." },
}

local text = {}
for _, voice in ipairs{ plain, miller, innkeeper } do
  for _, pair in ipairs(voice) do text[#text + 1] = pair[1] .. "\n" .. pair[2] .. "\n" end
end
local tok = mynah.lm.tokenizer{ kind = "bpe", text = table.concat(text), vocab = 320, template = "chatml", eos = "<|im_end|>" }
local bird = mynah.lm.model{ tokenizer = tok, dim = 64, layers = 2, heads = 4, context = 64, seed = 1 }
-- It has read everything once, and then answers as nobody in particular.
bird:train{ text = table.concat(text):rep(4), steps = options.steps, lr = 3e-3, batch = 8, val_fraction = 0 }
local how = { steps = options.steps, lr = 3e-3, batch = 6, val_fraction = 0 }
how.pairs = plain
bird:sft(how)

local function adapter(lines)
  local one = bird:lora{ rank = 8, seed = 1 }
  one:train{ pairs = lines, steps = options.steps, lr = 1e-2, batch = 6, val_fraction = 0 }
  return one
end
local odo, marta = adapter(miller), adapter(innkeeper)
odo:save(options.folder .. "/odo.safetensors")
marta:save(options.folder .. "/marta.safetensors")
print(bird)
print(odo)

local function ask(who)
  local chat = bird:chat{ temperature = 0, tokens = 30 }
  print(("%-6s %s | %s"):format(who, chat:say("Who are you?"), chat:say("What is the news?")))
end
ask("base")
odo:attach()
ask("odo")
odo:detach()
marta:attach()
ask("marta")
marta:detach()
ask("base")
