"""What a relation reads of each of its tables: a selection, and its window's ends in SQL; pure.

A table without a time in its records has whole days or hours: each table has its own window.
"""

from dataclasses import dataclass

from flowathena.inputs.moving import MovingWindow
from flowathena.inputs.selection import Selection
from flowathena.query.bounds import Bounds, FixedBounds, MovingBounds
from flowathena.shape.shape import Shape


@dataclass(frozen=True)
class Span:
    """What ``flow_logs``, or ``flow_logs_before``, reads.

    Attributes:
        asked: what the query was asked for; it has a window.
        moving: what its window was made from, for a statement that computes it from the time at
            which it runs; None for literals.
        is_before: whether it is the equally long window just before.
    """

    asked: Selection
    moving: MovingWindow | None = None
    is_before: bool = False

    def selection(self, shape: Shape) -> Selection:
        """What is read of a table: whole days or hours, if its records have no clock.

        Raises:
            WindowError: the window before would start before 1970.
        """
        asked = self.asked if shape.clock else self.asked.whole(hourly=shape.is_hourly)
        return asked.before() if self.is_before else asked

    def bounds(self, shape: Shape) -> Bounds:
        """The ends of the window of a table.

        Raises:
            WindowError: the same, or a moving window has no fixed length.
        """
        if self.moving is None:
            window = self.selection(shape).window
            assert window is not None  # noqa: S101 - every query has one
            return FixedBounds(window)
        moving = self.moving if shape.clock else self.moving.whole(hourly=shape.is_hourly)
        return MovingBounds(moving.before() if self.is_before else moving)
