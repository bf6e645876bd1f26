"""What the simulated board's firmware freezes."""

include("$(MPY_DIR)/extmod/asyncio")
package("runicos", base_path="../../device")
