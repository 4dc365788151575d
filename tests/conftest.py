"""Names the fixture files, each of one concept; one that others import comes before them."""

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.smtp",
    "tests.fixtures.browser",
    "tests.fixtures.services",
    "tests.fixtures.processes",
]
