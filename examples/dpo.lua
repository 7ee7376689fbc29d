-- Preferences: of two answers to the same question one is preferred, and the model learns to lean towards it, held to what
-- it was (direct preference optimisation, Rafailov et al. 2023). The objective asks only that the preferred answer gain on
-- the other; `nll_weight` keeps it likely as well, without which a small bird soon says neither (try --nll-weight 0).
--
--   mynah examples/dpo.lua [--steps 150]
--   mynah examples/dpo.lua choices.jsonl --base talker.safetensors      {"prompt": …, "chosen": …, "rejected": …} a line

local mynah = require "mynah"
local options, rest = mynah.args(arg, { base = "", out = "polite.safetensors", steps = 150, lr = 1e-3, beta = 0.1, nll_weight = 1 })

-- A bird that knows two answers to everything, and cannot choose.
local polite = {
  ["Who are you?"] = { "I am Odo, at your service.", "Who asks?" },
  ["What is the news?"] = { "The river is high, friend.", "None of your business." },
  ["Farewell"] = { "A safe road to you.", "Good riddance." },
}
local lines = {}
---@type { prompt: string, chosen: string, rejected: string }[]
local choices = {}
for _, question in ipairs{ "Who are you?", "What is the news?", "Farewell" } do
  local kind, rude = polite[question][1], polite[question][2]
  lines[#lines + 1], lines[#lines + 2] = { question, kind }, { question, rude }
  choices[#choices + 1] = { prompt = question, chosen = kind, rejected = rude }
end

local bird
if options.base ~= "" then
  bird = mynah.lm.load(options.base)
else
  local text = {}
  for _, line in ipairs(lines) do text[#text + 1] = line[1] .. "\n" .. line[2] .. "\n" end
  local tok = mynah.lm.tokenizer{ kind = "bpe", text = table.concat(text), vocab = 300, template = "chatml", eos = "<|im_end|>" }
  bird = mynah.lm.model{ tokenizer = tok, dim = 64, layers = 2, heads = 4, context = 64, seed = 1 }
  bird:sft{ pairs = lines, steps = 150, lr = 3e-3, batch = 6, val_fraction = 0 }
end

-- Of a hundred answers, how many are the kind one?
local function manners()
  local kind, asked = 0, 0
  for i = 1, 99 do
    local choice = choices[(i - 1) % #choices + 1]
    local said = bird:chat{ tokens = 30, temperature = 1, top_p = 1, seed = i }:say(choice.prompt)
    asked = asked + 1
    if said == choice.chosen then kind = kind + 1 end
  end
  return 100 * kind / asked
end

if options.base == "" then print(("before: %.0f %% of the answers are polite"):format(manners())) end
local how = { steps = options.steps, lr = options.lr, beta = options.beta, nll_weight = options.nll_weight, batch = 3, val_fraction = 0 }
if rest[1] then how.file = rest[1] else how.preferences = choices end
local _, report = bird:dpo(how)
print(("%d steps, loss %.4f"):format(report.steps, report.loss))
if options.base == "" then print(("after:  %.0f %%"):format(manners())) end
bird:save(options.out)
print("saved as " .. options.out)
