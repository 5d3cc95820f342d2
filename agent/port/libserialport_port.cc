#include "agent/port/libserialport_port.h"

#include <fcntl.h>
#include <libserialport.h>
#include <utility>

#include "absl/strings/str_join.h"

#include "agent/port/fd_port.h"
#include "base/unique_fd.h"

namespace tinyrig::agent {
namespace {

absl::Status Check(sp_return code, const std::string& what) {
  if (code == SP_OK) {
    return absl::OkStatus();
  }
  if (code == SP_ERR_FAIL) {
    char* text = sp_last_error_message();
    absl::Status status =
        absl::UnavailableError(absl::StrCat(what, ": ", text));
    sp_free_error_message(text);
    return status;
  }
  return absl::UnavailableError(
      absl::StrCat(what, ": libserialport error ", static_cast<int>(code)));
}

struct PortCloser {
  void operator()(sp_port* port) const {
    sp_close(port);
    sp_free_port(port);
  }
};
using PortHandle = std::unique_ptr<sp_port, PortCloser>;

class LibserialportPort : public FdPort {
 public:
  LibserialportPort(PortHandle handle, base::UniqueFd fd)
      : FdPort(std::move(fd)), handle_(std::move(handle)) {}

  absl::Status Configure(const PortSettings& settings) override {
    sp_port* port = handle_.get();
    RETURN_IF_ERROR(
        Check(sp_set_baudrate(port, static_cast<int>(settings.baud)),
              absl::StrCat("baud rate ", settings.baud)));
    RETURN_IF_ERROR(Check(sp_set_bits(port, 8), "8 data bits"));
    RETURN_IF_ERROR(Check(
        sp_set_parity(port, settings.parity == Parity::kEven ? SP_PARITY_EVEN
                                                             : SP_PARITY_NONE),
        "parity"));
    RETURN_IF_ERROR(Check(sp_set_stopbits(port, 1), "1 stop bit"));
    return Check(sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE), "flow control");
  }
  absl::Status Flush() override {
    return Check(sp_flush(handle_.get(), SP_BUF_INPUT), "flush");
  }
  absl::Status SetLines(bool dtr, bool rts) override {
    RETURN_IF_ERROR(
        Check(sp_set_dtr(handle_.get(), dtr ? SP_DTR_ON : SP_DTR_OFF), "DTR"));
    return Check(sp_set_rts(handle_.get(), rts ? SP_RTS_ON : SP_RTS_OFF),
                 "RTS");
  }

 private:
  PortHandle handle_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SerialPort>> OpenLibserialport(
    const std::string& path, const PortSettings& settings) {
  sp_port* raw = nullptr;
  RETURN_IF_ERROR(Check(sp_get_port_by_name(path.c_str(), &raw),
                        absl::StrCat("finding ", path)));
  if (const auto opened = Check(sp_open(raw, SP_MODE_READ_WRITE),
                                absl::StrCat("opening ", path));
      !opened.ok()) {
    sp_free_port(raw);
    return opened;
  }
  PortHandle handle(raw);
  int fd = -1;
  RETURN_IF_ERROR(Check(sp_get_port_handle(raw, &fd), path));
  base::UniqueFd own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!own.valid()) {
    return absl::UnavailableError(absl::StrCat(path, ": no free descriptor"));
  }
  auto port =
      std::make_unique<LibserialportPort>(std::move(handle), std::move(own));
  RETURN_IF_ERROR(base::WithContext(port->Configure(settings), path));
  return port;
}

absl::StatusOr<std::string> FindUsbSerialPort(const std::string& usb_serial) {
  sp_port** ports = nullptr;
  RETURN_IF_ERROR(Check(sp_list_ports(&ports), "listing serial ports"));
  std::vector<std::string> seen;
  std::string found;
  for (int i = 0; ports[i] != nullptr; ++i) {
    const char* serial = sp_get_port_usb_serial(ports[i]);
    if (serial == nullptr) {
      continue;
    }
    seen.emplace_back(serial);
    if (usb_serial == serial) {
      found = sp_get_port_name(ports[i]);
    }
  }
  sp_free_port_list(ports);
  if (!found.empty()) {
    return found;
  }
  return absl::NotFoundError(absl::StrCat(
      "no serial port of a USB device with serial number ", usb_serial,
      ", plugged in: ", seen.empty() ? "none" : absl::StrJoin(seen, ", ")));
}

}  // namespace tinyrig::agent
