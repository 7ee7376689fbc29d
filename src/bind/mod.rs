//! The Lua face of the kernel: one file per room, every function declared once.
