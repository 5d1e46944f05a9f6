"""Does a skipped test make a run under CI fail, and only there?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CASES = {
    "a test": "def test_gone():\n    pytest.skip('a part is missing')",
    "a module": "pytest.importorskip('a_package_that_nobody_has')",
    "a marker": "@pytest.mark.skipif(True, reason='')\ndef test_gone():\n    pass",
}


def run(folder: Path, ci: str, processes: int = 0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "-p", "no:cacheprovider",
         "-n", str(processes), "."],
        cwd=folder,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("processes", [0, 2])
@pytest.mark.parametrize("case", CASES)
def test_a_skip_fails_under_ci_alone(case: str, processes: int, tmp_path: Path) -> None:
    (tmp_path / "test_here.py").write_text("def test_here():\n    pass\n")
    (tmp_path / "test_case.py").write_text(f"import pytest\n\n{CASES[case]}\n")
    under_ci = run(tmp_path, "true", processes)
    assert under_ci.returncode == pytest.ExitCode.TESTS_FAILED
    assert "counts as failed" in under_ci.stdout
    assert "test_case.py" in under_ci.stdout
    assert run(tmp_path, "", processes).returncode == pytest.ExitCode.OK


def test_a_run_without_skips_passes_under_ci(tmp_path: Path) -> None:
    (tmp_path / "test_here.py").write_text("def test_here():\n    pass\n")
    assert run(tmp_path, "true").returncode == pytest.ExitCode.OK
