"""Templates, roles and the example inventory are found however the tool was installed."""

import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("templates", "roles", "inventory")

_LISTING = """
import json
import setup_tool
from setup_tool.data import folder
listing = {
    name: sorted(
        str(path.relative_to(folder(name))) for path in folder(name).rglob("*") if path.is_file()
    )
    for name in ("templates", "roles", "inventory")
}
print(json.dumps([setup_tool.__file__, listing]))
"""


def run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and the wheel from the sdist, without a network."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return out


@pytest.fixture
def environment(tmp_path: Path) -> Callable[..., Path]:
    """Make an environment with the tool installed, and return its python.

    What the tool needs, and what builds it, is shared with the environment that runs
    the tests.
    """

    def make(*what: str | Path) -> Path:
        run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
        python = tmp_path / "venv" / "bin" / "python"
        purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
        site = Path(run(python, "-c", purelib, cwd=tmp_path).strip())
        ours = run(sys.executable, "-c", purelib, cwd=tmp_path).strip()
        (site / "shared.pth").write_text(f"{ours}\n")
        options = (
            *("--quiet", "--no-deps", "--no-index", "--no-build-isolation"),
            "--ignore-installed",  # what we share may hold a setup-tool, too
        )
        run(python, "-m", "pip", "install", *options, *what, cwd=tmp_path)
        return python

    return make


def committed() -> dict[str, list[str]]:
    """Return the files of the data folders as the repository has them."""
    found = run("git", "ls-files", "--", *FOLDERS, cwd=ROOT).splitlines()
    return {
        name: sorted(path.removeprefix(f"{name}/") for path in found if path.startswith(f"{name}/"))
        for name in FOLDERS
    }


def listed(python: Path, cwd: Path) -> tuple[Path, dict[str, list[str]]]:
    """Return where the package lies and what its data folders hold, asked from elsewhere."""
    package, listing = json.loads(run(python, "-P", "-c", _LISTING, cwd=cwd))
    return Path(package), listing


def holds(listing: dict[str, list[str]]) -> bool:
    """Tell whether every committed file is there (others may lie about in a checkout)."""
    return all(set(files) <= set(listing[name]) for name, files in committed().items())


def test_the_repository_has_something_in_every_data_folder() -> None:
    assert all(committed().values())
    assert "client/eucarc.j2" in committed()["templates"]


def test_a_wheel_brings_its_data_along(
    built: Path, environment: Callable[..., Path], tmp_path: Path
) -> None:
    package, listing = listed(environment(next(built.glob("*.whl"))), tmp_path)
    assert package.is_relative_to(tmp_path)
    assert holds(listing)


def test_an_editable_install_uses_the_repositorys_data(
    environment: Callable[..., Path], tmp_path: Path
) -> None:
    package, listing = listed(environment("--editable", ROOT), tmp_path)
    assert package == ROOT / "setup_tool" / "__init__.py"
    assert holds(listing)


def test_an_sdist_holds_the_data_and_no_test_or_cache(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"{name}/{file}" for name, files in committed().items() for file in files} <= names
    assert not [name for name in names if name.startswith(("tests/", "bench/", ".cache", ".venv"))]


def test_a_wheel_holds_nothing_beside_the_package(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert len(tops) == 2
    assert "setup_tool" in tops
