-- A conversation with a model of any format: Mynah's, a Hugging Face folder, GGUF, llama2.c or Nano.
--
--   mynah examples/chat.lua model.gguf
--   mynah examples/chat.lua runs/book --system "You are a miller." --temperature 0.7
--   echo "Who are you?" | mynah examples/chat.lua bird.safetensors
--
-- One line is one turn; an empty line or the end of the input ends it. `--save talk.json` keeps what was said and, if the
-- file is there already, goes on from it.

local mynah = require "mynah"
local options, rest = mynah.args(arg, {
  system = "", -- who the assistant is
  template = "", -- plain, chatml, llama2, llama3; otherwise that of the model
  tokens = 200, -- most tokens of an answer
  temperature = 0.7,
  top_p = 0.95,
  min_p = 0.05,
  seed = 0, -- 0: other answers every time
  save = "",
})
if #rest ~= 1 then error("chat: one model, please: mynah examples/chat.lua MODEL", 0) end

local model = mynah.lm.frozen(rest[1])
io.stderr:write(tostring(model), "\n")
local how = { tokens = options.tokens, temperature = options.temperature, top_p = options.top_p, min_p = options.min_p }
if options.system ~= "" then how.system = options.system end
if options.template ~= "" then how.template = options.template end
if options.seed > 0 then how.seed = options.seed end
local chat = model:chat(how)
if options.save ~= "" then
  local file = io.open(options.save)
  if file then
    file:close()
    chat:load(options.save)
  end
end

for line in io.lines() do
  if line == "" then break end
  for piece in chat:stream(line) do
    io.write(piece)
    io.stdout:flush()
  end
  print()
  if options.save ~= "" then chat:save(options.save) end
end
