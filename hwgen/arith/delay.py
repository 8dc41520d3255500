"""A value some enabled cycles later."""

from typing import Any

from amaranth import Module, Signal


def later(m: Module, en: Any, value: Any, cycles: int, name: str, reset_less: bool = True) -> Any:
    """``value`` of ``cycles`` cycles ago, counting those in which ``en`` was high.

    Parameters
    ----------
    name : of each register.
    reset_less : whether a reset leaves the registers as they are.
    """
    for _ in range(cycles):
        register = Signal(value.shape(), name=name, reset_less=reset_less)
        with m.If(en):
            m.d.sync += register.eq(value)
        value = register
    return value
