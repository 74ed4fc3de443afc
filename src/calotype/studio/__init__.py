"""The studio: a graphical interface to the verbs in the browser, and an HTTP interface for scripts.

- Server: ``server`` starts it, ``app`` and ``routes`` answer requests, ``security`` checks them, ``app_state`` holds
  the shared stores and the queue, ``events`` sends changes to the pages. The server never imports torch.
- Jobs: ``jobs`` is the queue, ``job_slots`` has its worker processes, ``job_store`` saves one folder per job,
  ``job_runner`` runs a job in a worker process, with ``training_job``, ``evaluation_job`` and ``dataset_job`` for jobs
  without pictures as results, and ``job_progress`` reports progress. Jobs survive a restart of the server. ``queries``
  are answered by ``query_process``.
- Uploads: ``pictures`` stores single pictures by content, ``sets`` stores data sets, each a ``picture_set``, with
  ``dataset_upload`` for sets with labels, and ``file_upload`` receives the files of models.
- Forms: ``forms`` derives the forms of the page and the request bodies from the signatures of the verbs, and ``words``
  adapts their texts. ``restoring`` fills a form from the settings of a result.
- Page: ``page/`` has plain HTML, CSS and ES modules, without a build step and without resources from other hosts.
"""
