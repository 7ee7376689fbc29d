-- Sorting six digits by a model that sees the whole text at once: the answer is hidden behind mask tokens, and filled in
-- over a few passes, the surest guesses first (MaskGIT, Chang et al. 2022).
--     mynah examples/tasks/unmask.lua [STEPS]
local mynah = require "mynah"
local steps = math.floor(tonumber(arg[1]) or 1500)

math.randomseed(1)
local tok = mynah.lm.tokenizer{ kind = "char", text = "0123456789=;", specials = { "<mask>" } }
local model = mynah.lm.model{ tokenizer = tok, dim = 64, layers = 2, heads = 4, context = 14, causal = false, seed = 1 }
print(model)

local function problem()
  local digits = {}
  for i = 1, 6 do digits[i] = tostring(math.random(0, 9)) end
  local question = table.concat(digits)
  table.sort(digits)
  return question, table.concat(digits)
end

-- The examination comes first: none of its questions is ever taught.
local exam, held = {}, {}
while #exam < 1000 do
  local question, answer = problem()
  if not held[question] then
    held[question] = true
    exam[#exam + 1] = { question, answer }
  end
end
local taught = {}
while #taught < 64 * math.min(steps, 600) do
  local question, answer = problem()
  if not held[question] then taught[#taught + 1] = { question, answer } end
end

local _, report = model:sft{
  pairs = taught,
  template = "{% for m in messages %}{{ m.content }}{% if m.role == 'user' %}={% else %};{% endif %}{% endfor %}",
  steps = steps, batch = 64, lr = 3e-3, warmup = math.floor(steps / 20), min_lr = 0.05, weight_decay = 0.01, val_fraction = 0,
}
print(("%d steps in %.0f s, loss %.4f"):format(report.steps, report.seconds, report.loss))

local hidden = ("<mask>"):rep(7)
for _, passes in ipairs{ 1, 2, 4, 7 } do
  local right = 0
  for _, one in ipairs(exam) do
    if model:unmask(one[1] .. "=" .. hidden, { steps = passes }) == one[1] .. "=" .. one[2] .. ";" then right = right + 1 end
  end
  if passes < 7 then
    print(("filled in over %d passes: %5.1f %% right"):format(passes, 100 * right / #exam))
  else
    print(("\nsorting six digits unmasked: %.1f %% of %d unseen questions right"):format(100 * right / #exam, #exam))
  end
end
for i = 1, 3 do print("  " .. model:unmask(exam[i][1] .. "=" .. hidden)) end
