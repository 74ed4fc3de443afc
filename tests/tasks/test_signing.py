"""Signed C2PA manifests, read back by the library that verifies them."""

from __future__ import annotations

import datetime
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.cli import main
from calotype.cli.studio import studio
from calotype.errors import InputError
from calotype.image.signing import Claim, credentials, signed
from calotype.studio.job_runner import do
from calotype.studio.job_spec import JobSpec
from calotype.tasks.show import show

c2pa = pytest.importorskip("c2pa")
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: E402

DAY = datetime.datetime(2025, 1, 1)
TO_SIGN, TO_CERTIFY = (True, *[False] * 8), (*[False] * 5, True, True, False, False)


def named(name):
    parts = ((NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, "Test"))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def certificate(name, key, issuer, by, *, authority):
    builder = x509.CertificateBuilder(named(issuer), named(name), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(DAY).not_valid_after(DAY + datetime.timedelta(days=36500))
    usage = x509.KeyUsage(*(TO_CERTIFY if authority else TO_SIGN))
    builder = builder.add_extension(x509.BasicConstraints(authority, None), True).add_extension(usage, True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), False)
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def pem(key, encryption=None):
    how = encryption or serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def credentials_of(key):
    authority = ec.generate_private_key(ec.SECP256R1())
    chain = certificate("Ada", key, "Authority", authority, authority=False)
    return chain + certificate("Authority", authority, "Authority", authority, authority=True) + pem(key)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 40, 3), dtype=np.uint8)).save("me.png")
    (tmp_path / "ada.pem").write_bytes(credentials_of(ec.generate_private_key(ec.SECP256R1())))
    return tmp_path


def manifest_of(path, mime="image/png"):
    with open(path, "rb") as file:
        reader = c2pa.Reader(mime, file)
        failures = json.loads(reader.json())["validation_results"]["activeManifest"]["failure"]
        assert {each["code"] for each in failures} == {"signingCredential.untrusted"}
        return reader.get_active_manifest()


def actions_of(manifest):
    (found,) = [each["data"]["actions"] for each in manifest["assertions"] if "actions" in each["label"]]
    return found


VARY = ("vary", "me.png", "--preset", "tiny", "--device", "cpu", "-o", "out")


