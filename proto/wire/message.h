// Commands and replies inside frames (proto/wire/frame.h), little-endian.
// C++17, freestanding. Byte-exact page: docs/WIRE.md.
//
// The host sends a request with a fresh sequence number (1..65535, wraps to 1)
// and waits for the reply: same sequence, type | kReplyBit, first payload byte
// a Status. When it does not come in time the host sends the SAME frame again:
// the device keeps its last reply and answers a repeated (sequence, type)
// without executing again. One request is in flight at a time. Replies with
// another sequence are stale and are dropped.
//
// Device to host without request (sequence 0): kBootEvent after every reset,
// kFaultEvent from a fault handler, just before the reset it causes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proto/wire/frame.h"

namespace tinyrig::wire {

constexpr uint8_t kReplyBit = 0x80;

enum class Type : uint8_t {
  kHello = 0x01,       ///< () -> HelloReply
  kSetInput = 0x02,    ///< offset u32, bytes[1..1020] -> ()
  kRun = 0x03,         ///< RunRequest -> RunReply
  kGetOutput = 0x04,   ///< offset u32, count u16 -> bytes
  kGetSamples = 0x05,  ///< first u16, count u16 (<= 64) -> SampleRecord[count]
  kGetLayers = 0x06,   ///< first u16, count u16 (<= 128) -> u32 cycles[count]
  kGetMemory = 0x07,   ///< () -> MemoryReply
  kReset = 0x08,       ///< () -> (), then a system reset
  kGetFault = 0x09,    ///< clear u8 -> FaultRecord (kind kNone when none)
  kBootEvent = 0x70,   ///< BootEvent
  kFaultEvent = 0x71,  ///< FaultRecord
};

enum class Status : uint8_t {
  kOk = 0,
  kBadLength = 1,    ///< payload size does not fit the command
  kBadArgument = 2,  ///< offset, count or flag out of range
  kBadState = 3,     ///< no (complete) input, no output or no profile yet
  kUnknownCommand = 4,
  kInputCrc = 5,     ///< the input buffer is not what RunRequest says
  kModelFailed = 6,  ///< the model's own check failed
};

constexpr size_t kUidBytes = 12;
constexpr size_t kHashBytes = 32;
constexpr size_t kMaxInputChunkBytes = kMaxPayloadBytes - 4;
constexpr size_t kMaxOutputChunkBytes = kMaxPayloadBytes - 1;
constexpr size_t kMaxRuns = 64;  ///< runs of one kRun
constexpr size_t kMaxSamplesPerReply = 64;
constexpr size_t kMaxLayersPerReply = 128;

/// Reply to kHello: status u8, then these in order. Strings are NUL-padded.
struct HelloReply {
  uint8_t uid[kUidBytes];          ///< the chip's; "VIRT..." on virtual boards
  uint8_t image_hash[kHashBytes];  ///< from the image header
  char firmware_version[16];
  char board_id[24];
  uint32_t boot_id;      ///< changes with every reset (no-init counter)
  uint32_t reset_cause;  ///< ResetCause bits
  uint32_t idcode;       ///< DBGMCU_IDCODE
  uint32_t cpuid;
  uint32_t core_clock_hz;  ///< computed from RCC registers as they are
  uint32_t flash_acr;      ///< wait states and accelerators as they are
  uint32_t ccr;            ///< SCB_CCR: caches (bits 16, 17)
  uint32_t input_bytes;    ///< all inputs, concatenated
  uint32_t output_bytes;   ///< all outputs, concatenated
  uint32_t arena_bytes;
  uint16_t layer_count;
  uint16_t model_flags;            ///< TINYRIG_MODEL_* of proto/abi/model.h
  uint32_t run_overhead_cycles;    ///< measured at boot: empty invoke
  uint32_t layer_overhead_cycles;  ///< measured at boot: empty layer
  uint8_t fault_pending;           ///< a FaultRecord waits for kGetFault
  uint8_t reserved[3];
};
static_assert(sizeof(HelloReply) == 12 + 32 + 16 + 24 + 4 * 10 + 4 + 8 + 4);

enum ResetCause : uint32_t {
  kResetPowerOn = 1,
  kResetPin = 2,
  kResetSoftware = 4,
  kResetWatchdog = 8,
  kResetBrownOut = 16,
  kResetLowPower = 32,
};

constexpr uint8_t kRunProfile = 1;  ///< RunRequest.flags: cycles per layer

struct RunRequest {
  uint16_t warmups;  ///< 0..64, not recorded
  uint16_t runs;     ///< 1..kMaxRuns; 1 with kRunProfile
  uint8_t flags;
  uint8_t reserved[3];
  uint32_t input_crc32;  ///< of all input bytes, checked before running
};
static_assert(sizeof(RunRequest) == 12);

/// After status u8.
struct RunReply {
  uint16_t runs;  ///< records there are for kGetSamples
  uint16_t reserved;
  uint32_t output_crc32;  ///< of all output bytes after the last run
};
static_assert(sizeof(RunReply) == 8);

struct SampleRecord {
  uint32_t cycles;  ///< DWT_CYCCNT around invoke(); < 2^32 by watchdog
  uint32_t instructions_low;  ///< virtual boards; 0 elsewhere
  uint32_t instructions_high;
};
static_assert(sizeof(SampleRecord) == 12);

/// After status u8.
struct MemoryReply {
  uint32_t stack_bytes;       ///< reserved
  uint32_t stack_peak_bytes;  ///< painted and counted since the last boot
  uint32_t static_bytes;      ///< .data + .bss without the arena
  uint32_t arena_bytes;
};
static_assert(sizeof(MemoryReply) == 16);

struct BootEvent {
  uint32_t boot_id;
  uint32_t reset_cause;
};
static_assert(sizeof(BootEvent) == 8);

enum class FaultKind : uint8_t {
  kNone = 0,
  kHardFault = 1,
  kMemManage = 2,
  kBusFault = 3,
  kUsageFault = 4,
  kNmi = 5,
  kWatchdog = 6,  ///< found at the boot after it
  kUnexpectedIrq = 7,
  kAssert = 8,
};

/// Kept in no-init RAM over the reset. After status u8 in a reply.
struct FaultRecord {
  uint8_t kind;  ///< FaultKind
  uint8_t reserved;
  uint16_t layer;  ///< layer that ran, 0xFFFF none
  uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr, sp;
  uint32_t cfsr, hfsr, mmfar, bfar;
  uint32_t boot_id;  ///< the boot in which it happened
};
static_assert(sizeof(FaultRecord) == 4 + 14 * 4);

}  // namespace tinyrig::wire
