"""Cast: preflight, upload, start."""
