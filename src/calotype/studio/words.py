"""Translation of command-line texts for the page.

Help texts, docstrings and messages are written for the command line. For the studio, options become the labels of their
fields and commands the names of their verbs; Python arguments and folders of the server are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from calotype.tasks.align import align
from calotype.tasks.compare import compare
from calotype.tasks.data import data
from calotype.tasks.directions import directions
from calotype.tasks.dissect import dissect
from calotype.tasks.evaluate import evaluate
from calotype.tasks.invert import invert
from calotype.tasks.param import Param, described
from calotype.tasks.train import train
from calotype.tasks.verbs import JOBS

# Labels of fields that differ from the name of the option.
_LABELS = {
    "--set": "Settings",
    "--count": "How many",
    "--for": "What for",
    "--also": "Further photos",
    "--real": "Real pictures",
    "--fakes": "Generated pictures",
    "--labelled": "Labelled pictures",
}
# Phrases that differ between the command line and the page.
_PHRASES = (
    (r"run its 'calotype train' command again to resume", "resume its training under Jobs"),
    (r"[;.,]? ?\(?'calotype (?:engines|models|data)' lists (?:them|those that are)\)?", ""),
    (r", by its name in 'calotype models' or (?:by )?its folder", ""),
    (r", by its folder or by its name in 'calotype models'", ""),
    (r", or (?:the name of )?a set that 'calotype data' (?:has )?made", ""),
    (r", the file of an ONNX network with --classes, or a JSON file of colours", ""),
    (r"; or a folder of generated pictures", ""),
    (r", its folder, or a list of files \(\.csv or \.jsonl\) [\w ]+, yes or no", ""),
    (r"calotype train stylegan aligned/", "“Train” stylegan on the new set"),
    (r" The places that were used are written beside them, places\.csv: [^.]*\.", ""),
    (r"calotype adjust CODE --model MODEL --direction NAME", "“Adjust”"),
    # Encoders are trained from the command line.
    (r"; encoder: the encoder of a trained model", ""),
    (r"; for an encoder, the model", ""),
    (r"\n\ncalotype train encoder MODEL [^\n]*", ""),
    (r"give its folder, or a name that 'calotype models' lists", "choose one of Models"),
    (r"'?calotype models'?", "Models"),
    (r"'?calotype engines'?", "the field “Engine”"),
    (r"like calotype \w+ PHOTO --model", "as its “Model”"),
    (r"'?calotype train (\w+) FOLDER (?=--set)", r"“Train” \1 with a set and "),
    (r"'?calotype train (\w+) FOLDER\b'?", r"“Train” \1 with a set"),
    (r", or - for a photo on standard input", ""),
    (r", like fid,kid: [\w, ]+ or all\b", ""),
    (r"; can be given several times", ""),
    (r"name its folder with --packages", "upload it where the set is created"),
    (r"[Tt]he suffix of -o sets", "“Film format” sets"),
    (r", or the file of [\w' ]*weights", ""),
)
_FOLDERS = (
    (r"\b(the|a|two|both|one) folder(s?) of\b", r"\1 set\2 of"),
    (r"\bfolder by folder\b", "set by set"),
    (r"\b(the|a|that|another|two|both|one|first|second) folder(s?)\b", r"\1 set\2"),
    (r"\bthe folders\b", "the sets"),
)
# A command with placeholders or example arguments; values of --set; an option.
_FILE = r"[\w]+\.(?:jpg|png)"
_COMMAND = re.compile(rf"'?\bcalotype (?P<verb>[a-z]+)\b(?: (?:[A-Z]{{4,}}\b|{_FILE}|auto|(?:--[a-z-]+ )?{_FILE}))*'?")
_SET = re.compile(r"(?:--set \w+=[^\s;)]*[^\s;).,]\s?)*--set \w+=[^\s;)]*[^\s;).,]")
_OPTION = re.compile(r"(--[a-z][a-z-]*)(?: (?:[A-Z]+(?:[|,=][A-Z]+)+|[A-Z]{2,})\b)?")
_QUOTED_PATH = re.compile(r"'(?:/|[A-Za-z]:\\)(?:[^'/\\]*[/\\])*([^'/\\]+)[/\\]?'")


def label(name: str, about: Param) -> str:
    """The label of the field of an argument."""
    return _label_of(about.flag(name))


def _label_of(flag: str) -> str:
    words = flag.lstrip("-").replace("-", " ")
    return _LABELS.get(flag, words[:1].upper() + words[1:])


def plain(text: str) -> str:
    """Translate a text or error message of the command line for the page."""
    for pattern, replacement in (*_PHRASES, *_FOLDERS):
        text = re.sub(pattern, replacement, text)
    text = _QUOTED_PATH.sub(r"'\1'", text)
    text = re.sub(r" \((\w+)(=[^()]*)?\)", lambda found: "" if found[2] or found[1] in _arguments() else found[0], text)
    text = _COMMAND.sub(
        lambda found: f"“{found['verb'].capitalize()}”" if found["verb"] in _verbs() else found[0], text
    )
    text = _SET.sub(_settings, text)
    text = _OPTION.sub(lambda found: f"“{_label_of(found[1])}”", text)
    return re.sub(r"(?<![\w-])-n\b", "“How many”", text)


def _settings(found: re.Match[str]) -> str:
    pairs = re.findall(r"--set (\w+=[^\s;)]*[^\s;).,])", found[0])
    return f"{' and '.join(f'“{pair}”' for pair in pairs)} in Settings"


@cache
def _verbs() -> frozenset[str]:
    return frozenset(verb.__name__ for verb in _tasks())


def _tasks() -> tuple[Callable[..., Any], ...]:
    return (*JOBS, train, evaluate, compare, dissect, invert, align, directions, data)


@cache
def _arguments() -> frozenset[str]:
    """The names of all arguments, which messages give in parentheses for Python callers."""
    return frozenset(name for verb in _tasks() for name in described(verb))
