"""Integer codes from ``.npy`` files of users: weights and activations."""

from pathlib import Path
from tokenize import TokenError

import numpy as np

from hwgen.number import Codes, Fixed
from hwgen.spec import InputError

MAX_CODES = 2**22


def load_codes(path: Path, what: str, operand: Fixed) -> Codes:
    """The array of ``path`` as int64, any shape, at most 2**22 codes.

    Parameters
    ----------
    what : the array's name in messages.
    operand : the format of the codes.

    Raises
    ------
    InputError
        If it is no such array, is empty or too large, or holds other numbers.
    """
    try:
        # Maps the file: nothing of a large one is read, and pickled objects are refused.
        mapped = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise InputError(f"{what} must be a readable file, not {str(path)!r} "
                         f"({error.strerror or error})") from None
    except (ValueError, TypeError, OverflowError, SyntaxError, TokenError, MemoryError) as error:
        raise InputError(f"{what} must be one array of integers in a .npy file, as numpy.save "
                         f"writes it, not {str(path)!r} ({error})") from None
    if mapped.dtype.kind not in "iu":
        raise InputError(f"{what} must be integer codes, not {mapped.dtype}; quantize them first")
    if not 0 < mapped.size <= MAX_CODES:
        raise InputError(f"{what} must hold 1 to {MAX_CODES} codes, not {mapped.size}; give a part "
                         "of them")
    check_codes(mapped, what, operand)
    return np.array(mapped, np.int64)


def check_codes(codes: Codes, what: str, operand: Fixed) -> None:
    """Raise InputError unless all codes lie within the format."""
    if not operand.contains(codes):
        raise InputError(f"{what} must hold codes of {operand.minimum} to {operand.maximum}, "
                         f"not {codes.min()} to {codes.max()}")
