-- Trains a character model on any text file, by nanoGPT's recipe for a processor, and says how good it is.
--
--   mynah examples/pretrain.lua book.txt
--   mynah examples/pretrain.lua book.txt --layers 6 --dim 192 --steps 5000 --checkpoint runs/book
--   mynah examples/pretrain.lua book.txt --resume --checkpoint runs/book
--   mynah examples/continue.lua book.safetensors "Once upon a time"
--
-- Options are the fields of mynah.lm.model and of train (help "model", help "train"), and:
--   --tokenizer char|byte   --out FILE (default: book.safetensors for book.txt, in this folder)   --sample CHARACTERS
-- The last line is `val_loss` and the loss on the last tenth of the text, which it was not trained on.

local mynah = require "mynah"

local sizes = { dim = 128, layers = 4, heads = 4, kv_heads = 0, hidden = 0, context = 64, rope_theta = 10000 }
local training = { steps = 2000, batch = 12, accumulate = 1, lr = 1e-3, min_lr = 0.1, warmup = 100, weight_decay = 0.1,
  beta1 = 0.9, beta2 = 0.99, clip = 1, val_fraction = 0.1, start = "anywhere", eval_interval = 250, eval_windows = 64,
  log_interval = 10, checkpoint_interval = 500, progress = true }
local own = { tokenizer = "char", out = "", sample = 200, checkpoint = "", resume = false, seed = 1 }

local defaults = {}
for _, part in ipairs{ sizes, training, own } do
  for name, value in pairs(part) do defaults[name] = value end
end
local options, files = mynah.args(arg, defaults)
if #files ~= 1 then
  error("pretrain: one text file to learn, please: mynah examples/pretrain.lua book.txt [--steps 2000 ...]", 0)
end

local text = mynah.read(files[1])
if text == "" then error(files[1] .. ": the file is empty", 0) end
local tok = mynah.lm.tokenizer{ kind = options.tokenizer, text = options.tokenizer == "char" and text or nil }
local shape = { tokenizer = tok, seed = options.seed }
for name in pairs(sizes) do shape[name] = options[name] end
local bird = mynah.lm.model(shape)
print(files[1], #text .. " bytes")
print(bird)

local losses = {}
local how = { text = text, on_step = function(s) losses[#losses + 1] = s.loss end, progress = options.progress }
if options.checkpoint ~= "" then how.checkpoint = options.checkpoint end
local learn = bird.resume
if not options.resume then
  learn, how.seed = bird.train, options.seed
  for name in pairs(training) do how[name] = options[name] end
end
local _, report = learn(bird, how)
if #losses > 1 then
  print(("loss  %s  %.2f to %.2f"):format(mynah.plot.sparkline(losses, 60), losses[1], losses[#losses]))
end
print(("%d steps in %.1f seconds, %.0f tokens a second"):format(report.steps, report.seconds, report.tokens_per_second))

local name = files[1]:gsub(".*[/\\]", ""):gsub("%.[^.]*$", "")
local out = options.out ~= "" and options.out or name .. ".safetensors"
bird:save(out)
print("saved as " .. out)

if options.sample > 0 then
  print("\nIt says:")
  for piece in bird:stream("\n", { tokens = options.sample, seed = options.seed }) do io.write(piece) end
  print("\n")
end
print("val_loss " .. (report.val_loss or "none (nothing was held out)"))
