// Made-up data for the development server only. Nothing of it is measured,
// nothing of it may end in docs or tests of the real thing.
const DAY = 86_400_000;
let seed = 7;
const random = () => (seed = (seed * 1664525 + 1013904223) >>> 0) / 2 ** 32;
const pick = (list) => list[Math.floor(random() * list.length)];
const sha = (text) => {
  let h = 2166136261;
  let out = '';
  for (let i = 0; out.length < 64; i++) {
    for (const c of text + i)
      h = Math.imul(h ^ c.charCodeAt(0), 16777619) >>> 0;
    out += h.toString(16).padStart(8, '0');
  }
  return out.slice(0, 64);
};

const models = [
  {
    name: 'kws_dscnn.tflite',
    cycles: 2.6e7,
    macs: 2656768,
    arena: 16000,
    weights: 24900,
    classes: 12,
    layers: 14,
    dataset: 'kws01',
  },
  {
    name: 'vww_96_int8.tflite',
    cycles: 8.1e7,
    macs: 7489664,
    arena: 54272,
    weights: 221200,
    classes: 2,
    layers: 31,
    dataset: 'vww01',
  },
  {
    name: 'digits.tflite',
    cycles: 1.9e6,
    macs: 140288,
    arena: 5120,
    weights: 9800,
    classes: 10,
    layers: 6,
    dataset: 'digits',
  },
  {
    name: 'mcunet-in3_with_a_very_long_file_name_v2.tflite',
    cycles: 3.1e8,
    macs: 81800000,
    arena: 251904,
    weights: 739000,
    classes: 1000,
    layers: 62,
    dataset: '',
  },
];
const kinds = {
  nucleo_f746zg: {
    boardId: 'nucleo_f746zg',
    displayName: 'NUCLEO-F746ZG',
    chip: 'STM32F746ZG',
    core: 'cortex-m7-sp',
    clockHz: '216000000',
    flashBytes: '1048576',
    ramBytes: '327680',
  },
  nucleo_f412zg: {
    boardId: 'nucleo_f412zg',
    displayName: 'NUCLEO-F412ZG',
    chip: 'STM32F412ZG',
    core: 'cortex-m4',
    clockHz: '100000000',
    flashBytes: '1048576',
    ramBytes: '262144',
  },
};
const now = Date.now();
const iso = (t) => new Date(t).toISOString();

export const boards = [
  ['desk/f746-a', 'nucleo_f746zg', 'EMULATED', 'IDLE', ''],
  ['desk/f412-a', 'nucleo_f412zg', 'EMULATED', 'IDLE', ''],
  ['rack-2/f746-left', 'nucleo_f746zg', 'MEASURED', 'BUSY', ''],
  [
    'rack-2/f412-right',
    'nucleo_f412zg',
    'MEASURED',
    'FAULTY',
    'no answer to hello for 5 s after reset (3 attempts)',
  ],
  ['attic/f746', 'nucleo_f746zg', 'MEASURED', 'OFFLINE', ''],
].map(([name, boardId, origin, state, lastFault], i) => ({
  name,
  boardId,
  origin,
  state,
  lastFault,
  uid:
    origin === 'EMULATED'
      ? `5649525400000000000000${10 + i}`
      : sha(name).slice(0, 24),
  agentId: name.split('/')[0],
  currentJobId: '',
  lastSeenTime: iso(now - (state === 'OFFLINE' ? 2 * DAY : 2000)),
  eraseCount: String(120 + 37 * i),
  finishedJobCount: String(300 - 40 * i),
  failedJobCount: String(3 * i),
  kind: kinds[boardId],
}));

function layersOf(model, total, factor) {
  const out = [];
  const ops = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'CONV_2D', 'ADD'];
  const weight = Array.from(
    { length: model.layers },
    (_, i) => (1 / (1 + i * 0.3)) * (0.7 + (0.6 * ((i * 37) % 10)) / 10),
  );
  const sum = weight.reduce((a, b) => a + b, 0);
  for (let i = 0; i < model.layers; i++) {
    const last = i === model.layers - 1;
    const op = last
      ? 'SOFTMAX'
      : i === model.layers - 2
        ? 'FULLY_CONNECTED'
        : ops[i % 4];
    const share = weight[i] / sum;
    const side = Math.max(1, 48 >> Math.floor(i / 6));
    out.push({
      info: {
        index: i,
        op: i % 5 === 1 ? `PAD+${op}` : op,
        name: `model/block_${i}/${op.toLowerCase()}/Relu6`,
        fileIndex: i + 1,
        inputShape: [1, side, side, 16],
        outputShape: [1, side, side, 16],
        macs: String(op === 'ADD' || last ? 0 : Math.round(model.macs * share)),
        weightsBytes: String(
          op === 'ADD' || last ? 0 : Math.round(model.weights / model.layers),
        ),
      },
      cycles: String(Math.round(total * share * (i === 3 ? factor : 1))),
      share,
    });
  }
  return out;
}

