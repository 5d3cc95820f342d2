// Row-streamed execution of a run of operators: each makes one output row at a
// time, as soon as the rows it needs are there; inner tensors keep only the
// rows that somebody still reads.
//
//   tensor   rows  -pad_top .. rows+pad_bottom; those outside the tensor hold
//            the zero point and exist only while they are kept
//   kept     rows [first, made), contiguous from `bytes`; when there is no room
//            for another row, those that nobody reads any more are dropped and
//            the rest moves down
//   order    by demand: the last operator asks for its next row, its maker for
//            the rows below that, and so on (no recursion, a small stack)
//
// The same walk runs in the planner, which plays it on shapes alone to learn
// how many rows are kept at once (Host says what happens to memory).
#ifndef TINYRIG_ENGINE_KERNELS_STREAM_H_
#define TINYRIG_ENGINE_KERNELS_STREAM_H_

#include <stdint.h>

#include "engine/kernels/simd.h"

namespace tinyrig::kernels {

constexpr int kMaxReaders = 3;
constexpr int16_t kNoIndex = -1;

/// One output row; `in2` only for operators of two inputs.
using RowFunction = void (*)(const int8_t* in, const int8_t* in2, int8_t* out);

struct StreamTensor {
  uint8_t* bytes;     ///< where the lowest kept row lies
  int32_t row_bytes;  ///< one row, all columns and channels
  int16_t rows;       ///< of the tensor, without pads
  int16_t capacity;   ///< rows kept at once, pads included
  int16_t pad_top, pad_bottom;
  int16_t maker;                 ///< operator, or kNoIndex: all rows are there
  int16_t readers[kMaxReaders];  ///< operators, then kNoIndex
  int8_t zero;                   ///< of padding rows
};

/// Output row r reads the rows [r * stride - pad_top, ... + span) of `in`, and
/// row r of `in2`.
struct StreamOp {
  RowFunction row;  ///< null: copies one row of `in`
  int16_t in, in2, out;
  int16_t stride, span, pad_top;
  int16_t layer;  ///< index in the model, for profiles
};

/// Where the walk stands. `first` and `made` have an entry per tensor, `next`
/// and `asked` one per operator.
struct StreamState {
  int16_t* first;
  int16_t* made;
  int16_t* next;
  int16_t* asked;
  int16_t depth;
};

/// Host: void Zero(int tensor, int kept_row); void Drop(int tensor, int rows,
/// int kept): the lowest `rows` of `kept` rows go; bool Full(int tensor, int
/// lowest): there is no room for another row, `lowest` is still read.
template <class Host>
class StreamWalk {
 public:
  StreamWalk(const StreamTensor* tensors, int tensor_count, const StreamOp* ops,
             int op_count, StreamState* state, Host* host)
      : tensors_(tensors), ops_(ops), state_(*state), host_(*host) {
    for (int t = 0; t < tensor_count; ++t) {
      const bool whole = tensors[t].maker == kNoIndex;
      state_.first[t] = static_cast<int16_t>(whole ? 0 : -tensors[t].pad_top);
      state_.made[t] = whole ? tensors[t].rows : state_.first[t];
    }
    for (int op = 0; op < op_count; ++op) {
      state_.next[op] = 0;
    }
    state_.asked[0] = static_cast<int16_t>(op_count - 1);
    state_.depth = 1;
  }

  /// The operator whose next row can be made now; its output has room. -1: the
  /// last operator has made all of its rows.
  int Next() {
    const int last = state_.asked[0];
    if (state_.next[last] == tensors_[ops_[last].out].rows) {
      return -1;
    }
    while (true) {
      const int op = state_.asked[state_.depth - 1];
      const int maker = MakerOfMissing(op);
      if (maker < 0) {
        MakeRoom(ops_[op].out);
        return op;
      }
      state_.asked[state_.depth++] = static_cast<int16_t>(maker);
    }
  }

  /// The row of `op` was made.
  void Done(int op) {
    ++state_.made[ops_[op].out];
    ++state_.next[op];
    if (state_.depth > 1) {
      --state_.depth;
    }
  }

  /// First row of `in` that the next row of `op` reads.
  [[nodiscard]] int FirstRead(int op) const {
    return state_.next[op] * ops_[op].stride - ops_[op].pad_top;
  }

  /// Lowest row of a tensor that somebody reads; `made` if nobody does.
  [[nodiscard]] int Lowest(int tensor) const {
    int lowest = state_.made[tensor];
    for (int i = 0; i < kMaxReaders; ++i) {
      const int reader = tensors_[tensor].readers[i];
      if (reader == kNoIndex) {
        break;
      }
      if (state_.next[reader] < tensors_[ops_[reader].out].rows) {
        const int row =
            ops_[reader].in == tensor ? FirstRead(reader) : state_.next[reader];
        lowest = row < lowest ? row : lowest;
      }
    }
    return lowest < state_.first[tensor] ? state_.first[tensor] : lowest;
  }

 private:
  // Who has to work first; -1: all rows are there.
  int MakerOfMissing(int op) {
    const StreamOp& o = ops_[op];
    const int maker = MakerUpTo(o.in, FirstRead(op) + o.span);
    return maker >= 0 || o.in2 == kNoIndex
               ? maker
               : MakerUpTo(o.in2, state_.next[op] + 1);
  }

