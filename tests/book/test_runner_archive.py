"""The archive is the same bytes every time, rebuilds the book without git, and is a valid crate."""

import io
import json
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from email.message import Message
from pathlib import Path

import pytest
import requests
import yaml
from book_helpers import EXAMPLE, change, tree

from sustainment.book.archive import archive
from sustainment.book.build import build
from sustainment.book.chapters import load_book
from sustainment.errors import UserError

# The terms of the official context that the description uses, copied from it: no network is asked.
CONTEXT = (Path(__file__).parent / "ro-crate-context.json").read_bytes()


@pytest.fixture
def context_at_hand(monkeypatch):
    """Hand the official context to the validator; anything else it asks for is refused."""
    from rocrate_validator import services  # imports the modules that are patched here

    headers = Message()
    headers["Content-Type"] = "application/ld+json"

    def opened(request, *_args, **_options):
        address = request if isinstance(request, str) else request.full_url
        assert address == "https://w3id.org/ro/crate/1.2/context"
        response = io.BytesIO(CONTEXT)
        response.headers, response.url = headers, address
        response.info, response.geturl = lambda: headers, lambda: address
        return response

    def asked(_self, _method, address, **_options):
        assert address == "https://w3id.org/ro/crate/1.2/context"
        response = requests.Response()
        response.status_code, response.url, response._content = 200, address, CONTEXT
        response.headers["Content-Type"] = "application/ld+json"
        return response

    real = urllib.request.urlopen
    for module in list(sys.modules.values()):
        if getattr(module, "urlopen", None) is real:
            monkeypatch.setattr(module, "urlopen", opened)
    monkeypatch.setattr(requests.Session, "request", asked)
    return services


def issues(services, folder):
    from rocrate_validator.models import Severity

    settings = services.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.2",
        requirement_severity=Severity.REQUIRED,
        no_cache=True,
    )
    return [issue.message for issue in services.validate(settings).get_issues()]


def unpack(path, target):
    with zipfile.ZipFile(path) as packed:
        packed.extractall(target)
        for entry in packed.infolist():
            (target / entry.filename).chmod(entry.external_attr >> 16)
    return target


@pytest.mark.slow
def test_the_description_is_valid_and_a_broken_one_is_not(built, tmp_path, context_at_hand):
    (built / "LICENSE-DATA").write_text("CC0 1.0 Universal\n")
    folder = unpack(archive(built), tmp_path / "unpacked")
    assert issues(context_at_hand, folder) == []
    metadata = folder / "ro-crate-metadata.json"
    change(metadata, '"datePublished": "2024-01-02"', '"dateMade": "2024-01-02"')
    assert issues(context_at_hand, folder) != []


def test_a_missing_file_breaks_the_description(book, tmp_path, context_at_hand):
    folder = unpack(archive(book), tmp_path / "unpacked")
    (folder / "index.md").unlink()
    assert any("index.md" in issue for issue in issues(context_at_hand, folder))


def test_two_archives_of_the_same_files_are_the_same_bytes(book, tmp_path):
    other = shutil.copytree(EXAMPLE, tmp_path / "elsewhere" / "book")
    assert archive(book).read_bytes() == archive(other).read_bytes()


@pytest.mark.slow
def test_an_archive_builds_the_same_book_without_git(built, tmp_path):
    folder = unpack(archive(built), tmp_path / "unpacked")
    assert not (folder / ".git").exists()
    pages = tree(folder / "html")
    assert pages == tree(built / "_build/html")
    shutil.rmtree(folder / "html")
    build(folder, quiet=True)
    assert tree(folder / "_build/html") == pages


def test_pages_that_are_out_of_date_are_left_out(book):
    with zipfile.ZipFile(archive(book)) as packed:
        assert not [name for name in packed.namelist() if name.startswith("html/")]


def test_raw_data_of_a_real_study_are_left_out_and_it_is_said(book):
    change(book / "data/study.yml", "provenance: synthetic", "provenance: observed")
    with zipfile.ZipFile(archive(book)) as packed:
        assert not [name for name in packed.namelist() if name.startswith("data/raw/")]
        graph = json.loads(packed.read("ro-crate-metadata.json"))["@graph"]
    root = next(entity for entity in graph if entity["@id"] == "./")
    assert root["disambiguatingDescription"].startswith("The raw data of the study are not part")


def test_invented_data_are_called_so(book):
    with zipfile.ZipFile(archive(book)) as packed:
        text = packed.read("ro-crate-metadata.json").decode()
    assert "no answer and no interview comes from the article's study" in text
    assert "Invented data, not from the study" in text


def test_text_and_data_keep_their_own_licences(book):
    (book / "LICENSE-DATA").write_text("CC0 1.0 Universal\n")
    with zipfile.ZipFile(archive(book)) as packed:
        graph = json.loads(packed.read("ro-crate-metadata.json"))["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert {"@id": "LICENSE-DATA"} in entities["./"]["license"]
    assert entities["LICENSE-DATA"]["description"] == "CC0 1.0 Universal"


def test_what_a_description_needs_is_asked_for(book):
    change(book / "CITATION.cff", "abstract:", "about:")
    with pytest.raises(UserError, match=r"CITATION\.cff: `abstract` is missing"):
        archive(book)
    (book / "CITATION.cff").unlink()
    with pytest.raises(UserError, match=r"CITATION\.cff is missing"):
        archive(book)


def test_every_chapter_is_in_the_description(book):
    with zipfile.ZipFile(archive(book)) as packed:
        graph = json.loads(packed.read("ro-crate-metadata.json"))["@graph"]
    described = {entity["@id"] for entity in graph}
    assert {chapter.file for chapter in load_book(book).chapters.values()} <= described


def test_the_command_says_where_the_archive_is(book):
    done = subprocess.run(
        [sys.executable, "-m", "sustainment.cli", "archive", str(book)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "dist/book-0.1.0.zip" in done.stdout


DECISIONS = """
survey:
  decisions:
    - {rule: impossible-value, item: b05, value: "240", then: removed, why: too many}  # by Karin
    - {rule: text-in-number, item: b09, value: ca 24 mån, then: removed, why: words}
    - {rule: impossible-date, item: d, value: 24, then: removed, why: no such day}
    - {rule: duplicate-submission, id: R-0117, then: keep first, why: sent twice}
    - {rule: test-record, column: email, matches: karin@, then: drop, why: a try}
    - rule: unknown-code
      value: |
        two
        lines
interviews:
  excerpts:
    approved:
      xab2cd3ef: {edits: the clinic's name, identifiers: Ljusdal, consent: yes, second_reader: Karin,
        replace: {BUP Ljusdal: a clinic}}
"""
QUOTED = ("240", "ca 24", "R-0117", "karin", "Karin", "two", "Ljusdal")


def test_the_archive_of_a_real_study_quotes_nothing_of_its_data(book):
    with open(book / "data/study.yml", "a", encoding="utf-8") as settings:
        settings.write(DECISIONS)
    with zipfile.ZipFile(archive(book)) as packed:
        text = packed.read("data/study.yml").decode()  # invented: nothing to hide
    assert all(quoted in text for quoted in QUOTED)
    change(book / "data/study.yml", "provenance: synthetic", "provenance: observed")
    with zipfile.ZipFile(archive(book)) as packed:
        text = packed.read("data/study.yml").decode()
    assert not [quoted for quoted in QUOTED if quoted in text]
    kept = yaml.safe_load(text)
    assert kept["survey"]["decisions"][0]["why"] == "too many" and kept["provenance"] == "observed"
    assert list(kept["interviews"]["excerpts"]["approved"]) == ["xab2cd3ef"]
