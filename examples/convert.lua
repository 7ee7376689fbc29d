-- Writes a model in another format, or in fewer bits.
--
--   mynah examples/convert.lua model.gguf model.safetensors          to Mynah's own
--   mynah examples/convert.lua bird.safetensors bird.gguf --dtype q8 for llama.cpp, in 8 bits
--   mynah examples/convert.lua bird.safetensors bird/                a Hugging Face folder
--   mynah examples/convert.lua bird.safetensors bird.bin --format llama2c-v0

local mynah = require "mynah"
local options, rest = mynah.args(arg, {
  format = "", -- otherwise by the ending of OUT
  dtype = "f32", -- f32, f16, q8 or q4
})
if #rest ~= 2 then error("convert: two paths, please: mynah examples/convert.lua IN OUT", 0) end

local model = mynah.lm.load(rest[1])
print(model)
local how = { dtype = options.dtype }
if options.format ~= "" then how.format = options.format end
model:save(rest[2], how)
print("saved as " .. rest[2])
