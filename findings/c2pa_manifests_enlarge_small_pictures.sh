#!/usr/bin/env bash
# c2pa-python 0.38.1 (c2pa-rs 0.91): the thumbnail that a signed manifest gets by default is enlarged to 1024 pixels.
#
# Guess before running: a thumbnail is the picture shrunk to at most 1024 pixels, so a picture of 16 pixels has a thumbnail of
# at most 16 pixels and some hundred bytes.
# Found: pictures of 16, 64 and 512 pixels all get a JPEG of 1024 x 1024 pixels. A flat PNG of 82 bytes becomes one of
# more than 32 000 bytes. With the setting builder.thumbnail.enabled = false it is about 3 300 bytes.
# Source: the thumbnail that Reader.resource_to_stream gives of what Builder.sign wrote; settings in docs/context-settings.md.
#
# Needs Python 3.10 or newer and pip. Exit status 0 while this holds, 1 when it does not any more.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check c2pa-python==0.38.1 cryptography pillow
cat >"$folder/try.py" <<'PYTHON'
import datetime
import importlib.metadata
import io
import json
import sys

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

PEM = serialization.Encoding.PEM


def name(text):
    parts = ((NameOID.COMMON_NAME, text), (NameOID.ORGANIZATION_NAME, "Test"))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def certificate(subject, key, issuer, by, authority):
    start = datetime.datetime(2025, 1, 1)
    made = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=36500))
    made = made.add_extension(x509.BasicConstraints(authority, None), True)
    usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
    made = made.add_extension(usage, True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False)
    if not authority:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    return made.sign(by, hashes.SHA256()).public_bytes(PEM)


authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
chain = certificate("signer", own, "authority", authority, False)
chain += certificate("authority", authority, "authority", authority, True)
key = own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
source = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalArt"
actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": source}]}
manifest = {"title": "x", "format": "image/png", "assertions": [{"label": "c2pa.actions.v2", "data": actions}]}
bare = c2pa.Context(c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}}))


def signed(picture, context):
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
    made = io.BytesIO()
    with c2pa.Builder(json.dumps(manifest), context) as builder:
        builder.sign(signer, "image/png", io.BytesIO(picture), made)
    return made.getvalue()


holds = True
for side in (16, 64, 512):
    file = io.BytesIO()
    Image.new("RGB", (side, side), (20, 30, 230)).save(file, "PNG")
    made = signed(file.getvalue(), None)
    reader, thumbnail = c2pa.Reader("image/png", io.BytesIO(made)), io.BytesIO()
    reader.resource_to_stream(reader.get_active_manifest()["thumbnail"]["identifier"], thumbnail)
    thumbnail.seek(0)
    size, without = Image.open(thumbnail).size, signed(file.getvalue(), bare)
    print(f"{side} pixels: {len(file.getvalue())} bytes, signed {len(made)}, thumbnail {size[0]} x {size[1]}, "
          f"signed without thumbnail {len(without)}")
    holds = holds and size == (1024, 1024) and len(made) > 30_000 and len(without) < 6_000
print(f"c2pa-python {importlib.metadata.version('c2pa-python')}, library {c2pa.sdk_version()}")
sys.exit(0 if holds else 1)
PYTHON
"$folder/venv/bin/python" "$folder/try.py"
