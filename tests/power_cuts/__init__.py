"""Power cuts at every flash operation of the store that ships, on CPython over littlefs."""
