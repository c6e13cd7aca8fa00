// SPDX-License-Identifier: Apache-2.0
// Writes tests/vectors/merkle/openzeppelin_generated.json: trees, proofs and multiproofs of @openzeppelin/merkle-tree.
//
//     npm install --no-save @openzeppelin/merkle-tree@1.0.8 && node tools/openzeppelin_vectors.mjs > FILE
//
// Values are counters, index sets come from a fixed sequence: the same package gives the same file.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(`${process.cwd()}/`);
const { StandardMerkleTree, SimpleMerkleTree } = await import(pathToFileURL(resolve('@openzeppelin/merkle-tree')));

const hex = bytes => '0x' + Buffer.from(bytes).toString('hex');
const bytes = text => Buffer.from(text.slice(2), 'hex');
const sorted = (a, b) => Buffer.concat([bytes(a), bytes(b)].sort(Buffer.compare));
const custom = name => (a, b) => hex(createHash(name).update(sorted(a, b)).digest());
const word = i => i.toString(16).padStart(64, '0');

let state = 1;
const next = bound => (state = (state * 48271) % 2147483647) % bound;
const some = n => [...new Set(Array.from({ length: 1 + next(6) }, () => next(n)))];

const cases = [];
for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 21, 32, 33]) {
  for (const sortLeaves of [true, false]) {
    const uints = Array.from({ length: n }, (_, i) => [String(i * i), String(n)]);
    const nodes = Array.from({ length: n }, (_, i) => hex(createHash('sha256').update(`${n} ${i}`).digest()));
    const trees = [
      ['openzeppelin-standard', 'keccak256', uints.map(v => '0x' + v.map(x => word(BigInt(x))).join('')),
        StandardMerkleTree.of(uints, ['uint256', 'uint256'], { sortLeaves })],
      ['openzeppelin-simple', 'keccak256', nodes, SimpleMerkleTree.of(nodes, { sortLeaves })],
      ['openzeppelin-simple', 'sha256', nodes, SimpleMerkleTree.of(nodes, { sortLeaves, nodeHash: custom('sha256') })],
      ['openzeppelin-simple', 'sm3', nodes, SimpleMerkleTree.of(nodes, { sortLeaves, nodeHash: custom('sm3') })],
    ];
    for (const [form, algorithm, leaves, tree] of trees) {
      const index = next(n);
      const proved = some(n);
      const { proof, proofFlags, leaves: order } = tree.getMultiProof(proved);
      const places = order.map(leaf => leaves.findIndex((_, i) => JSON.stringify(tree.at(i)) === JSON.stringify(leaf)));
      cases.push({ form, algorithm, sort_leaves: sortLeaves, leaves, root: tree.root, index, proof: tree.getProof(index),
        multiproof: { indices: proved, order: places, proof, flags: proofFlags } });
    }
  }
}
console.log(JSON.stringify({ generated_by: '@openzeppelin/merkle-tree 1.0.8, tools/openzeppelin_vectors.mjs', cases }));
