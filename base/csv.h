// One cell of a CSV table: RFC 4180 quoting, and no cell starts a formula.
#pragma once

#include <string>
#include <string_view>

namespace tinyrig::base {

/// Appends the cell, in quotes only where commas, quotes or line ends need
/// them. A text that a spreadsheet would run (it begins with = + - @, a tab or
/// a carriage return) gets a leading '. No formulas, and so left alone: a
/// finite number with its sign ("-12.5e3"), one with a percent sign behind it
/// ("+5.00 %"), and the lone dash that stands for nothing. Pure.
void AppendCsvCell(std::string_view text, std::string* out);

}  // namespace tinyrig::base
