"""What the simulated board's firmware freezes."""

include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821
package("runicos", base_path="../../device")  # noqa: F821
