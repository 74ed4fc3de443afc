"""Signed C2PA manifests: who vouches for a result, what it was made from, and how (C2PA specification 2, c2pa.org).

The package ``c2pa-python`` writes and reads them. Thumbnails are left out: a result does not show the photo it was made
from, and small pictures would become many times as large. The photo is an ingredient by name and hash.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calotype import __version__
from calotype.errors import InputError
from calotype.files import read_error, shown
from calotype.image.xmp import COMPOSITE, VOCABULARY

MIME = {".png": "image/png", ".apng": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".mp4": "video/mp4"}
_CERTIFICATES = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\s*", re.DOTALL)
_KEY = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----\s*", re.DOTALL)
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_MISSING = "C2PA manifests need the package c2pa-python: pip install 'calotype[c2pa]'"


@dataclass(frozen=True)
class Credentials:
    """What a manifest is signed with.

    Attributes:
        chain: the certificates, PEM, that of the signer first.
        key: its private key, PEM.
        algorithm: name of the signature's algorithm, like ``es256``.
    """

    chain: bytes
    key: bytes = field(repr=False)
    algorithm: str


@dataclass(frozen=True)
class Claim:
    """What a manifest says of a file.

    Attributes:
        title: name of the file.
        source_type: IPTC digital source type, a term like ``composite``.
        ingredients: name and hash of each picture that it was made from, the photo first.
        settings: what repeats it, JSON-ready.
    """

    title: str
    source_type: str
    ingredients: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def credentials(path: str | Path) -> Credentials:
    """The certificates and the private key in a PEM file.

    Raises:
        InputError: it cannot be read, lacks one of them, or ``c2pa-python`` is not installed.
    """
    _library()
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise read_error(path, error, "give a PEM file with a certificate and its private key") from error
    chain, key = b"".join(_CERTIFICATES.findall(text)), _KEY.search(text)
    if not chain or key is None:
        missing = "private key" if chain else "certificate"
        raise InputError(f"{shown(path)} has no {missing}: give a PEM file with the certificates and the private key")
    _check_pair(chain, key[0], path)
    return Credentials(chain, key[0], _algorithm(key[0], path))


def _check_pair(chain: bytes, key: bytes, path: str | Path) -> None:
    """Check that a private key is that of the first of the certificates."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        first, own = load_pem_x509_certificates(chain)[0].public_key(), load_pem_private_key(key, None).public_key()
    except Exception:  # what is wrong with the key is said where its kind is found out
        return
    if first.public_bytes(*form) != own.public_bytes(*form):
        raise InputError(
            f"the private key in {shown(path)} is not that of its first certificate: put your own certificate first, "
            "and the key that belongs to it"
        )


def _algorithm(key: bytes, path: str | Path) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        read = load_pem_private_key(key, None)
    except TypeError:
        raise InputError(f"the private key in {shown(path)} has a passphrase: give one without") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"the private key in {shown(path)} cannot be read: give one in PEM") from None
    if isinstance(read, ec.EllipticCurvePrivateKey) and read.curve.name in _CURVES:
        return _CURVES[read.curve.name]
    if isinstance(read, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(read, rsa.RSAPrivateKey):
        return "ps256"
    raise InputError(f"C2PA knows no private key of the kind in {shown(path)}: give one for ES256, PS256 or Ed25519")


def check_signing(path: str | Path) -> None:
    """Check that a PEM file can sign, by a picture of one pixel.

    Raises:
        InputError: as ``credentials`` and ``signed``.
    """
    from PIL import Image  # late: help does without it

    picture = io.BytesIO()
    Image.new("RGB", (1, 1)).save(picture, "PNG")
    signed(picture.getvalue(), "image/png", Claim("pixel", COMPOSITE), credentials(path))


def signed(data: bytes, mime: str, claim: Claim, by: Credentials) -> bytes:
    """A file with a signed manifest.

    Args:
        data: the bytes of the file.
        mime: its kind, one of ``MIME``.
        claim: what the manifest says.
        by: who says it.

    Raises:
        InputError: the certificate cannot be used for that.
    """
    c2pa = _library()
    context = c2pa.Context(c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}}))
    made = io.BytesIO()
    try:
        signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(by.algorithm.encode(), by.chain, by.key, None))
        with c2pa.Builder(json.dumps(_manifest(claim, mime)), context) as builder:
            builder.sign(signer, mime, io.BytesIO(data), made)
    except c2pa.C2paError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"the result cannot be signed ({reason}): give a certificate for signing content") from error
    return made.getvalue()


def _manifest(claim: Claim, mime: str) -> dict[str, Any]:
    ids = [f"sha256:{sha256}" for _, sha256 in claim.ingredients]
    relationships = ["parentOf", *["componentOf"] * len(ids)]
    ingredients = [
        {"title": title, "format": "application/octet-stream", "instance_id": one, "relationship": relation}
        for (title, _), one, relation in zip(claim.ingredients, ids, relationships)
    ]
    source = {"digitalSourceType": VOCABULARY + claim.source_type} if claim.source_type else {}
    verb = str(claim.settings.get("verb", ""))
    actions: list[dict[str, Any]] = [{"action": "c2pa.created", "description": verb, **source}]
    if ids:
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ids[:1]}}
        placed = [{"action": "c2pa.placed", "parameters": {"ingredientIds": [one]}} for one in ids[1:]]
        actions = [opened, *placed, {"action": "c2pa.edited", "description": verb, **source}]
    return {
        "claim_generator_info": [{"name": "Calotype", "version": __version__}],
        "title": claim.title,
        "format": mime,
        "ingredients": ingredients,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": "org.calotype.settings", "data": dict(claim.settings)},
        ],
    }


def signature_of(path: str | Path) -> str:
    """A line about the manifest of a file; empty if it has none, or ``c2pa-python`` is not installed."""
    mime = MIME.get(Path(path).suffix.lower())
    try:
        c2pa = _library()
    except InputError:
        return ""
    if mime is None:
        return ""
    try:
        with open(path, "rb") as file:
            reader = c2pa.Reader.try_create(mime, file)
            if reader is None:
                return ""
            found, manifest = json.loads(reader.json()), reader.get_active_manifest() or {}
    except (OSError, ValueError, c2pa.C2paError) as error:
        return f"its C2PA manifest cannot be read ({' '.join(str(error).split())[:200]})"
    signer = manifest.get("signature_info", {})
    name = signer.get("common_name") or signer.get("issuer") or "unknown"
    failures = found.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    codes = {str(each.get("code")) for each in failures}
    if codes - {"signingCredential.untrusted"}:
        return f"C2PA manifest of {name}: not valid ({', '.join(sorted(codes))})"
    trust = "; this machine does not know the certificate" if codes else ""
    return f"C2PA manifest of {name}: valid, the file is as it was signed{trust}"


def _library() -> Any:
    try:
        import c2pa
    except ImportError:
        raise InputError(_MISSING) from None
    return c2pa
