#include "agent/supervisor/board_io.h"

#include <utility>

namespace tinyrig::agent {
namespace {

std::unique_ptr<BoardLines> MakeLines(const BoardEndpoints& where,
                                      SerialPort* console, SerialPort* loader) {
  if (!where.control.empty()) {
    return MakeControlLines(where.control);
  }
  if (where.modem) {
    const bool on_loader =
        where.modem_port == LinesPort::kLoader && loader != nullptr;
    return MakeModemLines(on_loader ? loader : console, *where.modem);
  }
  return MakeManualLines();
}

}  // namespace

absl::Status BoardIo::Open() {
  Close();
  ASSIGN_OR_RETURN(const auto where, find_());
  ASSIGN_OR_RETURN(auto console, OpenPort(where.console, ConsoleSettings()));
  std::unique_ptr<SerialPort> loader;
  if (!where.loader.empty()) {
    ASSIGN_OR_RETURN(loader, OpenPort(where.loader, {board_->bootloader.baud,
                                                     Parity::kEven}));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  console_ = std::move(console);
  loader_ = std::move(loader);
  if (interrupted_) {
    console_->Interrupt();
    if (loader_) {
      loader_->Interrupt();
    }
  }
  lines_ = MakeLines(where, console_.get(), loader_.get());
  session_ = std::make_unique<DeviceSession>(console_.get(), clock_,
                                             board_->console.baud);
  return absl::OkStatus();
}

void BoardIo::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  session_.reset();
  lines_.reset();
  loader_.reset();
  console_.reset();
}

absl::Status BoardIo::ResetBoard() {
  if (!lines_) {
    return absl::UnavailableError("the board is away");
  }
  RETURN_IF_ERROR(session_->Restart());
  RETURN_IF_ERROR(lines_->SetBoot0(false));
  RETURN_IF_ERROR(lines_->Reset());
  constexpr int64_t kBootMs = 500;
  return session_->channel().AwaitBoot(kBootMs).status();
}

absl::Status BoardIo::WithFlasher(
    const std::function<absl::Status(Flasher*)>& work, bool await_boot) {
  if (!lines_) {
    return absl::UnavailableError("the board is away");
  }
  RETURN_IF_ERROR(session_->Restart());
  SerialPort* port = loader_ ? loader_.get() : console_.get();
  Flasher flasher(port, lines_.get(), board_);
  const auto result = work(&flasher);
  if (!loader_) {
    RETURN_IF_ERROR(console_->Configure(ConsoleSettings()));
  }
  RETURN_IF_ERROR(result);
  if (!await_boot) {
    return absl::OkStatus();
  }
  constexpr int64_t kBootMs = 500;
  return session_->channel().AwaitBoot(kBootMs).status();
}

void BoardIo::Interrupt() {
  const std::lock_guard<std::mutex> lock(mutex_);
  interrupted_ = true;
  for (SerialPort* port : {console_.get(), loader_.get()}) {
    if (port != nullptr) {
      port->Interrupt();
    }
  }
}

void BoardIo::ClearInterrupt() {
  const std::lock_guard<std::mutex> lock(mutex_);
  interrupted_ = false;
  for (SerialPort* port : {console_.get(), loader_.get()}) {
    if (port != nullptr) {
      port->ClearInterrupt();
    }
  }
}

}  // namespace tinyrig::agent
