// What the figures mean: the same words as docs/MEASURING.md and the CLI.
export const definitions = {
  latency:
    "Median of all recorded inferences by the board's own cycle counter, around the inference call only, input already in its buffer. Warm-ups are not counted; every raw sample is kept.",
  cycles:
    'CPU cycles of one inference, median. Time is cycles divided by the clock as read from the chip.',
  instructions:
    'Instructions of one inference. A board that cannot count them shows a dash.',
  sram: 'Peak SRAM: activation arena + other static RAM + measured stack peak, each counted once.',
  arena:
    'SRAM that holds all activations of the model, planned at compile time.',
  static: '.data and .bss without the arena.',
  stack: 'Peak of the stack, measured by painting it before the run.',
  flash:
    'Flash of the whole image, from the linked ELF: weights, per-channel tables, model code, kernels, firmware.',
  accuracy: 'Top-1 over the whole dataset, every sample run on the board.',
  macs: 'Multiply-accumulate operations of one inference.',
  macsPerCycle: 'MACs divided by median cycles: how well the core is used.',
  overhead: 'Known cost of reading the counter, included in each sample.',
  share: "This layer's cycles divided by the sum over all layers.",
  queue:
    'Time before a board was given to the job. Never part of a latency or a deadline.',
  compile: 'From .tflite to a flashable image.',
  flashTime:
    'Erase, write and verify. Nothing when the image was on the board already.',
  board: 'Latency, layer profile and dataset on the board.',
  change:
    'Against the run before of the same model and board kind: median latency / its median latency − 1.',
} as const;
