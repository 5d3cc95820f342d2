// A run of consecutive operators seen as makers of rows: which tensors there
// are, who makes and reads them, how many rows each reader looks at. Shapes
// only: no weights, no addresses.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/ir/graph.h"
#include "engine/kernels/stream.h"

namespace tinyrig::engine::stream {

/// Rows of one operator; a height of up to 32767 fits the tables.
struct RowGeometry {
  int stride = 1, span = 1, pad_top = 0, pad_bottom = 0;
};

/// How `op` makes its output row by row; nullopt where it cannot: a batch, an
/// operator that needs its whole input, a pool with padding above or below
/// (cells outside do not count there).
std::optional<RowGeometry> RowsOf(const ir::Graph& graph, const ir::Op& op);

/// Where execution can be cut: the indices b (0..op count) at which exactly one
/// storage lives between op b-1 and op b, and that storage. Empty unless the
/// model has one input and one output.
struct Cut {
  int op = 0;
  ir::TensorId storage = ir::kNoTensor;
};
std::vector<Cut> FindCuts(const ir::Graph& graph);

/// Tables of the walk (kernels/stream.h) with capacities still unbounded and
/// addresses null, and what they stand for.
struct Segment {
  int first_op = 0, end_op = 0;
  std::vector<kernels::StreamTensor> tensors;  ///< [0] input, back() output
  std::vector<ir::TensorId> tensor_ids;        ///< of the graph
  std::vector<kernels::StreamOp> ops;
  std::vector<int> op_ids;  ///< op index in the graph; kNoCopy for a row copy
  static constexpr int kNoCopy = -1;

  [[nodiscard]] int output() const {
    return static_cast<int>(tensors.size()) - 1;
  }
};

/// The ops [from.op, to.op) as one segment; nullopt where one of them cannot be
/// streamed, or an inner tensor has more than kMaxReaders readers or aliases.
std::optional<Segment> DescribeSegment(const ir::Graph& graph, const Cut& from,
                                       const Cut& to);

}  // namespace tinyrig::engine::stream
