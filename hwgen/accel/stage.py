"""Elastic pipelines: a stage takes in what arrives as soon as what it holds can leave."""

from amaranth import Module, Signal, Value


class Stage:
    """The valid bit of one stage.

    Members
    -------
    valid : whether it holds something.
    free : whether it takes in what arrives in this cycle.
    """

    def __init__(self, m: Module, name: str, leaves: Value):
        """Parameters: ``leaves``, whether what the stage holds can leave it."""
        self.m = m
        self.valid = Signal(name=f"{name}_valid")
        self.free = Signal(name=f"{name}_free")
        m.d.comb += self.free.eq(~self.valid | leaves)

    def takes(self, arrives: Value):
        """Condition under which the stage's registers load; ``arrives`` is the new valid bit."""
        with self.m.If(self.free):
            self.m.d.sync += self.valid.eq(arrives)
        return self.m.If(self.free)
