-- Signals and pictures in fewer numbers, and numbers in fewer bytes.
local code = mynah.code

-- What is known: a constant is one wave, a cosine of the basis another.
check.near(code.dct{ 3, 3, 3, 3 }, { 6, 0, 0, 0 }, 1e-12)
local cosine = {}
for i = 1, 8 do cosine[i] = math.cos(math.pi * (i - 0.5) * 3 / 8) end
check.near(code.dct(cosine), { 0, 0, 0, 2, 0, 0, 0, 0 }, 1e-12)
check.near(code.dct({ 3, 3, 5, 5 }, { block = 2 }), { 3 * math.sqrt(2), 0, 5 * math.sqrt(2), 0 }, 1e-12)

-- There and back, for signals, pictures and channels, and as much in all as before (both are turns).
local picture = mynah.rand(13, 21, 3, { seed = 1 })
for _, options in ipairs{ {}, { block = 8 }, { block = 1 }, { block = 100 } } do
  local waves = code.dct(picture, options)
  check.equal(waves.shape, picture.shape)
  check.near((waves * waves):sum():item(), (picture * picture):sum():item(), 1e-3)
  check.near((code.inverse_dct(waves, options) - picture):abs():max():item(), 0, 1e-6)
end
for _, options in ipairs{ {}, { levels = 2 }, { kind = "cdf53" }, { kind = "cdf53", levels = 3 }, { levels = 0 } } do
  local waves = code.wavelet(picture, options)
  check.near((code.inverse_wavelet(waves, options) - picture):abs():max():item(), 0, 1e-6)
end
local flat = code.wavelet(mynah.ones(8, 8)):totable()
check.near(flat[1][1], 8)
check.near(flat[8][8], 0)
check.near(code.inverse_wavelet(code.wavelet{ 1, 2, 3, 4, 5 }), { 1, 2, 3, 4, 5 }, 1e-12)
-- Each channel by itself.
local red = picture[{ {}, {}, 1 }]
check.near((code.dct(red, { block = 8 }) - code.dct(picture, { block = 8 })[{ {}, {}, 1 }]):abs():max():item(), 0, 1e-6)

check.refuses(function() code.dct{} end, "there are no numbers")
check.refuses(function() code.dct({ 1, 2 }, { block = 0 }) end, "dct2: `block` must be at least 1, got 0")
check.refuses(function() code.dct{ 1, 0 / 0 } end, "dct2: number 2 is NaN; all must be finite")
check.refuses(function() code.dct(mynah.zeros(2, 2, 2, 2)) end,
  "dct: `signal`: must be [length], [height, width] or [height, width, channels], this tensor is [2, 2, 2, 2]")
check.refuses(function() code.wavelet({ 1 }, { kind = "harr" }) end, "wavelet: unknown value `harr` for `kind`; did you mean `haar`?")