function planOf(model) {
  const out = [];
  let low = true;
  for (let i = 0; i < model.layers; i++) {
    const size =
      Math.round(model.arena * (0.55 - 0.4 * Math.min(1, i / model.layers))) &
      ~15;
    out.push({
      tensor: i === 0 ? 'input' : `model/block_${i - 1}/out`,
      offsetBytes: String(low ? 0 : model.arena - size),
      sizeBytes: String(size),
      firstLayer: Math.max(0, i - 1),
      lastLayer: i,
    });
    low = !low;
  }
  out.push({
    tensor: 'residual',
    offsetBytes: String(Math.round(model.arena * 0.4) & ~15),
    sizeBytes: String(Math.round(model.arena * 0.12)),
    firstLayer: Math.floor(model.layers / 2),
    lastLayer: Math.min(model.layers - 1, Math.floor(model.layers / 2) + 3),
  });
  return out;
}

export const runs = [];
export const jobs = [];
for (let i = 0; i < 240; i++) {
  const model = models[i % 4];
  const board = boards[[0, 1, 2, 0, 1][i % 5]];
  const kind = kinds[board.boardId];
  const created = now - (240 - i) * 0.25 * DAY;
  const factor = i > 150 ? 0.93 : 1;
  const p50 = Math.round(
    model.cycles *
      factor *
      (board.boardId === 'nucleo_f412zg' ? 1.35 : 1) *
      (board.origin === 'MEASURED' ? 1.04 + 0.01 * random() : 1),
  );
  const samples = Array.from({ length: 60 }, () =>
    board.origin === 'EMULATED'
      ? p50
      : Math.round(p50 + (random() + random() + random() - 1.5) * p50 * 0.0004),
  );
  const sorted = [...samples].sort((a, b) => a - b);
  const us = (c) => (c / Number(kind.clockHz)) * 1e6;
  const total = 1000;
  let confusion = [];
  let correct = 0;
  if (model.dataset) {
    const c = model.classes;
    confusion = Array.from({ length: c * c }, (_, k) => {
      const right = Math.floor(k / c) === k % c;
      const n = Math.round(
        right
          ? (total / c) * 0.88
          : (((total / c) * 0.12) / (c - 1)) * 2 * random(),
      );
      if (right) correct += n;
      return String(n);
    });
  }
  const sum = confusion.reduce((a, b) => a + Number(b), 0);
  const stack = 1184;
  const fixed = 2456;
  const flash = {
    weightsBytes: String(model.weights),
    tablesBytes: String(Math.round(model.weights * 0.08)),
    modelCodeBytes: '5344',
    kernelsBytes: String(i > 150 ? 18800 : 17240),
    firmwareBytes: '11620',
  };
  flash.totalBytes = String(
    Object.values(flash).reduce((a, b) => a + Number(b), 0),
  );
  const id = i + 1;
  runs.push({
    id: `r-${id}`,
    jobId: `j-${id}`,
    modelName: model.name,
    modelSha256: sha(model.name),
    boardId: board.boardId,
    boardName: board.name,
    datasetName: model.dataset,
    datasetSha256: model.dataset && sha(model.dataset),
    origin: board.origin,
    createTime: iso(created),
    environment: {
      boardId: board.boardId,
      boardUid: board.uid,
      clockHz: kind.clockHz,
      icacheEnabled: true,
      dcacheEnabled: true,
      flashWaitStates: 7,
      flashAcr: '0x00000307',
      compiler: 'arm-none-eabi-gcc 12.2.1',
      compilerFlags:
        i > 150
          ? '-O3 -mcpu=cortex-m7 -mfloat-abi=hard'
          : '-O2 -mcpu=cortex-m7 -mfloat-abi=hard',
      engineVersion: i > 150 ? '0.2.0' : '0.1.0',
      firmwareVersion: '0.1.0',
      timingModel: board.origin === 'EMULATED' ? 'm7-trm-v1' : '',
      agentVersion: '0.1.0',
      serverVersion: '0.1.0',
      idcode: '0x10016449',
    },
    latency: {
      sampleCount: samples.length,
      cyclesMin: String(sorted[0]),
      cyclesP50: String(p50),
      cyclesP90: String(sorted[54]),
      cyclesMax: String(sorted[59]),
      cyclesMean: p50,
      usMin: us(sorted[0]),
      usP50: us(p50),
      usP90: us(sorted[54]),
      usMax: us(sorted[59]),
      cycles: samples.map(String),
      overheadCycles: '8',
    },
    instructions:
      board.origin === 'EMULATED' ? String(Math.round(p50 * 0.8)) : '0',
    memory: {
      arenaBytes: String(model.arena),
      staticBytes: String(fixed),
      stackBytes: String(stack),
      stackReservedBytes: '8192',
      totalBytes: String(model.arena + fixed + stack),
    },
    flash,
    ...(model.dataset
      ? {
          accuracy: {
            correct: String(correct),
            total: String(sum),
            top1: correct / sum,
            confusion,
            classCount: model.classes,
          },
        }
      : {}),
    layers: layersOf(model, p50, i > 150 ? 0.6 : 1),
    plan: planOf(model),
    macs: String(model.macs),
    artifactSha256: sha(`artifact ${model.name} ${board.boardId}`),
    imageHash: sha(`image ${id}`).slice(0, 32),
    engineVersion: '0.1.0',
    inputs: [],
    outputs: [],
    queueS: 0.4 + 5 * random(),
    compileS: 8 * random(),
    flashS: 3 * random(),
    boardS: 6 + 20 * random(),
    layerOverheadCycles: '22',
    submitter: pick(['ada@desk', 'nightly@ci', 'lin@laptop']),
  });
  jobs.push({
    id: `j-${id}`,
    spec: {
      modelSha256: sha(model.name),
      modelName: model.name,
      boardId: board.boardId,
      dataset: model.dataset,
      runs: 60,
      warmups: 3,
      priority: 0,
      submitter: runs[i].submitter,
      options: { optimize: 'speed' },
      boardName: '',
      timeoutS: 0,
    },
    state: 'SUCCEEDED',
    requestId: '',
    createTime: iso(created - 40_000),
    compileStartTime: iso(created - 39_000),
    compileEndTime: iso(created - 33_000),
    leaseTime: iso(created - 30_000 - 600_000 * random()),
    endTime: iso(created),
    boardName: board.name,
    agentId: board.agentId,
    attempt: 1,
    runId: `r-${id}`,
    artifactSha256: sha('a'),
    queuePosition: 0,
    revision: String(id * 10),
    compileCached: i % 3 === 0,
    progress: { step: '', done: '0', total: '0', etaS: -1 },
  });
}
const fail = (i, failure, state = 'FAILED') =>
  Object.assign(jobs[i], { state, runId: '', failure });
