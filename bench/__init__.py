"""The project's figures: each module measures some; `python -m bench` prints all."""