-- Bytes come back from both coders, whatever they are.
local every = {}
for i = 0, 255 do every[#every + 1] = string.char(i):rep(i) end
for _, text in ipairs{ "", "z", ("no "):rep(500), table.concat(every), "\0\0\255" } do
  check.equal(code.huffman_decode(code.huffman_encode(text)), text)
  check.equal(code.arithmetic_decode(code.arithmetic_encode(text)), text)
end
-- Frequent bytes have short codes, and no code begins another.
local codes, bits = code.huffman_codes("abracadabra"), 0
for i, a in ipairs(codes) do
  bits = bits + a.count * #a.bits
  for j, b in ipairs(codes) do assert(i == j or b.bits:sub(1, #a.bits) ~= a.bits) end
end
check.equal({ #codes, bits, codes[1].bits }, { 5, 23, "0" })

-- Whole numbers, of any size.
local numbers = { 0, 1, -1, 127, -127, 128, -128, 1000000, -8000000000000000 }
check.equal(code.unpack(code.pack(numbers)), numbers)
check.equal(#code.pack{ 127, -127, 0 }, 3)
check.equal(code.unpack(code.pack(mynah.tensor{ 3, -4 })), { 3, -4 })
check.equal(code.unpack(code.pack{}), {})
check.refuses(function() code.pack{ 1, 2.5 } end, "pack: `numbers`: number 2 is 2.5; all must be whole and below 9e15")

-- Damage is told, or gives other bytes; it never does harm.
local coded = { huffman_decode = code.huffman_encode("to be or not to be"), arithmetic_decode = code.arithmetic_encode("to be or not to be") }
local chance = mynah.rand(4000, { seed = 3 }):totable()
local at = 0
local function draw(n) at = at % #chance + 1; return math.floor(chance[at] * n) end
for name, good in pairs(coded) do
  check.refuses(function() code[name](good:sub(1, 2)) end, name:match("^%a+") .. ": damaged or cut off")
  for _ = 1, 300 do
    local place = 1 + draw(#good)
    pcall(code[name], good:sub(1, place - 1) .. string.char(draw(256)) .. good:sub(place + 1))
    local noise = {}
    for i = 1, draw(40) do noise[i] = string.char(draw(256)) end
    pcall(code[name], table.concat(noise))
  end
end
check.refuses(function() code.huffman_decode("\255\255\255") end, "huffman: damaged or cut off")
check.refuses(function() code.unpack("\255\255") end, "integers: damaged or cut off")
check.refuses(function() code.huffman_encode(7) end, "bad argument #1 (`bytes`) to `huffman_encode`: expected a string, got 7")

-- A palette of as many colours as a picture has gives it back; of fewer, what is near.
local dots = mynah.tensor{ { { 255, 0, 0 }, { 0, 0, 255 } }, { { 0, 0, 255 }, { 250, 0, 0 } } }
local pixels = code.patches(dots, 1)
check.equal(pixels.shape, { 4, 3 })
local palette = code.codebook(pixels, { entries = 3, seed = 1 })
check.near(code.from_patches(palette:decode(palette:encode(pixels)), 2, 2), dots)
palette = code.codebook(pixels, { entries = 2, seed = 1 })
check.equal(#palette, 2)
check.near(palette:decode(palette:encode(pixels)), { { 252.5, 0, 0 }, { 0, 0, 255 }, { 0, 0, 255 }, { 252.5, 0, 0 } })
check.equal(tostring(palette), "Codebook (2 vectors of 3 numbers)")
check.equal(code.codebook_of(palette.entries):encode(pixels), palette:encode(pixels))
check.equal(#code.codebook({ { 1 }, { 2 } }, { entries = 99 }), 2)
-- Patches of a picture with and without channels; the last one is as large as the others.
for _, picture in ipairs{ mynah.rand(5, 7, 3, { seed = 2 }), mynah.rand(5, 7, { seed = 2 }) } do
  local channels = picture.shape[3] or 1
  local squares = code.patches(picture, 4)
  check.equal(squares.shape, { 4, 16 * channels })
  check.near(code.from_patches(squares, 5, 7, channels):reshape(-1), picture:reshape(-1))
end
check.refuses(function() palette:decode{ 3 } end, "codebook: there is no vector 3; it has 2, counted from 1")
check.refuses(function() palette:decode{ 0 } end, "codebook: there is no vector 0; it has 2, counted from 1")
check.refuses(function() palette:decode{} end, "codebook: there are no places")
check.refuses(function() palette:encode{ { 1 } } end, "codebook: it was fitted to 3 features, these samples have 1")
check.refuses(function() code.codebook(pixels, { entries = 0 }) end, "codebook: `entries` must be at least 1, got 0")
check.refuses(function() code.patches(dots, 0) end, "patches: `side` must be in [1, 4096], got 0")
check.refuses(function() code.patches({ 1, 2 }, 1) end, "patches: a picture is [height, width] or [height, width, channels]")
check.refuses(function() code.from_patches({ { 1, 2, 3 } }, 2, 2) end,
  "from_patches: 1 squares of 3 numbers do not make 2 x 2 pixels of 3 channels in squares of 1")
check.refuses(function() code.from_patches({ { 1, 2, 3 } }, 2, 2, 0) end,
  "from_patches: 1 squares of 3 numbers do not make 2 x 2 pixels of 0 channels in squares of 0")
