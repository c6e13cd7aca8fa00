# SPDX-License-Identifier: Apache-2.0
"""Graphs: several calls that take each other's results, run together; what lies between them stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pyaccel import hashing, merkle, recovery
from pyaccel import signatures as verification
from pyaccel.backends.moved import Moved
from pyaccel.operations import OPERATIONS
from pyaccel.rows import ListRows, as_rows
from pyaccel.scheduler import graph_placement, graphs
from pyaccel.scheduler.calls import Call, Pending, captured
from pyaccel.scheduler.runs import Entry, Ran, ran

if TYPE_CHECKING:
    from pyaccel.signature_cache import SignatureCache

__all__ = ["Graph", "Input", "Node", "Recovered", "Results"]

_AS_ROWS = frozenset({"digests", "keys", "root"})
"""Outputs that may be arguments of other nodes."""

_ROWS = frozenset({"digests", "leaves", "messages", "public_keys", "signatures", "identity"})
"""Arguments that are rows."""


_NEEDS = 64
"""Sets of wanted nodes of which a graph keeps what they need."""


class Input:
    """Stands for an argument that each run is given anew. Made by `Graph.input`."""

    __slots__ = ("graph", "name")

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name

    def __repr__(self) -> str:
        return f"input({self.name!r})"


class Node:
    """Stands for the result of a call, as an argument of others and as the key to it in `Results`."""

    __slots__ = ("graph", "index", "outputs")

    def __init__(self, graph: Graph, index: int, *outputs: str) -> None:
        """Args: index: of the step that computes it; outputs: which of the step's outputs it is."""
        self.graph = graph
        self.index = index
        self.outputs = outputs

    def __repr__(self) -> str:
        return f"{self.graph._steps[self.index].name}[{self.index}].{'+'.join(self.outputs)}"


class Recovered(Node):
    """What `recover_many` gives: keys and verdicts together.

    Attributes:
        keys: the keys or addresses alone; the argument of other nodes.
        verdicts: which rows have one.
    """

    __slots__ = ("keys", "verdicts")

    def __init__(self, graph: Graph, index: int) -> None:
        """Args: index: of the step that computes it."""
        super().__init__(graph, index, "keys", "verdicts")
        self.keys = Node(graph, index, "keys")
        self.verdicts = Node(graph, index, "verdicts")


class Results(Mapping[Node, Any]):
    """What a run gave: of each node that was asked for what the plain call returns.

    Attributes:
        device: name of the device that the run was for; a node that it declined ran natively, as `ran` tells.
        moved: bytes that the run copied to devices and from them, counted where they are copied.
    """

    def __init__(self, values: dict[Node, Any], device: str, moved: Moved, entries: list[Entry]) -> None:
        self.device = device
        self.moved = moved
        self._values = values
        self._entries = entries

    @property
    def bytes_moved(self) -> int:
        """Both ways of `moved` together."""
        return self.moved.to_device + self.moved.from_device

    @property
    def ran(self) -> tuple[Ran, ...]:
        """Each node's batch: on what it ran, and why not elsewhere; in the order in which they ran.

        With a cache it has the rows that were unknown, and there is none where all were known.
        """
        return tuple(map(ran, self._entries))

    def __getitem__(self, node: Node) -> Any:
        """The result of a node, as the plain call returns it.

        Raises:
            KeyError: it was not asked for.
        """
        return self._values[node]

    def __iter__(self) -> Iterator[Node]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True)
class _Step:
    """One call of the graph.

    Attributes:
        name: of the method that added it.
        function: the plain function.
        fixed: arguments of it that are there, by name.
        varying: its nodes and inputs, by name.
        call: what it comes to, None where it waits for inputs.
    """

    name: str
    function: Callable[..., object]
    fixed: dict[str, Any]
    varying: dict[str, Node | Input]
    call: Call | None


