"""Pages that the documentation gets when it is built, by ``make docs``: from catalog, verbs and docstrings.

Nothing that the program says of itself is kept as a copy: pages of verbs are made from their signatures, pages of
systems from their declarations and presets, the reference from the public names. README, ARCHITECTURE and CHANGELOG
become pages, too, and links to other files of the repository lead to copies of them, so that every link is checked.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(Path(__file__).parent)]

import pages  # noqa: E402

_PAGES = {"README.md": "index.md", "ARCHITECTURE.md": "architecture.md", "CHANGELOG.md": "changelog.md"}
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
_FILES = "files"  # where copies of other files of the repository lie


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made here, and the files that pages link to."""
    made = dict(pages.all_pages())
    for source, place in _PAGES.items():
        made[place] = (ROOT / source).read_text("utf-8")
    for place, text in made.items():
        files.append(File.generated(config, place, content=text))
    for path in sorted(_linked(files, made)):
        files.append(File.generated(config, f"{_FILES}/{path}", abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make links of the repository those of the site."""
    source = _source_of(page.file.src_uri)
    return _LINK.sub(lambda found: found[1] + _moved(found[2], source, page.file.src_uri) + found[3], markdown)


def _source_of(place: str) -> str:
    """The file of the repository that a page is of; ``""`` for one that is made here."""
    for source, page in _PAGES.items():
        if page == place:
            return source
    if place.startswith(f"{_FILES}/"):
        return place.removeprefix(f"{_FILES}/")
    return f"docs/{place}" if (ROOT / "docs" / place).is_file() else ""


def _target(link: str, source: str) -> tuple[str, str] | None:
    """The file of the repository that a link leads to, and the anchor; ``None`` for other links."""
    path, _, anchor = link.partition("#")
    if not path or not source or re.match(r"[a-z]+:|/", link):
        return None
    found = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    return (found, anchor) if (ROOT / found).exists() and not found.startswith("..") else None


def _moved(link: str, source: str, place: str) -> str:
    target = _target(link, source)
    if target is None:
        return link
    path, anchor = target
    if path in _PAGES:
        there = _PAGES[path]
    elif path.startswith("docs/"):
        there = path.removeprefix("docs/")
    else:
        there = f"{_FILES}/{_listed(path)}"
    relative = posixpath.relpath(there, posixpath.dirname(place) or ".")
    return f"{relative}#{anchor}" if anchor else relative


def _listed(path: str) -> str:
    """The file that stands for a path: of a folder its list of licences or first file."""
    if not (ROOT / path).is_dir():
        return path
    inside = sorted(one for one in (ROOT / path).rglob("*") if one.is_file())
    chosen = next((one for one in inside if one.name in ("LICENSES.md", "README.md")), inside[0])
    return chosen.relative_to(ROOT).as_posix()


def _linked(files: Files, made: dict[str, str]) -> Iterator[str]:
    """The files of the repository outside of the documentation that its pages link to."""
    found = set()
    for file in files.documentation_pages():
        source = _source_of(file.src_uri)
        text = made.get(file.src_uri) or file.content_string
        for link in _LINK.findall(text):
            target = _target(link[1], source)
            if target and target[0] not in _PAGES and not target[0].startswith("docs/"):
                found.add(_listed(target[0]))
    yield from found


def on_config(config: MkDocsConfig) -> Any:
    """Tell the pages' titles in the navigation."""
    config.nav = pages.navigation()
    return config
