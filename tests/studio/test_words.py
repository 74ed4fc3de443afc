"""What the command line says, in the page's own words."""

import re

import pytest

from calotype.studio.forms import VERBS, form
from calotype.studio.words import plain


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("give --size 1280x480 or --factor 2x1 (size=, factor=)", "give “Size” 1280x480 or “Factor” 2x1"),
        ("leave out --set (settings=) or --model (model=)", "leave out “Settings” or “Model”"),
        ("add --max-side 800 (max_side)", "add “Max side” 800"),
        ("use one that can (gpnn, gpdm)", "use one that can (gpnn, gpdm)"),
        ("use one that can (gpnn)", "use one that can (gpnn)"),
        ("preset; 'calotype engines' lists them", "preset"),
        ("run its 'calotype train' command again to resume", "resume its training under Jobs"),
        ("n = 2 --count (n)", "n = 2 “How many”"),
        ("give --guide PICTURE too (guide=)", "give “Guide” too"),
        ("or --labels auto", "or “Labels” auto"),
        ("give --move RIGHT,UP,AWAY like 0.2,0,0 (move=)", "give “Move” like 0.2,0,0"),
        ("give --classes NAME, --look CLASS=SEED or --target MAP", "give “Classes”, “Look” or “Target”"),
        ("pixels need --at X,Y, like --at 3,4", "pixels need “At”, like “At” 3,4"),
        ("the one that 'calotype segment' makes", "the one that “Segment” makes"),
        (
            "calotype segment photo.jpg, then calotype relayout photo.jpg auto changed.png.",
            "“Segment”, then “Relayout”.",
        ),
        ("let calotype make it", "let calotype make it"),
        (
            "calotype train cocogan FOLDER --set a=1,2 --set b=x (height)",
            "“Train” cocogan with a set and “a=1,2” and “b=x” in Settings (height)",
        ),
        ("with --set beyond=1 --set beyond_steps=1000", "with “beyond=1” and “beyond_steps=1000” in Settings"),
        ("'/home/me/studio/sets/set-1/set/faces/a.png' is cut short", "'a.png' is cut short"),
        ("'C:\\studio\\faces\\a.png' is cut short", "'a.png' is cut short"),
        ("the photos are in a folder but the results are not", "the photos are in a set but the results are not"),
        ("pip install 'calotype[deep]'", "pip install 'calotype[deep]'"),
        ("make -n 3 of them, not well-nigh", "make “How many” 3 of them, not well-nigh"),
    ],
)
def test_options_are_called_as_their_fields(said, shown):
    assert plain(said) == shown


@pytest.mark.parametrize("verb", VERBS)
def test_no_form_speaks_of_a_command_line(verb):
    said = form(verb)
    for text in (said["text"], said["summary"], *(field["help"] for field in said["fields"])):
        assert not re.search(r"--[a-z]|'calotype|calotype [a-z]+ [A-Zp]|standard input|(?<!\w)-[on]\b", text), text
    assert len({field["label"] for field in said["fields"]}) == len(said["fields"])