fail(238, {
  failureClass: 'MODEL',
  code: 'FAILED_PRECONDITION',
  message:
    'arena of 402,432 bytes does not fit: nucleo_f412zg has 249,856 bytes for it; peak at layer 3 (CONV_2D)',
  stage: 'compiling',
  deviceFault: '',
});
fail(236, {
  failureClass: 'BOARD',
  code: 'UNAVAILABLE',
  message:
    'the board does not answer after flashing: 3 hellos in 5 s unanswered; check the cable and the reset line',
  stage: 'running',
  deviceFault:
    'HardFault pc=0x08004a12 lr=0x08004a01 cfsr=0x00000400 (imprecise data bus error)',
});
fail(232, {
  failureClass: 'TIMEOUT',
  code: 'DEADLINE_EXCEEDED',
  message: 'running took longer than 60 s',
  stage: 'running',
  deviceFault: '',
});

export function predictionsOf(run) {
  const a = run.accuracy;
  if (!a) return [];
  const out = [];
  a.confusion.forEach((n, k) => {
    for (let j = 0; j < Number(n); j++) {
      const i = out.length;
      out.push({
        sampleIndex: String(i),
        sampleName: `sample_${String(i).padStart(5, '0')}.bin`,
        label: Math.floor(k / a.classCount),
        predicted: k % a.classCount,
        output: 'AAAA',
        cycles: run.latency.cyclesP50,
      });
    }
  });
  return out;
}

export const datasets = ['kws01', 'vww01', 'digits'].map((name) => ({
  name,
  sha256: sha(name),
  sampleCount: '1000',
  sampleBytes: '490',
  classCount: 10,
  createTime: iso(now - 40 * DAY),
  preprocessing: 'raw',
}));
export { iso, kinds, sha };
