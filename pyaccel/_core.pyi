# SPDX-License-Identifier: Apache-2.0
# cffi makes this module from the public C headers; its members are theirs.
from typing import Any

ffi: Any
lib: Any