def test_a_result_says_what_it_was_made_from_and_how(here, capsys):
    assert main([*VARY, "--sign", "ada.pem"]) == 0
    manifest = manifest_of("out/me_vary_0.png")
    assert manifest["title"] == "me_vary_0.png"
    assert "thumbnail" not in manifest
    assert manifest["claim_generator_info"][0]["name"] == "Calotype"
    assert manifest["signature_info"]["common_name"] == "Ada"
    (photo,) = manifest["ingredients"]
    assert (photo["title"], photo["relationship"]) == ("me.png", "parentOf")
    assert photo["instance_id"] == f"sha256:{calotype.vary('me.png', preset='tiny').settings['photo']['sha256']}"
    opened, edited = actions_of(manifest)
    assert (opened["action"], edited["action"]) == ("c2pa.opened", "c2pa.edited")
    assert edited["digitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/composite"
    (settings,) = [each["data"] for each in manifest["assertions"] if each["label"] == "org.calotype.settings"]
    assert settings["verb"] == "vary"
    capsys.readouterr()
    assert main(["show", "out/me_vary_0.png"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("calotype vary me.png")
    assert "C2PA manifest of Ada: valid, the file is as it was signed; this machine does not know" in said.err


def test_a_changed_file_is_told(here):
    main([*VARY, "--sign", "ada.pem"])
    data = (here / "out" / "me_vary_0.png").read_bytes()
    begin = data.index(b"tEXtcalotype")
    (length,) = struct.unpack(">I", data[begin - 4 : begin])
    text = data[begin : begin + 4 + length].replace(b'"seed": 0', b'"seed": 7')
    changed = text + struct.pack(">I", zlib.crc32(text))
    (here / "changed.png").write_bytes(data[:begin] + changed + data[begin + len(changed) :])
    assert "not valid (assertion.dataHash.mismatch" in show("changed.png").signature


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["es384", "ed25519", "ps256"],
)
@pytest.mark.parametrize(("form", "mime"), [("webp", "image/webp"), ("gif", "image/gif")])
def test_kinds_of_keys_and_files(here, key, form, mime):
    (here / "key.pem").write_bytes(credentials_of(key))
    with Image.open("me.png") as picture:
        picture.save(f"me.{form}")
    claim = Claim("me", "trainedAlgorithmicMedia", settings={"verb": "sample"})
    (here / f"out.{form}").write_bytes(signed((here / f"me.{form}").read_bytes(), mime, claim, credentials("key.pem")))
    (created,) = actions_of(manifest_of(f"out.{form}", mime))
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")


def test_signed_anew_where_the_file_is_not_signed(here):
    assert main([*VARY]) == 0
    assert main([*VARY, "--sign", "ada.pem", "--skip-existing"]) == 0
    assert "of Ada" in show("out/me_vary_0.png").signature


def test_what_cannot_sign(here, capsys):
    key = ec.generate_private_key(ec.SECP256R1())
    locked = pem(key, serialization.BestAvailableEncryption(b"word"))
    chain = credentials_of(key).split(b"-----BEGIN PRIVATE")[0]
    dsa_key = dsa.generate_private_key(1024)
    alone = certificate("Ada", key, "Ada", key, authority=True)
    files = {
        "none.pem": None,
        "empty.pem": b"",
        "chain.pem": chain,
        "key.pem": pem(key),
        "locked.pem": chain + locked,
        "broken.pem": chain + pem(key).replace(b"M", b"A"),
        "dsa.pem": certificate("Ada", dsa_key, "Ada", dsa_key, authority=True) + pem(dsa_key),
        "alone.pem": alone + pem(key),
        "other.pem": chain + pem(ec.generate_private_key(ec.SECP256R1())),
    }
    lines = {
        "none.pem": "does not exist",
        "empty.pem": "has no certificate",
        "chain.pem": "has no private key",
        "key.pem": "has no certificate",
        "locked.pem": "has a passphrase",
        "broken.pem": "cannot be read",
        "dsa.pem": "C2PA knows no private key of the kind",
        "alone.pem": "the result cannot be signed",
        "other.pem": "is not that of its first certificate",
    }
    for name, data in files.items():
        if data is not None:
            (here / name).write_bytes(data)
        assert main([*VARY, "--sign", name]) == 1
        printed = capsys.readouterr().err
        assert lines[name] in printed.splitlines()[-1], (name, printed)
        assert printed.count("\n") == 1, printed  # before any work is announced
        assert not list(here.glob("out/*.png"))
    assert main([*VARY, "--sign", "ada.pem", "--no-metadata"]) == 2
    assert main([*VARY, "--sign", "ada.pem", "--on", "ray"]) == 2


def test_without_the_package_it_is_said_which_extra_has_it(here, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    with pytest.raises(InputError, match=r"pip install 'calotype\[c2pa\]'"):
        credentials("ada.pem")
    assert show(calotype.vary("me.png", preset="tiny").save()[0]).signature == ""


def test_the_studio_signs_its_results(here):
    class Context:
        def attach(self, run):
            self.run = run

    told = []
    (here / "job").mkdir()
    arguments = {"photo": str(here / "me.png"), "preset": "tiny", "device": "cpu", "n": 2}
    do(JobSpec("vary", arguments, here / "job", certificate=here / "ada.pem"), Context(), told.append)
    assert told[-1]["state"] == "done", told[-1]
    assert manifest_of("job/me_vary_1.png")["signature_info"]["common_name"] == "Ada"
    with pytest.raises(InputError, match=r"nobody\.pem"):
        studio(home=here / "home", sign=here / "nobody.pem")
