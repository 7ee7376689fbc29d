-- Teaches a model to answer: supervised fine-tuning on questions with answers, of which only the answers are learned.
--
--   mynah examples/sft.lua                              a small bird from nothing, on the few lines below
--   mynah examples/sft.lua talk.jsonl --base book.safetensors --out talker.safetensors
--
-- A line of the JSONL file is {"prompt": …, "answer": …} or {"messages": [{"role": …, "content": …}, …]}.

local mynah = require "mynah"
local options, rest = mynah.args(arg, { base = "", out = "talker.safetensors", steps = 150, lr = 3e-3, seed = 1 })

local pairs_of = {
  { "Who are you?", "I am Odo, the miller." },
  { "What do you do?", "I grind the corn." },
  { "Where is the bridge?", "Past the church, by the old oak." },
  { "Is the bridge safe?", "Not since the storm. Mind the third plank." },
  { "What is the news?", "The river is high and the baker is cross." },
  { "Can you sell me flour?", "A sack for two coppers." },
  { "Good morning", "And to you." },
  { "Farewell", "Mind the river." },
}

local bird
if options.base ~= "" then
  bird = mynah.lm.load(options.base)
else
  local text = {}
  for _, pair in ipairs(pairs_of) do text[#text + 1] = pair[1] .. "\n" .. pair[2] .. "\n" end
  local tok = mynah.lm.tokenizer{ kind = "bpe", text = table.concat(text), vocab = 320, template = "chatml", eos = "<|im_end|>" }
  bird = mynah.lm.model{ tokenizer = tok, dim = 64, layers = 2, heads = 4, context = 64, seed = options.seed }
end
print(bird)

local how = { steps = options.steps, lr = options.lr, batch = 8, val_fraction = rest[1] and 0.1 or 0, seed = options.seed }
if rest[1] then how.file = rest[1] else how.pairs = pairs_of end
local _, report = bird:sft(how)
print(("%d steps, loss %.4f on the answers"):format(report.steps, report.loss))
bird:save(options.out)
print("saved as " .. options.out)

for _, question in ipairs{ "Who are you?", "Is the bridge safe?", "Farewell" } do
  print("> " .. question)
  print(bird:chat{ temperature = 0, tokens = 40 }:say(question))
end
