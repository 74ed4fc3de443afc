"""Archives of the kinds that packages come in, made in memory."""

import io
import struct
import tarfile
import zipfile
import zlib


def tar_of(files, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        folder = tarfile.TarInfo("./a")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def deb_of(files, mode="w:xz"):
    parts = [("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), ("data.tar.xz", tar_of(files, mode))]
    data = b"!<arch>\n"
    for name, content in parts:
        data += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content
        data += b"\n" * (len(content) % 2)
    return data


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("a")
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def rcc_of(files, version=3, packed=()):
    """A resource file as Qt's compiler writes it: folders first, children of one folder side by side."""
    tree = {"": {}}
    for path in files:
        *folders, name = path.split("/")
        at = tree[""]
        for folder in folders:
            at = at.setdefault(folder, {})
        at[name] = path
    nodes, names, contents = [], b"", b""
    queue = [("", tree[""])]
    while queue:
        name, node = queue.pop(0)
        nodes.append((name, node))
        if isinstance(node, dict):
            queue += list(node.items())
    first = {}
    number = 1
    for i, (_, node) in enumerate(nodes):
        if isinstance(node, dict):
            first[i] = number
            number += len(node)
    entries = b""
    for i, (name, node) in enumerate(nodes):
        place = len(names)
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
        if isinstance(node, dict):
            entries += struct.pack(">IHII", place, 2, len(node), first[i])
        else:
            content = files[node]
            if node in packed:
                content = struct.pack(">I", len(content)) + zlib.compress(content)
            entries += struct.pack(">IHHHI", place, 1 if node in packed else 0, 0, 0, len(contents))
            contents += struct.pack(">I", len(content)) + content
        if version >= 2:
            entries += struct.pack(">Q", 0)
    head = 24 if version >= 3 else 20
    start = struct.pack(">4s4I", b"qres", version, head + len(contents) + len(names), head, head + len(contents))
    return (start + b"\0\0\0\0" if version >= 3 else start) + contents + names + entries
