-- Compresses a picture three ways, and shows what each loses at every size.
--
--   mynah examples/compress.lua [IN.png] [--out FOLDER] [--size 256] [--bytes 6000]
--
-- Cosines: squares of 8 x 8 pixels as waves, rounded (the finer, the more coarsely), then Huffman or arithmetic coding.
-- Wavelets: coarse parts and details, rounded, then arithmetic coding of each level by itself.
-- Codebooks: every pixel by a palette, or every patch of pixels by the most like of a few tiles.
--
-- Every size is that of the bytes, every error that of the picture decoded from them alone. The folder gets
-- compress.png (error over size) and cosines.png, wavelets.png and codebook.png, each of about `--bytes` bytes.

local mynah = require "mynah"
local code = mynah.code
local here = (arg[0] or ""):match("^(.*)[/\\]") or "."
local options, rest = mynah.args(arg, { out = ".", size = 256, bytes = 6000 })
local source = mynah.paint.image(rest[1] or here .. "/data/astronaut.png"):reduced(options.size)
local height, width = source.height, source.width

-- Brightness and two colour differences (as in JPEG): the eye forgives errors in these more readily.
local to_ycc = mynah.tensor{ { 0.299, -0.168736, 0.5 }, { 0.587, -0.331264, -0.418688 }, { 0.114, 0.5, -0.081312 } }
local to_rgb = mynah.tensor{ { 1, 1, 1 }, { 0, -0.344136, 1.772 }, { 1.402, -0.714136, 0 } }
local function turned(picture, matrix)
  return picture:reshape{ -1, 3 }:matmul(matrix):reshape{ height, width, 3 }
end
local ycc = turned(source:tensor() - 128, to_ycc)

local function image(tensor) return mynah.paint.image(turned(tensor, to_rgb) + 128) end

