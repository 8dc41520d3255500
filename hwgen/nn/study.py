"""Compares arrays on the digits network: ``python -m hwgen.nn.study FOLDER [-o FILE]``.

Every ``*.toml`` of the folder is an array.  Each classifies all test images, in its golden and in
its emitted Verilog, and is sized; the outcome is a Markdown table.  What a spec's first line says
behind ``#`` describes it.  In a FILE that has one, the table takes the place of the old one.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from hwgen.array.mesh import ArraySpec
from hwgen.flow.area import ArrayArea, size
from hwgen.flow.bulk import BulkSimulator
from hwgen.flow.design import generate, write_files
from hwgen.nn.digits import DigitsNetwork
from hwgen.spec import InputError

TARGET = ("ecp5", False)
HEAD = """\
| Spec | Arithmetic | Accuracy | Verilog equals golden | LUTs a PE | LUTs | FFs |
|---|---|---|---|---|---|---|
"""
_TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")


@dataclass(frozen=True)
class Outcome:
    """What the digits network made of one array.

    Parameters
    ----------
    title : what distinguishes the array, from the first line of its file.
    accuracy : share of the test images that the golden classifies rightly, 0 to 1.
    equal, results : results of both layers, and how many of the Verilog's equal the golden's.
    area : of a PE and of the array on ECP5 without DSP blocks.
    """

    name: str
    title: str
    accuracy: float
    equal: int
    results: int
    area: ArrayArea

    @property
    def row(self) -> str:
        """The outcome as a row of the table."""
        return (f"| `{self.name}` | {self.title} | {self.accuracy:.2%} | "
                f"{self.equal:,} of {self.results:,} | {self.area.cell.luts} | "
                f"{self.area.array.luts:,} | {self.area.array.ffs:,} |")


def measure(path: Path, network: DigitsNetwork) -> Outcome:
    """Run and size the array of the spec ``path``.

    Raises
    ------
    InputError
        If the file is no spec, or its formats cannot hold the network.
    """
    array = ArraySpec.load(path)
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    golden = network.classify(array, array.golden)
    with tempfile.TemporaryDirectory() as folder:
        simulator = BulkSimulator(generate(array, Path(folder), vectors=False))
        rtl = network.classify(array, simulator.product)
    return Outcome(
        name=path.stem,
        title=first.removeprefix("#").strip().replace("|", "\\|"),
        accuracy=golden.accuracy,
        equal=rtl.equal(golden),
        results=rtl.results,
        area=size(array, [TARGET])[0],
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """All outcomes in Markdown, the most accurate first, then the smallest."""
    ranked = sorted(outcomes, key=lambda o: (-o.accuracy, o.area.array.luts))
    return HEAD + "".join(f"{outcome.row}\n" for outcome in ranked)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every spec of a folder; exit status 1 if any Verilog differs from its golden."""
    parser = argparse.ArgumentParser(prog="python -m hwgen.nn.study", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="holds the specs, *.toml")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE",
                        help="write the table here instead of to standard output")
    given = parser.parse_args(arguments)
    try:
        outcomes = _measured(given.folder)
        if given.output:
            write_files(given.output.parent, {
                given.output.name: _with_table(given.output, table(outcomes))})
        else:
            sys.stdout.write(table(outcomes))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return int(any(outcome.equal < outcome.results for outcome in outcomes))


def _measured(folder: Path) -> list[Outcome]:
    specs = sorted(folder.glob("*.toml"))
    if not specs:
        raise InputError(f"folder must hold specs, *.toml, not {str(folder)!r}")
    network = DigitsNetwork.load()
    progress = track(specs, "digits on each array", console=Console(stderr=True))
    return [measure(path, network) for path in progress]


def _with_table(path: Path, new: str) -> str:
    """The text of ``path`` with its first table replaced; the table alone if there is none."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return _TABLE.sub(lambda _: new, text, count=1) if _TABLE.search(text) else new


if __name__ == "__main__":
    sys.exit(main())
