"""What results say of their origin, by verb, by input and by format; and that they say nothing if asked to."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

import calotype
from calotype import saving
from calotype.catalog import ENGINES, MODELS, declared
from calotype.cli import main
from calotype.image.carried import carried_by
from calotype.image.xmp import COMPOSITE, ENHANCED, MEANINGS, TRAINED, VOCABULARY, WITH_TRAINED, combined, packet_of
from calotype.models import stylegan
from calotype.tasks.provenance import source_type
from calotype.tasks.show import show
from calotype.tasks.verbs import VERBS
from calotype.types import Carried

RDF, EXT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
XMP, DC = "{http://ns.adobe.com/xap/1.0/}", "{http://purl.org/dc/elements/1.1/}"


def description(packet):
    """The one description in a packet, as an XML element."""
    text = packet.decode() if isinstance(packet, bytes) else packet
    (found,) = ElementTree.fromstring(text).iter(f"{RDF}Description")
    return found


def packet_in(path):
    with Image.open(path) as picture:
        picture.load()
        return picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")


def said(path):
    return description(packet_in(path)).get(f"{EXT}DigitalSourceType")


@pytest.fixture
def photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 255, (32, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save("me.png")
    return tmp_path / "me.png"


QUICK = {"preset": "tiny", "device": "cpu"}


def test_a_packet_is_xml_with_the_terms_of_the_standard():
    given = Carried("2024:05:06 07:08:09", 'A & "B"', "<C>", None, TRAINED, "singan")
    found = description(packet_of(given))
    assert (
        found.get(f"{EXT}DigitalSourceType") == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    )
    assert found.get(f"{EXT}AISystemUsed") == "Calotype singan"
    assert found.get(f"{EXT}AISystemVersionUsed") == calotype.__version__
    assert found.get(f"{XMP}CreatorTool") == f"Calotype {calotype.__version__}"
    assert found.get("{http://ns.adobe.com/photoshop/1.0/}DateCreated") == "2024-05-06T07:08:09"
    assert [each.text for each in found.iter(f"{RDF}li")] == ['A & "B"', "<C>"]
    assert packet_of(Carried()) == ""


@pytest.mark.parametrize(
    ("given", "made", "term"),
    [
        ("", COMPOSITE, "composite"),
        ("digitalCapture", COMPOSITE, "compositeCapture"),
        ("digitalArt", COMPOSITE, "composite"),
        (TRAINED, COMPOSITE, "compositeWithTrainedAlgorithmicMedia"),
        (WITH_TRAINED, ENHANCED, "compositeWithTrainedAlgorithmicMedia"),
        ("digitalCapture", ENHANCED, "algorithmicallyEnhanced"),
        (TRAINED, TRAINED, "trainedAlgorithmicMedia"),
        ("digitalCapture", WITH_TRAINED, "compositeWithTrainedAlgorithmicMedia"),
        (TRAINED, "", ""),
    ],
)
def test_the_origin_of_the_input_counts(given, made, term):
    assert combined(given, made) == term


def test_every_verb_of_every_system_has_a_term_or_none():
    terms = {
        (verb, name): source_type(kind.effect, declared(name))
        for verb, (_, kind) in VERBS.items()
        for name in (*ENGINES, *MODELS)
        if verb in declared(name).verbs
    }
    assert set(terms.values()) <= {*MEANINGS, ""}
    assert terms["vary", "gpnn"] == COMPOSITE
    assert terms["vary", "singan"] == TRAINED
    assert terms["harmonize", "singan"] == WITH_TRAINED
    assert terms["erase", "completion"] == COMPOSITE
    assert terms["erase", "stylegan"] == WITH_TRAINED
    assert terms["sample", "cocogan"] == TRAINED
    assert {term for (verb, _), term in terms.items() if verb == "upscale"} == {ENHANCED}
    assert {term for (verb, _), term in terms.items() if verb in ("segment", "edges")} == {""}


def test_pictures_say_it_and_show_repeats_it(photo, capsys):
    (path,) = calotype.vary(photo, **QUICK).save()
    assert said(path) == f"{VOCABULARY}composite"
    assert show(path).origin == "composite: pieced together from given pictures"
    assert main(["show", str(path)]) == 0
    assert "digital source type: composite" in capsys.readouterr().err


def test_a_result_is_an_input_with_an_origin(photo):
    (path,) = calotype.vary(photo, **QUICK).save()
    with Image.open(path) as picture:
        assert carried_by(picture).source_type == COMPOSITE
    torch.manual_seed(0)
    cfg = replace(stylegan.PRESETS["tiny"], resolution=16)
    saving.write(photo.parent / "faces", "stylegan", cfg, stylegan.build(cfg).eval(), "", (16, 16))
    (face,) = calotype.sample("faces", device="cpu").save()
    assert said(face) == f"{VOCABULARY}trainedAlgorithmicMedia"
    assert description(packet_in(face)).get(f"{EXT}AISystemUsed") == "Calotype stylegan"
    (larger,) = calotype.upscale(face, factor=2, engine="zssr", **QUICK).save("larger")
    assert said(larger) == f"{VOCABULARY}trainedAlgorithmicMedia"


@pytest.mark.parametrize("form", ["jpg", "webp", "tif", "png"])
def test_the_origin_is_read_from_files_of_other_programs(photo, form):
    packet = packet_of(Carried(source_type="digitalCapture"))
    inner = f"<Iptc4xmpExt:DigitalSourceType>{VOCABULARY}digitalCapture</Iptc4xmpExt:DigitalSourceType>"
    element = packet.replace(f'Iptc4xmpExt:DigitalSourceType="{VOCABULARY}digitalCapture"', "")
    element = element.replace("\n  </rdf:Description>", f"{inner}\n  </rdf:Description>")
    assert description(element).get(f"{EXT}DigitalSourceType") is None
    for text in (packet, element):
        with Image.open(photo) as picture:
            if form == "tif":
                picture.save("given.tif", tiffinfo={700: text.encode()})
            elif form == "png":
                from PIL.PngImagePlugin import PngInfo

                info = PngInfo()
                info.add_itxt("XML:com.adobe.xmp", text)
                picture.save("given.png", pnginfo=info)
            else:
                picture.save(f"given.{form}", xmp=text.encode())
        (path,) = calotype.vary(f"given.{form}", **QUICK).save()
        assert said(path) == f"{VOCABULARY}compositeCapture"


@pytest.mark.parametrize("form", ["webp", "png"])
def test_films_say_it_where_the_container_can(photo, form):
    made = calotype.retarget(photo, factor=1.2, film="webp", frames=4, engine="ingan", **QUICK)
    assert said(made.films[0].save(f"film.{form}")) == f"{VOCABULARY}trainedAlgorithmicMedia"


def test_16_bits_say_it_too(photo):
    from calotype.image.io import png_bytes, to_image

    picture = to_image(torch.zeros(1, 3, 8, 8), sixteen=True)
    (photo.parent / "deep.png").write_bytes(png_bytes(picture, {}, Carried(source_type=COMPOSITE)))
    assert said("deep.png") == f"{VOCABULARY}composite"


def test_without_metadata_nothing_is_written_but_pixels(photo, capsys):
    with Image.open(photo) as picture:
        exif = Image.Exif()
        exif[0x013B] = "Somebody"
        picture.save("signed.png", exif=exif, dpi=(300, 300))
    words = ["vary", "signed.png", "--preset", "tiny", "--device", "cpu", "-n", "2", "--sheet", "-o", "out"]
    assert main([*words, "--no-metadata"]) == 0
    made = sorted((photo.parent / "out").iterdir())
    assert len(made) == 3
    for path in made:
        data = path.read_bytes()
        assert not any(word in data for word in (b"calotype", b"Somebody", b"XMP", b"xmp", b"tEXt", b"iTXt", b"pHYs"))
    bare = [path.read_bytes() for path in made]
    again = [*words, "--no-metadata", "--skip-existing"]
    assert main(again) == 1  # they cannot tell what they are, and could be anybody's
    assert main([*again, "--overwrite"]) == 0  # made again
    assert [path.read_bytes() for path in made] == bare
    assert main([*words, "--overwrite"]) == 0
    assert b"Somebody" in made[0].read_bytes()


def test_a_folder_without_metadata_is_resumed_by_its_manifest(photo, capsys):
    folder = photo.parent / "photos"
    folder.mkdir()
    photo.rename(folder / "me.png")
    words = ["vary", "photos", "--preset", "tiny", "--device", "cpu", "-o", "out"]
    assert main([*words, "--no-metadata"]) == 0
    when = (photo.parent / "out" / "me_vary_0.png").stat().st_mtime_ns
    assert main([*words, "--no-metadata"]) == 0
    assert (photo.parent / "out" / "me_vary_0.png").stat().st_mtime_ns == when
    assert main(words) == 0  # with metadata they are other files
    assert said("out/me_vary_0.png") == f"{VOCABULARY}composite"


def test_python_results_without_metadata(photo):
    made = calotype.retarget(photo, factor=1.2, film="webp", frames=4, engine="ingan", **QUICK)
    (path,) = made.save("bare", metadata=False)
    for file in (path, path.with_suffix(".webp")):
        assert b"calotype" not in file.read_bytes()
        assert packet_in(file) is None
