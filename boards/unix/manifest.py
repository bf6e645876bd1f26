"""What the simulated board's firmware freezes."""

include("$(MPY_DIR)/extmod/asyncio")
package("runicos", base_path="../../device")

for name in ("sim", "hal", "sensors", "sound", "picture", "flash_folder", "machine"):
    module(name + ".py")
