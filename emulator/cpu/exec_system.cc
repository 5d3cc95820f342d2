// Undefined instructions, SVC, BKPT, sleep, interrupt masks, special registers.
#include "emulator/cpu/cpu.h"
#include "emulator/cpu/exec.h"

namespace tinyrig::emulator {

const Op* Undefined(Cpu& cpu, const Op* op) {
  return cpu.Fault(op, FaultKind::kUndefined);
}

const Op* NoCoprocessor(Cpu& cpu, const Op* op) {
  return cpu.Fault(op, FaultKind::kNoCoprocessor);
}

const Op* Svc(Cpu& cpu, const Op* op) {
  return cpu.SupervisorCall(op);
}

const Op* Bkpt(Cpu& cpu, const Op* op) {
  return cpu.Breakpoint(op);
}

const Op* Wfi(Cpu& cpu, const Op* op) {
  cpu.sleeping = true;
  cpu.waiting_for_event = false;
  cpu.Recheck();
  return Next(op);
}

const Op* Wfe(Cpu& cpu, const Op* op) {
  if (cpu.event_register) {
    cpu.event_register = false;
    return Next(op);
  }
  cpu.sleeping = true;
  cpu.waiting_for_event = true;
  cpu.Recheck();
  return Next(op);
}

const Op* Sev(Cpu& cpu, const Op* op) {
  cpu.event_register = true;
  return Next(op);
}

const Op* Cps(Cpu& cpu, const Op* op) {
  if (cpu.Privileged()) {
    const uint32_t on = op->imm >> 4 & 1;
    if ((op->imm & 2) != 0) {
      cpu.primask = on;
    }
    if ((op->imm & 1) != 0 && (on == 0 || cpu.ExecutionPriority() > -1)) {
      cpu.faultmask = on;
    }
    cpu.Recheck();
  }
  return Next(op);
}

const Op* Mrs(Cpu& cpu, const Op* op) {
  const uint32_t which = op->imm;
  uint32_t value = 0;
  if (which < 8) {  // xPSR views: bit 0 IPSR, bit 2 without APSR
    value |= (which & 1) != 0 ? cpu.ipsr : 0;
    value |= (which & 4) == 0 ? cpu.Apsr() : 0;
  } else if (which == 0x14) {
    value = cpu.control;
  } else if (cpu.Privileged()) {
    switch (which) {
      case 0x08:
        value = cpu.Msp();
        break;
      case 0x09:
        value = cpu.Psp();
        break;
      case 0x10:
        value = cpu.primask;
        break;
      case 0x11:
      case 0x12:
        value = cpu.basepri;
        break;
      case 0x13:
        value = cpu.faultmask;
        break;
      default:
        break;
    }
  }
  cpu.r[op->rd] = value;
  return Next(op);
}

const Op* Msr(Cpu& cpu, const Op* op) {
  const uint32_t which = op->imm;
  const uint32_t value = cpu.r[op->rn];
  if (which < 4) {
    uint32_t mask = 0;
    mask |= (op->ra & 2) != 0 ? 0xF8000000u : 0;
    mask |= (op->ra & 1) != 0 ? 0x000F0000u : 0;
    cpu.SetApsr((cpu.Apsr() & ~mask) | (value & mask));
    return Next(op);
  }
  if (!cpu.Privileged()) {
    return Next(op);
  }
  switch (which) {
    case 0x08:
      cpu.SetMsp(value);
      break;
    case 0x09:
      cpu.SetPsp(value);
      break;
    case 0x10:
      cpu.primask = value & 1;
      break;
    case 0x11:
      cpu.basepri = value & 0xF0;
      break;
    case 0x12:  // BASEPRI_MAX only raises
      if ((value & 0xF0) != 0 &&
          ((value & 0xF0) < cpu.basepri || cpu.basepri == 0)) {
        cpu.basepri = value & 0xF0;
      }
      break;
    case 0x13:
      if (cpu.ExecutionPriority() > -1 || (value & 1) == 0) {
        cpu.faultmask = value & 1;
      }
      break;
    case 0x14:
      cpu.SetControl(value);
      break;
    default:
      break;
  }
  cpu.Recheck();
  return Next(op);
}

}  // namespace tinyrig::emulator
