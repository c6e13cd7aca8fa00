# SPDX-License-Identifier: Apache-2.0
pa_sources(portable field/inverse256.c field/inverse384.c)
