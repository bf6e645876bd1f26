"""`machine`: MicroPython's own, with the reset that its port to this machine lacks."""

from umachine import *  # noqa: F403


def reset() -> None:
    """Restart RunicOS, as the verb `reset` does; the code that calls this ends here."""
    import runicos

    if runicos.system is None:
        raise RuntimeError("RunicOS does not run here")
    runicos.system.request_reset()
    raise SystemExit
