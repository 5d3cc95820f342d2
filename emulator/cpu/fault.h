// Synchronous faults of instructions. Which bit of CFSR each sets and which
// exception it becomes: exceptions.cc (DDI 0403, B1.5.14 and B3.2.15).
#pragma once

#include <cstdint>

namespace tinyrig::emulator {

enum class FaultKind : uint8_t {
  kUndefined,      ///< UFSR.UNDEFINSTR
  kInvalidState,   ///< UFSR.INVSTATE
  kInvalidPc,      ///< UFSR.INVPC
  kNoCoprocessor,  ///< UFSR.NOCP
  kUnaligned,      ///< UFSR.UNALIGNED
  kDivideByZero,   ///< UFSR.DIVBYZERO
  kPreciseBus,     ///< BFSR.PRECISERR and BFARVALID
  kFetchBus,       ///< BFSR.IBUSERR
  kExecuteNever,   ///< MMFSR.IACCVIOL
  kDataAccess,     ///< MMFSR.DACCVIOL and MMARVALID
};

}  // namespace tinyrig::emulator
