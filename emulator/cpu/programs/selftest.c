// A program that prints what it sees: FP results in every mode, exceptions,
// faults. It runs on QEMU and on our core, and both must print the same
// (qemu_test.cc). Output is semihosting; nothing here depends on time.
#include <stdint.h>

#define SCB(offset) (*(volatile uint32_t*)(0xE000E000u + (offset)))
#define NAKED __attribute__((naked, used))
#define NOINLINE __attribute__((noinline))

enum {
  kIser0 = 0x100, kIspr0 = 0x200, kIcpr0 = 0x280, kIabr0 = 0x300,
  kIpr0 = 0x400, kIcsr = 0xD04, kAircr = 0xD0C, kCcr = 0xD14, kShpr1 = 0xD18,
  kShpr2 = 0xD1C, kShpr3 = 0xD20, kShcsr = 0xD24, kCfsr = 0xD28,
  kHfsr = 0xD2C, kBfar = 0xD38, kCpacr = 0xD88, kSystCsr = 0x10,
  kSystRvr = 0x14, kSystCvr = 0x18
};

static volatile uint32_t resume_at;  // where a fault handler returns to
static volatile uint32_t ticks;
static uint32_t seed;

static uint32_t Semihost(uint32_t operation, const void* argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static void Print(const char* text) { Semihost(4, text); }

static NOINLINE void Show(const char* name, uint32_t value) {
  char text[12];
  Print(name);
  text[0] = ' ';
  for (int i = 0; i < 8; ++i) {
    text[1 + i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
  }
  text[9] = '\n';
  text[10] = 0;
  Print(text);
}

static uint32_t Random(void) {
  seed = seed * 1664525u + 1013904223u;
  return seed ^ seed >> 15;
}

static uint32_t Mix(uint32_t hash, uint32_t value) {
  hash ^= value;
  hash *= 0x01000193u;
  return hash ^ hash >> 13;
}

// ------------------------------------------------------------ exceptions

struct Frame {
  uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

#define TRAMPOLINE(name, target)                          \
  NAKED void name(void) {                                 \
    __asm__("tst lr, #4\n ite eq\n mrseq r0, msp\n"       \
            "mrsne r0, psp\n mov r1, lr\n b " #target);   \
  }

__attribute__((used)) void OnFault(struct Frame* frame, uint32_t exc_return) {
  Show("fault icsr", SCB(kIcsr) & 0x1FF);
  Show("  exc_return", exc_return);
  Show("  cfsr", SCB(kCfsr));
  Show("  hfsr", SCB(kHfsr));
  if (SCB(kCfsr) & 0x8000) {
    Show("  bfar", SCB(kBfar));
  }
  Show("  r0", frame->r0);
  Show("  xpsr", frame->xpsr & 0xFF0001FFu);
  SCB(kCfsr) = SCB(kCfsr);
  SCB(kHfsr) = SCB(kHfsr);
  frame->pc = resume_at;
  frame->xpsr = (frame->xpsr | 1u << 24) & ~0x0600FC00u;
}
TRAMPOLINE(FaultHandler, OnFault)

__attribute__((used)) void OnSvc(struct Frame* frame, uint32_t exc_return) {
  const uint8_t* pc = (const uint8_t*)frame->pc;
  Show("svc", pc[-2]);
  Show("  exc_return", exc_return);
  Show("  r1", frame->r1);
  Show("  aligned", (uint32_t)frame & 7);
  Show("  xpsr", frame->xpsr & 0x3FF);
  frame->r0 = frame->r1 + frame->r2;
  if (pc[-2] == 7) {
    SCB(kIcsr) = 1u << 28;  // PendSV: after this handler
    Print("  pendsv is pending\n");
    Show("  icsr", SCB(kIcsr));
  }
  if (pc[-2] == 8) {
    SCB(kIspr0) = 3;  // IRQ 0 preempts, IRQ 1 waits
    __asm__ volatile("dsb\n isb");
    Show("  active", SCB(kIabr0));
    Show("  pending", SCB(kIspr0));
  }
}
TRAMPOLINE(SvcHandler, OnSvc)

void PendSvHandler(void) { Show("pendsv icsr", SCB(kIcsr)); }
void SysTickHandler(void) { ++ticks; }
void Irq0(void) {
  Show("irq0 ipsr", SCB(kIcsr) & 0x1FF);
  Show("  active", SCB(kIabr0));
}
void Irq1(void) {
  Show("irq1 ipsr", SCB(kIcsr) & 0x1FF);
  SCB(kIspr0) = 1;
  __asm__ volatile("dsb\n isb");
  Print("  back in irq1\n");
}
// Uses the FPU inside a handler: the interrupted registers must survive.
NAKED void Irq2(void) {
  __asm__(
      "vmov.f32 s0, #5.0\n vmov.f32 s15, #6.0\n vadd.f32 s1, s0, s15\n"
      "vmrs r0, fpscr\n orr r0, r0, #0xF0000000\n vmsr fpscr, r0\n"
      "movw r0, #:lower16:seen_exc_return\n"
      "movt r0, #:upper16:seen_exc_return\n str lr, [r0]\n bx lr");
}
volatile uint32_t seen_exc_return;

#define SVC(number, r1_value, r2_value)                                   \
  ({                                                                      \
    register uint32_t a __asm__("r0");                                    \
    register uint32_t b __asm__("r1") = (r1_value);                       \
    register uint32_t c __asm__("r2") = (r2_value);                       \
    __asm__ volatile("svc %3" : "=r"(a) : "r"(b), "r"(c), "i"(number)     \
                     : "memory", "cc");                                   \
    a;                                                                    \
  })

#define EXPECT_FAULT(text)                                             \
  do {                                                                 \
    __asm__ volatile(                                                  \
        "movw r3, #:lower16:resume_at\n movt r3, #:upper16:resume_at\n adr r2, 1f\n orr r2, r2, #1\n"           \
        "str r2, [r3]\n movw r0, #0xBEEF\n" text                       \
        "\n .balign 4\n 1:\n"                                          \
        : : : "r0", "r1", "r2", "r3", "r12", "lr", "memory", "cc");    \
  } while (0)

static NOINLINE void Faults(void) {
  for (int enabled = 0; enabled < 2; ++enabled) {
    Show("faults, enabled", (uint32_t)enabled);
    SCB(kShcsr) = enabled ? 7u << 16 : 0;
    EXPECT_FAULT("udf #1");
    EXPECT_FAULT("udf.w #1");
    EXPECT_FAULT("movw r1, #0\n movt r1, #12288\n ldr r1, [r1]");
    EXPECT_FAULT("movw r1, #4\n movt r1, #12288\n strb r0, [r1]");
    EXPECT_FAULT("movw r1, #1\n movt r1, #8192\n ldrd r0, r1, [r1]");
    EXPECT_FAULT("movw r1, #2\n movt r1, #8192\n ldm r1, {r2, r3}");
    SCB(kCcr) |= 1u << 3 | 1u << 4;
    EXPECT_FAULT("mov r1, #0\n udiv r2, r0, r1");
    EXPECT_FAULT("mov r1, #0\n sdiv r2, r0, r1");
    EXPECT_FAULT("movw r1, #1\n movt r1, #8192\n ldr r1, [r1]");
    EXPECT_FAULT("movw r1, #1\n movt r1, #8192\n strh r0, [r1]");
    SCB(kCcr) &= ~(1u << 3 | 1u << 4);
    EXPECT_FAULT("movw r1, #256\n movt r1, #0\n bx r1");
    EXPECT_FAULT("movw r1, #256\n movt r1, #0\n blx r1");
    EXPECT_FAULT("mcr p7, 0, r0, c0, c0, 0");
    SCB(kCpacr) = 0;
    __asm__ volatile("dsb\n isb");
    EXPECT_FAULT("vmov s0, r0");
    SCB(kCpacr) = 0xFu << 20;
    __asm__ volatile("dsb\n isb");
  }
  SCB(kShcsr) = 0;
}

static NOINLINE void Calls(void) {
  SCB(kShpr2) = 0x80u << 24;             // SVCall
  SCB(kShpr3) = 0xF0u << 16 | 0xE0u << 24;  // PendSV lowest, then SysTick
  SCB(kIpr0) = 0x20C040u;                // IRQ0 0x40, IRQ1 0xC0, IRQ2 0x20
  SCB(kIser0) = 7;
  Show("sum", SVC(1, 40, 2));
  Show("sum", SVC(7, 7, 8));
  Show("sum", SVC(8, 100, 200));
  __asm__ volatile("cpsid i");
  SCB(kIspr0) = 2;
  SCB(kIcsr) = 1u << 28;
  __asm__ volatile("dsb\n isb");
  Show("masked, icsr", SCB(kIcsr));
  __asm__ volatile("cpsie i\n isb");
  Print("unmasked\n");
  __asm__ volatile("msr basepri, %0" : : "r"(0xC0));
  SCB(kIspr0) = 2;
  __asm__ volatile("dsb\n isb");
  Show("basepri, pending", SCB(kIspr0));
  SCB(kIcpr0) = 2;
  Show("cleared, pending", SCB(kIspr0));
  SCB(kIspr0) = 1;
  __asm__ volatile("dsb\n isb\n msr basepri, %0" : : "r"(0));
  Show("priorities", SCB(kIpr0));
  Show("shpr3", SCB(kShpr3));
}

static uint64_t thread_stack[64] __attribute__((aligned(8)));

static NOINLINE void Stacks(void) {
  // The thread on PSP, once with a stack that is only 4-byte aligned.
  for (uint32_t skew = 0; skew < 8; skew += 4) {
    uint32_t top = (uint32_t)&thread_stack[60] + skew;
    uint32_t r0 = 0;
    uint32_t sp_after = 0;
    __asm__ volatile(
        "msr psp, %2\n mrs r3, control\n orr r3, r3, #2\n msr control, r3\n"
        "isb\n movs r1, #3\n movs r2, #4\n svc 2\n mov %0, r0\n mov %1, sp\n"
        "mrs r3, control\n bic r3, r3, #2\n msr control, r3\n isb\n"
        : "=&r"(r0), "=&r"(sp_after) : "r"(top)
        : "r0", "r1", "r2", "r3", "r12", "lr", "memory", "cc");
    Show("psp svc", r0);
    Show("  sp kept", sp_after == top);
  }
}

static NOINLINE void FloatContext(void) {
  uint32_t s0, s1, s15, status;
  __asm__ volatile(
      "vmov.f32 s0, #1.0\n vmov.f32 s1, #2.0\n vmov.f32 s15, #3.0\n"
      "mov r0, #0\n vmsr fpscr, r0\n"
      "movw r0, #57856\n movt r0, #57344\n movs r1, #4\n str r1, [r0]\n dsb\n isb\n"
      "vmov %0, s0\n vmov %1, s1\n vmov %2, s15\n vmrs %3, fpscr\n"
      : "=r"(s0), "=r"(s1), "=r"(s15), "=r"(status)
      : : "r0", "r1", "s0", "s1", "s15", "memory");
  Show("kept s0", s0);
  Show("kept s1", s1);
  Show("kept s15", s15);
  Show("kept fpscr", status);
  Show("fp exc_return", seen_exc_return);
}

// -------------------------------------------------------------- arithmetic

static uint32_t RandomFloat(void) {
  uint32_t value = Random();
  switch (Random() >> 8 & 15) {
    case 0: return value & 0x80000000u;
    case 1: return (value & 0x80000000u) | 0x7F800000u;
    case 2: return value | 0x7FC00000u;
    case 3: return (value & 0x803FFFFFu) | 0x7F800001u;
    case 4: return value & 0x807FFFFFu;
    case 5: return value;
    case 6: return (value & 0x80FFFFFFu) | 0x4E000000u;
    default: return (value & 0x87FFFFFFu) | 0x3C000000u;
  }
}

#define SINGLE_OPS(X)                                                     \
  X("vadd.f32 s0, s1, s2") X("vsub.f32 s0, s1, s2")                       \
  X("vmul.f32 s0, s1, s2") X("vnmul.f32 s0, s1, s2")                      \
  X("vdiv.f32 s0, s1, s2") X("vmla.f32 s0, s1, s2")                       \
  X("vmls.f32 s0, s1, s2") X("vnmla.f32 s0, s1, s2")                      \
  X("vnmls.f32 s0, s1, s2") X("vfma.f32 s0, s1, s2")                      \
  X("vfms.f32 s0, s1, s2") X("vfnma.f32 s0, s1, s2")                      \
  X("vfnms.f32 s0, s1, s2") X("vsqrt.f32 s0, s1")                         \
  X("vcmp.f32 s1, s2") X("vcmpe.f32 s1, s2") X("vcmp.f32 s1, #0")         \
  X("vcvt.s32.f32 s0, s1") X("vcvt.u32.f32 s0, s1")                       \
  X("vcvtr.s32.f32 s0, s1") X("vcvt.f32.s32 s0, s1")                      \
  X("vcvt.f32.u32 s0, s1") X("vcvtb.f16.f32 s0, s1")                      \
  X("vcvtt.f16.f32 s0, s1") X("vcvtb.f32.f16 s0, s1")                     \
  X("vcvt.s16.f32 s0, s0, #7") X("vcvt.u32.f32 s0, s0, #11")

#define DOUBLE_OPS(X)                                                     \
  X("vadd.f64 d0, d1, d2") X("vsub.f64 d0, d1, d2")                       \
  X("vmul.f64 d0, d1, d2") X("vnmul.f64 d0, d1, d2")                      \
  X("vdiv.f64 d0, d1, d2") X("vmla.f64 d0, d1, d2")                       \
  X("vmls.f64 d0, d1, d2") X("vnmla.f64 d0, d1, d2")                      \
  X("vnmls.f64 d0, d1, d2") X("vfma.f64 d0, d1, d2")                      \
  X("vfms.f64 d0, d1, d2") X("vfnma.f64 d0, d1, d2")                      \
  X("vfnms.f64 d0, d1, d2") X("vsqrt.f64 d0, d1")                         \
  X("vabs.f64 d0, d1") X("vneg.f64 d0, d1")                               \
  X("vcmp.f64 d1, d2") X("vcmpe.f64 d1, d2") X("vcmp.f64 d1, #0")         \
  X("vcvt.s32.f64 s0, d1") X("vcvt.u32.f64 s0, d1")                       \
  X("vcvtr.s32.f64 s0, d1") X("vcvt.f64.s32 d0, s2")                      \
  X("vcvt.f64.u32 d0, s2") X("vcvt.f32.f64 s0, d1")                       \
  X("vcvt.f64.f32 d0, s2") X("vcvtb.f16.f64 s0, d1")                      \
  X("vcvtt.f64.f16 d0, s2") X("vcvt.s32.f64 d0, d0, #9")                  \
  X("vcvt.u16.f64 d0, d0, #3") X("vrinta.f64 d0, d1")                     \
  X("vrintn.f64 d0, d1") X("vrintp.f64 d0, d1") X("vrintm.f64 d0, d1")    \
  X("vrintz.f64 d0, d1") X("vrintr.f64 d0, d1") X("vrintx.f64 d0, d1")    \
  X("vcvta.s32.f64 s0, d1") X("vcvtm.u32.f64 s0, d1")                     \
  X("vmaxnm.f64 d0, d1, d2") X("vminnm.f64 d0, d1, d2")                   \
  X("vseleq.f64 d0, d1, d2") X("vselgt.f64 d0, d1, d2")                   \
  X("vmov.f64 d0, #1.5") X("vmov.f64 d0, d1")

#define STEP(text)                                                          \
  hash = Start();                                                           \
  for (int i = 0; i < 150; ++i) {                                           \
    uint32_t in[6], out[2], status = modes[i & 7];                          \
    Fill(in, is_double);                                                    \
    __asm__ volatile(                                                       \
        "vmsr fpscr, %0\n vldm %1, {s0-s5}\n" text                          \
        "\n vstm %2, {s0-s1}\n vmrs %0, fpscr\n"                            \
        : "+r"(status) : "r"(in), "r"(out)                                  \
        : "s0", "s1", "s2", "s3", "s4", "s5", "memory");                    \
    hash = Mix(Mix(Mix(hash, out[0]), out[1]), status);                     \
  }                                                                         \
  Show(text, hash);

static uint32_t Start(void) {
  seed = 4711;
  return 0x811C9DC5u;
}

// Nearest, up, down, zero; default NaN, flush to zero, both, alternative half.
static const uint32_t modes[8] = {0, 1u << 22, 2u << 22, 3u << 22,
                                  1u << 25, 1u << 24, 3u << 24, 1u << 26};

static NOINLINE void Fill(uint32_t* in, int is_double) {
  for (int i = 0; i < 6; ++i) {
    in[i] = RandomFloat();
  }
  if (is_double) {
    for (int i = 0; i < 6; i += 2) {  // a double with the float's manners
      uint32_t bits = in[i + 1];
      uint32_t exponent = bits >> 23 & 0xFF;
      uint32_t wide = exponent == 0xFF ? 0x7FF
                      : exponent == 0 ? 0
                                      : exponent + 896;
      in[i + 1] = (bits & 0x80000000u) | wide << 20 | (bits & 0x7FFFFF) >> 3;
      if ((bits & 0x7FFFFF) == 0 || (Random() & 3) == 0) {
        in[i] = 0;
      }
    }
  }
}

static NOINLINE void Singles(void) {
  const int is_double = 0;
  uint32_t hash;
  SINGLE_OPS(STEP)
}

#ifdef SELFTEST_DOUBLE
static NOINLINE void Doubles(void) {
  const int is_double = 1;
  uint32_t hash;
  DOUBLE_OPS(STEP)
}
#endif

static NOINLINE void Integers(void) {
  // Flag-carrying sequences that a compiler emits: 64-bit arithmetic.
  uint64_t a = 0x0123456789ABCDEFu;
  int64_t b = -7;
  uint32_t hash = 1;
  for (int i = 0; i < 2000; ++i) {
    uint32_t x = Random();
    a = a * 6364136223846793005u + x;
    b += (int64_t)(a >> (x & 31)) - (int64_t)(a << 3);
    if (b < 0) {
      b = -b ^ (int64_t)x;
    }
    hash = Mix(Mix(hash, (uint32_t)b), (uint32_t)((uint64_t)b >> 32));
    switch (x & 7) {
      case 0: hash += x / ((x & 0xFF) | 1); break;
      case 1: hash ^= (uint32_t)((int32_t)x % 77); break;
      case 2: hash = hash << 7 | hash >> 25; break;
      case 3: hash += (uint32_t)__builtin_popcount(x); break;
      case 4: hash -= (uint32_t)(int16_t)x; break;
      default: hash ^= x; break;
    }
  }
  Show("integers", hash);
}

static NOINLINE void Ticks(void) {
  ticks = 0;
  SCB(kSystRvr) = 2000;
  SCB(kSystCvr) = 0;
  SCB(kSystCsr) = 7;
  while (ticks < 3) {
    __asm__ volatile("wfi");
  }
  SCB(kSystCsr) = 0;
  Show("ticks", ticks >= 3);  // QEMU's clock is the host's: maybe more
}

void Start_(void) {
  SCB(kCpacr) = 0xFu << 20;
  __asm__ volatile("dsb\n isb");
  seed = 12345;
  Integers();
  Singles();
#ifdef SELFTEST_DOUBLE
  Doubles();
#endif
  Calls();
  Stacks();
  FloatContext();
  Faults();
  Ticks();
  Print("done\n");
  Semihost(0x18, (const void*)0x20026);
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) const void* const vectors[] = {
    (const void*)0x20030000, Start_, FaultHandler, FaultHandler, FaultHandler,
    FaultHandler, FaultHandler, 0, 0, 0, 0, SvcHandler, 0, 0, PendSvHandler,
    SysTickHandler, Irq0, Irq1, Irq2};
