"""Names the fixture files, each of one concept; one that others import comes before them."""

import hypothesis

pytest_plugins = [
    "tests.fixtures.garbage",
    "tests.fixtures.order",
    "tests.fixtures.servers",
    "tests.fixtures.templates",
    "tests.fixtures.routing",
    "tests.fixtures.smtp",
    "tests.fixtures.browser",
    "tests.fixtures.stripe",
    "tests.fixtures.services",
    "tests.fixtures.processes",
]

# A test never asserts a time: on a busy machine a deadline is a failure that nobody can repeat. Nor does it draw lots:
# the same examples at every run; who hunts for others types --hypothesis-profile=default.
hypothesis.settings.register_profile("postrider", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("postrider")
