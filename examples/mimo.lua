-- Several antennas on both sides: a channel matrix is taken apart into independent layers, and power is poured over them.
--
--   mynah examples/mimo.lua [--antennas 4 --symbols 2000 --seed 1 --out mimo.png]
--
-- The channel H mixes what the antennas send. With H = U Σ Vᴴ, sending V x and receiving Uᴴ y leaves plain numbers between
-- each x and its y: the singular values. (Telatar 1999, "Capacity of multi-antenna Gaussian channels".)

local mynah = require "mynah"
local la = mynah.linalg
local options = mynah.args(arg, { antennas = 4, symbols = 2000, seed = 1, out = "mimo.png" })
local n = options.antennas

local function noise(rows, columns, seed)
  local real = mynah.randn(rows, columns, { seed = math.floor(seed), dtype = "f64" })
  local imaginary = mynah.randn(rows, columns, { seed = math.floor(seed + 1000), dtype = "f64" })
  return la.complex(real, imaginary) * math.sqrt(0.5)
end

local H = noise(n, n, options.seed)
local U, S, V = la.svd(H)
local layers = la.rank(H)
print(("%d antennas on each side, %d layers, condition number %.1f"):format(n, layers, la.cond(H)))
local strengths = {}
for k = 1, layers do strengths[k] = ("%.2f"):format(S[k]) end
print("strengths of the layers: " .. table.concat(strengths, "  "))

-- Two bits a symbol: the four corners of a square (QPSK), one row for each layer.
local function bits(seed) return mynah.rand(layers, options.symbols, { seed = seed, dtype = "f64" }):ge(0.5):to("f64") * 2 - 1 end
local re, im = bits(options.seed + 7), bits(options.seed + 8)
local symbols = la.complex(re, im) * math.sqrt(0.5)

-- Water-filling: each layer gets what lies above its floor, noise / strength², up to a common level.
local function pour(power, n0)
  local floors = {}
  for k = 1, layers do floors[k] = n0 / S[k] ^ 2 end
  for used = layers, 1, -1 do -- the weakest layers run dry first; S is sorted
    local level = power ---@type number
    for k = 1, used do level = level + floors[k] end
    level = level / used
    if level > floors[used] then
      local share = {}
      for k = 1, layers do share[k] = k <= used and level - floors[k] or 0 end
      return share, used
    end
  end
end

-- Sends everything at once; returns what comes out of the receiver, in the symbols' own scale.
local function transmit(share, used, hiss)
  local roots, back = {}, {}
  for k = 1, layers do
    roots[k] = math.sqrt(share[k])
    back[k] = k <= used and 1 / (S[k] * roots[k]) or 0
  end
  local sent = V:matmul(la.complex(la.diag(roots)):matmul(symbols))
  local received = H:matmul(sent) + hiss
  return la.complex(la.diag(back)):matmul(U:adjoint():matmul(received))
end

local silence = la.complex(mynah.zeros(n, options.symbols, { dtype = "f64" }))
local share, used = pour(n, 1e-3)
local astray = transmit(share, used, silence) - symbols ---@type mynah.ComplexMatrix
print(("without noise the symbols come back within %.1e"):format(astray:abs():max():item()))

-- How often two rows differ in sign: one bit each.
---@param a mynah.Tensor
---@param b mynah.Tensor
local function flips(a, b) return (a * b):lt(0):sum():item() end

-- Bit errors over the signal-to-noise ratio: poured power against equal power on all layers.
local poured_rates, equal_rates = {}, {} ---@type number[], number[]
local decibels = {}
for decibel = 0, 24, 2 do
  decibels[#decibels + 1] = decibel
  local n0 = 10 ^ (-decibel / 10)
  local equal = {}
  for k = 1, layers do equal[k] = n / layers end
  local poured, in_use = pour(n, n0)
  for _, way in ipairs{ { poured, in_use, poured_rates }, { equal, layers, equal_rates } } do
    local heard = transmit(way[1], way[2], noise(n, options.symbols, options.seed + decibel) * math.sqrt(n0))
    local wrong = 0 ---@type number
    for k = 1, way[2] do
      wrong = wrong + flips(heard.re[k], re[k]) + flips(heard.im[k], im[k])
    end
    local rate = wrong / (2 * way[2] * options.symbols)
    way[3][#way[3] + 1] = rate
    if way[1] == poured then print(("%3d dB: %d layers in use, bit error rate %.5f"):format(decibel, way[2], rate)) end
  end
end
local figure = mynah.plot.figure{ title = ("%d antennas on each side"):format(n), x_label = "signal to noise, dB", y_label = "bit error rate", y_scale = "log" }
figure:line{ x = decibels, y = poured_rates, label = "water-filling", marker = "circle" }
figure:line{ x = decibels, y = equal_rates, label = "equal power", marker = "circle" }
figure:save(options.out)
print(options.out)
