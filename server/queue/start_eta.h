// When waiting jobs will get a board, as far as recent jobs tell. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tinyrig::server {

/// How long jobs of one kind of board held theirs, in seconds.
struct BoardTimes {
  std::optional<double> any;               ///< median of all; none known
  std::map<std::string, double> by_model;  ///< median, by the model's SHA-256

  /// Of the model when it ran here lately, else of the kind.
  [[nodiscard]] std::optional<double> Of(const std::string& model) const;
};

/// From (model, seconds) of recent finished jobs; negative ones do not count.
BoardTimes MedianTimes(
    const std::vector<std::pair<std::string, double>>& finished);

struct EtaJob {
  std::string board_name;  ///< only this board; empty: any
  std::string model_sha256;
};

/// A board that takes jobs.
struct EtaBoard {
  std::string name;
  double free_in_s = 0;  ///< 0: now
};

/// Seconds until each of `jobs` (of one kind, in the order of service) is
/// expected to get a board, if each takes the one that is free first. Nothing
/// where nothing is known: no finished job, or no board that could take it.
std::vector<std::optional<double>> StartEtas(
    const std::vector<EtaJob>& jobs, const std::vector<EtaBoard>& boards,
    const BoardTimes& times);

}  // namespace tinyrig::server
