-- Pictures from shapes: the score is that of the file, errors never rise, seeds repeat, mistakes are sentences.
local paint = mynah.paint

-- A target with a red corner on a slope of blue.
local pixels = mynah.zeros(24, 32, 3)
for y = 1, 24 do
  for x = 1, 32 do
    pixels[{ y, x }] = (x < 14 and y < 10) and mynah.tensor{ 240, 30, 60 } or mynah.tensor{ x * 5, 90, 120 }
  end
end
local target = paint.image(pixels)
check.equal({ target.width, target.height, target:pixel(1, 1), target:pixel(32, 24) }, { 32, 24, { 240, 30, 60 }, { 160, 90, 120 } })
check.equal(target:tensor(), pixels)
target:save(TMP .. "/target.png")
check.equal(paint.image(TMP .. "/target.png"):rmse(target), 0)

-- Every kind of shape comes closer, and what is reported is what is written.
for _, shape in ipairs{ "triangle", "ellipse", "rectangle", "polygon", "curve" } do
  local last, steps = math.huge, 0
  local art = paint.fit{ image = TMP .. "/target.png", shapes = 6, shape = shape, seed = 3, out = TMP .. "/art.png",
    on_step = function(r) assert(r.rmse <= last and r.shapes <= 6) last, steps = r.rmse, r.step end }
  check.equal({ art.rmse, art.steps, art.total }, { last, steps, steps }, shape)
  check.near(paint.image(TMP .. "/art.png"):rmse(target), art.rmse, 1e-12, shape)
  check.near(art:picture():rmse(target), art.rmse, 1e-12, shape)
  local again = paint.fit{ image = target, shapes = 6, shape = shape, seed = 3 }
  check.equal(again.rmse, art.rmse, "one seed, one picture")
  assert(art.rmse < (shape == "curve" and 45 or 25), shape .. ": " .. art.rmse)
end

-- Stopped half-way it is kept, and goes on from there; other formats; a film.
local art = paint.painter{ image = target, shapes = 5 }
art:run{ on_step = function(r) return r.step < 3 end, out = TMP .. "/half.svg", film = TMP .. "/half.gif" }
check.equal(art.steps, 3)
assert(mynah.read(TMP .. "/half.svg"):find("<polygon"))
local gif = assert(io.open(TMP .. "/half.gif", "rb"))
check.equal(gif:read(6), "GIF89a")
gif:close()
local before = art.rmse
check.equal(art:run().steps, art.total)
assert(art.rmse <= before and art:step() == nil)
check.near(art:image():rmse(art:target()), art.rmse, 1e-12)
local ok, thrown = pcall(function()
  paint.fit{ image = target, shapes = 5, out = TMP .. "/kept.png", on_step = function(r) if r.step == 2 then error({ 7 }) end end }
end)
assert(not ok and thrown[1] == 7 and paint.image(TMP .. "/kept.png").width == 32, "the work is kept when a watcher throws")

-- Evolution: the best never gets worse.
for _, ga in ipairs{
  paint.picture_ga{ image = target, shapes = 8, population = 10, generations = 60, seed = 2 },
  paint.picture_ga{ image = target, shapes = 8, population = 10, generations = 60, seed = 2, polish = 0 },
  paint.pixel_ga{ image = target, population = 10, generations = 200, seed = 2 },
  paint.pixel_ga{ image = target, population = 10, generations = 200, seed = 2, polish = 0 },
} do
  local first, last = ga.rmse, ga.rmse
  for _ = 1, ga.total do
    local r = ga:step()
    assert(r.rmse <= last and r.rmse <= r.mean + 1e-9)
    last = r.rmse
  end
  check.equal(ga:step(), nil)
  assert(last < 0.9 * first, tostring(ga))
  check.near(ga:image():rmse(target), last, 1e-12)
  check.equal(ga:picture() == nil, ga.method == "pixel_ga")
end

-- Shapes by hand go round as tables.
local picture = paint.picture(32, 24, { 255, 255, 255 })
picture:add({ triangle = { points = { { 0, 0 }, { 32, 0 }, { 0, 24 } } } }, { 200, 0, 0, 0.5 })
  :add({ curve = { points = { { 0, 0 }, { 16, 24 }, { 32, 0 } }, width = 2 } }, { 0, 0, 0 })
local copy = paint.picture(32, 24)
for _, s in ipairs(picture:strokes()) do copy:add(s.shape, s.color) end
check.equal(copy:rmse(picture:image()), 0)
check.equal({ picture.shapes, picture:scaled(2).width, picture:image():pixel(32, 24) }, { 2, 64, { 255, 255, 255 } })
assert(picture:svg():find("<path"))

-- Mistakes are sentences, before any work.
check.refuses(function() paint.fit{ shapes = 3 } end, "paint: needs `image`, the picture to paint: a file or an Image")
check.refuses(function() paint.fit{ image = target, shapes = 0 } end, "paint: `shapes` must be from 1 to 100000, got 0")
check.refuses(function() paint.fit{ image = target, shap = "curve" } end, "unknown option `shap` for `fit`; did you mean `shape`?")
check.refuses(function() paint.fit{ image = target, out = "a.bmp" } end, 'paint: `out` must end in .png or .svg, got "a.bmp"')
check.refuses(function() paint.pixel_ga{ image = target }:run{ out = "a.svg" } end, 'paint: `out` must end in .png, got "a.svg"')
check.refuses(function() paint.image("no/such.png") end, "no/such.png: no such file")
local song = assert(io.open(TMP .. "/song.png", "w"))
song:write("la la la")
song:close()
check.refuses(function() paint.fit{ image = TMP .. "/song.png" } end, TMP .. "/song.png: not a PNG, JPEG or GIF picture")
check.refuses(function() paint.image(mynah.zeros(3, 4)) end, "image: a tensor must be [height, width, 3], got [3, 4]")
local _, why = pcall(picture.add, picture, { triangle = { points = { { 0, 0 } } } }, { 1, 2, 3 })
assert(why:find("add: not a shape: ", 1, true), why)
check.refuses(function() picture:add({ ellipse = { center = { 1, 1 }, radii = { 1, 1 }, angle = 0 } }, { 300, 0, 0 }) end,
  "a colour is red, green and blue from 0 to 255, got [300.0, 0.0, 0.0]")
check.refuses(function() picture:rmse(paint.image(mynah.zeros(2, 2, 3))) end, "rmse: the pictures differ in size: 32 x 24 against 2 x 2")
check.refuses(function() target:pixel(33, 1) end, "pixel: column 33, row 1 is outside 32 x 24")
