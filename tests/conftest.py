"""Names the fixture files, each of one concept; one that others import comes before them."""

import hypothesis

pytest_plugins = [
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

# A test never asserts a time: on a busy machine a deadline is a failure that nobody can repeat.
hypothesis.settings.register_profile("postrider", deadline=None)
hypothesis.settings.load_profile("postrider")
