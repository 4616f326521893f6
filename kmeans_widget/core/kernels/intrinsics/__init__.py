"""Functions that emit LLVM instructions, for what the compiler does not vectorise by itself."""
