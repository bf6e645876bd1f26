"""Model files: read, described, written and quantised, without TensorFlow."""
