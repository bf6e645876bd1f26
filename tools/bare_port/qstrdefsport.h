// No names beside those that the modules use.
