"""What the firmware freezes: what its port needs to start, RunicOS, the drivers."""

freeze("$(PORT_DIR)/modules")
package("runicos", base_path="../../device")
include("../stated/manifest.py")
package("drivers", base_path="..")

for name in ("hal", "main"):
    module(name + ".py")
