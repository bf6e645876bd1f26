"""What the simulated board's firmware freezes."""

include("$(MPY_DIR)/extmod/asyncio")
package("runicos", base_path="../../device")
include("../stated/manifest.py")

for name in ("sim", "hal", "flash_folder", "machine"):
    module(name + ".py")
for name in ("sensors", "recordings", "feeding", "sound", "picture"):
    module(name + ".py", base_path="../simulated")
