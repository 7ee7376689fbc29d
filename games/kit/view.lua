-- A rectangle on the screen that shows a part of a plane.

---@class kit.View
---@field x number
---@field y number
---@field w number
---@field h number
---@field xs number[] From where to where the plane goes from left to right.
---@field ys number[] From where to where it goes upwards, or downwards.
---@field down? boolean Whether y grows downwards.
local view = {}
view.__index = view

-- `options`: the rectangle `x`, `y`, `w`, `h`, and the ranges `xs` and `ys` of the plane; `down` lets y grow downwards.
---@return kit.View
function view.new(options)
  local v = setmetatable({}, view)
  for key, value in pairs(options) do v[key] = value end
  return v
end

-- Where a point of the plane is on the screen.
function view:to(x, y)
  local u = (x - self.xs[1]) / (self.xs[2] - self.xs[1])
  local v = (y - self.ys[1]) / (self.ys[2] - self.ys[1])
  return self.x + u * self.w, self.down and self.y + v * self.h or self.y + (1 - v) * self.h
end

-- The point of the plane at a place on the screen.
function view:from(px, py)
  local u, v = (px - self.x) / self.w, (py - self.y) / self.h
  if not self.down then v = 1 - v end
  return self.xs[1] + u * (self.xs[2] - self.xs[1]), self.ys[1] + v * (self.ys[2] - self.ys[1])
end

function view:holds(px, py) return px >= self.x and px < self.x + self.w and py >= self.y and py < self.y + self.h end

-- Points { { x, y }, … } of the plane as { x1, y1, x2, y2, … } on the screen, from the `first`-th on.
function view:path(points, first)
  local out = {}
  for i = first or 1, #points do
    local px, py = self:to(points[i][1], points[i][2])
    out[#out + 1] = px
    out[#out + 1] = py
  end
  return out
end

return view
