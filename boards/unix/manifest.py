"""What the simulated board's firmware freezes."""

include("$(MPY_DIR)/extmod/asyncio")
package("runicos", base_path="../../device")

for name in ("sim", "hal", "sensors", "sound", "picture"):
    module(name + ".py")
