"""What Lighthouse says becomes a table that fails where it must, and a sentence when it is absent."""

from __future__ import annotations

import gzip
import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from sustainment.book import lighthouse, served
from sustainment.errors import UserError

GOOD = {"performance": 0.97, "accessibility": 1, "best-practices": 1, "seo": 1}


def result(**points):
    """A result as Lighthouse writes it: one audit a category, as good as its category."""
    scores = GOOD | {name.replace("_", "-"): value for name, value in points.items()}
    return {
        "categories": {
            name: {"score": score, "auditRefs": [{"id": f"{name}-rule", "weight": 1}]}
            for name, score in scores.items()
        },
        "audits": {
            f"{name}-rule": {
                "id": f"{name}-rule", "title": f"{name} audit", "score": score, "displayValue": "2.0 s",
            }
            for name, score in scores.items()
        },
    }  # fmt: skip


def test_a_page_with_all_points_passes_and_has_nothing_to_say():
    score = lighthouse.score_of("index.html", result())
    assert score.passed
    assert score.slow == []
    assert lighthouse.row(score).split() == ["index.html", "97", "100", "100", "100"]


@pytest.mark.parametrize("category", ["accessibility", "best_practices", "seo"])
def test_a_lost_point_in_a_required_category_fails_and_names_the_audit(category):
    score = lighthouse.score_of("index.html", result(**{category: 0.99}))
    assert not score.passed
    assert f"({category.replace('_', '-')}-rule)" in score.faults[0]


def test_a_category_that_was_not_judged_is_no_pass():
    score = lighthouse.score_of("index.html", result(accessibility=None))
    assert not score.passed


def test_slowness_is_named_and_fails_nothing():
    score = lighthouse.score_of("index.html", result(performance=0.6))
    assert score.passed
    assert score.slow == ["performance audit 2.0 s"]


def test_a_page_that_cannot_be_judged_is_a_fault_and_ends_nothing(monkeypatch):
    def crash(*_):
        raise UserError("it crashed")

    monkeypatch.setattr(lighthouse, "run_lighthouse", crash)
    score = lighthouse.judge(["lighthouse"], "http://127.0.0.1/", "index.html")
    assert not score.passed
    assert "it crashed" in lighthouse.row(score)


def test_the_report_holds_every_page_and_what_cost_points(tmp_path, monkeypatch):
    site = tmp_path / "site"
    site.mkdir()
    for name in ("index.html", "slow.html"):
        (site / name).write_text("<title>x</title>")
    judged = {"index.html": result(), "slow.html": result(performance=0.5, seo=0.8)}
    monkeypatch.setattr(lighthouse, "find_lighthouse", lambda: ["lighthouse"])
    monkeypatch.setattr(
        lighthouse, "run_lighthouse", lambda _, address: judged[address.rsplit("/", 1)[1]]
    )
    told = []
    scores = lighthouse.audit_site(site, tmp_path / "out", tell=told.append)
    assert [s.passed for s in scores] == [True, False]
    assert len(told) == 3
    report = (tmp_path / "out" / "lighthouse.md").read_text()
    assert "| slow.html | 50 | 100 | 100 | 80 |" in report
    assert "slow.html: search 80: seo audit (seo-rule)" in report
    record = json.loads((tmp_path / "out" / "lighthouse.json").read_text())
    assert record[1]["performance"] == 50
    assert "1 with 100" in lighthouse.summary(scores)


def test_without_node_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(lighthouse, "find_browser", lambda: "chromium")
    monkeypatch.setattr(lighthouse, "which", lambda _: None)
    with pytest.raises(UserError, match="apt install nodejs npm"):
        lighthouse.find_lighthouse()


def test_without_the_registry_one_sentence_says_so(monkeypatch, tmp_path):
    """An npx that can fetch nothing, as on a machine without a network."""
    for tool in ("npx", "node"):
        (tmp_path / tool).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(lighthouse, "find_browser", lambda: "chromium")
    with pytest.raises(UserError, match="npx could not fetch"):
        lighthouse.find_lighthouse()


def test_without_pages_one_sentence_says_to_build_them(tmp_path):
    with pytest.raises(UserError, match="make book"):
        served.pages_of(tmp_path)
    (tmp_path / "index.html").write_text("x")
    with pytest.raises(UserError, match="No page of"):
        served.chosen_pages(tmp_path, ["nowhere"])


def test_pages_are_served_compressed_and_a_wrong_address_gets_the_page_for_it(tmp_path):
    (tmp_path / "index.html").write_text("home " * 100)
    (tmp_path / "404.html").write_text("no page")
    with served.serve(tmp_path) as address:
        connection = HTTPConnection(urlsplit(address).netloc)
        connection.request("GET", "/", headers={"Accept-Encoding": "gzip"})
        home = connection.getresponse()
        assert home.getheader("Content-Encoding") == "gzip"
        assert gzip.decompress(home.read()).startswith(b"home")
        connection.request("GET", "/nowhere.html")
        wrong = connection.getresponse()
        assert (wrong.status, wrong.read()) == (404, b"no page")
        connection.close()
