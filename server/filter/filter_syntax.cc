#include "server/filter/filter_syntax.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_join.h"

namespace tinyrig::server {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr size_t kExcerptCharacters = 40;

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Ends a word that is not quoted. A ":" may stand in a value (a time), not in
// a field.
bool EndsWord(char c, bool in_value) {
  return kBlanks.find(c) != std::string_view::npos || IsControl(c) ||
         std::string_view("()\"=<>!").find(c) != std::string_view::npos ||
         (c == ':' && !in_value);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<FilterNode> All() {
    FilterNode all;
    all.kind = FilterNode::Kind::kAnd;
    SkipBlanks();
    if (AtEnd()) {
      return all;
    }
    ASSIGN_OR_RETURN(all, Expression(0));
    if (!AtEnd()) {
      return Wanted("AND, OR or the end");
    }
    return all;
  }

 private:
  using Kind = FilterNode::Kind;

  absl::StatusOr<FilterNode> Expression(size_t depth) {
    return Chain(Kind::kAnd, "AND", depth);
  }

  // Operands of one kind: AND over ORs, OR over terms.
  absl::StatusOr<FilterNode> Chain(Kind kind, std::string_view keyword,
                                   size_t depth) {
    FilterNode chain;
    chain.kind = kind;
    do {
      ASSIGN_OR_RETURN(FilterNode operand, kind == Kind::kAnd
                                               ? Chain(Kind::kOr, "OR", depth)
                                               : Term(depth));
      chain.children.push_back(std::move(operand));
    } while (TakeKeyword(keyword));
    if (chain.children.size() == 1) {
      FilterNode only = std::move(chain.children.front());
      return only;
    }
    return chain;
  }

  absl::StatusOr<FilterNode> Term(size_t depth) {
    bool negated = false;
    while (TakeKeyword("NOT") || Take('-')) {
      negated = !negated;
    }
    ASSIGN_OR_RETURN(FilterNode term,
                     Take('(') ? Group(depth + 1) : Restriction());
    if (!negated) {
      return term;
    }
    FilterNode node;
    node.kind = Kind::kNot;
    node.children.push_back(std::move(term));
    return node;
  }

  absl::StatusOr<FilterNode> Group(size_t depth) {
    if (depth > kMaxFilterDepth) {
      return FilterError(
          text_, at_,
          absl::StrCat("at most ", kMaxFilterDepth, " levels of parentheses"));
    }
    ASSIGN_OR_RETURN(FilterNode inner, Expression(depth));
    if (!Take(')')) {
      return Wanted("AND, OR or \")\"");
    }
    return inner;
  }

  absl::StatusOr<FilterNode> Restriction() {
    if (++terms_ > kMaxFilterTerms) {
      return FilterError(text_, at_,
                         absl::StrCat("at most ", kMaxFilterTerms, " terms"));
    }
    if (NextIs("AND") || NextIs("OR") || AtEnd() || text_[at_] == ')') {
      return Wanted("a term (field = value, or a value alone)");
    }
    FilterNode node;
    node.field_at = at_;
    ASSIGN_OR_RETURN(node.value, Word(false));
    const std::optional<FilterOp> op = TakeOperator();
    if (!op.has_value()) {
      if (node.value.Text().empty()) {
        return Wanted("a term (field = value, or a value alone)");
      }
      return node;
    }
    if (node.value.quoted || node.value.Text().empty()) {
      return FilterError(text_, node.field_at,
                         "a field's name, without quotes, is wanted in front "
                         "of the operator");
    }
    node.field = node.value.Text();
    node.op = *op;
    ASSIGN_OR_RETURN(node.value, Word(true));
    if (node.value.Text().empty() && !node.value.quoted) {
      return Wanted(absl::StrCat("a value after \"",
                                 std::string(FilterOpText(*op)), "\""));
    }
    return node;
  }

  absl::StatusOr<FilterWord> Word(bool in_value) {
    FilterWord word;
    word.at = at_;
    if (!AtEnd() && text_[at_] == '"') {
      return Quoted();
    }
    while (!AtEnd() && !EndsWord(text_[at_], in_value)) {
      RETURN_IF_ERROR(Append(text_[at_], text_[at_] == '*', word));
      ++at_;
    }
    SkipBlanks();
    return word;
  }

  absl::StatusOr<FilterWord> Quoted() {
    FilterWord word;
    word.at = at_;
    word.quoted = true;
    for (++at_; !AtEnd() && text_[at_] != '"'; ++at_) {
      const bool escape = text_[at_] == '\\';
      if (escape) {
        ++at_;
        if (AtEnd() ||
            std::string_view("\"\\*").find(text_[at_]) == std::string::npos) {
          return FilterError(text_, at_ - 1,
                             "in quotes only \\\", \\\\ and \\* are known");
        }
      }
      RETURN_IF_ERROR(Append(text_[at_], !escape && text_[at_] == '*', word));
    }
    if (AtEnd()) {
      return FilterError(text_, word.at, "the closing quote is missing");
    }
    ++at_;
    SkipBlanks();
    return word;
  }

  absl::Status Append(char c, bool star, FilterWord& word) {
    if (!star) {
      word.pieces.back() += c;
      return absl::OkStatus();
    }
    if (word.pieces.size() > kMaxFilterStars) {
      return FilterError(
          text_, at_, absl::StrCat("at most ", kMaxFilterStars, " stars each"));
    }
    word.pieces.emplace_back();
    return absl::OkStatus();
  }

  std::optional<FilterOp> TakeOperator() {
    // Longer ones first.
    for (const FilterOp op :
         {FilterOp::kNe, FilterOp::kLe, FilterOp::kGe, FilterOp::kEq,
          FilterOp::kLt, FilterOp::kGt, FilterOp::kHas}) {
      if (text_.substr(at_).starts_with(FilterOpText(op))) {
        at_ += FilterOpText(op).size();
        SkipBlanks();
        return op;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] bool NextIs(std::string_view keyword) const {
    const std::string_view rest = text_.substr(at_);
    return rest.starts_with(keyword) && (rest.size() == keyword.size() ||
                                         EndsWord(rest[keyword.size()], false));
  }
  bool TakeKeyword(std::string_view keyword) {
    if (!NextIs(keyword)) {
      return false;
    }
    at_ += keyword.size();
    SkipBlanks();
    return true;
  }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) {
      return false;
    }
    ++at_;
    SkipBlanks();
    return true;
  }
  void SkipBlanks() {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  }
  [[nodiscard]] bool AtEnd() const { return at_ >= text_.size(); }

  [[nodiscard]] absl::Status Wanted(const std::string& what) const {
    const std::string_view rest = text_.substr(std::min(at_, text_.size()));
    size_t end = 0;
    while (end < rest.size() && !EndsWord(rest[end], false)) {
      ++end;
    }
    const std::string_view found = rest.substr(0, std::max<size_t>(end, 1));
    std::string message =
        absl::StrCat(what, " is wanted, got ",
                     rest.empty() ? "the end" : FilterExcerpt(found));
    if (found == "and" || found == "or" || found == "not") {
      message += "; AND, OR and NOT are written in capitals";
    } else if (!rest.empty()) {
      message += "; a text with blanks or signs goes in double quotes";
    }
    return FilterError(text_, at_, message);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t terms_ = 0;
};

bool ContinuesCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string_view FilterOpText(FilterOp op) {
  switch (op) {
    case FilterOp::kEq:
      return "=";
    case FilterOp::kNe:
      return "!=";
    case FilterOp::kLt:
      return "<";
    case FilterOp::kLe:
      return "<=";
    case FilterOp::kGt:
      return ">";
    case FilterOp::kGe:
      return ">=";
    case FilterOp::kHas:
      break;
  }
  return ":";
}

std::string FilterWord::Text() const {
  return absl::StrJoin(pieces, "*");
}

absl::StatusOr<FilterNode> ParseFilterSyntax(std::string_view text) {
  if (text.size() > kMaxFilterBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter: ", text.size(), " characters, at most ",
                     kMaxFilterBytes, " are allowed"));
  }
  return Parser(text).All();
}

absl::Status FilterError(std::string_view text, size_t at,
                         const std::string& message) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const auto continued =
      std::count_if(before.begin(), before.end(), ContinuesCharacter);
  const size_t column = before.size() - static_cast<size_t>(continued) + 1;
  return absl::InvalidArgumentError(
      absl::StrCat("filter, column ", column, ": ", message));
}

std::string FilterExcerpt(std::string_view text) {
  std::string out = "\"";
  size_t characters = 0;
  for (const char c : text) {
    if (!ContinuesCharacter(c) && ++characters > kExcerptCharacters) {
      return out + "...\"";
    }
    out += IsControl(c) ? '?' : c;
  }
  return out + '"';
}

}  // namespace tinyrig::server
