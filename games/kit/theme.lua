-- The looks of all demos: colours, letters, distances.

return {
  back = "#10141b", -- behind everything
  panel = "#171d27",
  card = "#1c2430",
  field = "#0c1016", -- where pictures and charts are
  edge = "#2a3441",
  ink = "#e8ecf2",
  soft = "#a9b4c2",
  dim = "#6f7b8b",
  accent = "#5aa9e6",
  good = "#7bc47f",
  bad = "#ef6f6c",
  warm = "#f4a259",

  -- Things that are told apart by colour.
  palette = { "#5aa9e6", "#f4a259", "#7bc47f", "#ef6f6c", "#b58fd8", "#f2d06b", "#5fd0c5", "#f59bb6" },

  size = 14, -- of letters
  small = 12,
  title = 22,
  gap = 8, -- between things
  row = 28, -- height of a button
  round = 6, -- of corners
}
