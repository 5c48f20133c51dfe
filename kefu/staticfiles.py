"""Static files under hashed names, our own modules and what they import included."""

import re
from collections.abc import Callable
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = "js/"


class _OurModules:
    """Others' scripts are left as they are: some name modules that only a bundler knows."""

    support_js_module_import_aggregation = True

    def url_converter(self, name: str, *args: Any) -> Callable[[re.Match[str]], str]:
        if name.endswith(".js") and not name.startswith(OURS):
            return lambda found: found.group()
        convert: Callable[[re.Match[str]], str] = super().url_converter(name, *args)  # type: ignore[misc]
        return convert


class HashedStorage(_OurModules, ManifestStaticFilesStorage):  # type: ignore[misc]
    pass


class CompressedStorage(_OurModules, CompressedManifestStaticFilesStorage):
    pass
