#!/usr/bin/env python
"""Django's command line; README, "Commands", lists ours."""

import json
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run a command. A setting that cannot be is told like any other failure, not as a stack trace."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metrosure_admin.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        if "--json" in sys.argv:
            sys.stdout.write(json.dumps({"error": {"message": str(wrong), "field": None}}) + "\n")
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()
