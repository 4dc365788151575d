"""``python -m service.languages``: bring the catalogues up to date with the pages, and say what is to translate."""

import sys

from service.languages.extracting import renew_all

for language, missing in renew_all().items():
    sys.stdout.write(f"{language}: {missing} to translate\n")
