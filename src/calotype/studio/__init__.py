"""The studio: the verbs on a page in the browser, for people who never type a command, and over HTTP for scripts.

``app`` answers requests and does no work itself. What is to be made stands in a queue (``jobs``), one folder a job on
the disk (``records``), and is worked on by processes of its own (``crew`` starts them, ``worker`` runs in them),
so that stopping frees the machine and nothing is lost when the server ends. Pictures that are handed in are kept by
their content (``pictures``). The forms of the page, and the bodies of the requests, are made from the signatures of the
verbs (``forms``), as the command line is. ``security`` says who may ask. The page itself, in ``page/``, is plain HTML,
CSS and ES modules without a build step; nothing on it comes from another machine.

The server never imports torch: its workers do, and one of them is kept warm.
"""
