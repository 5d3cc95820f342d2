// Development only: filter, order, page and gather made-up data.

export function filtered(list, filter, fields) {
  return (filter || '')
    .split(' AND ')
    .filter(Boolean)
    .reduce((left, term) => {
      const [key, raw] = term.split('=');
      const field = fields[key.trim()];
      if (!field || raw === undefined)
        throw [
          400,
          'INVALID_ARGUMENT',
          `filter: unknown field "${key}"; known: ${Object.keys(fields).join(', ')}`,
        ];
      return left.filter(
        (item) => field(item) === raw.trim().replace(/^"|"$/g, ''),
      );
    }, list);
}
export const runFields = {
  board_id: (r) => r.boardId,
  model_name: (r) => r.modelName,
  origin: (r) => r.origin,
  dataset_name: (r) => r.datasetName,
  submitter: (r) => r.submitter,
};
export const jobFields = {
  board_id: (j) => j.spec.boardId,
  model_name: (j) => j.spec.modelName,
  state: (j) => j.state,
  submitter: (j) => j.spec.submitter,
};
export const order = {
  create_time: (r) => r.createTime,
  model_name: (r) => r.modelName,
  board_id: (r) => r.boardId,
  us_p50: (r) => r.latency.usP50,
  sram_bytes: (r) => Number(r.memory.totalBytes),
  flash_bytes: (r) => Number(r.flash.totalBytes),
  top1: (r) => r.accuracy?.top1 ?? -1,
};
export function page(list, q, name) {
  const from = Number(q.get('pageToken') || 0);
  const size = Number(q.get('pageSize') || 50);
  return {
    [name]: list.slice(from, from + size),
    nextPageToken: from + size < list.length ? String(from + size) : '',
  };
}
export const short = (r) => ({
  ...r,
  layers: [],
  plan: [],
  latency: { ...r.latency, cycles: [] },
});
const metric = {
  us_p50: (r) => r.latency.usP50,
  cycles_p50: (r) => Number(r.latency.cyclesP50),
  instructions: (r) => Number(r.instructions),
  arena_bytes: (r) => Number(r.memory.arenaBytes),
  sram_bytes: (r) => Number(r.memory.totalBytes),
  flash_bytes: (r) => Number(r.flash.totalBytes),
  top1: (r) => r.accuracy?.top1,
};

export function overview(filter, runs, jobs) {
  const list = filtered(runs, filter, runFields);
  const groups = new Map();
  for (const r of list)
    groups.set(`${r.modelName} ${r.boardId}`, [
      ...(groups.get(`${r.modelName} ${r.boardId}`) ?? []),
      r,
    ]);
  const cells = [...groups.values()].map((g) => {
    const [before, last] = [g.at(-2), g.at(-1)];
    return {
      modelName: last.modelName,
      modelSha256: last.modelSha256,
      boardId: last.boardId,
      runId: last.id,
      origin: last.origin,
      createTime: last.createTime,
      cyclesP50: last.latency.cyclesP50,
      usP50: last.latency.usP50,
      sramBytes: last.memory.totalBytes,
      flashBytes: last.flash.totalBytes,
      ...(last.accuracy
        ? {
            top1: last.accuracy.top1,
            correct: last.accuracy.correct,
            total: last.accuracy.total,
          }
        : { correct: '0', total: '0' }),
      previousRunId: before?.id ?? '',
      usP50Change: before ? last.latency.usP50 / before.latency.usP50 - 1 : 0,
      sparklineUsP50: g.slice(-20).map((r) => r.latency.usP50),
      runCount: String(g.length),
    };
  });
  return {
    modelNames: [...new Set(cells.map((c) => c.modelName))].sort(),
    boardIds: [...new Set(cells.map((c) => c.boardId))].sort(),
    cells,
    runCount: String(list.length),
    jobCount: String(jobs.length),
  };
}

export function trend(q, runs) {
  const value = metric[q.get('metric')];
  if (!value)
    throw [
      400,
      'INVALID_ARGUMENT',
      `metric: unknown "${q.get('metric')}"; known: ${Object.keys(metric).join(', ')}`,
    ];
  let before;
  const points = runs
    .filter(
      (r) =>
        r.modelName === q.get('modelName') && r.boardId === q.get('boardId'),
    )
    .map((r) => {
      const changes = before
        ? Object.keys(r.environment).filter(
            (k) => r.environment[k] !== before.environment[k],
          )
        : [];
      before = r;
      return {
        createTime: r.createTime,
        runId: r.id,
        value: value(r),
        origin: r.origin,
        environmentChanges: changes.map((k) =>
          k.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
        ),
      };
    })
    .filter((p) => p.value !== undefined);
  return {
    modelName: q.get('modelName'),
    boardId: q.get('boardId'),
    metric: q.get('metric'),
    points,
  };
}
