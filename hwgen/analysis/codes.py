"""Integer codes from ``.npy`` files of users: weights and activations."""

from pathlib import Path

import numpy as np

from hwgen.number import Codes
from hwgen.spec import InputError

MAX_CODES = 2**22


def load_codes(path: Path, what: str, low: int, high: int) -> Codes:
    """The array of ``path`` as int64, any shape, at most 2**22 codes.

    Parameters
    ----------
    what : the array's name in messages.
    low, high : its least and greatest code allowed.

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
    except (ValueError, TypeError, OverflowError, SyntaxError, MemoryError) as error:
        raise InputError(f"{what} must be one array of integers in a .npy file, as numpy.save "
                         f"writes it, not {str(path)!r} ({error})") from None
    if mapped.dtype.kind not in "iu":
        raise InputError(f"{what} must be integer codes, not {mapped.dtype}; quantize them first")
    if not 0 < mapped.size <= MAX_CODES:
        raise InputError(f"{what} must hold 1 to {MAX_CODES} codes, not {mapped.size}; give a part "
                         "of them")
    least, greatest = int(mapped.min()), int(mapped.max())
    if least < low or greatest > high:
        raise InputError(f"{what} must hold codes of {low} to {high}, not {least} to {greatest}")
    return np.array(mapped, np.int64)
