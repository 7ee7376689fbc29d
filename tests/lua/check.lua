-- What the test scripts check with; every failure is an error at the script's line.
local check = {}

local function show(value)
  if type(value) == "string" then return string.format("%q", value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, v in ipairs(value) do parts[i] = show(v) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function same(a, b, tolerance)
  if type(a) == "number" and type(b) == "number" then return a == b or math.abs(a - b) <= tolerance end
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  if #a ~= #b then return false end
  for i = 1, #a do
    if not same(a[i], b[i], tolerance) then return false end
  end
  return true
end

local function plain(value)
  return type(value) == "userdata" and value:totable() or value
end

-- Numbers, lists or tensors are equal.
function check.equal(got, wanted, what)
  got, wanted = plain(got), plain(wanted)
  if not same(got, wanted, 0) then error((what or "") .. " got " .. show(got) .. ", wanted " .. show(wanted), 2) end
end

-- Numbers, lists or tensors differ by at most `tolerance` (default 1e-6).
function check.near(got, wanted, tolerance, what)
  got, wanted = plain(got), plain(wanted)
  if not same(got, wanted, tolerance or 1e-6) then
    error((what or "") .. " got " .. show(got) .. ", wanted " .. show(wanted), 2)
  end
end

-- `f` raises an error whose text is `wanted` behind the line it is about.
function check.refuses(f, wanted)
  local ok, message = pcall(f)
  if ok then error("no error; wanted: " .. wanted, 2) end
  if type(message) ~= "string" then error("the error is a " .. type(message), 2) end
  local text = message:gsub("^[%w_.]+:%d+: ", "", 1)
  if text ~= wanted then error("got the error: " .. text .. "\nwanted:        " .. wanted, 2) end
end

return check
