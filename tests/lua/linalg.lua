-- Linear algebra on tables, tensors and complex matrices. Numbers are known or can be checked in the head.
local la = mynah.linalg

-- Two nearly parallel lines: a small change of one number moves the solution far.
local A, B = { { 100, 100 }, { -100, -101 } }, { { 99, 100 }, { -100, -101 } }
check.near(la.cond(A), 402.0075, 1e-4)
check.near(la.cond(B), 40002.0, 0.1)
check.near(la.solve(A, { 1, 1 }), { 2.01, -2.00 }, 1e-9)
check.near(la.solve(B, { 1, 1 }), { -201, 199 }, 1e-9)

-- Factors give the matrix back; f32 tensors give f32, everything else f64.
local M = mynah.randn(5, 3, { seed = 1, dtype = "f64" })
local U, S, V = la.svd(M)
check.near(U:matmul(la.diag(S)):matmul(V:t()), M, 1e-12)
local Q, R = la.qr(M)
check.near(Q:matmul(R), M, 1e-12)
local G = M:t():matmul(M)
local L = la.cholesky(G)
check.near(L:matmul(L:t()), G, 1e-12)
local values, vectors = la.eigh(G)
check.near(G:matmul(vectors), vectors:matmul(la.diag(values)), 1e-12)
check.near(S * S, values:flip(), 1e-12)
check.near(la.pinv(M):matmul(M), mynah.eye(3), 1e-9)
check.equal({ S.dtype, la.inv(mynah.eye(2)).dtype, la.rank(M), la.rank{ { 1, 2 }, { 2, 4 } } }, { "f64", "f32", 3, 1 })
check.near(la.lstsq({ { 0, 1 }, { 1, 1 }, { 2, 1 }, { 3, 1 } }, { 1, 3, 5, 7 }), { 2, 1 }, 1e-12)

-- Complex matrices: a channel with two antennas on each side comes back through its singular vectors.
local H = la.complex({ { 1, 2 }, { 0, 1 } }, { { 0, -1 }, { 1, 3 } })
local u, s, v = la.svd(H)
local back = u:matmul(la.complex(la.diag(s))):matmul(v:adjoint())
check.near((back - H):abs(), { { 0, 0 }, { 0, 0 } }, 1e-12)
check.near((la.solve(H, H:matmul(la.complex({ 1, 2 }, { 3, 4 }))) - la.complex({ 1, 2 }, { 3, 4 })):abs(), { 0, 0 }, 1e-12)
local w = la.eig{ { 0, -1 }, { 1, 0 } }
check.near(w.im, { -1, 1 }, 1e-12)

-- Mistakes are sentences.
local function starts(f, wanted)
  local ok, message = pcall(f)
  assert(not ok and message:find(wanted, 1, true), tostring(message))
end
starts(function() la.solve({ { 1, 2 }, { 2, 4 } }, { 1, 1 }) end, "solve: ")
starts(function() la.inv{ { 1, 2, 3 }, { 4, 5, 6 } } end, "inv: ")
starts(function() la.svd{ { 0 / 0 } } end, "svd: ")
starts(function() la.cholesky{ { 1, 2 }, { 2, 1 } } end, "cholesky: ")
starts(function() la.norm({ 1 }, "max") end, "norm: there are ")
starts(function() la.solve("x", { 1 }) end, "expected a matrix")
