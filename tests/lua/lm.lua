-- Language models as a script uses them.
local text = ("polly wants a cracker\nand a bit of cheese\n"):rep(20)
local tok = mynah.lm.tokenizer{ kind = "char", text = text }
local function bird(seed, context)
  return mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, kv_heads = 1, context = context or 32, seed = seed }
end

-- Training shows every step, ends when told, and returns the model and a report.
local steps = {}
local model, report = bird(1):train{ text = text, steps = 200, warmup = 5, lr = 1e-2, progress = false,
  on_step = function(s) steps[#steps + 1] = s.loss; return s.step < 60 end }
check.equal({ #steps, report.steps, report.stopped }, { 60, 60, true })
assert(math.abs(steps[1] - math.log(tok.vocab_size)) < 0.1 and report.val_loss < 0.3, report.val_loss)
check.equal(model:generate("polly", { tokens = 16, temperature = 0 }), " wants a cracker")

-- What on_step throws ends the training and comes through.
local ok, e = pcall(function() bird(1):train{ text = text, steps = 5, progress = false, on_step = function() error({ 7 }) end } end)
assert(not ok and e[1] == 7)

-- Windows that begin at lines: no line is seen without its beginning, so the second line never follows itself.
local lined = bird(2, 21)
lined:train{ text = text, steps = 60, warmup = 5, lr = 1e-2, start = "line", progress = false }
check.equal(lined:generate("and", { tokens = 17, temperature = 0 }), " a bit of cheese\n")

-- A loop over pieces says what `generate` says; a stop text ends it.
local said = ""
for piece in model:stream("polly", { tokens = 30, seed = 3 }) do said = said .. piece end
check.equal(said, model:generate("polly", { tokens = 30, seed = 3 }))
check.equal(model:generate("polly", { stop = { "cracker", "\n" }, temperature = 0 }), " wants a ")

-- A file keeps everything.
model:save(TMP .. "/polly.safetensors")
local again = mynah.lm.load(TMP .. "/polly.safetensors")
check.equal(again:generate("p", { tokens = 20, seed = 1 }), model:generate("p", { tokens = 20, seed = 1 }))
check.equal(again.tokenizer:decode(tok:encode("polly")), "polly")

-- An interrupted run goes on as if it had never stopped.
local whole = bird(4):train{ text = text, steps = 8, progress = false, checkpoint = TMP .. "/whole" }
bird(4):train{ text = text, steps = 8, progress = false, checkpoint = TMP .. "/parts", on_step = function(s) return s.step < 3 end }
assert(mynah.lm.can_resume(TMP .. "/parts"))
local parts = bird(5):resume{ text = text, checkpoint = TMP .. "/parts", progress = false }
for name, weight in pairs(whole:parameters()) do check.equal(parts:parameters()[name], weight, name) end

-- Cached reading equals reading everything at once: the greedy continuation is the argmax of the full logits.
local prompt = "a bit of"
local ids = tok:encode(prompt)
local logits = model:logits{ ids }
local likeliest = logits[{ 1, #ids }]:argmax():item() - 1
check.equal(model:generate(prompt, { tokens = 1, temperature = 0 }), tok:decode{ likeliest })

-- Words as tokens: nothing is lost, and a file keeps them.
local words = mynah.lm.tokenizer{ kind = "trie", text = text, most = 5 }
check.equal({ words.kind, words.vocab_size }, { "trie", 256 + 5 })
check.equal(words:decode(words:encode("polly wants \255\0 a crackers")), "polly wants \255\0 a crackers")
assert(#words:encode("polly wants a cracker") < 12)
local worded = mynah.lm.model{ tokenizer = words, dim = 32, layers = 1, heads = 2, context = 16, seed = 1 }
worded:train{ text = text, steps = 80, lr = 1e-2, warmup = 5, progress = false }:save(TMP .. "/words.safetensors")
check.equal(mynah.lm.load(TMP .. "/words.safetensors"):generate("polly", { temperature = 0, stop = "\n" }), " wants a cracker")

-- Mistakes are sentences.
check.refuses(function() mynah.lm.tokenizer{ kind = "trie", words = { "a", "a" } } end,
  'tokenizer: the word "a" stands in the list twice')
check.refuses(function() mynah.lm.tokenizer{ kind = "chars" } end,
  "tokenizer: unknown value `chars` for `kind`; did you mean `char`?")
check.refuses(function() mynah.lm.tokenizer{} end,
  "tokenizer: a `char` tokenizer needs the `text` whose characters it shall know")
check.refuses(function() mynah.lm.tokenizer{ text = "\255" } end, "tokenizer: `text` is not UTF-8 text (byte 1)")
check.refuses(function() mynah.lm.model{ dim = 8 } end, "model: needs a `tokenizer`, such as mynah.lm.tokenizer{ text = corpus }")
check.refuses(function() mynah.lm.model{ tokenizer = tok, dim = -8 } end, "model: `dim` must be a whole number of at least 0, got integer `-8`")
check.refuses(function() mynah.lm.model{ tokenizer = tok, dims = 8 } end, "unknown option `dims` for `model`; did you mean `dim`?")
check.refuses(function() model:train{} end, 'train: needs the `text` to learn, such as mynah.read("corpus.txt")')
check.refuses(function() model:train{ text = "" } end, "train: the text is empty")
check.refuses(function() model:train{ text = "polly" } end,
  "train: the text has 5 tokens, 5 of them to train on; a context of 32 needs at least 33")
check.refuses(function() model:train{ text = text .. "\255" } end, "encode: not UTF-8 text (byte " .. #text + 1 .. ")")
check.refuses(function() model:train{ text = text, lr = "fast" } end, 'train: `lr` must be a finite number, got string "fast"')
check.refuses(function() model:generate("P") end, "encode: character 'P' (number 1) is not in the alphabet of " .. tok.vocab_size)
check.refuses(function() model:generate("p", { temperature = -1 }) end, "generate: `temperature` must be finite and at least 0, got -1")
check.refuses(function() mynah.lm.load(TMP .. "/none.safetensors") end, TMP .. "/none.safetensors: no such file")
check.refuses(function() model:resume{ text = text, checkpoint = TMP } end,
  TMP .. "/last.safetensors: no such file; there is no run to resume here")
local file = assert(io.open(TMP .. "/polly.safetensors", "rb"))
local bytes = file:read("*a")
file:close()
file = assert(io.open(TMP .. "/cut.safetensors", "wb"))
file:write(bytes:sub(1, math.floor(#bytes / 2)))
file:close()
local _, message = pcall(function() mynah.lm.load(TMP .. "/cut.safetensors") end)
assert(message:find("cut.safetensors: damaged or cut off", 1, true), message)
check.refuses(function() model:loss({ { 0, 1 } }, { { 1, 100000 } }) end,
  ("loss: targets must be below the %d tokens of the vocabulary, got 100000"):format(tok.vocab_size))