class Graph:
    """Calls that are described first and run together, any number of times.

    A node as an argument stands for the result of its call: the graph gives, byte for byte, what the plain calls give
    one after the other. Nodes are made of what is there already, so that there are no cycles. `run` may be called from
    several threads at once; nodes are added from one.

    Arrays and Rows are taken as they are, and must stay unchanged until the last run; of lists and tuples the graph
    keeps what they held. A key for a hash is kept as long as the graph.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._nodes: list[Node] = []
        self._inputs: dict[str, Input] = {}
        self._needs: dict[tuple[Node, ...], tuple[list[int], frozenset[str]]] = {}

    def input(self, name: str) -> Input:
        """A place for an argument that comes with each run: `run(inputs={name: value})`.

        What several nodes take is best an input, or an array: it goes to a device once, and a list is joined once.

        Args:
            name: its name; the same name is the same input.

        Raises:
            TypeError: it is no text.
        """
        if not isinstance(name, str):
            raise TypeError(f"name: a {type(name).__name__} came; wanted the name of an input")
        return self._inputs.setdefault(name, Input(self, name))

    def hash_many(
        self, algorithm: str, messages: Any, *, digest_size: int | None = None, key: Any = None, context: Any = None
    ) -> Node:
        """As `pyaccel.hash_many`; as an argument of other nodes it is n rows of digest_size bytes.

        Raises:
            TypeError, ValueError: as there, at once; where inputs are still to come, what hangs on them at the run. A
                node or an input of another graph.
        """
        arguments = {
            "algorithm": algorithm,
            "messages": messages,
            "digest_size": digest_size,
            "key": key,
            "context": context,
        }
        return self._added(Node(self, self._add("hash_many", hashing.hash_many, arguments), "digests"))

    def verify_many(
        self,
        scheme: str,
        public_keys: Any,
        messages: Any,
        signatures: Any,
        *,
        rule: str | None = None,
        message_hash: str | None = None,
        identity: Any = None,
        key_format: str = "auto",
        signature_format: str = "raw",
        key_index: Any = None,
        reasons: bool = False,
        cache: SignatureCache | Input | None = None,
    ) -> Node:
        """As `pyaccel.verify_many`; errors as `hash_many`, and IndexError as there."""
        arguments = {
            "scheme": scheme,
            "public_keys": public_keys,
            "messages": messages,
            "signatures": signatures,
            "rule": rule,
            "message_hash": message_hash,
            "identity": identity,
            "key_format": key_format,
            "signature_format": signature_format,
            "key_index": key_index,
            "reasons": reasons,
            "cache": cache,
        }
        index = self._add("verify_many", verification.verify_many, arguments)
        return self._added(Node(self, index, *(("verdicts", "reasons") if reasons else ("verdicts",))))

    def recover_many(
        self,
        digests: Any,
        signatures: Any,
        recovery_ids: Any = None,
        *,
        rule: str = "secp256k1",
        addresses: bool = False,
    ) -> Recovered:
        """As `pyaccel.recover_many`; its `keys` may be an argument of other nodes. Errors as `hash_many`."""
        arguments = {
            "digests": digests,
            "signatures": signatures,
            "recovery_ids": recovery_ids,
            "rule": rule,
            "addresses": addresses,
        }
        recovered = Recovered(self, self._add("recover_many", recovery.recover_many, arguments))
        self._nodes.append(recovered)
        return recovered

    def merkle_root(
        self,
        leaves: Any,
        *,
        form: str = "rfc6962",
        algorithm: str | None = None,
        limit: int | None = None,
        mix_in_length: bool = False,
        length: int | None = None,
        sort_leaves: bool | None = None,
    ) -> Node:
        """As `pyaccel.merkle.root`; as an argument of others it is one value for all rows. Errors as `hash_many`."""
        arguments = {
            "leaves": leaves,
            "form": form,
            "algorithm": algorithm,
            "limit": limit,
            "mix_in_length": mix_in_length,
            "length": length,
            "sort_leaves": sort_leaves,
        }
        return self._added(Node(self, self._add("merkle.root", merkle.root, arguments), "root"))

    def merkle_root_checked(
        self, leaves: Any, *, form: str = "bitcoin", algorithm: str | None = None, limit: int | None = None
    ) -> Node:
        """As `pyaccel.merkle.root_checked`: root, and whether the tree is mutated. Errors as `hash_many`."""
        arguments = {"leaves": leaves, "form": form, "algorithm": algorithm, "limit": limit}
        return self._added(Node(self, self._add("merkle.root", merkle.root_checked, arguments), "root", "mutated"))

    def run(self, *wanted: Node, inputs: Mapping[str, Any] | None = None, device: str = "auto") -> Results:
        """Runs what the wanted nodes need, each call once, and brings their results back; what lies between stays.

        Args:
            *wanted: nodes of this graph; none: all of them.
            inputs: a value for each input that they need, by name.
            device: "auto": where it is all done first; or the name of a device. What that declines runs natively, its
                inputs brought back; where it fails, all of the graph does, from the beginning.

        Returns:
            The results by node.

        Raises:
            TypeError, ValueError, IndexError: an input is missing or unknown, or an argument is wrong: a note says of
                which node. Nothing has run then.
            DeviceUnavailableError: the device asked for is not here.
        """
        nodes = self._wanted(wanted)
        calls = self._calls(nodes, {} if inputs is None else inputs)
        finished = graphs.run(calls, _outputs(nodes), device)
        values = {node: _result(node, finished.outputs[node.index]) for node in nodes}
        return Results(values, finished.device, finished.moved, finished.entries)

    def explain(
        self, *wanted: Node, inputs: Mapping[str, Any] | None = None, device: str = "auto"
    ) -> graph_placement.GraphExplanation:
        """Which device `run` would take with these arguments, and why; printing it shows a table. Errors as there."""
        nodes = self._wanted(wanted)
        calls = self._calls(nodes, {} if inputs is None else inputs)
        return graph_placement.explained(calls, _outputs(nodes), device)

    def _wanted(self, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        for node in nodes:
            if not isinstance(node, Node):
                raise TypeError(f"a {type(node).__name__} came; wanted nodes of this graph, as its methods give them")
            self._check_mine("a node asked for", node)
        return nodes or tuple(self._nodes)

    def _added(self, node: Node) -> Node:
        self._nodes.append(node)
        return node

    def _add(self, name: str, function: Callable[..., object], arguments: dict[str, Any]) -> int:
        """Adds a step, checked as far as its arguments are there; its number."""
        varying: dict[str, Node | Input] = {}
        for argument, value in arguments.items():
            if isinstance(value, Input):
                self._check_mine(argument, value)
                varying[argument] = value
            elif isinstance(value, Node):
                self._check_rows(argument, value)
                varying[argument] = value
        fixed = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in arguments.items()
            if key not in varying
        }
        before = {value.index: self._steps[value.index].call for value in varying.values() if isinstance(value, Node)}
        ready = {index: call for index, call in before.items() if call is not None}
        step = _Step(name, function, fixed, varying, None)
        if len(ready) == len(before) and not any(isinstance(value, Input) for value in varying.values()):
            step = replace(step, fixed={}, call=_captured(step, _Bound({}), ready))
        else:
            operation = OPERATIONS[name]
            operation.resolve(**{key: arguments[key] for key in operation.parameters if key in arguments})
        self._steps.append(step)
        return len(self._steps) - 1

    def _check_mine(self, argument: str, value: Input | Node) -> None:
        if value.graph is not self:
            raise ValueError(f"{argument}: {value!r} is of another graph; run that first, and pass its result")

    def _check_rows(self, argument: str, node: Node) -> None:
        """Raises TypeError or ValueError where a node can't be this argument."""
        self._check_mine(argument, node)
        if argument not in _ROWS:
            raise TypeError(f"{argument}: {node!r} came; a node may be one of {', '.join(sorted(_ROWS))}")
        if len(node.outputs) > 1 or node.outputs[0] not in _AS_ROWS:
            mend = ": take its .keys" if isinstance(node, Recovered) else ""
            raise TypeError(f"{argument}: {node!r} came, which is no rows of bytes{mend}")

    def _calls(self, nodes: tuple[Node, ...], given: Mapping[str, Any]) -> dict[int, Call]:
        """Everything that these nodes need, in an order in which it can run.

        Raises:
            TypeError, ValueError, IndexError: as `run`.
        """
        needed, names = self._needed(nodes)
        if not isinstance(given, Mapping):
            raise TypeError(f"inputs: a {type(given).__name__} came; wanted {{name: value}}")
        if not names <= given.keys():
            missing = ", ".join(map(repr, sorted(names - given.keys())))
            raise ValueError(f"inputs: {missing} did not come; wanted inputs={{name: value}}")
        if not given.keys() <= self._inputs.keys():
            unknown = ", ".join(map(repr, given.keys() - self._inputs.keys()))
            there = ", ".join(map(repr, self._inputs)) or "none"
            raise ValueError(f"inputs: {unknown} came; the graph has {there}")
        bound = _Bound(given)
        calls: dict[int, Call] = {}
        for index in needed:
            step = self._steps[index]
            if step.call is not None:
                calls[index] = step.call
                continue
            try:
                calls[index] = _captured(step, bound, calls)._replace(once=True)
            except Exception as error:
                error.add_note(f"In node {step.name}[{index}] of the graph, before anything ran.")
                raise
        return calls

    def _needed(self, nodes: tuple[Node, ...]) -> tuple[list[int], frozenset[str]]:
        """The steps that these nodes need, in their order, and the names of their inputs."""
        known = self._needs.get(nodes)
        if known is None:
            needed: set[int] = set()
            names: set[str] = set()
            left = [node.index for node in nodes]
            while left:
                index = left.pop()
                if index not in needed:
                    needed.add(index)
                    taken = self._steps[index].varying.values()
                    left += [value.index for value in taken if isinstance(value, Node)]
                    names |= {value.name for value in taken if isinstance(value, Input)}
            if len(self._needs) >= _NEEDS:
                self._needs.clear()
            known = self._needs[nodes] = (sorted(needed), frozenset(names))
        return known


