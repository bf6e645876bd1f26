"""What host and board must agree on;

The only code that both import. No I/O, no imports of ours from outside.
"""
