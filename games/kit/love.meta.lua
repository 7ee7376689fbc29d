---@meta
-- LÖVE's table, for the editor: nil without LÖVE.

---@type any
love = nil
