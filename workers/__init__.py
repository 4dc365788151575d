"""Celery tasks: each translates a job into one call of the service. They decide nothing and may run twice."""
