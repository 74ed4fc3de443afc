"""Files of other programs, read without executing anything in them.

Most published networks are pickles, and unpickling calls whatever functions a file names. The reader here is an
interpreter of its own for the few opcodes that such files need. It never imports a module and never calls a function
that a file names: every name is looked up in a table, and stands for a plain value or an inert record. A file with
another opcode or another name is refused before anything is made of it.

``read`` handles four framings: a bare pickle, the stream of ``torch.save`` before torch 1.6, its zip archive since, and
a NumPy file (npy), with or without objects. Opcodes, copied bytes and nesting are limited, so time and memory are
bounded by the size of the file.
"""

from calotype.foreign.limits import Broken, Limits, Refused
from calotype.foreign.names import COMMON, Names, records
from calotype.foreign.reading import read, read_bytes
from calotype.foreign.records import Array, Record, Storage, View

__all__ = [
    "COMMON",
    "Array",
    "Broken",
    "Limits",
    "Names",
    "Record",
    "Refused",
    "Storage",
    "View",
    "read",
    "read_bytes",
    "records",
]
