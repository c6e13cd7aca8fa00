# SPDX-License-Identifier: Apache-2.0
"""What is saved loads as what it was; bytes that are cut, altered or of something else are refused."""

from __future__ import annotations

import numpy as np
import pytest
from he_support import Party, insecure

from pyaccel import he


@pytest.fixture(scope="module", params=["bfv", "bgv", "ckks"])
def party(request):
    return Party(request.param, degree=64, depth=2, **({} if request.param == "ckks" else {"plain_modulus": 65537}))


def test_what_is_saved_loads(party):
    context = he.Context.load(party.context.save())
    assert context.id == party.context.id
    assert (context.scheme, context.levels, context.security) == (party.context.scheme, party.context.levels, None)
    secret = he.SecretKey.load(context, party.secret.save())
    public = he.PublicKey.load(context, party.public.save())
    context.use(he.EvaluationKeys.load(context, party.keys.save()))
    assert context.evaluation_keys.elements == party.keys.elements
    x = np.arange(7)
    for key in (public, secret):
        loaded = he.Ciphertexts.load(context, key.encrypt(x).save(), width=7, real=True)
        assert np.allclose(secret.decrypt(loaded * loaded).reshape(-1), x * x, atol=1e-4)
        assert np.allclose(party.secret.decrypt(loaded + loaded).reshape(-1), 2 * x, atol=1e-4)
    assert len(secret.encrypt(x).save()) < 0.6 * len(public.encrypt(x).save())
    plain = he.Plaintexts.load(context, party.context.encode(x).save())
    assert np.allclose(context.decode(plain)[0, :8], [*x, 0], atol=1e-4)
    assert he.Context.load(he.Context("ckks", depth=1).save()).security == "128-2024"


def test_bytes_that_are_refused(party):
    data = party.public.encrypt([1, 2]).save()
    context = party.context
    for cut in (0, 1, 40, len(data) - 1):
        with pytest.raises(ValueError, match=f"cut: {cut} bytes came of"):
            he.Ciphertexts.load(context, data[:cut])
    with pytest.raises(ValueError, match=f"{len(data) + 1} bytes came; ciphertexts ends after {len(data)}"):
        he.Ciphertexts.load(context, data + b"!")
    with pytest.raises(ValueError, match="not saved by pyaccel"):
        he.Ciphertexts.load(context, b"?" + data[1:])
    with pytest.raises(ValueError, match="a public key came; wanted ciphertexts"):
        he.Ciphertexts.load(context, party.public.save())
    altered = bytearray(data)
    altered[-100] ^= 1
    with pytest.raises(ValueError, match="altered"):
        he.Ciphertexts.load(context, altered)
    with pytest.raises(ValueError, match="of another context"):
        he.Ciphertexts.load(insecure("ckks", degree=128, depth=1), data)
    for wrong in ("text", None, 5):
        with pytest.raises(TypeError, match="wanted bytes"):
            he.Ciphertexts.load(context, wrong)


def test_any_altered_byte_is_refused(party):
    data = bytearray(party.public.encrypt([1]).save())
    for position in np.random.default_rng(8).integers(0, len(data), 200):
        data[position] ^= 0x10
        with pytest.raises(ValueError, match="data: "):
            he.Ciphertexts.load(party.context, data)
        data[position] ^= 0x10
    assert len(he.Ciphertexts.load(party.context, data)) == 1
