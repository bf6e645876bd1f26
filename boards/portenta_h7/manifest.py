"""What the firmware freezes: RunicOS and the drivers."""

package("runicos", base_path="../../device")
include("../stated/manifest.py")
package("drivers", base_path="..")

for name in ("hal", "main"):
    module(name + ".py")
