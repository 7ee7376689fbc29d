-- Which tokenizer? The same small model learns the same text, once in characters and once in the pieces that byte-pair
-- encoding finds (Gage 1994; Sennrich et al. 2016), both for as long. Losses per token cannot be compared, for tokens
-- differ in length; bits per byte can: the loss of all tokens, in bits, over the bytes that they spell.
--
--   mynah examples/tokenizers.lua book.txt [--seconds 60] [--steps 1000] [--vocab 1024]

local mynah = require "mynah"
local options, rest = mynah.args(arg, {
  seconds = 60, steps = 1000000, vocab = 1024, dim = 128, layers = 4, heads = 4, context = 128, batch = 12, lr = 2e-3, seed = 1,
})
if #rest ~= 1 then error("tokenizers: one text file, please: mynah examples/tokenizers.lua book.txt", 0) end

local text = mynah.read(rest[1])
local cut = math.floor(#text * 0.9) -- the last tenth is the examination; no character is cut in two
while cut > 1 and text:byte(cut) >= 0x80 and text:byte(cut) < 0xC0 do cut = cut - 1 end
local learned, exam = text:sub(1, cut - 1), text:sub(cut)

for _, kind in ipairs{ "char", "bpe" } do
  local tok = mynah.lm.tokenizer{ kind = kind, text = kind == "char" and text or learned, vocab = options.vocab }
  local model = mynah.lm.model{
    tokenizer = tok, dim = options.dim, layers = options.layers, heads = options.heads, context = options.context,
    seed = options.seed,
  }
  local _, report = model:train{
    text = learned, steps = options.steps, seconds = options.seconds, batch = options.batch, lr = options.lr, val_fraction = 0,
    seed = options.seed,
  }
  local nats, tokens = model:evaluate(exam), #tok:encode(exam)
  print(("%-4s  %5d tokens, %7d parameters  %6d steps of %d  loss %.3f a token of %.2f bytes  %.3f bits a byte"):format(
    kind, tok.vocab_size, model.size, report.steps, options.batch * options.context, nats, #exam / tokens,
    nats * (tokens - 1) / math.log(2) / #exam))
end
