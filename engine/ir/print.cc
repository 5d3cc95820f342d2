// The text form of a graph: one line per op, made for people and for diffs.
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "engine/ir/graph.h"
#include "engine/ir/visit.h"

namespace tinyrig::engine::ir {
namespace {

const char* TypeName(DType type) {
  switch (type) {
    case DType::kInt8:
      return "int8";
    case DType::kUint8:
      return "uint8";
    case DType::kInt16:
      return "int16";
    case DType::kInt32:
      return "int32";
    case DType::kFloat32:
      break;
  }
  return "float32";
}

/// t3:int8[1,4,4,8]; "t5=t3:..." when t5 shares the bytes of t3.
std::string Ref(const Graph& graph, TensorId id) {
  const Tensor& tensor = graph.tensor(id);
  return absl::StrCat(
      "t", id, tensor.alias_of < 0 ? "" : absl::StrCat("=t", tensor.alias_of),
      ":", TypeName(tensor.type), "[", absl::StrJoin(tensor.shape, ","), "]");
}

std::string QuantText(const Tensor& tensor) {
  if (tensor.quant.scales.empty()) {
    return "";
  }
  return absl::StrFormat(" scale %.9g zp %d", tensor.quant.scale(),
                         tensor.quant.zero_point());
}

std::string Text(const Multiplier& m) {
  return absl::StrCat(m.multiplier, "^", m.shift);
}

/// The first multiplier, and how many there are when they differ.
std::string Text(const std::vector<Multiplier>& all) {
  bool equal = true;
  for (const Multiplier& m : all) {
    equal =
        equal && m.multiplier == all[0].multiplier && m.shift == all[0].shift;
  }
  return absl::StrCat(Text(all[0]),
                      equal ? "" : absl::StrCat(" (1 of ", all.size(), ")"));
}

std::string Text(const Clamp& clamp) {
  return absl::StrCat(" clamp ", clamp.min, "..", clamp.max);
}

std::string Text(const Window& w) {
  std::string text = absl::StrCat(" filter ", w.filter_h, "x", w.filter_w,
                                  " stride ", w.stride_h, "x", w.stride_w);
  if (w.dilation_h != 1 || w.dilation_w != 1) {
    absl::StrAppend(&text, " dilation ", w.dilation_h, "x", w.dilation_w);
  }
  absl::StrAppend(&text, " pad ", w.pad_top, ",", w.pad_bottom, ",", w.pad_left,
                  ",", w.pad_right);
  return text;
}

std::string Constants(const Graph& graph, TensorId weights, TensorId bias) {
  return absl::StrCat(
      " weights ", Ref(graph, weights),
      bias == kNoTensor ? "" : absl::StrCat(" bias ", Ref(graph, bias)));
}

std::string Details(const Graph& graph, const Op& op) {
  return std::visit(
      Overloaded{
          [&](const Conv2d& c) {
            return absl::StrCat(Text(c.window), Text(c.clamp), " mult ",
                                Text(c.multipliers),
                                Constants(graph, c.weights, c.bias));
          },
          [&](const DepthwiseConv2d& c) {
            return absl::StrCat(Text(c.window), " depth ", c.depth_multiplier,
                                Text(c.clamp), " mult ", Text(c.multipliers),
                                Constants(graph, c.weights, c.bias));
          },
          [&](const FullyConnected& c) {
            return absl::StrCat(Text(c.clamp), " mult ", Text(c.multipliers),
                                Constants(graph, c.weights, c.bias));
          },
          [](const AveragePool2d& p) {
            return absl::StrCat(Text(p.window), Text(p.clamp));
          },
          [](const MaxPool2d& p) {
            return absl::StrCat(Text(p.window), Text(p.clamp));
          },
          [](const Mean& m) {
            return absl::StrCat(" mult ", Text(m.multiplier));
          },
          [](const Add& a) {
            return absl::StrCat(" mult ", Text(a.multiplier1), " ",
                                Text(a.multiplier2), " ",
                                Text(a.multiplier_out), Text(a.clamp));
          },
          [](const Pad& p) {
            std::string text = absl::StrCat(" value ", p.value, " pad");
            for (const auto& [before, after] : p.paddings) {
              absl::StrAppend(&text, " ", before, ",", after);
            }
            return text;
          },
          [](const Softmax& s) {
            return absl::StrCat(" mult ", s.input_multiplier, "^",
                                s.input_left_shift, " diff_min ", s.diff_min);
          },
          [](const Quantize& q) {
            return q.multiplier.multiplier == 0
                       ? std::string()
                       : absl::StrCat(" mult ", Text(q.multiplier));
          },
          [](const auto&) { return std::string(); }},
      op.body);
}

}  // namespace

std::string PrintGraph(const Graph& graph) {
  std::string text = absl::StrCat("graph ", graph.name, "\n");
  for (const TensorId id : graph.inputs) {
    absl::StrAppend(&text, "input ", Ref(graph, id),
                    QuantText(graph.tensor(id)), "\n");
  }
  for (const Op& op : graph.ops) {
    std::vector<std::string> inputs;
    for (const TensorId id : ActivationInputs(op)) {
      inputs.push_back(Ref(graph, id));
    }
    const TensorId out = OutputOf(op);
    absl::StrAppend(&text, op.file_index, " ", op.name, " ",
                    absl::StrJoin(inputs, " "), " -> ", Ref(graph, out),
                    QuantText(graph.tensor(out)), Details(graph, op), "\n");
  }
  for (const TensorId id : graph.outputs) {
    absl::StrAppend(&text, "output ", Ref(graph, id),
                    QuantText(graph.tensor(id)), "\n");
  }
  return text;
}

}  // namespace tinyrig::engine::ir
