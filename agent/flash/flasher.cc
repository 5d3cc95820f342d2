#include "agent/flash/flasher.h"

#include <algorithm>

#include "absl/strings/str_format.h"

#include "base/sha256.h"

namespace tinyrig::agent {
namespace {

constexpr int kEnterTries = 4;    // resets until the loader must answer
constexpr int kCommandTries = 5;  // of one block
constexpr int kSectorRounds = 3;  // erase + write + verify of a bad sector
constexpr size_t kUidBytes = 12;

// Retrying cannot help when somebody wants us to stop or the port is gone.
bool IsFinal(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsUnavailable(status) ||
         absl::IsFailedPrecondition(status);
}

}  // namespace

absl::Status Flasher::EnterLoader() {
  absl::Status last;
  for (int i = 0; i < kEnterTries; ++i) {
    RETURN_IF_ERROR(port_->Configure({board_->bootloader.baud, Parity::kEven}));
    RETURN_IF_ERROR(lines_->SetBoot0(true));
    RETURN_IF_ERROR(lines_->Reset());
    last = loader_.Sync();
    if (!last.ok() && !IsFinal(last)) {
      continue;
    }
    RETURN_IF_ERROR(last);
    const auto id = loader_.GetId();
    last = id.status();
    if (id.ok() && *id != board_->bootloader.product_id) {
      // One more look: a flipped byte is likelier than another chip.
      const auto again = loader_.GetId();
      if (again.ok() && *again == *id) {
        return absl::FailedPreconditionError(absl::StrFormat(
            "loader's product id is 0x%03X, %s has 0x%03X: is this board "
            "another kind than configured?",
            *id, board_->id, board_->bootloader.product_id));
      }
      last = absl::DataLossError("loader's product id changes");
    }
    if (last.ok() || IsFinal(last)) {
      return last;
    }
  }
  return base::WithContext(last, "entering the ROM bootloader");
}

absl::Status Flasher::LeaveLoader() {
  RETURN_IF_ERROR(lines_->SetBoot0(false));
  return lines_->Reset();
}

absl::Status Flasher::WithRetry(const std::function<absl::Status()>& command,
                                FlashReport* report) {
  absl::Status last;
  for (int i = 0; i < kCommandTries; ++i) {
    last = command();
    if (last.ok() || IsFinal(last)) {
      return last;
    }
    ++report->retries;
    RETURN_IF_ERROR(EnterLoader());
  }
  return last;
}

absl::Status Flasher::Erase(std::span<const uint16_t> sectors,
                            FlashReport* report) {
  RETURN_IF_ERROR(
      WithRetry([&] { return loader_.EraseSectors(sectors); }, report));
  report->erased_sectors += static_cast<int64_t>(sectors.size());
  return absl::OkStatus();
}

absl::Status Flasher::WriteAndVerify(const FlashPlan& plan,
                                     std::span<const uint16_t> sectors,
                                     const FlashProgress& progress,
                                     FlashReport* report,
                                     std::vector<uint16_t>* bad_sectors) {
  const auto chosen = [&](const FlashBlock& block) {
    return std::ranges::find(sectors, block.sector) != sectors.end();
  };
  int64_t done = 0;
  for (const FlashBlock& block : plan.blocks) {
    done += static_cast<int64_t>(block.bytes.size());
    if (chosen(block)) {
      RETURN_IF_ERROR(base::WithContext(
          WithRetry([&] { return loader_.Write(block.address, block.bytes); },
                    report),
          absl::StrFormat("writing 0x%08X", block.address)));
      progress("write", done, plan.write_bytes);
    }
  }
  done = 0;
  std::vector<uint8_t> read;
  for (const FlashBlock& block : plan.blocks) {
    done += static_cast<int64_t>(block.bytes.size());
    if (!chosen(block)) {
      continue;
    }
    read.assign(block.bytes.size(), 0);
    const auto look = [&]() -> absl::Status {
      RETURN_IF_ERROR(loader_.Read(block.address, read));
      return read == block.bytes ? absl::OkStatus()
                                 : absl::DataLossError("reads back otherwise");
    };
    const auto same = WithRetry(look, report);
    if (absl::IsDataLoss(same)) {
      if (bad_sectors->empty() || bad_sectors->back() != block.sector) {
        bad_sectors->push_back(block.sector);
      }
    } else {
      RETURN_IF_ERROR(base::WithContext(
          same, absl::StrFormat("verifying 0x%08X", block.address)));
    }
    progress("verify", done, plan.write_bytes);
  }
  return absl::OkStatus();
}

absl::Status Flasher::Flash(const FlashPlan& plan,
                            const FlashProgress& progress,
                            FlashReport* report) {
  RETURN_IF_ERROR(EnterLoader());
  std::vector<uint16_t> sectors = plan.sectors;
  for (int round = 0; round < kSectorRounds && !sectors.empty(); ++round) {
    const auto count = static_cast<int64_t>(sectors.size());
    progress("erase", 0, count);
    RETURN_IF_ERROR(base::WithContext(Erase(sectors, report), "erasing"));
    progress("erase", count, count);
    std::vector<uint16_t> bad;
    RETURN_IF_ERROR(WriteAndVerify(plan, sectors, progress, report, &bad));
    sectors = bad;
  }
  if (!sectors.empty()) {
    return absl::DataLossError(absl::StrFormat(
        "flash sector %d of %s reads back wrong after %d rounds of erasing "
        "and writing: the flash or the line is bad",
        sectors.front(), board_->id, kSectorRounds));
  }
  return base::WithContext(LeaveLoader(), "starting the new image");
}

absl::StatusOr<std::string> Flasher::Identify() {
  RETURN_IF_ERROR(EnterLoader());
  uint8_t uid[kUidBytes] = {};
  const auto read = loader_.Read(board_->identity.uid_address, uid);
  RETURN_IF_ERROR(LeaveLoader());
  if (read.ok()) {
    return base::Hex(uid);
  }
  return IsFinal(read) ? absl::StatusOr<std::string>(read) : std::string();
}

}  // namespace tinyrig::agent