-- Many pieces of bytes as one, each after its length, and back.
local function join(pieces)
  local lengths = {}
  for i, piece in ipairs(pieces) do lengths[i] = #piece end
  return string.char(#pieces) .. code.pack(lengths) .. table.concat(pieces)
end
local function split(bytes)
  local count, at = bytes:byte(), 2
  local ends = at
  for _ = 1, count do -- a length is one byte, or 255 and more while the highest bit is set
    if bytes:byte(ends) == 255 then repeat ends = ends + 1 until bytes:byte(ends) < 128 end
    ends = ends + 1
  end
  local pieces = {}
  local lengths = code.unpack(bytes:sub(at, ends - 1))
  at = ends
  for i, length in ipairs(lengths) do
    pieces[i], at = bytes:sub(at, at + length - 1), at + length
  end
  return pieces
end

-- Rows of zeros as one zero and how many more follow.
local function squeeze(numbers)
  local out, i = {}, 1
  while i <= #numbers do
    out[#out + 1] = numbers[i]
    if numbers[i] == 0 then
      local first = i
      while numbers[i + 1] == 0 do i = i + 1 end
      out[#out + 1] = i - first
    end
    i = i + 1
  end
  return out
end
local function widen(numbers)
  local out, i = {}, 1
  while i <= #numbers do
    out[#out + 1] = numbers[i]
    if numbers[i] == 0 then
      i = i + 1
      for _ = 1, numbers[i] do out[#out + 1] = 0 end
    end
    i = i + 1
  end
  return out
end

-- How waves and wavelets are written: each kind of coefficient (a list of places) by itself, since each has other
-- habits. `kinds` says which; `steps` how coarsely each is rounded.
local function encode(waves, kinds, steps, coder)
  local flat = waves:reshape(-1):totable()
  local pieces = {}
  for k, places in ipairs(kinds) do
    local numbers, step = {}, steps[k]
    for i, place in ipairs(places) do
      local size = math.floor(math.abs(flat[place]) / step + 0.4) -- towards zero, for zeros are cheap
      numbers[i] = flat[place] < 0 and -size or size
    end
    pieces[k] = code.pack(squeeze(numbers))
  end
  if coder == "huffman" then return code.huffman_encode(join(pieces)) end
  for k, piece in ipairs(pieces) do pieces[k] = code.arithmetic_encode(piece) end
  return join(pieces)
end
local function decode(bytes, kinds, steps, coder)
  local pieces = split(coder == "huffman" and code.huffman_decode(bytes) or bytes)
  local flat = {}
  for k, places in ipairs(kinds) do
    local piece = coder == "huffman" and pieces[k] or code.arithmetic_decode(pieces[k])
    local numbers = widen(code.unpack(piece))
    for i, place in ipairs(places) do flat[place] = numbers[i] * steps[k] end
  end
  return mynah.tensor(flat):reshape{ height, width, 3 }
end

-- A list of places for each kind: `kind(y, x, channel)` names it by a number from 1.
local function sorted(count, kind)
  local kinds = {}
  for k = 1, count do kinds[k] = {} end
  for y = 0, height - 1 do
    for x = 0, width - 1 do
      for c = 0, 2 do
        local places = kinds[kind(y, x, c)]
        places[#places + 1] = (y * width + x) * 3 + c + 1
      end
    end
  end
  return kinds
end

-- Waves by how fine they are (0 to 14) and by channel.
local waves = code.dct(ycc, { block = 8 })
local fineness = sorted(45, function(y, x, c) return 1 + y % 8 + x % 8 + 15 * c end)
local function wave_steps(quality)
  local steps = {}
  for c = 0, 2 do
    for f = 0, 14 do steps[#steps + 1] = quality * (1 + f / 6) * (c > 0 and 1.6 or 1) end
  end
  return steps
end

-- Wavelets by level and channel: what lies in the coarsest corner, then ever finer details.
local levels = 6
local details = code.wavelet(ycc, { kind = "cdf53", levels = levels })
local heights, widths = { height }, { width }
for l = 1, levels do heights[l + 1], widths[l + 1] = math.ceil(heights[l] / 2), math.ceil(widths[l] / 2) end
local by_level = sorted(3 * (3 * levels + 1), function(y, x, c)
  for l = 1, levels do
    local below, right = y >= heights[l + 1], x >= widths[l + 1]
    if below or right then return 1 + 3 * (l - 1) + (below and right and 2 or below and 1 or 0) + (3 * levels + 1) * c end
  end
  return (3 * levels + 1) * (c + 1)
end)
local function detail_steps(quality)
  local steps = {}
  for c = 0, 2 do
    for _ = 1, 3 * levels + 1 do steps[#steps + 1] = quality * (c > 0 and 1.6 or 1) end
  end
  return steps
end

-- A codebook of patches; with side 1 a palette. The vectors travel with the places, as bytes.
local function by_codebook(side, entries)
  local squares = code.patches(source:tensor(), side)
  local book = code.codebook(squares, { entries = entries, steps = 12, seed = 1 })
  local vectors = {}
  for i, x in ipairs(book.entries:reshape(-1):totable()) do vectors[i] = math.floor(x + 0.5) - 128 end
  local rounded = code.codebook_of((mynah.tensor(vectors) + 128):reshape{ #book, side * side * 3 })
  local places = rounded:encode(squares)
  for i = 1, #places do places[i] = places[i] - math.floor(#book / 2) end
  local bytes = join{ code.pack{ #book }, code.arithmetic_encode(code.pack(vectors)), code.arithmetic_encode(code.pack(places)) }
  return bytes
end
local function from_codebook(bytes, side)
  local pieces = split(bytes)
  local size = code.unpack(pieces[1])[1]
  local vectors = (mynah.tensor(code.unpack(code.arithmetic_decode(pieces[2]))) + 128):reshape{ size, side * side * 3 }
  local places = code.unpack(code.arithmetic_decode(pieces[3]))
  for i = 1, #places do places[i] = places[i] + math.floor(size / 2) end
  return mynah.paint.image(code.from_patches(code.codebook_of(vectors):decode(places), height, width))
end

local function by_waves(coder)
  return function(quality)
    local bytes = encode(waves, fineness, wave_steps(quality), coder)
    return bytes, image(code.inverse_dct(decode(bytes, fineness, wave_steps(quality), coder), { block = 8 }))
  end
end
local ways = {
  { name = "cosines, Huffman", qualities = { 12, 20, 34, 56, 90, 150 }, run = by_waves "huffman" },
  { name = "cosines, arithmetic", qualities = { 12, 20, 34, 56, 90, 150 }, run = by_waves "arithmetic", file = "cosines" },
  {
    name = "wavelets, arithmetic", qualities = { 9, 16, 28, 48, 80, 140 }, file = "wavelets",
    run = function(quality)
      local bytes = encode(details, by_level, detail_steps(quality), "arithmetic")
      local back = decode(bytes, by_level, detail_steps(quality), "arithmetic")
      return bytes, image(code.inverse_wavelet(back, { kind = "cdf53", levels = levels }))
    end,
  },
  {
    name = "codebook of pixels (palette)", qualities = { 64, 32, 16, 8, 4, 2 },
    run = function(entries)
      local bytes = by_codebook(1, entries)
      return bytes, from_codebook(bytes, 1)
    end,
  },
  {
    name = "codebook of patches (4 x 4)", qualities = { 256, 128, 64, 32, 16, 8 }, file = "codebook",
    run = function(entries)
      local bytes = by_codebook(4, entries)
      return bytes, from_codebook(bytes, 4)
    end,
  },
}

local figure = mynah.plot.figure{ title = "What is lost at every size", x_label = "bytes", y_label = "error (RMSE, 0 to 255)", x_scale = "log" }
print(("%d x %d pixels, %d bytes as they are"):format(width, height, width * height * 3))
for _, way in ipairs(ways) do
  print(way.name)
  local sizes, errors, best = {}, {}, nil
  for i, quality in ipairs(way.qualities) do
    local bytes, seen = way.run(quality)
    sizes[i], errors[i] = #bytes, source:rmse(seen)
    print(("%9d bytes   %5.2f bits a pixel   RMSE %6.2f"):format(sizes[i], 8 * sizes[i] / (width * height), errors[i]))
    local off = math.abs(math.log(sizes[i] / options.bytes))
    if not best or off < best.off then best = { off = off, seen = seen, size = sizes[i] } end
  end
  figure:line{ x = sizes, y = errors, label = way.name, marker = "circle" }
  if way.file and best then
    best.seen:save(("%s/%s.png"):format(options.out, way.file))
    print(("  %s.png is made of %d bytes"):format(way.file, best.size))
  end
end
figure:save(options.out .. "/compress.png")
print(options.out .. "/compress.png")
