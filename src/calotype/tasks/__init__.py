"""The verbs. One file each: read the photo, ask the engine, hand back pictures with what repeats them.

A verb's signature, the ``Param`` descriptions in it and its docstring are also its command line: nothing is said twice.
"""
