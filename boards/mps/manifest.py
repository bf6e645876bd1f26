"""What the firmware of an MPS board freezes: RunicOS, and what starts it."""

include("manifest_plain.py")
package("runicos", base_path="../../device")
include("../stated/manifest.py")

for name in ("_runicos", "hal"):
    module(name + ".py")
for name in ("sensors", "recordings", "feeding", "sound", "picture"):
    module(name + ".py", base_path="../simulated")
