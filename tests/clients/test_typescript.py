"""The TypeScript client, built, against a platform that runs."""

import subprocess
from pathlib import Path

import pytest

from kernel.testing.embedded import embedded
from project.portal.examples import EXAMPLES, snippets
from tests.node.packages import install, node

FOLDER = Path(__file__).parents[2] / "clients/typescript"


@pytest.mark.node
def test_the_typescript_client_passes_its_own_tests(tmp_path: Path) -> None:
    program = node()
    install(FOLDER)
    subprocess.run([program, "node_modules/typescript/bin/tsc"], cwd=FOLDER, check=True)

    with embedded(tmp_path) as platform:
        told = subprocess.run(
            # Told for each release of Node alike: another takes a folder for a module.
            [program, "--test", "--test-reporter=tap", "test/septet.test.mjs"],
            cwd=FOLDER,
            env={"SEPTET_URL": platform.url, "SEPTET_KEY": platform.key},
            check=False,
            capture_output=True,
            text=True,
            timeout=900,
        )

        for example in (one for some in EXAMPLES.values() for one in some):
            subprocess.run(
                [
                    program,
                    "--input-type=module",
                    "-e",
                    snippets(example, platform.url)["TypeScript"],
                ],
                cwd=FOLDER,
                env={"SEPTET_KEY": platform.key},
                check=True,
                capture_output=True,
            )

    assert told.returncode == 0, told.stdout[-8000:] + told.stderr[-2000:]
    assert "# pass 12" in told.stdout
