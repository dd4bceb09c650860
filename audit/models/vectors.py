"""Two loops over sixteen numbers at once, for ``dense_walk``: a layer for some rows, and a weighted sum.

Why so, written as instructions: a compiler of plain loops keeps sums of a matrix product in memory and
reaches a third of what the processor can multiply; kept in its registers they reach four fifths.

Why so, sixteen whatever the processor: each sum adds its products one after the other, in one order, so
how many rows come together, and how wide the registers are, changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
_NUMBER, _INT, _PLACE = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR = ir.VectorType(_NUMBER, LANES)
_WIDE = bool(binding.get_host_cpu_features().get("avx512f"))  # 32 registers of sixteen numbers
ROWS_OF = {4: 6, 2: 12, 1: 12} if _WIDE else {1: 6}  # vectors of units -> rows whose sums fit registers
MOST_VECTORS = max(ROWS_OF)


def _whole(value: int) -> Any:
    return ir.Constant(_INT, value)


def _data(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _vector_at(builder: Any, data: Any, at: Any) -> Any:
    found = builder.load(builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer()))
    found.align = 4
    return found


def _store_at(builder: Any, vector: Any, data: Any, at: Any) -> None:
    done = builder.store(vector, builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer()))
    done.align = 4


def _everywhere(builder: Any, number: Any) -> Any:
    empty = ir.Constant(_VECTOR, ir.Undefined)
    one = builder.insert_element(empty, number, ir.Constant(_PLACE, 0))
    return builder.shuffle_vector(one, empty, ir.Constant(ir.VectorType(_PLACE, LANES), [0] * LANES))


def _multiplied(builder: Any, left: Any, right: Any, added: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
    return builder.call(function, [left, right, added])


def _raised(builder: Any, vector: Any, lowest: Any) -> Any:
    """Return the larger of the two; a NaN is not lower, and stays."""
    return builder.select(builder.fcmp_ordered("<", vector, lowest), lowest, vector)


@contextmanager
def _stepping(builder: Any, n: Any) -> Iterator[Any]:
    """Write a loop over ``n`` numbers, sixteen at a time, around what is written meanwhile."""
    before = builder.block
    loop, behind = builder.append_basic_block("each"), builder.append_basic_block("behind")
    builder.branch(loop)
    builder.position_at_end(loop)
    place = builder.phi(_INT)
    place.add_incoming(_whole(0), before)
    yield place
    after = builder.add(place, _whole(LANES))
    place.add_incoming(after, builder.block)
    builder.cbranch(builder.icmp_signed("<", after, n), loop, behind)
    builder.position_at_end(behind)


def _layer_of(vectors: int) -> Callable[..., Any]:
    """Return a loop for ``vectors`` times sixteen units."""
    n_rows = ROWS_OF[vectors]

    def layer(
        typing: Any,
        given: Any,
        given_at: Any,
        n_given: Any,
        weights: Any,
        kernel_at: Any,
        bias_at: Any,
        stride: Any,
        floor: Any,
        out: Any,
        out_at: Any,
    ) -> Any:
        """Set some units of some rows: ``out = max(bias + given @ kernel, floor)``.

        ``given`` float32[rows * n_given] and ``out`` float32[rows * stride], flat, from their places on;
        the kernel is float32[n_given, stride] in ``weights``.
        """
        signature = types.void(
            given, given_at, n_given, weights, kernel_at, bias_at, stride, floor, out, out_at
        )

        def emit(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
            _, at, n, _, kernel, bias, step, least, _, to = values
            rows, numbers, target = (_data(context, builder, kinds.args[i], values[i]) for i in (0, 3, 8))
            units = [_whole(LANES * which) for which in range(vectors)]
            start = [_vector_at(builder, numbers, builder.add(bias, one)) for one in units]
            before = builder.block
            loop, behind = builder.append_basic_block("each"), builder.append_basic_block("behind")
            builder.branch(loop)
            builder.position_at_end(loop)
            place = builder.phi(_INT)
            place.add_incoming(_whole(0), before)
            sums = [[builder.phi(_VECTOR) for _ in units] for _ in range(n_rows)]
            first = builder.add(kernel, builder.mul(place, step))
            column = [_vector_at(builder, numbers, builder.add(first, one)) for one in units]
            added = []
            for which, row in enumerate(sums):
                cell = builder.add(at, builder.add(builder.mul(n, _whole(which)), place))
                number = _everywhere(builder, builder.load(builder.gep(rows, [cell])))
                added.append([_multiplied(builder, number, c, s) for c, s in zip(column, row, strict=True)])
            after = builder.add(place, _whole(1))
            place.add_incoming(after, loop)
            for row, new in zip(sums, added, strict=True):
                for sum_, begun, grown in zip(row, start, new, strict=True):
                    sum_.add_incoming(begun, before)
                    sum_.add_incoming(grown, loop)
            builder.cbranch(builder.icmp_signed("<", after, n), loop, behind)
            builder.position_at_end(behind)
            lowest = _everywhere(builder, least)
            for which, new in enumerate(added):
                line = builder.add(to, builder.mul(step, _whole(which)))
                for one, grown in zip(units, new, strict=True):
                    _store_at(builder, _raised(builder, grown, lowest), target, builder.add(line, one))
            return context.get_dummy_value()

        return signature, emit

    return layer


layer_of: dict[int, Any] = {vectors: intrinsic(_layer_of(vectors)) for vectors in ROWS_OF}


def _weighted(typing: Any, given: Any, given_at: Any, weights: Any, weights_at: Any, n: Any) -> Any:
    """Return the sum of ``n`` products, ``n`` a multiple of sixteen; both flat, from their places on."""
    signature = types.float32(given, given_at, weights, weights_at, n)

    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
        left, right = (_data(context, builder, kinds.args[i], values[i]) for i in (0, 2))
        before = builder.block
        loop, behind = builder.append_basic_block("each"), builder.append_basic_block("behind")
        builder.branch(loop)
        builder.position_at_end(loop)
        place, sums = builder.phi(_INT), builder.phi(_VECTOR)
        place.add_incoming(_whole(0), before)
        sums.add_incoming(ir.Constant(_VECTOR, [ir.Constant(_NUMBER, 0.0)] * LANES), before)
        grown = _multiplied(
            builder,
            _vector_at(builder, left, builder.add(values[1], place)),
            _vector_at(builder, right, builder.add(values[3], place)),
            sums,
        )
        after = builder.add(place, _whole(LANES))
        place.add_incoming(after, loop)
        sums.add_incoming(grown, loop)
        builder.cbranch(builder.icmp_signed("<", after, values[4]), loop, behind)
        builder.position_at_end(behind)
        half = LANES // 2
        while half:
            nothing = ir.Constant(grown.type, ir.Undefined)
            parts = [
                builder.shuffle_vector(
                    grown, nothing, ir.Constant(ir.VectorType(_PLACE, half), list(range(first, first + half)))
                )
                for first in (0, half)
            ]
            grown, half = builder.fadd(*parts), half // 2
        return builder.extract_element(grown, ir.Constant(_PLACE, 0))

    return signature, emit


weighted: Any = intrinsic(_weighted)


def _joined(
    typing: Any,
    sums: Any,
    sums_at: Any,
    part: Any,
    part_at: Any,
    n: Any,
    floor: Any,
    new: Any,
    new_at: Any,
    out: Any,
    out_at: Any,
) -> Any:
    """Set ``new = sums + part`` and ``out = max(new, floor)``, ``n`` numbers, a multiple of sixteen."""
    signature = types.void(sums, sums_at, part, part_at, n, floor, new, new_at, out, out_at)

    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
        left, right, grown, line = (_data(context, builder, kinds.args[i], values[i]) for i in (0, 2, 6, 8))
        lowest = _everywhere(builder, values[5])
        with _stepping(builder, values[4]) as place:
            sum_ = builder.fadd(
                _vector_at(builder, left, builder.add(values[1], place)),
                _vector_at(builder, right, builder.add(values[3], place)),
            )
            _store_at(builder, sum_, grown, builder.add(values[7], place))
            _store_at(builder, _raised(builder, sum_, lowest), line, builder.add(values[9], place))
        return context.get_dummy_value()

    return signature, emit


joined: Any = intrinsic(_joined)


def _less(
    typing: Any, left: Any, left_at: Any, right: Any, right_at: Any, n: Any, out: Any, out_at: Any
) -> Any:
    """Set ``out = left - right``, ``n`` numbers, a multiple of sixteen."""
    signature = types.void(left, left_at, right, right_at, n, out, out_at)

    def emit(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
        more, fewer, target = (_data(context, builder, kinds.args[i], values[i]) for i in (0, 2, 5))
        with _stepping(builder, values[4]) as place:
            difference = builder.fsub(
                _vector_at(builder, more, builder.add(values[1], place)),
                _vector_at(builder, fewer, builder.add(values[3], place)),
            )
            _store_at(builder, difference, target, builder.add(values[6], place))
        return context.get_dummy_value()

    return signature, emit


less: Any = intrinsic(_less)
