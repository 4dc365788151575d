"""Celery tasks: each translates a job into one call of the service. They decide nothing and may run twice.

A task is not ``shared``: Celery would otherwise hand it to every application of the process, and the first one's
services with it.
"""
