// std::visit with one lambda per operator.
#pragma once

namespace tinyrig::engine::ir {

/// std::visit(Overloaded{[](const Conv2d& op) {...}, [](const auto&) {...}},
///            op.body);
template <class... Lambdas>
struct Overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <class... Lambdas>
Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

}  // namespace tinyrig::engine::ir
