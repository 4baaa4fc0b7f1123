"""What the project says of itself is so: commands, files, lock, hooks, sizes."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from sustainment.book.chapters import load_book, toc_files
from sustainment.book.freshness import files_below
from sustainment.cli import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / name
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "Makefile")
]
RUNNER = CliRunner()


def commands() -> set[str]:
    """Names of all commands, those of groups as well ("synthetic check")."""
    return set(typer.main.get_command(app).commands)


def targets() -> dict[str, str]:
    """Each target of the Makefile and the words that explain it."""
    found = re.findall(r"^([a-z-]+):[^\n#]*(?:## (.+))?$", (ROOT / "Makefile").read_text(), re.M)
    return dict(found)


def prose() -> dict[str, str]:
    pages = [p for p in files_below(ROOT) if p.suffix == ".md" and "tests" not in p.parts]
    return {str(p.relative_to(ROOT)): p.read_text() for p in {*pages, *DOCUMENTS} if p.exists()}


def test_every_command_that_is_documented_exists():
    known = commands()
    assert {"build", "status", "verify", "accept", "sweep", "trace", "lint", "archive"} <= known
    missing = {
        (file, name)
        for file, text in prose().items()
        for name in re.findall(
            r"(?:`|^|\$\(BIN\)/|\.venv/bin/)sustainment ([a-z][a-z-]+)", text, re.M
        )
        if name not in known
    }
    assert missing == set()


def test_every_command_explains_itself():
    for name in commands():
        told = RUNNER.invoke(app, [name, "--help"], env={"COLUMNS": "120", "TERM": "dumb"})
        assert told.exit_code == 0, name
        assert len(told.output.split()) > 10, name


def test_every_option_that_is_documented_exists():
    known = {
        name: RUNNER.invoke(app, [name, "--help"], env={"COLUMNS": "200"}).output
        for name in commands()
    }
    missing = set()
    for file, text in prose().items():
        for name, rest in re.findall(r"sustainment ([a-z][a-z-]+)([^`\n#]*)", text):
            for option in re.findall(r"(?<!\S)(--[a-z-]+)", rest):
                if name in known and option not in known[name] and option != "--debug":
                    missing.add((file, name, option))
    assert missing == set()


def test_every_make_target_that_is_documented_exists_and_says_what_it_does():
    known = targets()
    assert all(known.values()), known
    missing = {
        (file, name)
        for file, text in prose().items()
        for name in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.M)
        if name not in known
    }
    assert missing == set()
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert all(f"make {name} " in listed.stdout for name in known)


def test_the_makefile_is_short():
    assert len((ROOT / "Makefile").read_text().splitlines()) < 80


def test_nothing_generated_is_tracked():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:  # an archive: what is there is what would be tracked
        names = [str(path.relative_to(ROOT)) for path in files_below(ROOT)]
    else:
        names = listed.stdout.splitlines()
    bad = [
        n for n in names if n.endswith((".ipynb", ".pyc")) or n.startswith(("_build/", ".venv/"))
    ]
    assert bad == []


def test_chapters_hold_no_outputs():
    for chapter in load_book(ROOT).chapters.values():
        text = chapter.path.read_text()
        assert "data:image/" not in text, chapter.file
        assert '"output_type"' not in text, chapter.file


def test_every_chapter_and_page_is_in_the_contents():
    listed = set(toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text())))
    there = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for folder in ("notebooks", "pages")
        for path in (ROOT / folder).rglob("*.md")
        if "_paired" not in path.parts and ".ipynb_checkpoints" not in path.parts
    }
    assert there - listed == set()


def test_the_lock_holds_every_dependency_with_hashes_and_no_host():
    lock = (ROOT / "requirements.txt").read_text()
    assert "://" not in lock
    pinned = {re.sub(r"[-_.]+", "-", n.lower()) for n in re.findall(r"^([\w.-]+)==", lock, re.M)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [
        entry for extra in project["optional-dependencies"].values() for entry in extra
    ]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", entry)[0].lower()) for entry in wanted}
    assert names - pinned == set()
    blocks = re.split(r"^(?=[\w.-]+==)", lock, flags=re.M)[1:]
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_conda_installs_the_lock_and_nothing_beside_it():
    packages = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert packages[-1] == {"pip": ["-r requirements.txt"]}
    assert len(packages) == 3
    assert "--no-deps --no-build-isolation -e ." in (ROOT / "postBuild").read_text()


def test_the_hooks_run_what_make_check_runs():
    recipe = (ROOT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    run = {hook["entry"].replace(".venv/bin/", "$(BIN)/") for hook in hooks}
    assert {line.strip() for line in recipe.splitlines()[1:]} == run


def test_continuous_integration_runs_the_readme_s_test_command():
    script = (ROOT / ".ci/run").read_text()
    assert "make test" in (ROOT / "README.md").read_text()
    assert script.rstrip().endswith("make test")
    assert "SUSTAINMENT_REQUIRE_TOOLS=1" in script
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda p: p.name)
def test_a_module_can_be_read_in_one_sitting(path):
    text = path.read_text()
    assert len(text.splitlines()) < 400
    assert text.startswith(('"""', "'''")) or not text.strip(), "its first line explains the file"


def test_the_analysis_knows_nothing_of_the_runner():
    package = ROOT / "src/sustainment"
    around = {"book", "cli.py", "new", "learn", "check"}  # commands and teaching, not analysis
    for path in files_below(package):
        relative = path.relative_to(package)
        if path.suffix != ".py" or relative.parts[0] in around or path.name == "commands.py":
            continue
        assert "sustainment.book" not in path.read_text(), relative
