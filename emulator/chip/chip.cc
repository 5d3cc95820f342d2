#include "emulator/chip/chip.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include <sys/mman.h>

namespace tinyrig::emulator {
namespace {

constexpr uint32_t kAhb1Enr = 0x30;
constexpr uint32_t kApb1Enr = 0x40;
constexpr uint32_t kApb2Enr = 0x44;
constexpr uint32_t kBlockBytes = 0x400;
constexpr uint32_t kApbEnd = 0x40020000;
constexpr unsigned kFlashIrq = 4;

struct UsartPlace {
  int number = 0;
  uint32_t base = 0;
  unsigned irq = 0;
  ClockGate gate;
  bool f7_only = false;
};
constexpr std::array<UsartPlace, 8> kUsarts = {{
    {1, 0x40011000, 37, {kApb2Enr, 4}, false},
    {2, 0x40004400, 38, {kApb1Enr, 17}, false},
    {3, 0x40004800, 39, {kApb1Enr, 18}, false},
    {4, 0x40004C00, 52, {kApb1Enr, 19}, true},
    {5, 0x40005000, 53, {kApb1Enr, 20}, true},
    {6, 0x40011400, 71, {kApb2Enr, 5}, false},
    {7, 0x40007800, 82, {kApb1Enr, 30}, true},
    {8, 0x40007C00, 83, {kApb1Enr, 31}, true},
}};

uint32_t RoundUp(uint32_t value, uint32_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

/// Host memory of one region, in a memfd so that it can be mapped twice.
struct Chip::Storage {
  explicit Storage(uint32_t bytes) : size_bytes(RoundUp(bytes, 4096)) {
    fd = memfd_create("memory", MFD_CLOEXEC);
    TINYRIG_CHECK(fd >= 0 && ftruncate(fd, size_bytes) == 0);
    void* mapped =
        mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    TINYRIG_CHECK(mapped != MAP_FAILED);
    data = static_cast<uint8_t*>(mapped);
  }
  ~Storage() {
    munmap(data, size_bytes);
    close(fd);
  }
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  uint32_t size_bytes;
  int fd = -1;
  uint8_t* data = nullptr;
};

uint32_t EngineeringBytes(const boards::Board& board) {
  const boards::Identity& identity = board.identity;
  return RoundUp(identity.flash_size_address + 2 - identity.uid_address, 16);
}

Chip::Chip(const boards::Board& board, FlashStore& store, EventQueue& events,
           InterruptLines& lines, ChipListener& listener,
           const std::string& uid)
    : board_(board),
      f7_(board.family == boards::Family::kStm32F7),
      store_(store),
      events_(events),
      lines_(lines),
      listener_(listener),
      rcc_(board, events,
           {.clocks_changed = [this] { ClocksChanged(); },
            .reset_block =
                [this](uint32_t offset, uint32_t bits) {
                  for (const auto& bus : buses_) {
                    bus->ResetGated(offset, bits);
                  }
                }}),
      pwr_(board.family, rcc_),
      flash_(board, store, rcc_, events,
             {.changed =
                  [this](uint32_t offset, uint32_t size_bytes) {
                    listener_.CodeChanged(board_.image.flash_base + offset,
                                          size_bytes);
                  },
              .interrupted = [this] { return listener_.FlashInterrupted(); },
              .interrupt = Line(kFlashIrq)}),
      iwdg_(rcc_, events, [this] { listener_.WatchdogBites(); }),
      dbgmcu_({}, {{0, board.identity.dbgmcu_idcode}}) {
  AddMemories(uid);
  AttachSystem();
  for (const UsartPlace& place : kUsarts) {
    if (f7_ || !place.f7_only) {
      AttachUsart(place.number);
    }
  }
  AttachTimer(2);
  AttachTimer(5);
  for (size_t i = 0; i < buses_.size(); ++i) {
    map_.devices[i].device = buses_[i].get();
  }
  map_.devices.push_back(
      {"dbgmcu", board_.identity.dbgmcu_idcode_address, kBlockBytes, &dbgmcu_});
  last_hclk_hz_ = rcc_.clocks().hclk_hz;
  PressButton(false);
  const boards::Pin& rx = board_.console.port.rx;
  port(rx.port).DrivePin(static_cast<unsigned>(rx.number), true);  // idle
  ScrambleRam();
}

Chip::~Chip() {
  if (boot_alias_ != nullptr) {
    munmap(boot_alias_, store_.size_bytes());
  }
}

void Chip::AddMemories(const std::string& uid) {
  for (const boards::MemoryRegion& region : board_.memories) {
    Memory memory{.name = region.name,
                  .base = region.base,
                  .size_bytes = region.bytes,
                  .data = nullptr,
                  .writable = region.kind == boards::MemoryKind::kRam,
                  .store_device = nullptr};
    switch (region.kind) {
      case boards::MemoryKind::kFlash:
        memory.data = store_.data();
        memory.store_device = flash_.store_port();
        break;
      case boards::MemoryKind::kFlashAlias:  // read only, same cells
        memory.data = store_.data();
        boot_address_ = region.base;
        break;
      case boards::MemoryKind::kRam:
      case boards::MemoryKind::kRom:
        storages_.push_back(std::make_unique<Storage>(region.bytes));
        memory.data = storages_.back()->data;
        if (!memory.writable) {
          FillRom(region, memory.data);
        }
        if (region.name == "system_memory") {
          system_memory_fd_ = storages_.back()->fd;
        }
        break;
    }
    AddMemory(memory);
  }
  const boards::Identity& identity = board_.identity;
  storages_.push_back(std::make_unique<Storage>(EngineeringBytes(board_)));
  uint8_t* data = storages_.back()->data;
  std::memcpy(data, uid.data(), std::min<size_t>(uid.size(), 12));
  const uint32_t flash_kib = store_.size_bytes() / 1024;
  std::memcpy(data + (identity.flash_size_address - identity.uid_address),
              &flash_kib, 2);
  AddMemory({"engineering", identity.uid_address, EngineeringBytes(board_),
             data, false, nullptr});
  if (boot_address_ == 0) {
    AddBootAlias();
  }
}

void Chip::AddMemory(Memory memory) {
  map_.memories.push_back(std::move(memory));
}

void Chip::FillRom(const boards::MemoryRegion& region, uint8_t* data) const {
  std::memset(data, 0xFF, region.bytes);
  const uint32_t id_address = board_.bootloader.bootloader_id_address;
  if (id_address >= region.base && id_address - region.base < region.bytes) {
    data[id_address - region.base] = board_.bootloader.bootloader_id;
  }
}

void Chip::AddBootAlias() {
  void* mapped =
      mmap(nullptr, store_.size_bytes(), PROT_READ, MAP_SHARED, store_.fd(), 0);
  TINYRIG_CHECK(mapped != MAP_FAILED);
  boot_alias_ = static_cast<uint8_t*>(mapped);
  AddMemory(
      {"boot_alias", 0, store_.size_bytes(), boot_alias_, false, nullptr});
}

// The core keeps the pointer, so other cells are mapped at the same place.
void Chip::MapBoot(bool system_memory) {
  if (boot_alias_ == nullptr) {
    return;
  }
  const uint32_t size_bytes = store_.size_bytes();
  void* mapped = nullptr;
  if (system_memory && system_memory_fd_ >= 0) {
    mapped = mmap(boot_alias_, size_bytes, PROT_READ,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    TINYRIG_CHECK(mapped == boot_alias_);
    const auto region = std::find_if(
        board_.memories.begin(), board_.memories.end(),
        [](const auto& memory) { return memory.name == "system_memory"; });
    mapped = mmap(boot_alias_, RoundUp(region->bytes, 4096), PROT_READ,
                  MAP_SHARED | MAP_FIXED, system_memory_fd_, 0);
  } else {
    mapped = mmap(boot_alias_, size_bytes, PROT_READ, MAP_SHARED | MAP_FIXED,
                  store_.fd(), 0);
  }
  TINYRIG_CHECK(mapped == boot_alias_);
  listener_.CodeChanged(0, size_bytes);
}

PeripheralBus& Chip::BusOf(uint32_t address) {
  size_t found = 0;
  for (size_t i = 0; i < bus_bases_.size(); ++i) {
    if (address >= bus_bases_[i]) {
      found = i;
    }
  }
  return *buses_[found];
}

void Chip::AttachSystem() {
  // The gap at 0x40024000 is the backup SRAM, a memory.
  constexpr std::array<std::pair<uint32_t, uint32_t>, 4> kWindows = {{
      {0x40000000, 0x24000},
      {0x40025000, 0x5B000},
      {0x50000000, 0x61000},
      {0xA0000000, 0x2000},
  }};
  for (const auto& [base, size_bytes] : kWindows) {
    bus_bases_.push_back(base);
    buses_.push_back(
        std::make_unique<PeripheralBus>(base, size_bytes, kApbEnd, rcc_));
    map_.devices.push_back({"peripherals", base, size_bytes, nullptr});
  }
  PeripheralBus& bus = *buses_[0];
  bus.Attach("rcc", 0x40023800, kBlockBytes, &rcc_, {});
  bus.Attach("flash", 0x40023C00, kBlockBytes, &flash_, {});
  bus.Attach("pwr", 0x40007000, kBlockBytes, &pwr_, {kApb1Enr, 28});
  bus.Attach("syscfg", 0x40013800, kBlockBytes, &syscfg_, {kApb2Enr, 14});
  bus.Attach("iwdg", 0x40003000, kBlockBytes, &iwdg_, {});
  const char last_port = f7_ ? 'K' : 'H';
  for (char letter = 'A'; letter <= last_port; ++letter) {
    const auto index = static_cast<unsigned>(letter - 'A');
    ports_.push_back(std::make_unique<Gpio>(letter));
    bus.Attach(std::string("gpio") + letter, 0x40020000 + kBlockBytes * index,
               kBlockBytes, ports_.back().get(), {kAhb1Enr, index});
  }
  AttachUnmodelled("crc", 0x40023000, kBlockBytes);
  AttachUnmodelled("dma1", 0x40026000, kBlockBytes);
  AttachUnmodelled("dma2", 0x40026400, kBlockBytes);
  AttachUnmodelled("usb_fs", 0x50000000, 0x40000);
  AttachUnmodelled("rng", 0x50060800, kBlockBytes);
  AttachUnmodelled("fmc", 0xA0000000, kBlockBytes);
  AttachUnmodelled("quadspi", 0xA0001000, kBlockBytes);
  if (f7_) {
    AttachUnmodelled("ethernet", 0x40028000, 5 * kBlockBytes);
    AttachUnmodelled("dma2d", 0x4002B000, kBlockBytes);
    AttachUnmodelled("usb_hs", 0x40040000, 0x40000);
    AttachUnmodelled("dcmi", 0x50050000, kBlockBytes);
  }
}

void Chip::AttachUnmodelled(const char* name, uint32_t base,
                            uint32_t size_bytes) {
  unmodelled_.push_back(std::make_unique<Unmodelled>(name));
  BusOf(base).Attach(name, base, size_bytes, unmodelled_.back().get(), {});
}

std::function<void(bool)> Chip::Line(unsigned irq) {
  return [this, irq, level = false](bool high) mutable {
    if (high != level) {
      level = high;
      lines_.SetLine(irq, high);
    }
  };
}

void Chip::AttachUsart(int number) {
  const UsartPlace& place = kUsarts[static_cast<size_t>(number - 1)];
  const bool is_console = number == board_.console.port.usart;
  const int function = board_.console.alternate_function;
  const auto muxed = [this, function](boards::Pin pin) {
    return port(pin.port).AlternateFunction(
               static_cast<unsigned>(pin.number)) == function;
  };
  Usart::Hooks hooks{.transmit = [](uint8_t) {},
                     .interrupt = Line(place.irq),
                     .tx_pin = [] { return true; },
                     .rx_pin = [] { return false; }};
  if (is_console) {
    hooks.transmit = [this](uint8_t byte) { listener_.ConsoleSent(byte); };
    hooks.tx_pin = [this, muxed] { return muxed(board_.console.port.tx); };
    hooks.rx_pin = [this, muxed] { return muxed(board_.console.port.rx); };
  }
  usarts_.push_back(std::make_unique<Usart>(
      f7_ ? Usart::Version::kV2 : Usart::Version::kV1, number, rcc_, events_,
      board_.console.baud, std::move(hooks)));
  console_ = is_console ? usarts_.back().get() : console_;
  BusOf(place.base)
      .Attach("usart" + std::to_string(number), place.base, kBlockBytes,
              usarts_.back().get(), place.gate);
}

void Chip::AttachTimer(int number) {
  const bool second = number == 2;
  const uint32_t base = second ? 0x40000000 : 0x40000C00;
  timers_.push_back(
      std::make_unique<Timer>(rcc_, events_, Line(second ? 28 : 50)));
  BusOf(base).Attach("tim" + std::to_string(number), base, kBlockBytes,
                     timers_.back().get(), {kApb1Enr, second ? 0u : 3u});
}

void Chip::ClocksChanged() {
  const uint32_t hclk_hz = rcc_.clocks().hclk_hz;
  iwdg_.ClockChanged(last_hclk_hz_);
  for (const auto& timer : timers_) {
    timer->ClockChanged();
  }
  last_hclk_hz_ = hclk_hz;
  if (flash_.wait_states() < NeededWaitStates(hclk_hz)) {
    LOG_WARNING("flash",
                "{} wait states at {} Hz, {} needed: a real chip "
                "would misread its flash",
                flash_.wait_states(), hclk_hz, NeededWaitStates(hclk_hz));
  }
}

void Chip::Reset() {
  for (const auto& bus : buses_) {
    bus->Reset();
  }
}

void Chip::ScrambleRam() {
  uint32_t state = 0x2545F491;  // xorshift32 (Marsaglia 2003)
  for (const Memory& memory : map_.memories) {
    for (uint32_t i = 0; memory.writable && i < memory.size_bytes; ++i) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      memory.data[i] = static_cast<uint8_t>(state);
    }
  }
}

const Memory* Chip::Find(uint32_t address) const {
  for (const Memory& memory : map_.memories) {
    if (address - memory.base < memory.size_bytes) {
      return &memory;
    }
  }
  return nullptr;
}

bool Chip::ReadBytes(uint32_t address, std::span<uint8_t> bytes) const {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t at = address + static_cast<uint32_t>(i);
    const Memory* memory = Find(at);
    if (memory == nullptr) {
      return false;
    }
    bytes[i] = memory->data[at - memory->base];
  }
  return true;
}

bool Chip::WriteBytes(uint32_t address, std::span<const uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t at = address + static_cast<uint32_t>(i);
    const Memory* memory = Find(at);
    if (memory == nullptr || (!memory->writable && memory->name != "otp")) {
      return false;
    }
    uint8_t& cell = memory->data[at - memory->base];
    cell = memory->writable ? bytes[i] : cell & bytes[i];
  }
  listener_.CodeChanged(address, static_cast<uint32_t>(bytes.size()));
  return true;
}

}  // namespace tinyrig::emulator
