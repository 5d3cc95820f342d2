@ Straight-line snippets with the cycles one copy is documented to take on the
@ Cortex-M4 at 0 wait states (and, where m7-simple-v1 claims to know, on the
@ Cortex-M7; 0: no claim). timing_test.cc measures 120 copies minus 24.
@ Sources: the Cortex-M4 TRM's instruction table and its notes on load/store
@ timing, public measurements (contested rules: docs/TIMING.md).
@ r10, r11, r12 point into RAM, r8 is a small index, wide opcodes are aligned.
  .syntax unified
  .cpu cortex-m4
  .fpu fpv4-sp-d16
  .thumb

  .macro CASE name, m4, m7, body
  .text
  .balign 8
short_\@:
  .rept 24
  \body
  .endr
  bkpt #0
  .balign 8
long_\@:
  .rept 120
  \body
  .endr
  bkpt #0
  .section .rodata.cases, "a"
  .word short_\@, long_\@, \m4, \m7
  .section .rodata.names, "a"
name_\@:
  .asciz "\name"
  .section .rodata.cases, "a"
  .word name_\@
  .endm

  .section .vectors, "a"
  .word 0x20030000, nothing + 1, cases, cases_end
  .text
nothing:
  bkpt #0
  .section .rodata.cases, "a"
