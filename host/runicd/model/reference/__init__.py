"""The arithmetic of `nn` in numpy, as docs/arithmetic.md has it: what kernels must equal."""
