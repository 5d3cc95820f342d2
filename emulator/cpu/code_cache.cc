// Decoded code: pages of Ops made on first execution, and thrown away when the
// bytes below them change. A page's Ops stay where they are for the core's
// life, so cached branch links never dangle; an invalid slot decodes again.
#include <algorithm>
#include <cstring>

#include "emulator/cpu/cpu.h"
#include "emulator/cpu/decode.h"
#include "emulator/cpu/timing.h"

namespace tinyrig::emulator {
namespace {

// An IT block decodes up to 16 bytes behind its IT, and costs look one
// instruction ahead: a changed byte spoils slots this far before it.
constexpr uint32_t kLookAheadBytes = 24;

// One bit per 64 bytes of a page.
uint64_t LineBit(uint32_t address) {
  return uint64_t{1} << ((address & (kPageBytes - 1)) / 64);
}

}  // namespace

const Op* Cpu::DecodeFirst(Cpu& cpu, const Op* op) {
  if (cpu.mpu.Enabled() && cpu.MpuDeniesFetch(op->pc)) {
    return cpu.Fault(op, FaultKind::kExecuteNever);
  }
  Op* slot = const_cast<Op*>(op);  // lives in a CodePage, which is not const
  cpu.DecodeSlot(slot);
  return slot->fn(cpu, slot);
}

// The two slots behind a page: carry on in the next one, for free.
const Op* Cpu::LeavePage(Cpu& cpu, const Op* op) {
  --cpu.instructions;
  // Undoes what the run loop will add for this slot, pairing state included.
  if (cpu.IsM7()) {
    cpu.cycles -= cpu.slot_open;
    cpu.slot_open ^= 1;
  } else {
    cpu.cycles -= 1;
  }
  return cpu.Jump(op->pc);
}

// Leaves cost and step: the slot may belong to the very store that runs.
void Cpu::ResetSlot(Op* slot) {
  slot->fn = DecodeFirst;
  slot->inner = nullptr;
  slot->link = nullptr;
  slot->it = 0;
}

CodePage* Cpu::PageFor(uint32_t address) {
  CodePage*& page = code_map_.get()[address >> kPageBits];
  if (page != nullptr) {
    return page;
  }
  const uint32_t base = address & ~(kPageBytes - 1);
  code_pages_.push_back(std::make_unique<CodePage>());
  page = code_pages_.back().get();
  page->base = base;
  for (uint32_t i = 0; i < page->ops.size(); ++i) {
    Op* slot = &page->ops[i];
    ResetSlot(slot);
    slot->pc = base + 2 * i;
    slot->cost = 1;
    slot->step = sizeof(Op);
    if (i >= kSlotsPerPage) {
      slot->fn = LeavePage;
      slot->extra = kPairsWithNext;
    }
  }
  return page;
}

const Op* Cpu::SlotAt(uint32_t address) {
  const Memory* memory = nullptr;
  if (code_map_.get()[address >> kPageBits] == nullptr ||
      read_map[address >> kPageBits] == nullptr) {
    memory = FindMemory(address);
    if (memory == nullptr) {
      return nullptr;
    }
  }
  return &PageFor(address)->ops[(address & (kPageBytes - 1)) / 2];
}

// Stores to pages with decoded code must be seen. Every alias of the page
// (ITCM and AXI flash, SRAM at two places) is watched.
void Cpu::WatchPage(uint32_t address) {
  const Memory* memory = FindMemory(address);
  if (memory == nullptr) {
    return;
  }
  const uint8_t* host = memory->data + (address - memory->base);
  for (const Memory& other : map_.memories) {
    if (host < other.data || host >= other.data + other.size_bytes) {
      continue;
    }
    const uint32_t alias =
        other.base + static_cast<uint32_t>(host - other.data);
    write_map[alias >> kPageBits] = nullptr;
    if (const auto hidden = mpu_hidden_.find(alias >> kPageBits);
        hidden != mpu_hidden_.end()) {
      hidden->second.write = nullptr;
    }
  }
}

uint32_t Cpu::CodeHalf(uint32_t address) const {
  uint16_t value = 0xDEFE;  // UDF: running off the memory's end
  const Memory* memory = FindMemory(address);
  if (memory != nullptr &&
      address - memory->base + sizeof(value) <= memory->size_bytes) {
    std::memcpy(&value, memory->data + (address - memory->base), sizeof(value));
  }
  return value;
}

void Cpu::DecodeSlot(Op* slot) {
  // An instruction may run over into the next page, and so may its neighbour.
  WatchPage(slot->pc);
  WatchPage(slot->pc + 6);
  PageFor(slot->pc)->decoded_lines |= LineBit(slot->pc);
  const uint8_t it = slot->it;
  const auto read = [&](uint32_t pc, uint8_t state) {
    const uint32_t hw1 = CodeHalf(pc);
    return Decode({.pc = pc,
                   .hw1 = hw1,
                   .hw2 = IsWide(hw1) ? CodeHalf(pc + 2) : 0,
                   .it = state,
                   .kind = options_.kind});
  };
  Decoded now = read(slot->pc, it);
  const uint32_t length = now.op.step / uint32_t{sizeof(Op)} * 2;
  const Decoded next = read(slot->pc + length, 0);
  const Cost cost = IsM7() ? CostM7(now.meta, next.meta, slot->pc)
                           : CostM4(now.meta, next.meta, slot->pc);
  now.op.cost = cost.cycles;
  now.op.extra = static_cast<uint8_t>(
      cost.taken_cycles | (cost.pairs_with_next ? kPairsWithNext : 0));
  now.op.pc = slot->pc;
  now.op.it = it;
  *slot = now.op;
  if (now.meta.cls == OpClass::kIt) {
    DecodeItBlock(slot->pc + 2, static_cast<uint8_t>(now.op.imm));
  }
}

void Cpu::DecodeItBlock(uint32_t address, uint8_t it_state) {
  while ((it_state & 0xF) != 0) {
    Op* slot = const_cast<Op*>(SlotAt(address));
    if (slot == nullptr) {
      return;
    }
    slot->it = it_state;
    DecodeSlot(slot);
    address += slot->step / uint32_t{sizeof(Op)} * 2;
    it_state = (it_state & 7) == 0
                   ? uint8_t{0}
                   : static_cast<uint8_t>((it_state & 0xE0) |
                                          ((it_state << 1) & 0x1F));
  }
}

const Op* Cpu::Jump(uint32_t address) {
  const uint32_t even = address & ~1u;
  const CodePage* page = code_map_.get()[even >> kPageBits];
  if (page != nullptr && read_map[even >> kPageBits] != nullptr) {
    return &page->ops[(even & (kPageBytes - 1)) / 2];
  }
  const Op* slot = SlotAt(even);
  if (slot != nullptr) {
    return slot;
  }
  Op nowhere{};  // carries the address only
  nowhere.pc = even;
  return Fault(&nowhere, (even >= 0x40000000u && even < 0x60000000u) ||
                                 even >= 0xA0000000u
                             ? FaultKind::kExecuteNever
                             : FaultKind::kFetchBus);
}

const Op* Cpu::Link(const Op* op_at) {
  const Op* target = SlotAt(op_at->imm);
  if (target == nullptr) {
    return Jump(op_at->imm);
  }
  const_cast<Op*>(op_at)->link = target;
  return target;
}

void Cpu::ResetSlots(const Memory& memory, uint32_t offset,
                     uint32_t size_bytes) {
  const uint32_t before = std::min(offset, kLookAheadBytes);
  uint32_t address = memory.base + ((offset - before) & ~1u);
  const uint32_t end = memory.base + offset + size_bytes;
  while (address < end) {
    CodePage* page = code_map_.get()[address >> kPageBits];
    const uint32_t page_end = (address | (kPageBytes - 1)) + 1;
    const uint32_t stop = std::min(end - 1, page_end - 1) + 1;
    // Most stores next to code touch no decoded line: data of the same page.
    const bool one_line = stop - address <= 64;
    const bool untouched =
        one_line && page != nullptr &&
        (page->decoded_lines & (LineBit(address) | LineBit(stop - 1))) == 0;
    if (page != nullptr && !untouched) {
      for (; address < stop; address += 2) {
        ResetSlot(&page->ops[(address & (kPageBytes - 1)) / 2]);
      }
    }
    if (page_end == 0) {
      return;
    }
    address = std::max(address, stop);
    if (page == nullptr) {  // nothing here: on to the next page
      address = page_end;
    }
  }
}

void Cpu::ForgetCode(CodePage* page) {
  for (uint32_t i = 0; i < kSlotsPerPage; ++i) {
    ResetSlot(&page->ops[i]);
  }
}

void Cpu::CodeWritten(const uint8_t* host, uint32_t size_bytes) {
  for (const Memory& memory : map_.memories) {
    if (host + size_bytes > memory.data &&
        host < memory.data + memory.size_bytes) {
      const uint8_t* first = std::max<const uint8_t*>(host, memory.data);
      const auto offset = static_cast<uint32_t>(first - memory.data);
      const auto left = static_cast<uint32_t>(host + size_bytes - first);
      ResetSlots(memory, offset, std::min(left, memory.size_bytes - offset));
    }
  }
}

void Cpu::InvalidateCode(uint32_t base, uint32_t size_bytes) {
  for (const Memory& memory : map_.memories) {
    const uint64_t first = std::max<uint64_t>(base, memory.base);
    const uint64_t last = std::min(uint64_t{base} + size_bytes,
                                   uint64_t{memory.base} + memory.size_bytes);
    if (first < last) {
      CodeWritten(memory.data + (first - memory.base),
                  static_cast<uint32_t>(last - first));
    }
  }
}

}  // namespace tinyrig::emulator
