#include "engine/stream/check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace tinyrig::engine::stream {
namespace {

// Who wrote a byte: tensor and row as one number; rows begin at -pad_top.
constexpr int32_t kNobody = -1;
constexpr int kRowsPerTensor = 1 << 16;
int32_t Owner(int tensor, int row) {
  return tensor * kRowsPerTensor + row + kRowsPerTensor / 2;
}

// Memory of owners instead of values.
class Owners {
 public:
  Owners(const Segment& segment, const std::vector<int64_t>& offsets,
         int64_t arena_bytes, const kernels::StreamState* state)
      : segment_(segment),
        offsets_(offsets),
        state_(*state),
        bytes_(static_cast<size_t>(arena_bytes), kNobody) {}

  void Zero(int tensor, int kept_row) {
    Write(tensor, kept_row, state_.made[tensor]);
  }
  void Drop(int tensor, int rows, int kept) {
    for (int i = rows; i < kept; ++i) {
      const int row = state_.first[tensor] + i;
      Read(tensor, i, row);
      Write(tensor, i - rows, row);
    }
  }
  bool Full(int tensor, int /*lowest*/) {
    return state_.made[tensor] - state_.first[tensor] ==
           segment_.tensors[static_cast<size_t>(tensor)].capacity;
  }

  void Write(int tensor, int kept_row, int row) {
    const auto [begin, end] = Range(tensor, kept_row);
    if (begin >= 0) {
      std::fill(bytes_.begin() + begin, bytes_.begin() + end,
                Owner(tensor, row));
    }
  }
  void Read(int tensor, int kept_row, int row) {
    const auto [begin, end] = Range(tensor, kept_row);
    for (int64_t i = begin; i >= 0 && i < end; ++i) {
      if (bytes_[static_cast<size_t>(i)] != Owner(tensor, row)) {
        Fail("lost", tensor, row);
        return;
      }
    }
  }
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  void Fail(const char* what, int tensor, int row) {
    if (status_.ok()) {
      status_ = absl::InternalError(absl::StrCat(
          "streamed layers ", segment_.first_op, " to ", segment_.end_op - 1,
          ": row ", row, " of tensor ",
          segment_.tensor_ids[static_cast<size_t>(tensor)], " is ", what));
    }
  }

  // Bytes of a kept row; {-1, -1} with a failure outside the arena.
  std::pair<int64_t, int64_t> Range(int tensor, int kept_row) {
    const auto at = static_cast<size_t>(tensor);
    const int64_t row_bytes = segment_.tensors[at].row_bytes;
    const int64_t begin = offsets_[at] + kept_row * row_bytes;
    if (kept_row < 0 || kept_row >= segment_.tensors[at].capacity ||
        begin < 0 || begin + row_bytes > static_cast<int64_t>(bytes_.size())) {
      Fail("outside the arena", tensor, kept_row);
      return {-1, -1};
    }
    return {begin, begin + row_bytes};
  }

  const Segment& segment_;
  const std::vector<int64_t>& offsets_;
  const kernels::StreamState& state_;
  std::vector<int32_t> bytes_;
  absl::Status status_;
};

absl::Status CheckScratch(const Segment& segment,
                          const std::vector<int64_t>& offsets,
                          int64_t scratch_offset, int64_t scratch_bytes,
                          int64_t arena_bytes) {
  if (scratch_offset < 0) {
    return absl::OkStatus();
  }
  bool apart = scratch_offset + scratch_bytes <= arena_bytes;
  for (size_t t = 0; t < offsets.size(); ++t) {
    const kernels::StreamTensor& tensor = segment.tensors[t];
    const int64_t end =
        offsets[t] + int64_t{tensor.capacity} * tensor.row_bytes;
    apart = apart && (end <= scratch_offset ||
                      scratch_offset + scratch_bytes <= offsets[t]);
  }
  return apart ? absl::OkStatus()
               : absl::InternalError(absl::StrCat(
                     "scratch of streamed layers ", segment.first_op, " to ",
                     segment.end_op - 1, " meets a tensor"));
}

}  // namespace

absl::Status CheckSegment(const Segment& segment,
                          const std::vector<int64_t>& tensor_offsets,
                          int64_t scratch_offset, int64_t scratch_bytes,
                          int64_t arena_bytes) {
  RETURN_IF_ERROR(CheckScratch(segment, tensor_offsets, scratch_offset,
                               scratch_bytes, arena_bytes));
  const int tensor_count = static_cast<int>(segment.tensors.size());
  const int op_count = static_cast<int>(segment.ops.size());
  std::vector<int16_t> first(segment.tensors.size()),
      made(segment.tensors.size()), next(segment.ops.size()),
      asked(segment.ops.size() + 1);
  kernels::StreamState state{first.data(), made.data(), next.data(),
                             asked.data(), 0};
  Owners owners(segment, tensor_offsets, arena_bytes, &state);
  kernels::StreamWalk<Owners> walk(segment.tensors.data(), tensor_count,
                                   segment.ops.data(), op_count, &state,
                                   &owners);
  for (int row = 0; row < segment.tensors[0].rows; ++row) {
    owners.Write(0, row, row);
  }
  for (int at = walk.Next(); at >= 0 && owners.status().ok();
       at = walk.Next()) {
    const kernels::StreamOp& op = segment.ops[static_cast<size_t>(at)];
    // The kernel writes while it reads: the output first, then every row read.
    owners.Write(
        op.out,
        made[static_cast<size_t>(op.out)] - first[static_cast<size_t>(op.out)],
        made[static_cast<size_t>(op.out)]);
    for (int i = 0; i < op.span; ++i) {
      const int row = walk.FirstRead(at) + i;
      owners.Read(op.in, row - first[static_cast<size_t>(op.in)], row);
    }
    if (op.in2 != kernels::kNoIndex) {
      const int row = next[static_cast<size_t>(at)];
      owners.Read(op.in2, row - first[static_cast<size_t>(op.in2)], row);
    }
    walk.Done(at);
  }
  RETURN_IF_ERROR(owners.status());
  for (int row = 0; row < segment.tensors.back().rows; ++row) {
    owners.Read(segment.output(), row, row);
  }
  return owners.status();
}

}  // namespace tinyrig::engine::stream
