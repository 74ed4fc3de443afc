"""The verbs, one module each: open the inputs, call the engine, and return pictures with their settings.

The command line and the studio's forms are generated from each verb's signature, ``Param`` descriptions and docstring.
"""
