-- The rest of `mynah.lm` from Lua: tokenizers, corpora, fine-tuning, preferences, adapters, conversations, formats.


-- Tokenizers: any bytes come back, special tokens are never read out of a text.
local text = ("Die Mühle am Bach. 磨坊主在河边。 The mill by the brook.\n"):rep(20)
local bpe = mynah.lm.tokenizer{ kind = "bpe", text = text, vocab = 400, template = "chatml", eos = "<|im_end|>" }
for _, bytes in ipairs{ text, "\0\255\254 \128", "", "<|im_end|>", "nie gesehen: ж🐦" } do
  check.equal(bpe:decode(bpe:encode(bytes)), bytes)
end
assert(#bpe:encode(text) < #text / 3)
check.equal(bpe:special("<|im_end|>"), bpe.vocab_size - 1)
assert(#bpe:encode("<|im_end|>") > 1 and #bpe:encode_specials("<|im_end|>") == 1)
check.equal(bpe:render{ { role = "user", content = "Hi" } }, "<|im_start|>user\nHi<|im_end|>\n")
local fallback = mynah.lm.tokenizer{ kind = "char", text = "abc", fallback = true }
check.equal(fallback:decode(fallback:encode("abcж\255")), "abcж\255")
check.refuses(function() mynah.lm.tokenizer{ kind = "bpe" } end, "tokenizer: a `bpe` tokenizer needs the `text` that it shall learn from")
check.refuses(function() mynah.lm.tokenizer{ kind = "byte", eos = "<end>" } end, 'tokenizer: "<end>" is not among its `specials`')

-- Corpora: documents are held out whole, windows packed.
local lines = {}
for i = 1, 200 do lines[i] = "the bird number " .. i .. " says polly" end
local corpus = mynah.lm.corpus{ tokenizer = bpe, text = table.concat(lines, "\n"), documents = "line" }
check.equal(corpus.documents, 200)
local function bird(seed, tokenizer)
  return mynah.lm.model{ tokenizer = tokenizer or bpe, dim = 32, layers = 2, heads = 2, context = 64, seed = seed }
end
local packed, first = bird(1), nil
local _, report = packed:train{ corpus = corpus, packing = "packed", steps = 40, lr = 5e-3, progress = false, on_step = function(s)
  first = first or s.loss
  if s.step == 30 then return 1e-3 end -- on at another rate
end }
assert(report.steps == 40 and report.loss < 0.6 * first, report.loss)
local both = bird(1)
both:train{ corpus = { corpus, corpus }, packing = "padded", stages = { { from = 0, weights = { 1, 0 } } }, steps = 2, progress = false }
check.refuses(function() bird(1):train{ corpus = corpus, text = "two" } end,
  "train: takes one of `text`, `corpus`, `pairs`, `conversations`, `preferences` and `file`")
check.refuses(function() mynah.lm.corpus{ tokenizer = bpe } end, "corpus: needs a `text`, or the `path` of a file or folder")
local file = assert(io.open(TMP .. "/bad.jsonl", "w"))
file:write('{"text": "one"}\n{"text": two}\n')
file:close()
local _, message = pcall(mynah.lm.corpus, { tokenizer = bpe, path = TMP .. "/bad.jsonl" })
assert(tostring(message):find("bad.jsonl: line 2", 1, true), message)

-- Answers are learned, and given.
local pairs_of = { { "Who are you?", "Odo, the miller." }, { "What news?", "The river is high." } }
local odo = bird(3)
odo:sft{ pairs = pairs_of, steps = 120, lr = 1e-2, batch = 4, val_fraction = 0, progress = false }
local chat = odo:chat{ temperature = 0, tokens = 20 }
check.equal(chat:say("Who are you?"), "Odo, the miller.")
check.equal(odo:chat{ temperature = 0, tokens = 20 }:say("What news?"), "The river is high.")
check.equal(#chat.history, 2)
chat:save(TMP .. "/talk.json")
check.equal(odo:chat{}:load(TMP .. "/talk.json").history[2].content, "Odo, the miller.")
local streamed = ""
local again = odo:chat{ temperature = 0, tokens = 20 }
for piece in again:stream("What news?") do streamed = streamed .. piece end
check.equal(streamed, "The river is high.")
check.refuses(function() odo:sft{ steps = 3 } end,
  'sft: needs `pairs`, such as { { "Who are you?", "A miller." } }, or `conversations`, or a JSONL `file`')

-- Preferences: the chosen answer becomes likelier than it was.
local function says(model) return model:chat{ temperature = 0, tokens = 20 }:say("Farewell") end
local two = bird(4)
two:sft{ pairs = { { "Farewell", "Go away." }, { "Farewell", "Go away." }, { "Farewell", "Mind the river." } },
  steps = 120, lr = 1e-2, batch = 3, val_fraction = 0, progress = false }
check.equal(says(two), "Go away.")
local _, tuned = two:dpo{ preferences = { { prompt = "Farewell", chosen = "Mind the river.", rejected = "Go away." } },
  steps = 40, lr = 2e-3, nll_weight = 1, val_fraction = 0, progress = false }
assert(tuned.loss < 0.5 * math.log(2), tuned.loss)
check.equal(says(two), "Mind the river.")

-- Adapters leave the model as it was, and come back from their file.
local ids = { { 1, 2, 3, 4 } }
local before = odo:logits(ids)
local marta = odo:lora{ rank = 4 }
marta:attach()
check.equal((odo:logits(ids) - before):abs():max():item(), 0) -- untrained: no change at all
marta:detach()
marta:train{ pairs = { { "Who are you?", "The river is high." } }, steps = 80, lr = 1e-2, batch = 2, val_fraction = 0, progress = false }
check.equal((odo:logits(ids) - before):abs():max():item(), 0)
check.equal(odo:chat{ temperature = 0, tokens = 20 }:say("Who are you?"), "Odo, the miller.")
marta:save(TMP .. "/marta.safetensors")
local loaded = odo:load_lora(TMP .. "/marta.safetensors"):attach()
check.equal(odo:chat{ temperature = 0, tokens = 20 }:say("Who are you?"), "The river is high.")
local attached = odo:logits(ids)
loaded:detach()
check.equal((odo:logits(ids) - before):abs():max():item(), 0)
loaded:merge()
assert((odo:logits(ids) - attached):abs():max():item() < 1e-4)

-- Formats: the same weights through every one give the same logits.
local logits = packed:logits(ids)
for _, name in ipairs{ "a.safetensors", "a.gguf", "hf/" } do
  packed:save(TMP .. "/" .. name)
  local back = mynah.lm.load(TMP .. "/" .. name)
  check.equal((back:logits(ids) - logits):abs():max():item(), 0, name)
end
packed:save(TMP .. "/q8.gguf", { dtype = "q8" })
local frozen = mynah.lm.frozen(TMP .. "/q8.gguf")
assert(frozen.bytes < packed.size * 4 / 2 and #frozen:generate("the bird", { tokens = 4, seed = 1 }) > 0)
check.equal(packed:quantize("q8"):generate("the bird", { tokens = 8, temperature = 0 }),
  packed:quantize("q8"):generate("the bird", { tokens = 8, temperature = 0 }))
check.refuses(function() packed:quantize("q5") end, 'quantize: there is "q8" and "q4", got "q5"')

-- Draws: a banned token never comes, a favoured one does.
local a, b = fallback:encode("a")[1], fallback:encode("b")[1]
local letters = bird(5, fallback)
check.equal(letters:generate("c", { tokens = 20, temperature = 0, logit_bias = { [a] = 100 } }), ("a"):rep(20))
check.equal(letters:generate("c", { tokens = 20, temperature = 0, logit_bias = { [a] = 100, [b] = 90 }, banned = { a } }), ("b"):rep(20))

-- Sizes.
check.equal(mynah.lm.estimate(mynah.lm.preset "nano-168m").params, 168334080)
check.refuses(function() mynah.lm.preset "nano-16m" end, "preset: there is no `nano-16m`; did you mean `nano-1m`?")

-- The chain: functions anywhere among the usual links.
do
  local abc = mynah.lm.tokenizer{ kind = "char", text = "abcd" }
  local bird = mynah.lm.model{ tokenizer = abc, dim = 16, layers = 1, heads = 1, context = 32, seed = 1 }
  local seen = {}
  local function only_after_a(logits, recent)
    seen[#seen + 1] = #recent
    if recent[#recent] == 0 then logits[1] = -1 / 0 end -- no two of them
  end
  local text = bird:generate("a", { tokens = 20, temperature = 3, seed = 2, chain = { only_after_a, "temperature" } })
  assert(#text == 20 and not ("a" .. text):find("aa") and text:find("a"), text)
  check.equal({ seen[1], seen[2], #seen }, { 1, 2, 20 })
  local counted
  local function always_d(logits)
    counted = mynah.where(logits:gt(-1e30), 1, 0):sum():item()
    return mynah.tensor{ -9, -9, -9, 0 }
  end
  local pieces = {}
  for piece in bird:quantize("q8"):stream("a", { tokens = 3, top_k = 2, chain = { "top_k", always_d, "temperature" }, temperature = 0.1, seed = 1 }) do
    pieces[#pieces + 1] = piece
  end
  check.equal(table.concat(pieces), "ddd")
  check.equal(counted, 2)
  check.equal(bird:chat{ tokens = 2, temperature = 0, chain = { always_d }, template = "{% for m in messages %}{{ m.content }}{% endfor %}" }:say("a"), "dd")
  check.refuses(function() bird:generate("a", { chain = { "topk" } }) end,
    'generate: `chain[1]` must be a function or one of `bias`, `penalties`, `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`, got the string "topk"')
  check.refuses(function() bird:generate("a", { chain = { function() return { 1, 2 } end } }) end,
    "generate: a function in `chain` must give 4 logits, got 2")
  local thrown = {}
  local ok, what = pcall(function() bird:generate("a", { chain = { function() error(thrown) end } }) end)
  assert(not ok and what == thrown)
end

-- A model that sees whole texts fills in what is hidden.
do
  local tok = mynah.lm.tokenizer{ kind = "char", text = "0123456789=;", specials = { "<mask>" } }
  local function sorter() return mynah.lm.model{ tokenizer = tok, dim = 32, layers = 2, heads = 2, context = 16, causal = false, seed = 1 } end
  local bird = sorter()
  local lines = {}
  for a = 0, 9 do for b = 0, 9 do lines[#lines + 1] = { a .. "" .. b, math.min(a, b) .. "" .. math.max(a, b) } end end
  bird:sft{ pairs = lines, template = "{% for m in messages %}{{ m.content }}{% if m.role == 'user' %}={% else %};{% endif %}{% endfor %}",
    steps = 300, lr = 1e-2, batch = 25, warmup = 20, val_fraction = 0, progress = false, curve = TMP .. "/loss.png" }
  local right = 0
  for _, pair in ipairs(lines) do
    if bird:unmask(pair[1] .. "=<mask><mask><mask>") == pair[1] .. "=" .. pair[2] .. ";" then right = right + 1 end
  end
  assert(right >= 97, right)
  local curve = assert(io.open(TMP .. "/loss.png", "rb"))
  check.equal(curve:read(4), "\137PNG")
  curve:close()
  check.refuses(function() bird:generate("12=") end,
    "generate: this model sees whole texts at once (causal = false), so it has no next token to give")
  local plain = mynah.lm.model{ tokenizer = mynah.lm.tokenizer{ kind = "byte" }, dim = 16, layers = 1, heads = 1, context = 16, causal = false }
  check.refuses(function() plain:train{ text = ("polly "):rep(60), steps = 1 } end,
    'train: a model with causal = false learns what is hidden behind a token, but its tokenizer has no "<mask>" among its `specials`')
  check.refuses(function() sorter():train{ text = ("12=12;"):rep(60), steps = 1, curve = "x.gif" } end,
    'train: `curve` must end in .png or .svg, got "x.gif"')
end

-- What a text must be.
do
  local tok = mynah.lm.tokenizer{ kind = "byte" }
  local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 96, seed = 1 }
  local function said(options)
    options.tokens, options.seed = options.tokens or 60, 1
    return bird:generate("He", options)
  end
  for seed = 1, 20 do
    local one = bird:generate("He", { choices = { "nod", "shake head", "nod twice" }, tokens = 20, seed = seed })
    assert(one == "nod" or one == "shake head" or one == "nod twice", one)
  end
  assert(said{ regex = "[a-f]{3}-[0-9]{2,4}" }:match("^[a-f][a-f][a-f]%-%d%d%d?%d?$"))
  local schema = { type = "object", properties = { count = { type = "integer", minimum = 1, maximum = 9 } }, required = { "count" } }
  local count = said{ json = schema }:match('^{ ?"count": ?([1-9]) ?}$')
  check.equal(said{ json = '{"type":"object","properties":{"count":{"type":"integer","minimum":1,"maximum":9}},"required":["count"]}' }
    :match('^{ ?"count": ?([1-9]) ?}$'), count)
  assert(count)
  assert(bird:quantize("q8"):generate("He", { grammar = 'root ::= ("yes" | "no") ", " [a-z]', tokens = 20, seed = 2 }):match("^%l+, %l$"))
  assert(bird:chat{ tokens = 20, choices = { "yes", "no" }, seed = 3 }:say("Well?"):match("^%l+$"))
  check.refuses(function() said{ choices = { "a" }, regex = "b" } end, "constraint: give one of `choices`, `regex`, `json` and `grammar`")
  check.refuses(function() said{ choices = { "a" }, stop = "x" } end, "generate: a text with a `constraint` ends where that says; leave `stop` out")
end
