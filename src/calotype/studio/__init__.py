"""The studio: the verbs on a page in the browser, for people who never type a command, and over HTTP for scripts.

``app`` answers requests, part by part (``routes``), and does no work itself; what they share is in ``shared``. What is
to be made stands in a queue (``jobs``), one folder a job on the disk (``records``), and is worked on by processes of
its own (``crew`` starts them, ``worker`` runs in them, ``doing`` does one job, with ``learning``, ``measuring`` and
``fetching`` for those that make no pictures, ``telling`` says how far it is), so that stopping frees the machine and
nothing is lost when the server ends. Pictures that are handed in are kept by their content (``pictures``), many of them
as ``sets`` (``coming`` while what is known of them is still on its way), the files of a model as ``parcels`` until they
are opened. The forms of the page, and the bodies of the requests, are made from the signatures of the verbs
(``forms``), as the command line is, in the page's own ``words``. ``security`` says who may ask. The page itself, in
``page/``, is plain HTML, CSS and ES modules without a build step; nothing on it comes from another machine.

The server never imports torch: its workers do, and one of them is kept warm.
"""