  // Padding rows are made on the way.
  int MakerUpTo(int tensor, int end) {
    const StreamTensor& t = tensors_[tensor];
    if (t.maker == kNoIndex) {
      return -1;
    }
    while (state_.made[tensor] < end) {
      const int row = state_.made[tensor];
      if (row >= 0 && row < t.rows) {
        return t.maker;
      }
      MakeRoom(tensor);
      host_.Zero(tensor, row - state_.first[tensor]);
      ++state_.made[tensor];
    }
    return -1;
  }

  void MakeRoom(int tensor) {
    const int lowest = Lowest(tensor);
    if (host_.Full(tensor, lowest)) {
      const int first = state_.first[tensor];
      host_.Drop(tensor, lowest - first, state_.made[tensor] - first);
      state_.first[tensor] = static_cast<int16_t>(lowest);
    }
  }

  const StreamTensor* tensors_;
  const StreamOp* ops_;
  StreamState& state_;
  Host& host_;
};

/// Word copy towards lower addresses; regions may overlap, both 4-aligned or
/// not. REQUIRES: to <= from.
TINYRIG_INLINE void MoveDown(uint8_t* to, const uint8_t* from, int32_t bytes) {
  int32_t i = 0;
  for (; i + 16 <= bytes; i += 16) {
    const uint32_t a = LoadWord(from + i);
    const uint32_t b = LoadWord(from + i + 4);
    const uint32_t c = LoadWord(from + i + 8);
    const uint32_t d = LoadWord(from + i + 12);
    __builtin_memcpy(to + i, &a, 4);
    __builtin_memcpy(to + i + 4, &b, 4);
    __builtin_memcpy(to + i + 8, &c, 4);
    __builtin_memcpy(to + i + 12, &d, 4);
  }
  for (; i < bytes; ++i) {
    to[i] = from[i];
  }
}

/// The other way: REQUIRES to >= from.
TINYRIG_INLINE void MoveUp(uint8_t* to, const uint8_t* from, int32_t bytes) {
  int32_t i = bytes;
  for (; i >= 8; i -= 8) {
    const uint32_t a = LoadWord(from + i - 4);
    const uint32_t b = LoadWord(from + i - 8);
    __builtin_memcpy(to + i - 4, &a, 4);
    __builtin_memcpy(to + i - 8, &b, 4);
  }
  for (; i > 0; --i) {
    to[i - 1] = from[i - 1];
  }
}

/// Memory of a running model.
class StreamMemory {
 public:
  StreamMemory(const StreamTensor* tensors, const StreamState* state)
      : tensors_(tensors), state_(*state) {}

  void Zero(int tensor, int kept_row) {
    const StreamTensor& t = tensors_[tensor];
    __builtin_memset(t.bytes + kept_row * t.row_bytes, t.zero,
                     static_cast<uint32_t>(t.row_bytes));
  }
  void Drop(int tensor, int rows, int kept) {
    const StreamTensor& t = tensors_[tensor];
    MoveDown(t.bytes, t.bytes + rows * t.row_bytes,
             (kept - rows) * t.row_bytes);
  }
  bool Full(int tensor, int /*lowest*/) {
    return state_.made[tensor] - state_.first[tensor] ==
           tensors_[tensor].capacity;
  }

 private:
  const StreamTensor* tensors_;
  const StreamState& state_;
};

/// Runs all rows. `on_step` (may be null) is told a row's layer before it is
/// made. kTensors and kOps: the most that any call has; they size the state.
template <int kTensors, int kOps>
TINYRIG_INLINE void RunStream(const StreamTensor* tensors, int tensor_count,
                              const StreamOp* ops, int op_count,
                              void (*on_step)(uint32_t layer)) {
  int16_t first[kTensors];
  int16_t made[kTensors];
  int16_t next[kOps];
  int16_t asked[kOps + 1];
  StreamState state{first, made, next, asked, 0};
  StreamMemory memory(tensors, &state);
  StreamWalk<StreamMemory> walk(tensors, tensor_count, ops, op_count, &state,
                                &memory);
  for (int at = walk.Next(); at >= 0; at = walk.Next()) {
    const StreamOp& op = ops[at];
    if (on_step != nullptr) {
      on_step(static_cast<uint32_t>(op.layer));
    }
    const StreamTensor& in = tensors[op.in];
    const StreamTensor& out = tensors[op.out];
    const uint8_t* from =
        in.bytes + (walk.FirstRead(at) - first[op.in]) * in.row_bytes;
    uint8_t* to = out.bytes + (made[op.out] - first[op.out]) * out.row_bytes;
    const uint8_t* from2 = nullptr;
    if (op.in2 != kNoIndex) {
      from2 = tensors[op.in2].bytes +
              (next[at] - first[op.in2]) * tensors[op.in2].row_bytes;
    }
    if (op.row == nullptr) {
      MoveDown(to, from, in.row_bytes);
    } else {
      op.row(reinterpret_cast<const int8_t*>(from),
             reinterpret_cast<const int8_t*>(from2),
             reinterpret_cast<int8_t*>(to));
    }
    walk.Done(at);
  }
}

}  // namespace tinyrig::kernels

#endif  // TINYRIG_ENGINE_KERNELS_STREAM_H_