class _Bound:
    """The inputs of a run. What came as a list is joined once, whatever many nodes take it."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._joined: dict[str, ListRows] = {}

    def value(self, argument: str, value: Input) -> Any:
        """The value of an argument; raises as the plain calls where it is a list of no rows."""
        given = self._given[value.name]
        if isinstance(given, (Input, Node)):
            raise TypeError(f"inputs: {given!r} came as {value.name!r}; wanted what the plain call takes")
        if argument not in _ROWS or not isinstance(given, (list, tuple)):
            return given
        if value.name not in self._joined:
            self._joined[value.name] = ListRows.of(as_rows(argument, given))
        return self._joined[value.name]


def _captured(step: _Step, bound: _Bound, calls: Mapping[int, Call]) -> Call:
    """The call that a plain function comes to, all arguments checked; nodes as rows that are still to come."""
    given = {
        name: bound.value(name, value)
        if isinstance(value, Input)
        else Pending.of(value.index, value.outputs[0], calls[value.index])
        for name, value in step.varying.items()
    }
    return captured(step.function, **step.fixed, **given)


def _outputs(nodes: tuple[Node, ...]) -> set[tuple[int, str]]:
    """The outputs that nodes are: number of the step, and name."""
    return {(node.index, name) for node in nodes for name in node.outputs}


def _result(node: Node, outputs: Mapping[str, Any]) -> Any:
    """What the plain call returns, of a node's outputs."""
    values = tuple(_plain(name, outputs[name]) for name in node.outputs)
    return values if len(values) > 1 else values[0]


def _plain(name: str, array: Any) -> Any:
    if name == "root":
        return array.tobytes()
    if name == "mutated":
        return bool(array[0])
    return array.view(np.bool_) if name == "verdicts" else array
