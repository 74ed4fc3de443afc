"""An interpreter of the pickle opcodes that files of weights need. It imports nothing and calls nothing of a file's.

Specification: the comments of Python's ``pickletools`` module. Reading is iterative, so nested data cannot exhaust the
call stack, and bytes are views of the file, not copies.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable
from typing import Any

from calotype.foreign.limits import Broken, Budget, Refused
from calotype.foreign.names import Name, Names, is_key
from calotype.foreign.records import Array, Dtype, Record

_HIGHEST_PROTOCOL = 5
_LONGEST_LINE = 1024
_SET_BYTES = 256
_MARK = object()
_OPCODES = {ord(each.code): each.name for each in pickletools.opcodes}

# What a persistent reference of the file stands for.
Refer = Callable[[object], object]


class Machine:
    """The interpreter of the pickles in one piece of memory, one after another.

    Args:
        data: the bytes.
        names: the names that may be used.
        refer: gives the target of a persistent reference.
        budget: what the work is charged to.

    Attributes:
        position: of the next byte to be read.
    """

    def __init__(self, data: memoryview, names: Names, refer: Refer, budget: Budget) -> None:
        self.data, self.names, self.refer, self.budget = data, names, refer, budget
        self.position = 0

    def load(self) -> Any:
        """The value of the pickle at the position.

        Raises:
            Refused: it has an opcode, a name or a value that no file of weights needs, or is too large.
            Broken: it is damaged.
        """
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        try:
            while True:
                self.budget.opcode()
                opcode = self.data[self.position]
                self.position += 1
                if opcode == _STOP:
                    return self._pop()
                action = _ACTIONS.get(opcode)
                if action is None:
                    raise Refused(f"uses the pickle opcode {_OPCODES.get(opcode, opcode)}")
                action(self)
        except (IndexError, KeyError, struct.error, TypeError, ValueError, OverflowError) as error:
            end = isinstance(error, IndexError | struct.error) and self.position >= len(self.data)
            raise Broken("it ends early" if end else "it is no pickle of weights") from None

    # Parts of the opcodes

    def take(self, count: int) -> memoryview:
        """The next bytes."""
        part = self.data[self.position : self.position + count]
        if len(part) != count:
            raise Broken("it ends early")
        self.position += count
        return part

    def _number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def _pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise Broken("a mark where a value belongs")
        return value

    def _top(self) -> Any:
        if self.stack[-1] is _MARK:
            raise Broken("a mark where a value belongs")
        return self.stack[-1]

    def _since_mark(self) -> list[Any]:
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                found = self.stack[place + 1 :]
                del self.stack[place:]
                return found
        raise Broken("a mark is missing")

    def _line(self) -> str:
        ahead = bytes(self.data[self.position : self.position + _LONGEST_LINE])
        line, end, _ = ahead.partition(b"\n")
        if not end:
            raise Broken("a line that does not end")
        self.position += len(line) + 1
        return line.decode("utf-8")

    def _resolve(self, place: object, name: object) -> None:
        if not isinstance(place, str) or not isinstance(name, str):
            raise Broken("a name that is no text")
        found = self.names.get((place, name))
        if found is None:
            raise Refused(f"names {_quoted(f'{place}.{name}')}")
        self.stack.append(found)

    def _call(self, function: object, args: object, *, made: bool) -> None:
        if not isinstance(function, Name) or not isinstance(args, tuple) or function.call is None:
            raise Refused("calls something that is no function")
        if made and not function.made:
            raise Refused("makes an object of something that is no class")
        self.stack.append(function.call(self.budget, args))

    def _build(self) -> None:
        state = self._pop()
        target = self._top()
        if isinstance(target, (Record, Array, Dtype)):
            target.set_state(state)
        elif not isinstance(target, dict):  # attributes of dictionaries are left out
            raise Refused("sets the state of a record that has none")

    def _set_items(self, items: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, dict) or len(items) % 2:
            raise Broken("entries of something that is no dictionary")
        for key, value in zip(items[::2], items[1::2]):
            if not is_key(key):
                raise Refused("uses a key that is no plain value")
            target[key] = value

    def _append(self, items: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, list):
            raise Broken("elements of something that is no list")
        target.extend(items)

    def _add_items(self) -> None:
        items = self._since_mark()
        if not isinstance(self._top(), set) or not all(is_key(one) for one in items):
            raise Broken("elements of something that is no set")
        self._top().update(items)

    def _empty_set(self) -> None:
        self.budget.charge(_SET_BYTES)  # an opcode of one byte makes an object of this size
        self.stack.append(set())

    def _tuple(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def _protocol(self) -> None:
        if self._number(1) > _HIGHEST_PROTOCOL:
            raise Broken("an unknown protocol")


def _quoted(text: str) -> str:
    return f"'{text}'" if text.isprintable() and len(text) < 200 else repr(text[:200])


def _push(make: Callable[[Machine], object]) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(make(machine))


def _text(size: int) -> Callable[[Machine], None]:
    return _push(lambda machine: str(machine.take(machine._number(size)), "utf-8", "surrogatepass"))


def _bytes(size: int) -> Callable[[Machine], None]:
    return _push(lambda machine: machine.take(machine._number(size)))


def _integer(size: int, *, signed: bool = False) -> Callable[[Machine], None]:
    return _push(lambda machine: int.from_bytes(machine.take(size), "little", signed=signed))


def _remember(size: int) -> Callable[[Machine], None]:
    def act(machine: Machine) -> None:
        machine.memo[machine._number(size)] = machine._top()

    return act


def _recall(size: int) -> Callable[[Machine], None]:
    return _push(lambda machine: machine.memo[machine._number(size)])


def _memoize(machine: Machine) -> None:
    machine.memo[len(machine.memo)] = machine._top()


def _reduce(machine: Machine) -> None:
    args = machine._pop()
    machine._call(machine._pop(), args, made=False)


def _new_object(machine: Machine) -> None:
    args = machine._pop()
    machine._call(machine._pop(), args, made=True)


def _set_item(machine: Machine) -> None:
    value = machine._pop()
    machine._set_items([machine._pop(), value])


def _global(machine: Machine) -> None:
    machine._resolve(machine._line(), machine._line())


def _stack_global(machine: Machine) -> None:
    name = machine._pop()
    machine._resolve(machine._pop(), name)


_BY_NAME: dict[str, Callable[[Machine], object]] = {
    "PROTO": Machine._protocol,
    "FRAME": lambda machine: machine.take(8),
    "MARK": _push(lambda machine: _MARK),
    "NONE": _push(lambda machine: None),
    "NEWTRUE": _push(lambda machine: True),
    "NEWFALSE": _push(lambda machine: False),
    "BININT": _integer(4, signed=True),
    "BININT1": _integer(1),
    "BININT2": _integer(2),
    "LONG1": _push(lambda machine: int.from_bytes(machine.take(machine._number(1)), "little", signed=True)),
    "BINFLOAT": _push(lambda machine: struct.unpack(">d", machine.take(8))[0]),
    "SHORT_BINUNICODE": _text(1),
    "BINUNICODE": _text(4),
    "BINUNICODE8": _text(8),
    "SHORT_BINBYTES": _bytes(1),
    "BINBYTES": _bytes(4),
    "BINBYTES8": _bytes(8),
    "BYTEARRAY8": _bytes(8),
    "EMPTY_LIST": _push(lambda machine: []),
    "EMPTY_DICT": _push(lambda machine: {}),
    "EMPTY_SET": Machine._empty_set,
    "EMPTY_TUPLE": _push(lambda machine: ()),
    "TUPLE": _push(lambda machine: tuple(machine._since_mark())),
    "TUPLE1": lambda machine: machine._tuple(1),
    "TUPLE2": lambda machine: machine._tuple(2),
    "TUPLE3": lambda machine: machine._tuple(3),
    "APPEND": lambda machine: machine._append([machine._pop()]),
    "APPENDS": lambda machine: machine._append(machine._since_mark()),
    "ADDITEMS": Machine._add_items,
    "SETITEM": _set_item,
    "SETITEMS": lambda machine: machine._set_items(machine._since_mark()),
    "BINPUT": _remember(1),
    "LONG_BINPUT": _remember(4),
    "MEMOIZE": _memoize,
    "BINGET": _recall(1),
    "LONG_BINGET": _recall(4),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _new_object,
    "BUILD": Machine._build,
    "BINPERSID": _push(lambda machine: machine.refer(machine._pop())),
}
_ACTIONS = {ord(each.code): _BY_NAME[each.name] for each in pickletools.opcodes if each.name in _BY_NAME}
_STOP = ord(".")