cases:

  CASE "alu alu", 2, 1, "add.w r0,r1,r2; add.w r3,r4,r5"
  CASE "serial alu", 1, 1, "add.w r0,r0,r1"
  CASE "inline shifts", 2, 2, "add.w r0,r1,r2,lsl #3; add.w r3,r4,r5,lsl #3"
  CASE "carry chain", 4, 0, "adds.w r0,r0,r4; adcs.w r1,r1,r5; adcs.w r2,r2,r6; adcs.w r3,r3,r7"
  CASE "movw movt", 2, 0, "movw r0,#1; movt r0,#2"
  CASE "extend", 2, 2, "uxtb.w r0,r1; uxtb.w r2,r3"
  CASE "nops", 2, 1, "nop.w; nop.w"
  CASE "two macs", 2, 2, "smlad r0,r1,r2,r0; smlad r3,r1,r2,r3"
  CASE "mac alu", 2, 1, "smlad r0,r1,r2,r0; add.w r3,r4,r5"
  CASE "long mac", 1, 1, "smlal r0,r1,r2,r3"
  CASE "umaal", 1, 1, "umaal r0,r1,r2,r3"
  CASE "four multiplies", 4, 4, "mul r0,r1,r2; mla r3,r4,r5,r6; smull r7,r9,r1,r2; umaal r4,r5,r1,r2"
  CASE "mul store", 2, 2, "mul r0,r1,r2; str.w r3,[r10]"
  CASE "load alu", 3, 0, "ldr.w r0,[r10]; add.w r1,r2,r3"
  CASE "load nop", 2, 0, "ldr.w r0,[r10]; nop.w"
  CASE "three loads", 5, 0, "ldr.w r0,[r10]; ldr.w r1,[r10,#4]; ldr.w r2,[r10,#8]; add.w r3,r4,r5"
  CASE "loads only", 2, 0, "ldr.w r0,[r10]; ldr.w r1,[r12,#4]"
  CASE "load use", 4, 0, "ldr.w r0,[r10]; nop.w; add.w r1,r0,r2; nop.w"
  CASE "pointer chase", 2, 2, "ldr.w r12,[r12]"
  CASE "address stall", 5, 0, "add.w r0,r10,#4; ldr.w r3,[r0]; add.w r4,r5,r6"
  CASE "address nop", 4, 0, "add.w r0,r10,#4; nop.w; ldr.w r3,[r0]; nop.w"
  CASE "load store", 3, 0, "ldr.w r0,[r10]; str.w r1,[r11]"
  CASE "load store alu", 3, 0, "ldr.w r0,[r10]; str.w r1,[r11]; add.w r2,r3,r4"
  CASE "store load alu", 5, 0, "str.w r0,[r10]; ldr.w r1,[r11]; add.w r2,r3,r4"
  CASE "two stores", 2, 2, "str.w r0,[r10]; str.w r1,[r10,#4]"
  CASE "alu store", 2, 1, "eor.w r0,r1,r2; str.w r0,[r10]"
  CASE "register store", 3, 0, "str.w r0,[r12,r8]; add.w r1,r2,r3"
  CASE "register store nop", 2, 0, "str.w r0,[r12,r8]; nop.w"
  CASE "post-index loads", 2, 0, "ldr.w r0,[r10],#8"
  CASE "two post-index", 2, 0, "ldr.w r0,[r10],#8; ldr.w r1,[r11],#8"
  CASE "post-index stores", 2, 0, "str.w r0,[r10],#4"
  CASE "ldrd", 3, 1, "ldrd r0,r1,[r10]"
  CASE "strd", 3, 1, "strd r0,r1,[r10]"
  CASE "ldr ldrd", 5, 0, "ldr.w r0,[r10]; ldrd r2,r3,[r12]"
  CASE "ldm 4", 5, 2, "ldm r10,{r0-r3}"
  CASE "ldm 5", 6, 3, "ldm r10,{r0-r4}"
  CASE "stm 4", 5, 2, "stm r10,{r0-r3}"
  CASE "push pop", 10, 4, "push {r0-r3}; pop {r0-r3}"
  CASE "not taken", 2, 0, "beq.w 1f; nop.w; 1:"
  CASE "unaligned word 1", 4, 0, "ldr.w r0,[r10,#1]; nop.w"
  CASE "unaligned word 2", 3, 0, "ldr.w r0,[r10,#2]; nop.w"
  CASE "unaligned half", 3, 0, "ldrh.w r0,[r10,#1]; nop.w"
  CASE "divide 0", 2, 0, "udiv r0,r8,r9"
  CASE "divide short", 3, 0, "udiv r0,r8,r7"
  CASE "divide long", 12, 0, "udiv r0,r7,r6"
  CASE "literal", 3, 0, "ldr.w r0,=0x12345678; add.w r1,r2,r3"
  .text
  .ltorg
  CASE "two vadd", 2, 2, "vadd.f32 s0,s1,s2; vadd.f32 s3,s4,s5"
  CASE "serial vadd", 2, 3, "vadd.f32 s0,s0,s1"
  CASE "vfma", 3, 3, "vfma.f32 s0,s1,s2"
  CASE "three vfma", 9, 3, "vfma.f32 s0,s8,s9; vfma.f32 s1,s8,s10; vfma.f32 s2,s8,s11"
  CASE "vfma vmul", 6, 0, "vfma.f32 s0,s1,s2; vmul.f32 s1,s0,s3"
  CASE "vmla", 3, 3, "vmla.f32 s0,s1,s2"
  CASE "vmul vadd", 4, 6, "vmul.f32 s0,s0,s1; vadd.f32 s0,s0,s2"
  CASE "addend", 4, 0, "vadd.f32 s0,s1,s2; vfma.f32 s0,s3,s4"
  CASE "vdiv", 14, 16, "vdiv.f32 s0,s1,s2"
  CASE "vsqrt", 14, 14, "vsqrt.f32 s0,s1"
  CASE "vldr single", 3, 0, "vldr s0,[r10]; add.w r0,r1,r2"
  CASE "vldr double", 5, 0, "vldr d0,[r10]; add.w r0,r1,r2; add.w r0,r1,r2"
  CASE "vldm 4", 5, 2, "vldm r10,{s0-s3}"
  CASE "vmul vldr", 3, 0, "vmul.f32 s0,s1,s2; vldr s8,[r10]"
  CASE "vstr", 3, 0, "vstr s0,[r10]; add.w r0,r1,r2"
  CASE "folded it", 3, 0, "cmp.n r0,r1; it eq; addeq.n r2,r3; nop.n"
  CASE "skipped", 2, 0, "it eq; addeq.n r2,r3"
  .section .rodata.cases, "a"
cases_end:
  .word 0
