"""XMP: what a result says of its origin, in terms that agencies and other programs read.

The property ``DigitalSourceType`` and its terms are those of the IPTC Photo Metadata Standard 2025.1
(cv.iptc.org/newscodes/digitalsourcetype); ``AISystemUsed`` and ``AISystemVersionUsed`` came with that version.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from calotype import __version__
from calotype.types import Carried

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CAPTURED = "compositeCapture"
COMPOSITE = "composite"
ENHANCED = "algorithmicallyEnhanced"
TRAINED = "trainedAlgorithmicMedia"
WITH_TRAINED = "compositeWithTrainedAlgorithmicMedia"
MEANINGS = MappingProxyType(
    {
        CAPTURED: "pieced together from photographs",
        COMPOSITE: "pieced together from given pictures",
        ENHANCED: "a given picture, changed by an algorithm that adds no content",
        TRAINED: "made by a trained model",
        WITH_TRAINED: "pieced together from given pictures and what a trained model made",
    }
)
PNG_KEYWORD = "XML:com.adobe.xmp"  # of the iTXt chunk

_CAPTURES = frozenset(("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", CAPTURED))
_GENERATED = frozenset((TRAINED, WITH_TRAINED, "compositeSynthetic"))
_SOURCE = re.compile(rb"DigitalSourceType[^>]{0,80}[>\"'][^<>]{0,200}?/digitalsourcetype/([A-Za-z]{1,60})")
_LONGEST = 1 << 20  # bytes of a packet that is searched


def combined(given: str, made: str) -> str:
    """The source type of a result.

    Args:
        given: that of the photo it was made from; empty if unknown.
        made: what the system makes of photos of unknown origin.
    """
    if made == COMPOSITE and given in _CAPTURES:
        return CAPTURED
    if made == COMPOSITE and given in _GENERATED:
        return WITH_TRAINED
    return given if made == ENHANCED and given in _GENERATED else made


def source_type_of(info: dict[Any, Any]) -> str:
    """The source type in the metadata of a decoded image (``Image.info``); empty if there is none."""
    packet = info.get("xmp") or info.get(PNG_KEYWORD) or b""
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    if not isinstance(packet, bytes):
        return ""
    found = _SOURCE.search(packet[:_LONGEST])
    return found[1].decode("ascii") if found else ""


def packet_of(carried: Carried) -> str:
    """The XMP packet of a result; empty if its source type is unknown.

    The same result has the same packet: no time of writing is in it.
    """
    if not carried.source_type:
        return ""
    simple = {"xmp:CreatorTool": f"Calotype {__version__}", "Iptc4xmpExt:DigitalSourceType": VOCABULARY}
    simple["Iptc4xmpExt:DigitalSourceType"] += carried.source_type
    if carried.made_by:
        simple |= {"Iptc4xmpExt:AISystemUsed": f"Calotype {carried.made_by}"}
        simple |= {"Iptc4xmpExt:AISystemVersionUsed": __version__}
    if carried.date:
        day, time = carried.date.split(" ")
        simple |= {"photoshop:DateCreated": f"{day.replace(':', '-')}T{time}"}
    attributes = "".join(f"\n    {name}={quoteattr(value)}" for name, value in simple.items())
    return _PACKET.format(attributes=attributes, elements=_elements(carried))


def _elements(carried: Carried) -> str:
    creator = f"<dc:creator><rdf:Seq><rdf:li>{escape(carried.artist)}</rdf:li></rdf:Seq></dc:creator>"
    rights = (
        f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{escape(carried.copyright)}</rdf:li></rdf:Alt></dc:rights>'
    )
    there = [text for text, said in ((creator, carried.artist), (rights, carried.copyright)) if said]
    return "".join(f"\n   {text}" for text in there)


_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"{attributes}>{elements}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
