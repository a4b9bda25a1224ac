"""Every relative link of every Markdown file leads to something that is there, and every anchor to a heading."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#* *$", re.MULTILINE)


def pages() -> list[Path]:
    """Those of the repository: what is installed or built below it brings Markdown of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def links(text: str) -> Iterator[str]:
    """Relative ones, and anchors of the page itself; what stands in code is none."""
    for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        if not re.match(r"[a-z][a-z0-9+.-]*:", target):
            yield target


def anchors(text: str) -> set[str]:
    """Of the headings, as GitHub makes them: lower case, punctuation gone, blanks as hyphens, repetitions numbered."""
    seen: dict[str, int] = {}
    found = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if slug in seen else slug)
        seen[slug] = seen.get(slug, 0) + 1
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_and_anchor_of_a_page_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page.read_text(encoding="utf-8")):
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        there = target.is_relative_to(ROOT) and target.exists()
        if there and anchor and target.suffix == ".md":
            there = anchor in anchors(target.read_text(encoding="utf-8"))
        if not there:
            lost.append(link)
    assert not lost


def test_a_link_in_code_is_none_and_an_anchor_is_made_as_github_makes_it() -> None:
    text = "# 質問 1: what *is* it?\n## Two\n## Two\n```\n# no\n[x](gone.md)\n```\n`[y](gone.md)` [z](a.md#b) [w](https://x.y)\n"
    assert list(links(text)) == ["a.md#b"]
    assert anchors(text) == {"質問-1-what-is-it", "two", "two-1"}


def test_the_japanese_readme_has_the_links_headings_and_code_of_the_english_one() -> None:
    english, japanese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))
    assert list(links(japanese))[1:] == list(links(english))[1:], "but for the first, which leads to the other language"
    assert sorted(_codes(japanese)) == sorted(_codes(english))
    assert len(_HEADING.findall(_FENCE.sub("", japanese))) == len(_HEADING.findall(_FENCE.sub("", english)))


def _codes(text: str) -> list[str]:
    """Code in a sentence, however its lines are broken; names that stand for others are translated."""
    found = re.findall(r"`([^`]+)`", _FENCE.sub("", text))
    return [" ".join(code.split()).replace("<名前>", "<name>") for code in found]


def test_the_examples_of_the_japanese_introduction_are_those_that_the_tests_of_the_guide_run() -> None:
    guide = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    blocks = [found[0] for found in _FENCE.finditer((ROOT / "docs" / "ja" / "mapping.md").read_text(encoding="utf-8"))]
    assert len(blocks) == 4
    assert [block for block in blocks if block not in guide] == []
