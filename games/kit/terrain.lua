-- A landscape of Gaussian wells and peaks over 300 by 300 units, as two demos use it: its height at a point, and how
-- it looks from above.

local kit = require "kit"
local mynah = require "mynah"
local m = mynah.math

local SIZE, SIGMA, CELLS = 300, 60, 150

---@class kit.Terrain
---@field hills number[][] Each { x, y, amplitude }.
---@field f fun(p: any): any The height at a point.
---@field picture any
---@field lines number[][]
local terrain = {}
terrain.__index = terrain
terrain.size = SIZE

-- A landscape of hills, each { x, y, amplitude }: below 0 a well, above 0 a peak.
---@return kit.Terrain
function terrain.new(hills)
  local t = setmetatable({ hills = hills, picture = kit.picture() }, terrain)
  -- The height at a point, for plain numbers and for exact derivatives alike.
  function t.f(p)
    local sum = 0.0
    for _, hill in ipairs(t.hills) do
      sum = sum + hill[3] * m.exp(-((p[1] - hill[1]) ^ 2 + (p[2] - hill[2]) ^ 2) / (2 * SIGMA ^ 2))
    end
    return sum
  end
  t:look()
  return t
end

-- The heights over a grid, as a product of waves along x and along y: a Gaussian of both is one of each, multiplied.
function terrain:heights()
  if #self.hills == 0 then return mynah.zeros(CELLS, CELLS) end
  local xs, ys, amplitudes = {}, {}, {}
  for k, hill in ipairs(self.hills) do xs[k], ys[k], amplitudes[k] = { hill[1] }, { hill[2] }, { hill[3] } end
  local half = SIZE / CELLS / 2
  local places = mynah.linspace(half, SIZE - half, CELLS):reshape{ 1, CELLS }
  local function along(middles) return ((places - mynah.tensor(middles)) ^ 2 * (-1 / (2 * SIGMA ^ 2))):exp() end
  return (along(ys) * mynah.tensor(amplitudes)):t():matmul(along(xs)) -- [rows, columns]
end

-- Draws the map anew, after a change.
function terrain:look()
  local heights = self:heights()
  local low, high = heights:min():item(), heights:max():item()
  local reach = math.max(11.0, -low, high)
  self.picture:set(heights, { smooth = true, opacity = 0.8, low = -reach, high = reach })
  self.lines = {}
  local step = reach > 22 and 5 or reach > 14 and 2.5 or 1.25
  for level = math.ceil(low / step) * step, high, step do
    for _, line in ipairs(mynah.plot.contour_lines(heights, level)) do
      for i = 1, #line do line[i] = (line[i] - 0.5) * SIZE / CELLS end
      self.lines[#self.lines + 1] = line
    end
  end
end

function terrain:add(x, y, amplitude)
  self.hills[#self.hills + 1] = { x, y, amplitude }
  self:look()
end

-- Takes the nearest hill away.
function terrain:remove(x, y)
  local best, at
  for k, hill in ipairs(self.hills) do
    local d = (hill[1] - x) ^ 2 + (hill[2] - y) ^ 2
    if not best or d < best then best, at = d, k end
  end
  if at then table.remove(self.hills, at) end
  self:look()
end

function terrain:draw(ui, view)
  ui:field(view.x, view.y, view.w, view.h)
  ui.g:image(self.picture, view.x, view.y, view.w, view.h)
  for _, contour in ipairs(self.lines) do
    local line = {}
    for i = 1, #contour, 2 do line[i], line[i + 1] = view:to(contour[i], contour[i + 1]) end
    ui.g:line(line, "#ffffff2e", 1)
  end
end

return terrain
