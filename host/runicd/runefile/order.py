"""Puts stages in order of execution: depth first, in the Runefile's order, as the original."""

from __future__ import annotations

from runicd.runefile.faults import Faults
from runicd.types import Stage


class Orderer:
    """Visits stages along their inputs; a stage met twice on one path closes a cycle."""

    def __init__(self, stages: list[Stage], faults: Faults) -> None:
        self.by_name = {stage.name: stage for stage in stages}
        self.faults = faults
        self.done: list[Stage] = []
        self.finished: set[str] = set()
        self.path: list[str] = []
        for stage in stages:
            self._visit(stage)

    def _visit(self, stage: Stage) -> None:
        if stage.name in self.finished:
            return
        if stage.name in self.path:
            self._cycle(stage)
            return
        self.path.append(stage.name)
        for source in stage.inputs:
            if source.stage in self.by_name:
                self._visit(self.by_name[source.stage])
        self.path.pop()
        self.finished.add(stage.name)
        self.done.append(stage)

    def _cycle(self, stage: Stage) -> None:
        """Report a cycle once, in the direction that the data flows."""
        members = self.path[self.path.index(stage.name) :]
        flow = [members[0], *reversed(members[1:])]
        notes = [f'... which passes data to "{name}"...' for name in flow[1:]]
        notes.append(f'... which passes data to "{flow[0]}", completing the cycle.')
        what = f'Cycle detected when checking "{flow[0]}"'
        self.faults.add(stage.span, what, "take one of these inputs away", tuple(notes))


def order_stages(stages: list[Stage], faults: Faults) -> list[Stage]:
    """Return the stages so that each comes after its inputs; a cycle is a fault."""
    return Orderer(stages, faults).done
